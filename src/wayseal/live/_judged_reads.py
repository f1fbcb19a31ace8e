"""How many first reads of each account and day are judged one by one: what an account's odd ones are out of."""

import numpy as np

from wayseal.model.arrays import Longs

_NONE = (np.zeros(0, np.int64),) * 3


class JudgedReads:
    """Such counts, up to an event."""

    def __init__(self, accounts: int) -> None:
        self._accounts = accounts
        self._totals: dict[int, Longs] = {}
        self._new: list[tuple[Longs, Longs, Longs]] = []
        self._sorted: tuple[Longs, Longs] | None = None

    def add(self, places: Longs, days: Longs, numbers: Longs) -> None:
        """Reads of the piece at hand."""
        self._new.append((places % self._accounts, days, numbers))
        self._sorted = None

    def count(self, place: int, day: int, number: int) -> int:
        """Those of an account (-1: nobody knows it) and day up to an event."""
        place %= self._accounts
        known = int(self._totals[day][place]) if day in self._totals else 0
        if self._sorted is None:
            places, days, numbers = (np.concatenate(c) for c in zip(*self._new, strict=True)) if self._new else _NONE
            key = days * self._accounts + places
            order = np.lexsort((numbers, key))
            self._sorted = key[order], numbers[order]
        keys, numbers = self._sorted
        low, high = np.searchsorted(keys, (day * self._accounts + place, day * self._accounts + place + 1))
        return known + int(np.searchsorted(numbers[low:high], number, side="right"))

    def settle(self) -> None:
        """The piece at hand is done."""
        for places, days, _ in self._new:
            for day in np.unique(days).tolist():
                total = self._totals.setdefault(day, np.zeros(self._accounts, np.int64))
                np.add.at(total, places[days == day], 1)
        self._new.clear()
        self._sorted = None

    def forget(self, before: int) -> None:
        """Lets go of days before one."""
        for day in [day for day in self._totals if day < before]:
            del self._totals[day]
