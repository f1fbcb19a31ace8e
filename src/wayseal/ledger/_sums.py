"""Sums by id that grow as parts come in: reads and firsts a day and account, a session, an hour."""

import numpy as np

from wayseal.ledger import _kernels
from wayseal.ledger._types import Longs, Words


class Sums:
    """For each id: two sums and the least and greatest time."""

    def __init__(self) -> None:
        self._keys = np.empty(64, np.uint64)
        self._cells = np.zeros((64, 4), np.int64)
        self._slots = np.full(128, -1, np.int32)
        self._count = 0

    def add(self, ids: Words, first: Longs, second: Longs, at: Longs) -> None:
        """Adds `first` and `second` (int64, as long as `ids`) and takes note of the times."""
        sums = np.stack([first, second], axis=1)
        done = 0
        while True:
            with np.errstate(over="ignore"):
                done, self._count = _kernels.add_up(
                    done, ids, sums, at, self._slots, self._keys, self._cells, self._count
                )
            if done == len(ids):
                return
            self._grow()

    def _grow(self) -> None:
        size = 2 * len(self._keys)
        self._keys = np.resize(self._keys, size)
        cells = np.zeros((size, 4), np.int64)
        cells[: self._count] = self._cells[: self._count]
        self._cells = cells
        self._slots = np.full(2 * size, -1, np.int32)
        with np.errstate(over="ignore"):
            _kernels.fill_slots(self._keys, self._count, self._slots)

    def result(self) -> tuple[Words, Longs]:
        """Ids in ascending order, and their cells (sum, sum, least, greatest)."""
        keys = self._keys[: self._count]
        order = np.argsort(keys, kind="stable")
        return keys[order], self._cells[: self._count][order]
