"""What the fast path remembers of parcels: their scans, tickets and waybills, and who read them first and when.

1. Rows come in any order and stay until the state is made anew from the ledger. Of one parcel at most MOST rows of a
   table are remembered: more are no parcel's, and a batch run looks at them all.
2. A pair of account and waybill is remembered by a hash of 64 bits, with the time of its earliest read: one more read,
   at the same time or later, is none that counts.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from wayseal.model.arrays import Bytes, Flags, Ints, Longs, UInts
from wayseal.model.runtime import kernel

SCAN, WAYBILL, TICKET = range(3)
TABLES = ("scans", "waybills", "tickets")
MOST = 256
_NONE = np.iinfo(np.int64).min
_MIX = np.uint64(0x9E3779B97F4A7C15)
_ROOM = 1 << 12
_SHARED = 3
"""Place in `_Rows` of the last array that has an item for each row."""


class _Rows(NamedTuple):
    """Rows of parcels: table, time (µs) and its parcel's row before it, or -1; key of a scan's outlet.

    Of what is no scan, which are few, the key is a place in `ended` (second time, µs) and `keys` (four of them).
    """

    table: Bytes
    time: Longs
    before: Longs
    key: UInts
    ended: Longs
    keys: UInts


@kernel
def _slot(key: np.uint64, keys: UInts) -> int:
    """Where a key stands among `keys` (0: free; fewer than 2 ** 32), or would stand."""
    size, half = np.uint64(len(keys)), np.uint64(32)
    at = np.int64((((key * _MIX) >> half) * size) >> half)
    while keys[at] != np.uint64(0) and keys[at] != key:
        at = np.int64(at + 1 if at + 1 < len(keys) else 0)
    return int(at)


@kernel
def _move(old: UInts, values: Longs, new: UInts, moved: Longs) -> None:
    for i in range(len(old)):
        if old[i] != np.uint64(0):
            at = _slot(old[i], new)
            new[at], moved[at] = old[i], values[i]


@kernel
def _add(
    waybill: UInts, table: Ints, time: Longs, keys: UInts, count: int, more: int, slots: UInts, last: Longs,
    rows: _Rows,
) -> tuple[int, int, int]:  # fmt: skip
    """Adds rows from `count` on; returns how many there are, how many are no scans, and how many slots they took."""
    taken = 0
    for i in range(len(waybill)):
        at = _slot(waybill[i], slots)
        if slots[at] == np.uint64(0):
            slots[at], last[at] = waybill[i], -1
            taken += 1
        n, k = 0, last[at]
        while k >= 0:
            n += rows.table[k] == table[i]
            k = rows.before[k]
        if n >= MOST:
            continue
        rows.table[count], rows.before[count], rows.time[count] = table[i], last[at], time[i, 0]
        if table[i] == SCAN:
            rows.key[count] = keys[i, 0]
        else:
            rows.key[count], rows.ended[more] = np.uint64(more), time[i, 1]
            for j in range(4):
                rows.keys[more, j] = keys[i, j]
            more += 1
        last[at] = count
        count += 1
    return count, more, taken


@kernel
def _rows_of(waybill: UInts, slots: UInts, last: Longs, before: Longs, out: Longs, of: Longs) -> int:
    """Rows of some parcels, the newest of each first, as far as there is room; returns how many there are."""
    n = 0
    for i in range(len(waybill)):
        at = _slot(waybill[i], slots)
        k = last[at] if slots[at] != np.uint64(0) else -1
        while k >= 0:
            if n < len(out):
                out[n], of[n] = k, i
            n += 1
            k = before[k]
    return n


@kernel
def _mark(pair: UInts, at: Longs, slots: UInts, earliest: Longs, first: Flags, was: Longs) -> int:
    """Marks reads that are the earliest of their pair so far; `was` is the time of the one before. Slots taken."""
    taken = 0
    for i in range(len(pair)):
        k = _slot(pair[i], slots)
        was[i] = _NONE
        if slots[k] == np.uint64(0):
            slots[k], earliest[k] = pair[i], at[i]
            taken += 1
            first[i] = True
        elif at[i] < earliest[k]:
            was[i], earliest[k] = earliest[k], at[i]
            first[i] = True
        else:
            first[i] = False
    return taken


def pair_keys(waybill: UInts, actor: UInts) -> UInts:
    """One key for each pair, never 0."""
    turned = (actor << np.uint64(31)) | (actor >> np.uint64(33))
    mixed = (waybill * _MIX) ^ (turned + _MIX)
    mixed ^= mixed >> np.uint64(29)
    out: UInts = np.maximum(mixed * _MIX, np.uint64(1))
    return out


class _Slots:
    """A table of keys with a number each."""

    def __init__(self) -> None:
        self.keys, self.values = np.zeros(_ROOM, np.uint64), np.zeros(_ROOM, np.int64)
        self.used = 0

    def reserve(self, more: int) -> None:
        """Makes room for so many more keys."""
        need, size = (self.used + more) * 10 // 7 + 1, len(self.keys)
        if need > size:
            size = max(need, size * 3 // 2)
            keys, values = np.zeros(size, np.uint64), np.zeros(size, np.int64)
            with np.errstate(over="ignore"):
                _move(self.keys, self.values, keys, values)
            self.keys, self.values = keys, values


class Parcels:
    """Rows of parcels, by waybill key."""

    def __init__(self) -> None:
        self._slots, self._count, self._more = _Slots(), 0, 0
        self._rows = _Rows(
            table=np.zeros(0, np.uint8), time=np.zeros(0, np.int64), before=np.zeros(0, np.int64),
            key=np.zeros(0, np.uint64), ended=np.zeros(0, np.int64), keys=np.zeros((0, 4), np.uint64),
        )  # fmt: skip

    def __len__(self) -> int:
        return self._count

    def add(self, waybill: UInts, table: Ints, time: Longs, keys: UInts) -> None:
        """Remembers rows, in the order of their arrival.

        Args:
            waybill: Keys, (n,).
            table: SCAN, WAYBILL or TICKET, (n,).
            time: µs, (n, 2): at, issued_at or opened_at; of a ticket closed_at, the least int64 where it is open.
            keys: (n, 4): outlet; or channel, origin, destination, customer; or the ticket's account. 0: none.
        """
        self._slots.reserve(len(waybill))
        more = int(np.count_nonzero(table != SCAN))
        counts = (self._count, len(waybill)), (self._more, more)
        self._rows = _Rows(*(grown(a, *counts[k > _SHARED]) for k, a in enumerate(self._rows)))
        with np.errstate(over="ignore"):
            self._count, self._more, taken = _add(
                waybill, table, np.ascontiguousarray(time), np.ascontiguousarray(keys), self._count, self._more,
                self._slots.keys, self._slots.values, self._rows,
            )  # fmt: skip
        self._slots.used += taken

    def tables(self, waybills: UInts) -> Mapping[str, pa.RecordBatch]:
        """Rows of some parcels (keys, sorted, each once) as a partition of the ledger has them."""
        room = 8 * len(waybills) + 64
        while True:
            rows, of = np.empty(room, np.int64), np.empty(room, np.int64)
            with np.errstate(over="ignore"):
                n = _rows_of(waybills, self._slots.keys, self._slots.values, self._rows.before, rows, of)
            if n <= room:
                break
            room = n
        rows, of = rows[:n], of[:n]
        kind, key, time, value = self._rows.table[rows], waybills[of], self._rows.time[rows], self._rows.key[rows]
        scans, tickets = (_by_time(kind, table, of, time) for table in (SCAN, TICKET))
        routes = np.flatnonzero(kind == WAYBILL)
        routes = routes[np.diff(of[routes], prepend=-1) != 0]  # the newest stands first
        route, ticket = (self._rows.keys[value[some].astype(np.int64)] for some in (routes, tickets))
        ended = self._rows.ended[value[tickets].astype(np.int64)]
        names = ("channel", "origin_outlet", "destination_outlet", "customer")
        return {
            "scans": _batch(waybill=key[scans], at=time[scans], outlet=value[scans]),
            "waybills": _batch(
                waybill=key[routes], issued_at=time[routes], **{n: route[:, k] for k, n in enumerate(names)}
            ),
            "tickets": _batch(waybill=key[tickets], opened_at=time[tickets], closed_at=ended, actor=ticket[:, 0]),
        }


def grown(values: Any, used: int, more: int) -> Any:
    """An array with room for so many more; what isn't used yet takes no memory."""
    if used + more <= len(values):
        return values
    out = np.zeros((max(used + more, 2 * used, _ROOM), *values.shape[1:]), values.dtype)
    out[:used] = values[:used]
    return out


