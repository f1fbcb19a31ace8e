"""The trace workspace: baskets of numbers that turned up outside, and runs over them.

What pages hand around is in `wayseal.console.tracing.types`; what jobs do in `wayseal.console.tracing.work`, what they
leave in `wayseal.console.tracing.kept`.
"""

from wayseal.console.tracing._baskets import DAY_US, MOST, Baskets
from wayseal.console.tracing._runs import Runs
from wayseal.console.tracing._tables import METADATA
from wayseal.console.tracing._typed import leaks_lines, read_file, read_typed

__all__ = ["DAY_US", "METADATA", "MOST", "Baskets", "Runs", "leaks_lines", "read_file", "read_typed"]
