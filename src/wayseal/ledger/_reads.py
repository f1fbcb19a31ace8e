"""Settling reads: beside the reads of the same waybills that the ledger holds, so that marks are right."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from wayseal.ledger import _marks
from wayseal.ledger._hash import UNPACKED
from wayseal.ledger._layout import NUMBERS_SCHEMA, PAIRS_SCHEMA, kept_schema
from wayseal.ledger._marks import Marks
from wayseal.ledger._order import ledger_order, run_starts
from wayseal.ledger._part import Known, Settled, Sorted, Values, Waybills, numbers
from wayseal.ledger._sorted import one_batch
from wayseal.ledger._spill import grouped
from wayseal.ledger._types import DAY_US, HOUR_US, Codes, Flags, Longs, Words

_OLD_SCHEMA = pa.schema(
    [
        ("waybill", pa.uint64()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("actor", pa.uint64()),
        ("session", pa.uint64()),
        ("access", pa.uint64()),
        ("source", pa.int32()),
        ("row", pa.int64()),
        ("first", pa.bool_()),
    ]
)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reads:
    """Old and new reads together, in the ledger's order. place: row of the new batch, or -1 for an old row."""

    place: Longs
    keys: Words
    starts: Longs
    at: Longs
    actor: Words
    session: Words
    access: Words
    old: Flags
    was_first: Flags

    def without(self, gone: Flags) -> "_Reads":
        keep = ~gone
        keys = self.keys[keep]
        return _Reads(
            place=self.place[keep], keys=keys, starts=run_starts(keys), at=self.at[keep],
            actor=self.actor[keep], session=self.session[keep], access=self.access[keep],
            old=self.old[keep], was_first=self.was_first[keep],
        )  # fmt: skip


def settle_reads(table: Sorted, waybills: Waybills, known: Known, out: Settled) -> None:
    """Leaves out repeats, marks first reads, splits rows into buckets and adds up what is counted."""
    old = _old_rows(table, waybills, known)
    reads = _together(table, old, known)
    repeated = None
    if "access" in known.present["accesses"]:
        repeated = _marks.repeats(reads.starts, reads.access, reads.old)
    if repeated is not None:
        sources = numbers(table.rows, "source")
        out.repeated.extend(sources[reads.place[repeated]].tolist())
        reads = reads.without(repeated)
    marks = _marks.firsts(reads.starts, reads.actor, reads.old, reads.was_first)
    _buckets(reads, marks, table, waybills, known, out)
    _hash(reads, table, known, out)
    _count(reads, marks, known, out)
    lost = np.flatnonzero(marks.moved)
    out.dirty.update(np.unique(waybills.days_of(reads.keys[lost])).tolist())
    codes = reads.actor[marks.fresh].astype(np.uint32)
    pairs = [pa.array(reads.keys[marks.fresh]), pa.array(codes)]
    out.kept["pairs:actor"] = pa.RecordBatch.from_arrays(pairs, schema=PAIRS_SCHEMA)


def _old_rows(table: Sorted, waybills: Waybills, known: Known) -> pa.RecordBatch | None:
    """Reads that the ledger holds of these waybills; None where it holds none."""
    keys = table.waybills
    days = waybills.days_of(keys)
    found = [
        rows
        for day in np.unique(days).tolist()
        if (rows := known.lookup("accesses", keys[days == day], _OLD_SCHEMA, day)).num_rows
    ]
    if not found:
        return None
    return one_batch(pa.Table.from_batches(found))


def _together(table: Sorted, old: pa.RecordBatch | None, known: Known) -> _Reads:
    actor = table.column("actor").astype(np.uint64)
    session = table.column("session").astype(np.uint64)
    if old is None:
        n = len(actor)
        none = np.zeros(n, np.bool_)
        return _Reads(
            place=table.order.astype(np.int64), keys=table.keys, starts=table.starts,
            at=table.column("at"), actor=actor, session=session, access=table.column("access"),
            old=none, was_first=none,
        )  # fmt: skip
    count = old.num_rows
    dictionaries = known.dictionaries

    def both(name: str, before: Values | None = None, now: Values | None = None) -> Values:
        left = numbers(old, name) if before is None else before
        return np.concatenate([left, table.column(name) if now is None else now])

    keys, at = both("waybill"), both("at")
    order = ledger_order(keys, at, both("source"), both("row"))
    before = np.zeros(len(keys), np.bool_)
    before[:count] = True
    first = np.zeros(len(keys), np.bool_)
    first[:count] = old["first"].to_numpy(zero_copy_only=False)
    place = np.concatenate([np.full(count, -1, np.int64), table.order])
    old_actor = dictionaries["actor"].codes_of(numbers(old, "actor"))
    old_session = dictionaries["session"].codes_of(numbers(old, "session"))
    keys = keys[order]
    return _Reads(
        place=place[order], keys=keys, starts=run_starts(keys), at=at[order],
        actor=both("actor", old_actor, actor)[order],
        session=both("session", old_session, session)[order],
        access=both("access")[order], old=before[order], was_first=first[order],
    )  # fmt: skip