def _by_time(kind: Bytes, table: int, of: Longs, time: Longs) -> Longs:
    """Rows of a table by parcel and time."""
    mine = np.flatnonzero(kind == table)
    out: Longs = mine[np.lexsort((-mine, time[mine], of[mine]))]
    return out


def _batch(**columns: UInts | Longs) -> pa.RecordBatch:
    """Columns as the ledger keeps them: µs as times, the least int64 as null."""
    arrays = []
    for values in columns.values():
        if values.dtype == np.int64:
            arrays.append(pa.array(values, pa.int64(), mask=values == _NONE).cast(pa.timestamp("us", tz="UTC")))
        else:
            arrays.append(pa.array(np.ascontiguousarray(values)))
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))


class Pairs:
    """Pairs of account and waybill, each with the time of its earliest read."""

    def __init__(self) -> None:
        self._slots = _Slots()

    def __len__(self) -> int:
        return self._slots.used

    def reserve(self, more: int) -> None:
        """Makes room for so many more at once, which is quicker than bit by bit."""
        self._slots.reserve(more)

    def mark(self, waybill: UInts, actor: UInts, at: Longs) -> tuple[Flags, Longs]:
        """Which reads are the earliest of their pair, as they come; of each µs of the one that was it until then.

        The least int64 stands for none: the pair is new.
        """
        self._slots.reserve(len(waybill))
        first, was = np.empty(len(waybill), np.bool_), np.empty(len(waybill), np.int64)
        with np.errstate(over="ignore"):
            pairs = pair_keys(waybill, actor)
            self._slots.used += _mark(pairs, at, self._slots.keys, self._slots.values, first, was)
        return first, was
