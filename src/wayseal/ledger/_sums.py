"""Sums by id that grow as parts come in: reads and firsts a day and account, a session, an hour."""

import numpy as np

from wayseal.ledger import _kernels
from wayseal.ledger._keys import fixed
from wayseal.ledger._types import Longs, Words


class Sums:
    """For each id (below 2**63): two sums and the least and greatest time. expected: about how many ids come."""

    def __init__(self, expected: int = 0) -> None:
        self._table = np.zeros((64 << (expected >> 5).bit_length(), 5), np.int64)
        self._used = 0

    def add(self, ids: Words, first: Longs, second: Longs, at: Longs) -> None:
        """Adds `first` and `second` (int64, as long as `ids`) and takes note of the times."""
        ids, first, second, at = fixed(ids), fixed(first), fixed(second), fixed(at)
        done = 0
        while True:
            with np.errstate(over="ignore"):
                done, self._used = _kernels.add_up(done, ids, first, second, at, self._table, self._used)
                if done == len(ids):
                    return
                grown = np.zeros((2 * len(self._table), 5), np.int64)
                _kernels.spread(self._table, grown)
            self._table = grown

    def result(self) -> tuple[Words, Longs]:
        """Ids, in no order, and their cells (sum, sum, least, greatest)."""
        rows = self._table[self._table[:, 0] != 0]
        return (rows[:, 0] - 1).astype(np.uint64), rows[:, 1:]
