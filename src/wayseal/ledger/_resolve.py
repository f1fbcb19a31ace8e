"""What one part of an ingest becomes, from rows as they came to what the ledger keeps of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.ledger._key_conflicts import ConsistentTables, resolve_conflicts, take_newest
from wayseal.ledger._keys import UNPACKED
from wayseal.ledger._layout import (
    CATALOGUE_SCHEMA,
    DAY_US,
    HOUR_US,
    KEYED,
    NO_DAY,
    NUMBERS,
    NUMBERS_SCHEMA,
    PAIRS_SCHEMA,
    flight_schema,
    kept_schema,
)
from wayseal.ledger._part import (
    Known,
    Marks,
    ResolvedPart,
    SortedRows,
    Values,
    Waybills,
    column_values,
    ledger_order,
    mark_firsts,
    mark_repeats,
    run_starts,
    sort_rows,
)
from wayseal.ledger._sorted import conform, contains, join_batches, locate, one_batch
from wayseal.ledger._spill import group_rows
from wayseal.model.arrays import Codes, Flags, Longs, UInts

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
    keys: UInts
    starts: Longs
    at: Longs
    actor: UInts
    session: UInts
    access: UInts
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


def resolve_reads(table: SortedRows, waybills: Waybills, known: Known, out: ResolvedPart) -> None:
    """Leaves out repeats, marks first reads, splits rows into buckets and adds up what is counted."""
    old = _old_rows(table, waybills, known)
    reads = _together(table, old, known)
    repeated = None
    if "access" in known.present["accesses"]:
        repeated = mark_repeats(reads.starts, reads.access, reads.old)
    if repeated is not None:
        sources = column_values(table.rows, "source")
        out.repeated.extend(sources[reads.place[repeated]].tolist())
        reads = reads.without(repeated)
    marks = mark_firsts(reads.starts, reads.actor, reads.old, reads.was_first)
    _buckets(reads, marks, table, waybills, known, out)
    _hash(reads, table, known, out)
    _count(reads, marks, known, out)
    lost = np.flatnonzero(marks.moved)
    out.dirty.update(np.unique(waybills.days_of(reads.keys[lost])).tolist())
    codes = reads.actor[marks.fresh].astype(np.uint32)
    pairs = [pa.array(reads.keys[marks.fresh]), pa.array(codes)]
    out.kept["pairs:actor"] = pa.RecordBatch.from_arrays(pairs, schema=PAIRS_SCHEMA)


def _old_rows(table: SortedRows, waybills: Waybills, known: Known) -> pa.RecordBatch | None:
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


def _together(table: SortedRows, old: pa.RecordBatch | None, known: Known) -> _Reads:
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
        left = column_values(old, name) if before is None else before
        return np.concatenate([left, table.column(name) if now is None else now])

    keys, at = both("waybill"), both("at")
    order = ledger_order(keys, at, both("source"), both("row"))
    before = np.zeros(len(keys), np.bool_)
    before[:count] = True
    first = np.zeros(len(keys), np.bool_)
    first[:count] = old["first"].to_numpy(zero_copy_only=False)
    place = np.concatenate([np.full(count, -1, np.int64), table.order])
    old_actor = dictionaries["actor"].codes_of(column_values(old, "actor"))
    old_session = dictionaries["session"].codes_of(column_values(old, "session"))
    keys = keys[order]
    return _Reads(
        place=place[order], keys=keys, starts=run_starts(keys), at=at[order],
        actor=both("actor", old_actor, actor)[order],
        session=both("session", old_session, session)[order],
        access=both("access")[order], old=before[order], was_first=first[order],
    )  # fmt: skip


def _buckets(
    reads: _Reads, marks: Marks, table: SortedRows, waybills: Waybills, known: Known, out: ResolvedPart
) -> None:
    """The new rows as they are kept, split by bucket day, each in the ledger's order."""
    new = np.flatnonzero(~reads.old)
    days = waybills.days_of(reads.keys[reads.starts[:-1]])
    names, bucket = np.unique(days, return_inverse=True)
    buckets = np.repeat(bucket.astype(np.uint64), np.diff(reads.starts))[new]
    order, bounds = group_rows(buckets, 0, len(names))
    new = new[order]
    rows = kept_rows(table, reads.place[new].astype(np.uint32), known, first=marks.first[new])
    for n in np.flatnonzero(np.diff(bounds)).tolist():
        day, start = int(names[n]), int(bounds[n])
        out.reads.append((day, rows.slice(start, int(bounds[n + 1]) - start)))


