"""The stream: what is read while it is read. Sources, arrival log, fast path, notices, blocks.

1. What arrives is written to the arrival log (`spool`) before anything is made of it. Everything else is a function of
   that log and of the limits that a batch run learnt: whatever crashes, the same notices come with the same ids.
2. The place in a source stands in the arrival log, beside the rows. A segment of it goes into the ledger as a source,
   in one commit; what the ledger has is not read again.
3. Nothing is skipped in silence: a source made anew, cut or repartitioned is refused, and what is missing is said.
4. Limits, peers and explanations are those of batch detection, through its own kernels.
"""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal.live.errors import LiveError
    from wayseal.live.types import Notice
    from wayseal.live.watch import Watch, WatchOptions

__all__ = ["LiveError", "Notice", "Watch", "WatchOptions"]

__getattr__ = load_when_asked(
    __name__,
    {"LiveError": "errors", "Notice": "types", "Watch": "watch", "WatchOptions": "watch"},
)