def _buckets(reads: _Reads, marks: Marks, table: Sorted, waybills: Waybills, known: Known, out: Settled) -> None:
    """The new rows as they are kept, split by bucket day, each in the ledger's order."""
    new = np.flatnonzero(~reads.old)
    days = waybills.days_of(reads.keys[reads.starts[:-1]])
    names, bucket = np.unique(days, return_inverse=True)
    buckets = np.repeat(bucket.astype(np.uint64), np.diff(reads.starts))[new]
    order, bounds = grouped(buckets, 0, len(names))
    new = new[order]
    rows = kept_rows(table, reads.place[new].astype(np.uint32), known, first=marks.first[new])
    for n in np.flatnonzero(np.diff(bounds)).tolist():
        day, start = int(names[n]), int(bounds[n])
        out.reads.append((day, rows.slice(start, int(bounds[n + 1]) - start)))


def _hash(reads: _Reads, table: Sorted, known: Known, out: Settled) -> None:
    """Hashes of the new reads in the ledger's order, across all buckets."""
    bare = np.unique(numbers(table.rows, "waybill")[numbers(table.rows, "word") >= UNPACKED])
    texts = [known.lookup("numbers", bare, NUMBERS_SCHEMA, None)] if len(bare) else []
    texts += [out.kept["numbers"]] if "numbers" in out.kept else []
    out.hashes = known.hasher(table.rows, texts).take(reads.place[~reads.old], axis=0)


def kept_rows(table: Sorted, place: Codes, known: Known, first: Flags | None = None) -> pa.RecordBatch:
    """Rows of the batch at `place` in the form in which they are kept; columns that are wholly absent are left out."""
    layout = table.layout
    schema = pa.schema([f for f in kept_schema(layout) if f.name in known.present[layout.name]])
    names = [f.name for f in schema if f.name != "first"]
    taken = table.rows.select(names).take(pa.array(place))
    arrays = []
    for name, column in zip(names, taken.columns, strict=True):
        kind = layout.ids.get(name)
        if kind is not None:
            column = pa.array(known.dictionaries[kind].keys_of(column.to_numpy()))  # noqa: PLW2901
        arrays.append(column)
    if first is not None:
        arrays.append(pa.array(first))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _count(reads: _Reads, marks: Marks, known: Known, out: Settled) -> None:
    day = (reads.at // DAY_US + (1 << 31)).astype(np.uint64) << _HALF
    weight = (~reads.old).astype(np.int64)
    firsts = marks.first.astype(np.int64) - reads.was_first
    changed = np.flatnonzero(weight | firsts)
    ids = (day | reads.actor)[changed]
    out.add("volumes", ids, weight[changed], firsts[changed], reads.at[changed])
    new = np.flatnonzero(~reads.old)
    hours, count = _tally(reads.at[new] // HOUR_US)
    zeros = np.zeros(len(hours), np.int64)
    out.add("hours", hours.astype(np.uint64), count.astype(np.int64), zeros, zeros)
    if "session" in known.present["accesses"]:
        _count_sessions(reads, out)


def _tally(values: Longs) -> tuple[Longs, Longs]:
    """Distinct values and how often each stands there; for few different ones in a narrow range."""
    low, high = int(values.min(initial=0)), int(values.max(initial=0))
    if high - low > 1 << 20:
        return np.unique(values, return_counts=True)
    count = np.bincount(values - low, minlength=1)
    there = np.flatnonzero(count)
    return there + low, count[there]


def _count_sessions(reads: _Reads, out: Settled) -> None:
    """Distinct waybills of each (session, actor), and from when to when it read."""
    ids = np.where(reads.session == 0, 0, reads.session << _HALF | reads.actor).astype(np.uint64)
    none = np.zeros(len(ids), np.bool_)
    fresh = _marks.firsts(reads.starts, ids, reads.old, none).fresh
    new = np.flatnonzero(~reads.old & (ids != 0))
    once = np.ones(len(new), np.int64)
    out.add("sessions", ids[new], once, fresh[new].astype(np.int64), reads.at[new])