def _hash(reads: _Reads, table: SortedRows, known: Known, out: ResolvedPart) -> None:
    """Hashes of the new reads in the ledger's order, across all buckets."""
    bare = np.unique(column_values(table.rows, "waybill")[column_values(table.rows, "word") >= UNPACKED])
    texts = [known.lookup("numbers", bare, NUMBERS_SCHEMA, None)] if len(bare) else []
    texts += [out.kept["numbers"]] if "numbers" in out.kept else []
    out.hashes = known.hasher(table.rows, texts).take(reads.place[~reads.old], axis=0)


def kept_rows(table: SortedRows, place: Codes, known: Known, first: Flags | None = None) -> pa.RecordBatch:
    """Rows of the batch at `place` in the form in which they are kept; columns that are wholly absent are left out."""
    layout = table.layout
    schema = pa.schema([f for f in kept_schema(layout) if f.name in known.present[layout.name]])
    names = [f.name for f in schema if f.name != "first"]
    rows = table.rows
    if not set(names) <= set(rows.schema.names):  # a column that other parts have
        rows = conform(pa.Table.from_batches([rows]), pa.schema([flight_schema(layout).field(n) for n in names]))
    taken = rows.select(names).take(pa.array(place))
    arrays = []
    for name, column in zip(names, taken.columns, strict=True):
        kind = layout.ids.get(name)
        if kind is not None:
            column = pa.array(known.dictionaries[kind].keys_of(column.to_numpy()))  # noqa: PLW2901
        arrays.append(column)
    if first is not None:
        arrays.append(pa.array(first))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _count(reads: _Reads, marks: Marks, known: Known, out: ResolvedPart) -> None:
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


def _count_sessions(reads: _Reads, out: ResolvedPart) -> None:
    """Distinct waybills of each (session, actor), and from when to when it read."""
    ids = np.where(reads.session == 0, 0, reads.session << _HALF | reads.actor).astype(np.uint64)
    none = np.zeros(len(ids), np.bool_)
    fresh = mark_firsts(reads.starts, ids, reads.old, none).fresh
    new = np.flatnonzero(~reads.old & (ids != 0))
    once = np.ones(len(new), np.int64)
    out.add("sessions", ids[new], once, fresh[new].astype(np.int64), reads.at[new])


def resolve_plain(table: SortedRows, known: Known, out: ResolvedPart) -> None:
    """All rows are kept, in the ledger's order."""
    out.kept[f"table:{table.layout.name}"] = kept_rows(table, table.order, known)


def resolve_unique(table: SortedRows, known: Known, out: ResolvedPart) -> None:
    """The last row of each waybill is kept; one that says something else than before is counted."""
    name = table.layout.name
    last = table.starts[1:] - 1
    rows = kept_rows(table, table.order[last], known)
    schema = kept_schema(table.layout)
    before = take_newest(known.lookup(f"table:{name}", table.waybills, schema, None))
    out.kept[f"table:{name}"] = rows
    at = np.searchsorted(table.waybills, column_values(before, "waybill"))
    now = conform(pa.Table.from_batches([rows]), schema)
    changed = count_differing(before, now.take(pa.array(at)))
    inside = kept_rows(table, table.order, known)
    repeats = np.flatnonzero(table.keys[1:] == table.keys[:-1])
    changed_inside = count_differing(inside.take(pa.array(repeats)), inside.take(pa.array(repeats + 1)))
    out.conflicts[name] = changed + changed_inside
    codes = table.column("channel")[last].astype(np.uint64)
    once, none = np.ones(len(codes), np.int64), np.zeros(len(codes), np.int64)
    out.add("channels", codes, once, none, none)
    past = known.dictionaries["channel"].codes_of(column_values(before, "channel"))
    none = np.zeros(len(past), np.int64)
    out.add("channels", past, none - 1, none, none)


def count_differing(before: pa.RecordBatch, now: pa.RecordBatch) -> int:
    """How many rows differ."""
    return int(find_differing(before, now).sum())


def find_differing(before: pa.RecordBatch, now: pa.RecordBatch) -> Flags:
    """Which rows differ, beside where they came from."""
    differs = np.zeros(before.num_rows, np.bool_)
    for name in before.schema.names:
        if name in ("source", "row"):
            continue
        left, right = before[name], now[name]
        both = pc.fill_null(pc.equal(left, right), fill_value=False)
        absent = pc.and_(left.is_null(), right.is_null())
        differs |= ~pc.or_(both, absent).to_numpy(zero_copy_only=False)
    return differs


