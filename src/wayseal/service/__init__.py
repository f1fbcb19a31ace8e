"""What every service of ours does alike: its log, how it ends, and what it forgets of its environment."""

from wayseal.service.log import forward_library_logs, make_log
from wayseal.service.process import forget, handle_signals

__all__ = ["forget", "forward_library_logs", "handle_signals", "make_log"]
