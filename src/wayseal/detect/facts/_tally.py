"""Counters by id that grow: what is counted of reads, an account and an hour, a device, a way of reading.

A slot of a table is some words of id and some counters behind them, in one line of the cache where they fit; it is free
where its first word is FREE. The counters' words are taken for int64.

What a later commit changes of reads that were counted already:
1. A late read may come before one that had the mark of the first read of its pair. The mark moves; the older read,
   which lies in the same merged file, was counted as a first read and is none any more.
2. A new row about a parcel (scan, ticket, waybill) may explain a read that nothing explained: reads kept as suspects
   whose parcel has one are judged again.
"""

import numpy as np
import numpy.typing as npt

from wayseal.model.arrays import Bytes, Flags, Ints, Longs, UInts
from wayseal.model.runtime import kernel

FREE = np.uint64(0xFFFFFFFFFFFFFFFF)
_MIX_A = np.uint64(0x9E3779B97F4A7C15)
_MIX_B = np.uint64(0xC2B2AE3D27D4EB4F)
_MIX_C = np.uint64(0x165667B19E3779F9)
_HALF = np.uint64(32)
_HOUR = 3_600_000_000
_DAY = 86_400_000_000
_ACTION_BITS, _DIM_BITS = np.uint64(4), np.uint64(2)
_LEAST_SIZE = 1 << 10
_LINE = 8
"""Words of a line of the cache."""
HOURS, USES, SHOWN = (1, 3), (2, 3), (3, 1)
"""Words of id and counters of each table.

Hours: account and hour: reads, first reads, those under a mandate. Uses: account, day and kind, key of the device or
address: reads, from, to. Shown: account, day and action, purpose, fields: reads.
"""
DEVICE, ADDRESS = range(2)


class CounterTable:
    """One table. slots: uint64 (size, words of id and counters); size is a power of two."""

    def __init__(self, shape: tuple[int, int], size: int = _LEAST_SIZE) -> None:
        self._ids, self._counters = shape
        self.slots = _slots(size, sum(shape))
        self.used = 0

    def grow(self) -> None:
        """Twice the room."""
        slots = _slots(2 * len(self.slots), self.slots.shape[1])
        with np.errstate(over="ignore"):
            _spread(self.slots, slots, self._ids)
        self.slots = slots

    @property
    def room(self) -> int:
        """How many more ids it takes before it must grow."""
        return len(self.slots) * 6 // 10 - self.used

    def rows(self) -> tuple[UInts, Longs]:
        """Ids (n, words) and counters (n, …), in no order."""
        there = self.slots[self.slots[:, 0] != FREE]
        return there[:, : self._ids], there[:, self._ids :].view(np.int64)


def _slots(size: int, width: int) -> UInts:
    """Free slots that begin with a line of the cache."""
    room = np.zeros(size * width + _LINE, np.uint64)
    skip = -room.ctypes.data % (8 * _LINE) // 8
    slots: UInts = room[skip : skip + size * width].reshape(size, width)
    slots[:, 0] = FREE
    return slots


@kernel
def _home(a: np.uint64, b: np.uint64, c: np.uint64, size: int) -> int:
    """Where an id belongs, unless others lie there."""
    mixed = (a * _MIX_A) ^ (b * _MIX_B) ^ (c * _MIX_C)
    return int(np.int64((mixed ^ mixed >> _HALF) & np.uint64(size - 1)))


@kernel
def _spread(old: UInts, new: UInts, ids: int) -> None:
    none = np.uint64(0)
    for i in range(len(old)):
        if old[i, 0] == FREE:
            continue
        s = _home(old[i, 0], old[i, 1] if ids > 1 else none, old[i, 2] if ids > 2 else none, len(new))
        while new[s, 0] != FREE:
            s = (s + 1) & (len(new) - 1)
        for k in range(old.shape[1]):
            new[s, k] = old[i, k]


