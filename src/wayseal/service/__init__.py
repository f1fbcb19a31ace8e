"""What every service of ours does alike: its log, how it ends, and what it forgets of its environment."""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal.service.log import forward_library_logs, make_log
    from wayseal.service.process import forget, handle_signals

__all__ = ["forget", "forward_library_logs", "handle_signals", "make_log"]

__getattr__ = load_when_asked(
    __name__,
    {"forget": "process", "forward_library_logs": "log", "handle_signals": "process", "make_log": "log"},
)