def resolve_pairs(tables: Mapping[str, SortedRows], known: Known, out: ResolvedPart) -> None:
    """Which outlets each waybill touched: where it was scanned and where it came from."""
    keys: list[UInts] = []
    codes: list[UInts] = []
    for name, column in (("waybills", "origin_outlet"), ("scans", "outlet")):
        if name in tables:
            keys.append(tables[name].keys)
            codes.append(tables[name].column(column).astype(np.uint64))
    if not keys:
        return
    lookup = np.unique(np.concatenate(keys))
    before = known.lookup("pairs:outlet", lookup, PAIRS_SCHEMA, None)
    count = before.num_rows
    key = np.concatenate([column_values(before, "waybill"), *keys])
    code = np.concatenate([column_values(before, "code").astype(np.uint64), *codes])
    old = np.zeros(len(key), np.bool_)
    old[:count] = True
    order = np.argsort(key, kind="stable")
    key, code, old = key[order], code[order], old[order]
    fresh = mark_firsts(run_starts(key), code, old, np.zeros(len(key), np.bool_)).fresh
    arrays = [pa.array(key[fresh]), pa.array(code[fresh].astype(np.uint32))]
    out.kept["pairs:outlet"] = pa.RecordBatch.from_arrays(arrays, schema=PAIRS_SCHEMA)
    zeros: Longs = np.zeros(len(code[fresh]), np.int64)
    out.add("outlets", code[fresh], zeros + 1, zeros, zeros)


def resolve_numbers(batches: list[pa.RecordBatch], consistent: ConsistentTables, out: ResolvedPart) -> None:
    """Texts of new waybills without a packed form."""
    if not batches:
        return
    table = one_batch(pa.Table.from_batches(batches))
    keys, words = column_values(table, "waybill"), column_values(table, "word")
    place, found = locate(consistent.keys, keys)
    wanted = found & (consistent.words[place] == words) & (words >= UNPACKED)
    wanted &= ~contains(consistent.known_keys, keys)
    at = np.flatnonzero(wanted)
    _, once = np.unique(keys[at], return_index=True)
    kept = table.take(pa.array(at[once]))
    out.kept["numbers"] = pa.RecordBatch.from_arrays(kept.columns, schema=NUMBERS_SCHEMA)


_NEVER = 1 << 40


def resolve_part(batches: Mapping[str, list[pa.RecordBatch]], known: Known) -> ResolvedPart:
    """Settles one part. `batches`: table → rows on their way, in the order in which they were read."""
    out = ResolvedPart()
    tables = {
        name: sort_rows(KEYED[name], join_batches(batches[name], flight_schema(KEYED[name])))
        for name in KEYED
        if batches.get(name)
    }
    if not tables:
        return out
    consistent = resolve_conflicts(tables, known)
    out.refused.extend(consistent.refused)
    waybills = _catalogue(consistent, out)
    resolve_numbers(batches.get(NUMBERS, []), consistent, out)
    for name, table in consistent.tables.items():
        if not len(table.keys):
            continue
        if name == "accesses":
            resolve_reads(table, waybills, known, out)
        elif table.layout.unique:
            resolve_unique(table, known, out)
        else:
            resolve_plain(table, known, out)
    resolve_pairs(consistent.tables, known, out)
    return out


def _catalogue(consistent: ConsistentTables, out: ResolvedPart) -> Waybills:
    """Bucket day of each waybill (the catalogue's, else the least time seen now), and the catalogue's new rows."""
    days = np.full(len(consistent.keys), _NEVER, np.int64)
    for table in consistent.tables.values():
        if table.layout.seen:
            at = np.searchsorted(consistent.keys, table.waybills)
            days[at] = np.minimum(days[at], table.days())
    days[days == _NEVER] = NO_DAY
    there = np.searchsorted(consistent.keys, consistent.known_keys)
    fixed = consistent.known_days != NO_DAY
    new = np.ones(len(days), np.bool_)
    new[there] = ~fixed & (days[there] != NO_DAY)
    days[there[fixed]] = consistent.known_days[fixed]
    arrays = [consistent.keys[new], consistent.words[new], days[new].astype(np.int32)]
    out.kept["catalogue"] = pa.RecordBatch.from_arrays([pa.array(a) for a in arrays], schema=CATALOGUE_SCHEMA)
    return Waybills(keys=consistent.keys, days=days)
