"""The trace workspace: baskets of numbers that turned up outside, and runs over them.

What pages hand around is in `wayseal.console.tracing.types`; what jobs do, and what they
leave, in `wayseal.console.tracing.work`.
"""

from wayseal.console.tracing._baskets import DAY_US, METADATA, MOST, Baskets, Runs
from wayseal.console.tracing._typed import leaks_lines, read_file, read_typed

__all__ = ["DAY_US", "METADATA", "MOST", "Baskets", "Runs", "leaks_lines", "read_file", "read_typed"]
