"""Numbers on offer: candidates out of lines and codes, whose they are, and rows of `leaks` of ours.

What `match` gives stands in `wayseal.market.numbers.types`.
"""

from wayseal.market.numbers._candidates import Writing, candidates
from wayseal.market.numbers._match import leaks_of_record, match, own_of_ledger, write_leaks

__all__ = [
    "Writing",
    "candidates",
    "leaks_of_record",
    "match",
    "own_of_ledger",
    "write_leaks",
]