@kernel
def count_hours(
    start: int, at: Longs, actor: Ints, why: Bytes, mandates: int, slots: UInts, room: int
) -> tuple[int, int]:
    """Counts reads, first reads and those under a mandate by account and hour, from row `start` on.

    why: `explain`'s answers; those below `mandates` are such. Returns (row it stopped at, new ids): it stops early
    where `room` is used up.
    """
    new, one, none, mask = 0, np.uint64(1), np.uint64(0), len(slots) - 1
    for i in range(start, len(at)):
        key = np.uint64(actor[i]) << _HALF | np.uint64(at[i] // _HOUR)
        s = _home(key, none, none, len(slots))
        while slots[s, 0] != FREE and slots[s, 0] != key:
            s = (s + 1) & mask
        if slots[s, 0] == FREE:
            if new >= room:
                return i, new
            slots[s, 0] = key
            new += 1
        slots[s, 1] += one
        if why[i] != np.uint8(253):
            slots[s, 2] += one
            if why[i] < mandates:
                slots[s, 3] += one
    return len(at), new


@kernel
def count_uses(
    start: int, at: Longs, actor: Ints, value: UInts, dim: int, offset: int, slots: UInts, room: int
) -> tuple[int, int]:
    """Counts reads by account, local day and device or address (`dim`), with the first and last time of each."""
    new, one, none, mask = 0, np.uint64(1), np.uint64(0), len(slots) - 1
    for i in range(start, len(at)):
        b, moment = value[i], at[i]
        if b == none:
            continue
        day = np.uint64((moment + offset) // _DAY)
        a = np.uint64(actor[i]) << _HALF | day << _DIM_BITS | np.uint64(dim)
        s = _home(a, b, none, len(slots))
        while slots[s, 0] != FREE and (slots[s, 0] != a or slots[s, 1] != b):
            s = (s + 1) & mask
        if slots[s, 0] == FREE:
            if new >= room:
                return i, new
            slots[s, 0], slots[s, 1] = a, b
            slots[s, 3], slots[s, 4] = np.uint64(moment), np.uint64(moment)
            new += 1
        slots[s, 2] += one
        slots[s, 3] = np.uint64(min(np.int64(slots[s, 3]), moment))
        slots[s, 4] = np.uint64(max(np.int64(slots[s, 4]), moment))
    return len(at), new


@kernel
def count_shown(
    start: int,
    at: Longs,
    actor: Ints,
    action: Bytes,
    purpose: UInts,
    fields: UInts,
    offset: int,
    slots: UInts,
    room: int,
) -> tuple[int, int]:
    """Counts reads by account, local day, action, purpose and set of fields."""
    new, one, mask = 0, np.uint64(1), len(slots) - 1
    for i in range(start, len(at)):
        day = np.uint64((at[i] + offset) // _DAY)
        a = np.uint64(actor[i]) << _HALF | day << _ACTION_BITS | np.uint64(action[i])
        b, c = purpose[i], fields[i]
        s = _home(a, b, c, len(slots))
        while slots[s, 0] != FREE and (slots[s, 0] != a or slots[s, 1] != b or slots[s, 2] != c):
            s = (s + 1) & mask
        if slots[s, 0] == FREE:
            if new >= room:
                return i, new
            slots[s, 0], slots[s, 1], slots[s, 2] = a, b, c
            new += 1
        slots[s, 3] += one
    return len(at), new


@kernel
def _mark_demoted(key: UInts, actor: UInts, first: Flags, fresh: Flags, out: Flags) -> None:
    """Marks the old reads whose pair's first read is a fresh one: the first of them in the order of the file."""
    for i in range(len(key)):
        if not (fresh[i] and first[i]):
            continue
        k = i + 1
        while k < len(key) and key[k] == key[i]:
            if actor[k] == actor[i] and not fresh[k]:
                out[k] = True
                break
            k += 1


def find_demoted(key: UInts, actor: UInts, first: Flags, fresh: Flags) -> Longs:
    """Rows (in the ledger's order) that lost the mark of a first read to a fresh one (rule 1)."""
    out: npt.NDArray[np.bool_] = np.zeros(len(key), np.bool_)
    _mark_demoted(key, actor, first, fresh, out)
    return np.flatnonzero(out)
