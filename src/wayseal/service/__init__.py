"""What every service of ours does alike: its log, how it ends, what it repeats, and what it forgets."""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal.service.log import forward_library_logs, make_log
    from wayseal.service.process import Repeated, forget, handle_signals

__all__ = ["Repeated", "forget", "forward_library_logs", "handle_signals", "make_log"]

__getattr__ = load_when_asked(
    __name__,
    dict.fromkeys(("Repeated", "forget", "handle_signals"), "process")
    | dict.fromkeys(("forward_library_logs", "make_log"), "log"),
)
