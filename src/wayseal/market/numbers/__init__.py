"""Numbers on offer: candidates out of lines and codes, whose they are, and rows of `leaks` of ours."""

from wayseal.market.numbers._candidates import Writing, candidates
from wayseal.market.numbers._match import Own, leaks_of_record, match, own_of_ledger, write_leaks

__all__ = [
    "Own",
    "Writing",
    "candidates",
    "leaks_of_record",
    "match",
    "own_of_ledger",
    "write_leaks",
]
