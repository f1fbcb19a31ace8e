"""Counters by id that grow: what is counted of reads, by account and hour, and by account, day and how they were done.

Each read needs two lines of memory, far from those of the read before, which is most of what counting costs. A slot of
a table is some words of id and some counters behind them, in one line of the cache; it is free where its first word is
FREE. The counters' words are taken for int64.

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
_MIX = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_HOUR = 3_600_000_000
_DAY = 86_400_000_000
_ACTION_BITS = np.uint64(4)
_LEAST_SIZE = 1 << 10
_LINE = 8
"""Words of a line of the cache."""
HOURS, WAYS = (1, 3), (5, 3)
"""Words of id and counters of each table.

Hours: account and hour: reads, first reads, those under a mandate. Ways: account, day and action, keys of purpose,
fields, device and address: reads, from, to; a line of the cache.
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

    def rows(self, *, ordered: bool = False) -> tuple[UInts, Longs]:
        """Ids (n, words) and counters (n, …), in no order, or in that of the first word."""
        there = np.flatnonzero(self.slots[:, 0] != FREE)
        if ordered:
            there = there[np.argsort(self.slots[there, 0])]
        rows = self.slots[there]
        return rows[:, : self._ids], rows[:, self._ids :].view(np.int64)


def _slots(size: int, width: int) -> UInts:
    """Free slots that begin with a line of the cache."""
    room = np.zeros(size * width + _LINE, np.uint64)
    skip = -room.ctypes.data % (8 * _LINE) // 8
    slots: UInts = room[skip : skip + size * width].reshape(size, width)
    slots[:, 0] = FREE
    return slots


@kernel
def _mix(mixed: np.uint64, word: np.uint64) -> np.uint64:
    """A hash of one word more."""
    mixed = (mixed ^ word) * _MIX
    return mixed ^ mixed >> _HALF


@kernel
def _spread(old: UInts, new: UInts, ids: int) -> None:
    for i in range(len(old)):
        if old[i, 0] == FREE:
            continue
        mixed = np.uint64(0)
        for k in range(ids):
            mixed = _mix(mixed, old[i, k])
        s = np.int64(mixed & np.uint64(len(new) - 1))
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
        s = np.int64(_mix(none, key) & np.uint64(mask))
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
def count_ways(
    start: int, at: Longs, actor: Ints, action: Bytes, purpose: UInts, fields: UInts, device: UInts, address: UInts,
    offset: int, slots: UInts, room: int,
) -> tuple[int, int]:  # fmt: skip
    """Counts reads by account, local day and how they were done, with the first and last time of each. As above."""
    new, one, none, mask = 0, np.uint64(1), np.uint64(0), len(slots) - 1
    for i in range(start, len(at)):
        moment = at[i]
        a = np.uint64(actor[i]) << _HALF | np.uint64((moment + offset) // _DAY) << _ACTION_BITS | np.uint64(action[i])
        b, c, d, e = purpose[i], fields[i], device[i], address[i]
        s = np.int64(_mix(_mix(_mix(_mix(_mix(none, a), b), c), d), e) & np.uint64(mask))
        while slots[s, 0] != FREE and (
            slots[s, 0] != a or slots[s, 1] != b or slots[s, 2] != c or slots[s, 3] != d or slots[s, 4] != e
        ):
            s = (s + 1) & mask
        if slots[s, 0] == FREE:
            if new >= room:
                return i, new
            slots[s, 0], slots[s, 1], slots[s, 2], slots[s, 3], slots[s, 4] = a, b, c, d, e
            slots[s, 6], slots[s, 7] = np.uint64(moment), np.uint64(moment)
            new += 1
        slots[s, 5] += one
        slots[s, 6] = np.uint64(min(np.int64(slots[s, 6]), moment))
        slots[s, 7] = np.uint64(max(np.int64(slots[s, 7]), moment))
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
