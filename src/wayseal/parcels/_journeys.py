"""Journeys out of a ledger's scans: what each parcel is said to have gone through, in rows that are small.

Rule 1 (`wayseal.parcels`): of a waybill's scans neither their order in the log nor their repetition matters.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.ledger import Snapshot
from wayseal.ledger.codes import Coder, find_rows
from wayseal.ledger.walk import Wanted, WaybillPartition
from wayseal.model.arrays import Flags, Longs, UInts
from wayseal.model.kinds import Entry, ScanKind
from wayseal.model.period import Period
from wayseal.model.progress import Progress
from wayseal.model.runtime import kernel

Rows: TypeAlias = npt.NDArray[np.void]
"""Rows of a structured array."""
PARCEL = np.dtype([
    ("key", "u8"), ("sender", "u8"), ("order", "u8"), ("channel", "u8"), ("first", "i8"), ("signed", "i8"),
    ("pickup", "i4"), ("collector", "i4"), ("signer", "i4"), ("end", "i4"), ("typed", "f4"), ("second", "f4"),
    ("scans", "i4"), ("typed_in", "i4"), ("rebound", "i8"),
])  # fmt: skip
"""A parcel. first: µs of its first scan; signed: of the newest sign-off, 0 for none. pickup, end: codes of the outlets
of the first scan and of the sign-off; collector, signer: codes of those who made these; -1 for none. typed, second:
grams, as they were typed and as a machine weighed them last, 0 for none. typed_in: how many of its scans were typed or
came through an interface. rebound: µs after the first scan at which it came to stand for another order, 0 for never."""
VISIT = np.dtype([("parcel", "i4"), ("outlet", "i4"), ("at", "i8"), ("read", "?")])
"""A parcel's coming through an outlet; read: a machine saw it there."""
LEG = np.dtype([
    ("parcel", "i4"), ("start", "i4"), ("end", "i4"), ("visit", "i4"), ("left", "i8"), ("came", "i8"), ("trip", "u8"),
])  # fmt: skip
"""From a departure to the next arrival. visit: place of the arrival's among the visits."""
HAND = np.dtype([("parcel", "i4"), ("operator", "i4"), ("outlet", "i4"), ("kind", "i4"), ("at", "i8")])
"""A scan that no machine made."""
EARLY = np.dtype([("key", "u8"), ("actor", "u8"), ("at", "i8"), ("first", "i8"), ("channel", "u8"), ("sender", "u8")])
"""An account's first read of a parcel before that one's first scan."""
_SCANS = "at", "kind", "outlet", "operator", "weight_g", "entered", "trip"
_WAYBILLS = "channel", "customer", "order_ref", "weight_g"
_KINDS = {kind: place for place, kind in enumerate(ScanKind, 1)}
_PICKUP, _ARRIVE, _DEPART = (_KINDS[kind] for kind in (ScanKind.PICKUP, ScanKind.ARRIVE, ScanKind.DEPART))
SIGNED = _KINDS[ScanKind.DELIVERED]
_MACHINE, _TYPED, _SENT = (list(Entry).index(one) + 1 for one in (Entry.MACHINE, Entry.TYPED, Entry.INTERFACE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Journeys:
    """All parcels of a period, in the order of their keys.

    Attributes:
        parcels, visits, legs, hands: Rows of `PARCEL`, `VISIT`, `LEG`, `HAND`; `parcel` is a place among the parcels.
        early: Rows of `EARLY`.
        readers: Keys of accounts that read, and `reads`: how many of the parcels each read, before or after.
        outlets, actors: Keys by code.
        has: What some row says: entered, trip, weight, typed, customer, order_ref, operator.
    """

    parcels: Rows
    visits: Rows
    legs: Rows
    hands: Rows
    early: Rows
    readers: UInts
    reads: Longs
    outlets: UInts
    actors: UInts
    has: frozenset[str]


@kernel
def _earlier(a: int, b: int, columns: npt.NDArray[np.int64]) -> int:
    """-1, 0 or 1: whether row a comes before row b, is the same, or comes after it."""
    for c in range(columns.shape[0]):
        if columns[c, a] != columns[c, b]:
            return -1 if columns[c, a] < columns[c, b] else 1
    return 0


@kernel
def _follow(
    starts: Longs, columns: npt.NDArray[np.int64], outside: Flags, base: npt.NDArray[np.int64],
    parcels: Rows, visits: Rows, legs: Rows, hands: Rows,
) -> tuple[int, int, int]:  # fmt: skip
    """Fill rows out of scans (columns: at, kind, outlet, operator, entered, weight, trip); returns how many."""
    order = np.empty(columns.shape[1], np.int64)
    v = g = h = 0
    for p in range(len(starts) - 1):
        if outside[p]:
            continue
        n = 0
        for i in range(starts[p], starts[p + 1]):  # insertion: they come almost in order (rule 1)
            k, same = n, False
            while k > 0:
                told = _earlier(i, order[k - 1], columns)
                same = told == 0
                if told >= 0:
                    break
                k -= 1
            if same:
                continue
            for move in range(n, k, -1):
                order[move] = order[move - 1]
            order[k] = i
            n += 1
        q = base[p]
        one, here, pending = parcels[q], -1, -1
        one["first"], one["scans"], one["pickup"] = columns[0, order[0]], n, columns[2, order[0]]
        one["collector"] = one["signer"] = one["end"] = -1
        for place in range(n):
            i = order[place]
            at, kind, outlet = columns[0, i], columns[1, i], columns[2, i]
            operator, entered, weight = columns[3, i], columns[4, i], columns[5, i]
            machine = entered == _MACHINE
            if not machine:
                hands[h]["parcel"], hands[h]["operator"], hands[h]["outlet"] = q, operator, outlet
                hands[h]["kind"], hands[h]["at"] = kind, at
                h += 1
                one["typed_in"] += entered in (_TYPED, _SENT)
                if one["collector"] < 0 and kind == _PICKUP:
                    one["collector"] = operator
            elif weight > 0:
                one["second"] = weight
            if kind == SIGNED:
                one["signed"], one["signer"], one["end"] = at, operator, outlet
            if kind not in (_ARRIVE, _DEPART):
                continue
            if here < 0 or visits[here]["outlet"] != outlet:
                here = v
                visits[here]["parcel"], visits[here]["outlet"], visits[here]["at"] = q, outlet, at
                v += 1
            if machine:
                visits[here]["read"] = True
            if kind == _ARRIVE and pending >= 0 and columns[2, pending] != outlet:
                leg = legs[g]
                leg["parcel"], leg["start"], leg["end"], leg["visit"] = q, columns[2, pending], outlet, here
                leg["left"], leg["came"], leg["trip"] = columns[0, pending], at, np.uint64(columns[6, pending])
                g += 1
            pending = i if kind == _DEPART else -1
    return v, g, h


class Reader:
    """Makes journeys of ranges of a ledger; two threads may call it."""

    def __init__(self, snapshot: Snapshot, period: Period) -> None:
        """Of parcels whose first scan lies in a period."""
        self._snapshot, self._period = snapshot, period
        self.outlets, self.actors = (np.sort(snapshot.ids(kind)) for kind in ("outlet", "actor"))
        self._outlet, self._actor = (Coder(keys) for keys in (self.outlets, self.actors))

    def __call__(self, partition: WaybillPartition) -> tuple[list[Rows], dict[int, int], set[str]]:
        """Read one range: parcels, visits, legs, hands and early reads; parcels by account; what rows say."""
        scans = partition.tables["scans"]
        key = _keys(self._snapshot, scans, "waybill")
        starts: Longs = np.append(np.flatnonzero(np.append(len(key) > 0, key[1:] != key[:-1])[: len(key)]), len(key))
        columns = self._columns(scans)
        first = np.minimum.reduceat(columns[0], starts[:-1]) if len(key) else np.zeros(0, np.int64)
        outside = (first < self._period.since) | (first >= self._period.until)
        inside = np.flatnonzero(~outside)
        base = np.cumsum(~outside) - 1
        parcels = np.zeros(len(inside), PARCEL)
        parcels["key"] = key[starts[:-1]][inside]
        visits, legs, hands = (np.zeros(len(key), of) for of in (VISIT, LEG, HAND))
        v, g, h = _follow(starts, columns, outside, base, parcels, visits, legs, hands)
        has = {name for name, row in (("entered", 4), ("weight", 5), ("trip", 6)) if columns[row].any()}
        has |= {"operator"} if (columns[3] >= 0).any() else set()
        has |= self._describe(parcels, partition.tables["waybills"])
        self._rebind(parcels, partition.tables["changes"])
        early, counts = self._early(parcels, partition)
        return [parcels, visits[:v].copy(), legs[:g].copy(), hands[:h].copy(), early], counts, has

    def _columns(self, scans: pa.RecordBatch) -> npt.NDArray[np.int64]:
        n = scans.num_rows
        columns = np.zeros((7, n), np.int64)
        columns[0] = scans["at"].view(pa.int64()).to_numpy()
        columns[1] = scans["kind"].to_numpy()
        columns[2] = self._outlet.places(_keys(self._snapshot, scans, "outlet"))
        columns[3] = self._actor.places(_keys(self._snapshot, scans, "operator"))
        columns[4] = _numbers(scans, "entered", n)
        columns[5] = _numbers(scans, "weight_g", n)
        columns[6] = _keys(self._snapshot, scans, "trip").view(np.int64)
        return columns

    def _describe(self, parcels: Rows, waybills: pa.RecordBatch) -> set[str]:
        """Write what `waybills` says of parcels; which columns say anything."""
        row = find_rows(_keys(self._snapshot, waybills, "waybill"), parcels["key"])
        has = set()
        for name, column in (("sender", "customer"), ("order", "order_ref"), ("channel", "channel")):
            values = np.append(_keys(self._snapshot, waybills, column), np.uint64(0))
            parcels[name] = values[row]
            has |= {column} if parcels[name].any() else set()
        typed = np.append(_numbers(waybills, "weight_g", waybills.num_rows), 0)
        parcels["typed"] = typed[row]
        return has | ({"typed"} if typed.any() else set())

    def _rebind(self, parcels: Rows, changes: pa.RecordBatch) -> None:
        rows = changes.filter(pc.equal(changes["column"], "order_ref"))
        row = find_rows(parcels["key"], _keys(self._snapshot, rows, "waybill"))
        at = rows["at"].view(pa.int64()).to_numpy()
        late = np.flatnonzero((row >= 0) & (at > parcels["first"][row])) if len(parcels) else np.zeros(0, np.int64)
        parcels["rebound"][row[late]] = at[late]

    def _early(self, parcels: Rows, partition: WaybillPartition) -> tuple[Rows, dict[int, int]]:
        """First reads before the first scan, by account and parcel; and of how many parcels each account read."""
        batches = [(one, "actor") for one in partition.reads] + [(partition.tables["partner_calls"], "partner")]
        parts = []
        for batch, name in batches:
            row = find_rows(parcels["key"], _keys(self._snapshot, batch, "waybill"))
            there = np.flatnonzero(row >= 0)
            made = np.zeros(len(there), EARLY)
            made["key"], made["actor"] = parcels["key"][row[there]], _keys(self._snapshot, batch, name)[there]
            made["at"] = batch["at"].view(pa.int64()).to_numpy()[there]
            for column in ("first", "channel", "sender"):
                made[column] = parcels[column][row[there]]
            parts.append(made)
        rows = np.concatenate(parts)
        rows = rows[np.lexsort((rows["at"], rows["actor"], rows["key"]))]
        new = (rows["key"][1:] != rows["key"][:-1]) | (rows["actor"][1:] != rows["actor"][:-1])
        rows = rows[np.append(True, new)] if len(rows) else rows
        actors, count = np.unique(rows["actor"], return_counts=True)
        return rows[rows["at"] < rows["first"]], dict(zip(actors.tolist(), count.tolist(), strict=True))


def _keys(snapshot: Snapshot, rows: pa.RecordBatch, name: str) -> UInts:
    """A column as keys; 0 for none, also where there is no such column."""
    if name not in rows.schema.names:
        return np.zeros(rows.num_rows, np.uint64)
    column = rows[name]
    keys: UInts = column.to_numpy() if column.type == pa.uint64() else snapshot.hashed(column)
    return keys


def _numbers(rows: pa.RecordBatch, name: str, n: int) -> Longs:
    if name not in rows.schema.names:
        return np.zeros(n, np.int64)
    out: Longs = rows[name].fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return out


_TABLES: Mapping[str, Sequence[str]] = {
    "scans": _SCANS, "waybills": _WAYBILLS, "partner_calls": ("at", "partner"), "changes": ("at", "column"),
}  # fmt: skip


def read_journeys(snapshot: Snapshot, period: Period, progress: Progress) -> Journeys:
    """Read the journeys of the parcels whose first scan lies in a period.

    Args:
        snapshot: The ledger as it is.
        period: Of first scans.
        progress: Called with a step's name, what is done and what there is in all.

    Returns:
        Some 300 bytes a parcel, whatever else the ledger has.

    Raises:
        LedgerError: A file of the ledger is damaged or missing.
    """
    reader = Reader(snapshot, period)
    parts: list[list[Rows]] = [[np.zeros(0, of)] for of in (PARCEL, VISIT, LEG, HAND, EARLY)]
    counts: Counter[int] = Counter()
    has: set[str] = set()
    parcels = visits = 0
    wanted = Wanted(reads=("at", "actor"), tables=_TABLES)
    for (made, reads, said), done, total in snapshot.waybill_partitions(wanted, reader):
        for rows in made[1:4]:
            rows["parcel"] += parcels
        made[2]["visit"] += visits
        parcels, visits = parcels + len(made[0]), visits + len(made[1])
        for part, rows in zip(parts, made, strict=True):
            part.append(rows)
        counts.update(reads)
        has |= said
        progress("journeys", done, total)
    whole = [np.concatenate(part) for part in parts]
    readers = np.array(sorted(counts), np.uint64)
    return Journeys(
        parcels=whole[0], visits=whole[1], legs=whole[2], hands=whole[3], early=whole[4], readers=readers,
        reads=np.array([counts[key] for key in readers.tolist()], np.int64),
        outlets=reader.outlets, actors=reader.actors, has=frozenset(has),
    )  # fmt: skip
