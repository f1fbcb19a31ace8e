"""Counters by id that grow: what is counted of reads, an account and an hour, a device, a way of reading.

A table has two words of id (`ids`) and some counters (`cells`) a slot; a slot is free where the first word is FREE.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from wayseal.model.jit import kernel

Words: TypeAlias = npt.NDArray[np.uint64]
Longs: TypeAlias = npt.NDArray[np.int64]
Ints: TypeAlias = npt.NDArray[np.int32]
Tiny: TypeAlias = npt.NDArray[np.uint8]
Flags: TypeAlias = npt.NDArray[np.bool_]

FREE = np.uint64(0xFFFFFFFFFFFFFFFF)
_MIX_A = np.uint64(0x9E3779B97F4A7C15)
_MIX_B = np.uint64(0xC2B2AE3D27D4EB4F)
_HALF = np.uint64(32)
_HOUR = 3_600_000_000
_DAY = 86_400_000_000
_ACTION_BITS, _DIM_BITS = np.uint64(4), np.uint64(2)
_LEAST_SIZE = 1 << 10
HOURS, USES, SHOWN = range(3)
WIDTHS = (3, 3, 3)
"""Counters of each table: (reads, firsts, mandate), (reads, from, to), (reads, purpose, fields)."""
DEVICE, ADDRESS = range(2)


class Tally:
    """One table."""

    def __init__(self, width: int, size: int = _LEAST_SIZE) -> None:
        self.ids = np.full((size, 2), FREE, np.uint64)
        self.cells = np.zeros((size, width), np.int64)
        self.used = 0

    def grow(self) -> None:
        """Twice the room."""
        ids, cells = (
            np.full((2 * len(self.ids), 2), FREE, np.uint64),
            np.zeros((2 * len(self.ids), self.cells.shape[1]), np.int64),
        )
        with np.errstate(over="ignore"):
            _spread(self.ids, self.cells, ids, cells)
        self.ids, self.cells = ids, cells

    @property
    def room(self) -> int:
        """How many more ids it takes before it must grow."""
        return len(self.ids) * 6 // 10 - self.used

    def rows(self) -> tuple[Words, Longs]:
        """(n, 2) ids and (n, width) counters, in no order."""
        there = np.flatnonzero(self.ids[:, 0] != FREE)
        return self.ids[there], self.cells[there]


@kernel
def slot(a: np.uint64, b: np.uint64, ids: Words) -> int:
    """The slot of an id, or the free one where it belongs."""
    mask = len(ids) - 1
    at = np.int64(((a * _MIX_A) ^ (b * _MIX_B)) >> np.uint64(24)) & mask
    while ids[at, 0] != FREE and (ids[at, 0] != a or ids[at, 1] != b):
        at = (at + 1) & mask
    return int(at)


@kernel
def _spread(ids: Words, cells: Longs, new_ids: Words, new_cells: Longs) -> None:
    for i in range(len(ids)):
        if ids[i, 0] != FREE:
            at = slot(ids[i, 0], ids[i, 1], new_ids)
            new_ids[at, 0], new_ids[at, 1] = ids[i, 0], ids[i, 1]
            for k in range(cells.shape[1]):
                new_cells[at, k] = cells[i, k]


@kernel
def count_hours(
    start: int, at: Longs, actor: Ints, why: Tiny, mandates: int, ids: Words, cells: Longs, room: int
) -> tuple[int, int]:
    """Counts reads, first reads and those under a mandate by account and hour, from row `start` on.

    why: `explain`'s answers; those below `mandates` are such. Returns (row it stopped at, new ids): it stops early
    where `room` is used up.
    """
    new = 0
    for i in range(start, len(at)):
        key = np.uint64(actor[i]) << _HALF | np.uint64(at[i] // _HOUR)
        s = slot(key, np.uint64(0), ids)
        if ids[s, 0] == FREE:
            if new >= room:
                return i, new
            ids[s, 0], ids[s, 1] = key, np.uint64(0)
            new += 1
        cells[s, 0] += 1
        if why[i] != np.uint8(253):
            cells[s, 1] += 1
            if why[i] < mandates:
                cells[s, 2] += 1
    return len(at), new


@kernel
def count_uses(
    start: int, at: Longs, actor: Ints, value: Words, dim: int, offset: int, ids: Words, cells: Longs, room: int
) -> tuple[int, int]:
    """Counts reads by account, local day and device or address (`dim`), with the first and last time of each."""
    new = 0
    for i in range(start, len(at)):
        if value[i] == np.uint64(0):
            continue
        day = np.uint64((at[i] + offset) // _DAY)
        a = np.uint64(actor[i]) << _HALF | day << _DIM_BITS | np.uint64(dim)
        s = slot(a, value[i], ids)
        if ids[s, 0] == FREE:
            if new >= room:
                return i, new
            ids[s, 0], ids[s, 1] = a, value[i]
            cells[s, 1], cells[s, 2] = at[i], at[i]
            new += 1
        cells[s, 0] += 1
        cells[s, 1] = min(cells[s, 1], at[i])
        cells[s, 2] = max(cells[s, 2], at[i])
    return len(at), new


@kernel
def count_shown(
    start: int,
    at: Longs,
    actor: Ints,
    action: Tiny,
    purpose: Words,
    fields: Words,
    offset: int,
    ids: Words,
    cells: Longs,
    room: int,
) -> tuple[int, int]:
    """Counts reads by account, local day, action, purpose and set of fields."""
    new = 0
    for i in range(start, len(at)):
        day = np.uint64((at[i] + offset) // _DAY)
        a = np.uint64(actor[i]) << _HALF | day << _ACTION_BITS | np.uint64(action[i])
        b = purpose[i] * _MIX_A ^ fields[i]
        s = slot(a, b, ids)
        if ids[s, 0] == FREE:
            if new >= room:
                return i, new
            ids[s, 0], ids[s, 1] = a, b
            cells[s, 1], cells[s, 2] = np.int64(purpose[i]), np.int64(fields[i])
            new += 1
        cells[s, 0] += 1
    return len(at), new
