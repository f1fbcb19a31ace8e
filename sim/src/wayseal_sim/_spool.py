"""Rows that come in by waybill and go out by time."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from wayseal_sim.types import Ints

Columns = tuple[npt.NDArray[np.generic], ...]


class Spool:
    """Keeps rows by stretches of time until nothing can be added to a stretch; drops those outside the log.

    The first column is the time (UTC microseconds). Memory: the rows of the stretches that are still open.
    """

    def __init__(self, start: int, end: int, width: int) -> None:
        self._start, self._width = start, width
        self._count = -(-(end - start) // width)
        self._open: dict[int, list[Columns]] = {}
        self._next = 0

    def add(self, columns: Columns) -> None:
        """Takes rows in any order."""
        at = columns[0].astype(np.int64, copy=False)
        stretch = (at - self._start) // self._width
        inside = (stretch >= 0) & (stretch < self._count)
        if not inside.all():
            chosen = np.flatnonzero(inside)
            columns, stretch = tuple(c[chosen] for c in columns), stretch[chosen]
        # Sixteen bits sort by radix.
        order = np.argsort(stretch.astype(np.int16), kind="stable")
        bounds = np.searchsorted(stretch[order], np.arange(self._count + 1))
        for k in np.flatnonzero(np.diff(bounds)).tolist():
            # Arrays of their own: a view would keep the rows of all stretches until the last one is complete.
            part = order[bounds[k] : bounds[k + 1]]
            self._open.setdefault(k, []).append(tuple(c[part] for c in columns))

    def ready(self, until: int) -> Iterator[tuple[int, list[Columns]]]:
        """The stretches that end by `until`, with their start; they leave the spool."""
        while self._next < self._count:
            start = self._start + self._next * self._width
            if start + self._width > until:
                return
            parts = self._open.pop(self._next, [])
            self._next += 1
            if parts:
                yield start, parts


def merge(start: int, parts: list[Columns]) -> tuple[Ints, Columns]:
    """The rows of a stretch in order of time, equal times in the order of arrival: times, and the other columns."""
    columns = tuple(np.concatenate(column) for column in zip(*parts, strict=True))
    n = len(columns[0])
    bits = max(1, (n - 1).bit_length())
    # Time and place in one integer: sorting it needs no second array and leaves no ties.
    key = (columns[0].astype(np.int64) - start) << bits | np.arange(n)
    key.sort()
    order = key & ((1 << bits) - 1)
    at: Ints = (key >> bits) + start
    return at, tuple(c[order] for c in columns[1:])
