"""Numbers on offer: candidates out of lines and codes, whose they are, and rows of `leaks` of ours.

What `match` gives stands in `wayseal.market.numbers.types`.
"""

from wayseal.market.numbers._candidates import Writing, candidates
from wayseal.market.numbers._leaks import leaks_of_record, write_leaks
from wayseal.market.numbers._match import match
from wayseal.market.numbers._own import own_of_ledger

__all__ = [
    "Writing",
    "candidates",
    "leaks_of_record",
    "match",
    "own_of_ledger",
    "write_leaks",
]
