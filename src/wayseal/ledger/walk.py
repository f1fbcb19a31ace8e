"""The whole ledger range after range of the key space, so that memory stays bounded: one source, or all about waybills.

1. All buckets and tables are sorted by waybill key, so a range holds everything about its waybills, whatever the days,
   no waybill is in two ranges, and joining is merging. Reads of all sources are not put in one order: each file's rows
   come as they lie, in the ledger's order.
2. Files of generations before `since` aren't opened: what is read then is what came since, and with it, in files that
   were merged, older reads, which the column `source` tells. Where a late read took the mark of a first read from an
   older one, both lie in one merged file. Tables always come whole.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa

from wayseal import store
from wayseal.ledger._key_conflicts import take_newest
from wayseal.ledger._layout import KEYED, PAIRS_SCHEMA, kept_schema
from wayseal.ledger._lookup import DICTIONARY_SCHEMA, READS_SCHEMA, Finder
from wayseal.ledger._parallel import map_ahead
from wayseal.ledger._part import column_values, ledger_order, run_starts
from wayseal.ledger._select import last_rows
from wayseal.ledger._sorted import SortedFile, conform, join_batches, ranges, read_range
from wayseal.ledger._strata import read_counts
from wayseal.model.arrays import Longs, UInts

_ROWS = 3 << 20
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaybillPartition:
    """One range of the key space, from `low` to `high`, both included.

    reads: one batch a file, each in the ledger's order. tables: rows of each table asked for, sorted by (waybill,
    time); of `waybills` the last row of each. Columns as they are kept: keys for ids (0: none), codes for enums.
    """

    low: int
    high: int
    reads: tuple[pa.RecordBatch, ...]
    tables: Mapping[str, pa.RecordBatch]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which columns of reads and of which tables; since: see rule 2."""

    reads: Sequence[str]
    tables: Mapping[str, Sequence[str]]
    since: int = 0


def walk_partitions(
    finder: Finder, wanted: Wanted, work: Callable[[WaybillPartition], _T]
) -> Iterator[tuple[_T, int, int]]:
    """Yield what `work`, called by two threads, makes of each range, in order, with (done, total)."""
    fresh = [e for e in finder.kinds("accesses") if e.generation >= wanted.since]
    days, paths = sorted({e.day for e in fresh if e.day is not None}), {e.path for e in fresh}
    schema = pa.schema([f for f in READS_SCHEMA if f.name in ("waybill", *wanted.reads)])

    def opened() -> list[SortedFile]:
        found = []
        for day in days:
            there = zip(finder.entries("accesses", day), finder.files("accesses", day), strict=True)
            found += [file for entry, file in there if entry.path in paths]
        return found

    def made(span: tuple[int, int]) -> _T:
        parts = [p for p in read_range(opened(), *span, schema) if p.num_rows]
        tables = {name: _table(finder, name, names, span) for name, names in wanted.tables.items()}
        return work(WaybillPartition(low=span[0], high=span[1], reads=tuple(parts), tables=tables))

    spans = list(ranges([*opened(), *(f for name in wanted.tables for f in finder.files(f"table:{name}"))], _ROWS))
    for place, one in enumerate(map_ahead(made, spans), 1):
        yield one, place, len(spans)


def _table(finder: Finder, name: str, columns: Sequence[str], span: tuple[int, int]) -> pa.RecordBatch:
    layout = KEYED[name]
    files = finder.files(f"table:{name}")
    order = ("source", "row", layout.time) if len(files) > 1 else ()
    schema = pa.schema([f for f in kept_schema(layout) if f.name in ("waybill", *columns, *order)])
    found = read_range(files, *span, schema)
    rows = conform(pa.Table.from_batches(found, schema), schema)
    if not order:
        return rows
    if layout.unique:
        return take_newest(rows)
    at, source, row = (column_values(rows, n) for n in (layout.time, "source", "row"))
    return rows.take(pa.array(ledger_order(column_values(rows, "waybill"), at, source, row)))


RANGE_ROWS = 1 << 22
NARROW = 16
"""A source with less than such a part of the reads is walked over in longer ranges."""
OF_SOURCE = pa.schema([READS_SCHEMA.field(n) for n in ("waybill", "at", "actor", "action", "via", "fields")])


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRange:
    """A source in one range of the key space.

    keys: waybills, sorted. reads: of accounts, sessions and devices, sorted by waybill: waybill u64, at, actor u64,
    action u8 (place among the contract's values, from 1; 0: none), via, fields u64, and what more was asked for.
    low, high: the range, both keys included. done, total: of the ranges.
    """

    keys: UInts
    reads: pa.Table
    low: int
    high: int
    done: int
    total: int


Work = Callable[[tuple[int, int]], tuple[UInts, pa.Table]]


def walk_source(
    finder: Finder,
    kind: str,
    wanted: UInts,
    *,
    columns: Sequence[str] = (),
    beside: Sequence[str] = (),
    rows: int | None = None,
) -> Iterator[SourceRange]:
    """Yield what a source had: kind is actor, session, device (they read them), channel (issued) or outlet (passed).

    wanted: keys of the source, sorted; several outlets make a region. An outlet's are those that came from it or were
    scanned there. columns: of reads, beside those of `OF_SOURCE`. beside: tables of which a range shall not hold more
    than `rows` either (`between` reads them).
    """
    days = sorted({e.day for e in finder.kinds("accesses") if e.day is not None})
    readers = kind in ("actor", "session", "device")
    walked: list[tuple[str, int | None]] = [("accesses", day) for day in days] if readers else [(_WALKED[kind], None)]
    work = _reading(finder, walked, kind, wanted, columns) if readers else _OTHER[kind](finder, wanted)
    rows = rows or (RANGE_ROWS if beside else _rows(finder, kind, wanted))
    along = [*walked, *((f"table:{name}", None) for name in beside)]
    spans = list(ranges([f for name, day in along for f in finder.files(name, day)], rows))
    for place, (keys, reads) in enumerate(map_ahead(work, spans)):
        low, high = spans[place]
        yield SourceRange(keys=keys, reads=reads, low=low, high=high, done=place + 1, total=len(spans))


def _rows(finder: Finder, kind: str, wanted: UInts) -> int:
    """Rows of a range: long ones for readers of little, as each range costs a reading of every bucket."""
    if kind == "actor":
        volumes = read_counts(finder, "volumes")
        reads = volumes["reads"].to_numpy()
        narrow = reads[np.isin(volumes["actor"].to_numpy(), wanted)].sum() * NARROW < reads.sum()
    else:
        narrow = kind in ("session", "device")
    return RANGE_ROWS << 2 if narrow else RANGE_ROWS


def _reading(
    finder: Finder, walked: list[tuple[str, int | None]], kind: str, wanted: UInts, columns: Sequence[str]
) -> Work:
    only = pa.schema([READS_SCHEMA.field(kind)])
    more = [READS_SCHEMA.field(name) for name in columns if name not in OF_SOURCE.names]
    schema = pa.schema([*OF_SOURCE, *more])
    nothing = schema.empty_table()

    def work(span: tuple[int, int]) -> tuple[UInts, pa.Table]:
        reads = [_reads(file, span, only, wanted, schema) for name, day in walked for file in finder.files(name, day)]
        table = pa.concat_tables([nothing, *(t for t in reads if t is not None)]).combine_chunks()
        table = table.take(pa.array(np.argsort(table["waybill"].to_numpy(), kind="stable")))
        keys = table["waybill"].to_numpy()
        return keys[run_starts(keys)[:-1]], table

    return work


def _reads(
    file: SortedFile, span: tuple[int, int], only: pa.Schema, wanted: UInts, schema: pa.Schema
) -> pa.Table | None:
    """Reads of the source; the other columns are read only of row groups that hold one."""
    groups = file.groups_between(*span)
    if not len(groups):
        return None
    hits = np.flatnonzero(np.isin(column_values(file.read(groups.tolist(), only), only.names[0]), wanted))
    if not len(hits):
        return None
    ends = np.cumsum(file.rows[groups])
    inside, place = np.unique(np.searchsorted(ends, hits, side="right"), return_inverse=True)
    starts = np.concatenate([[0], np.cumsum(file.rows[groups[inside]])])
    rows = file.read(groups[inside].tolist(), schema)
    at: Longs = hits - (ends - file.rows[groups])[inside][place] + starts[place]
    taken = rows.take(pa.array(at))
    keys = column_values(taken, "waybill")
    there = (keys >= np.uint64(span[0])) & (keys <= np.uint64(span[1]))
    return pa.Table.from_batches([taken]).filter(pa.array(there))


def _issued(finder: Finder, wanted: UInts) -> Work:
    schema = pa.schema([f for f in kept_schema(KEYED["waybills"]) if f.name in ("waybill", "channel")])

    def work(span: tuple[int, int]) -> tuple[UInts, pa.Table]:
        rows = last_rows(finder.files("table:waybills"), *span, schema)
        return column_values(rows, "waybill")[np.isin(column_values(rows, "channel"), wanted)], OF_SOURCE.empty_table()

    return work


def _passed(finder: Finder, wanted: UInts) -> Work:
    names = finder.whole("dictionary:outlet", DICTIONARY_SCHEMA)["key"].to_numpy()
    codes = np.flatnonzero(np.isin(names, wanted)) + 1

    def work(span: tuple[int, int]) -> tuple[UInts, pa.Table]:
        rows = join_batches(read_range(finder.files("pairs:outlet"), *span, PAIRS_SCHEMA), PAIRS_SCHEMA)
        return np.unique(
            column_values(rows, "waybill")[np.isin(column_values(rows, "code"), codes)]
        ), OF_SOURCE.empty_table()

    return work


_WALKED = {"channel": "table:waybills", "outlet": "pairs:outlet"}
_OTHER = {"channel": _issued, "outlet": _passed}


def between(finder: Finder, name: str, low: int, high: int, columns: Sequence[str]) -> pa.Table:
    """Columns of a table that hangs on waybills, as they are kept, with keys from `low` to `high`, both included.

    All its rows, one file of the ledger after the other, each sorted by waybill.
    """
    schema = pa.schema([f for f in kept_schema(KEYED[name]) if f.name in ("waybill", *columns)])
    return pa.Table.from_batches(read_range(finder.files(f"table:{name}"), low, high, schema), schema)


def askers(finder: Finder, since: int, until: int) -> pa.Table:
    """(actor text, queries i64): how many logged queries each account asked between two times (µs; `until` not)."""
    schema = pa.schema([f for f in store.arrow_schema("queries") if f.name in ("at", "actor")])
    counted = []
    for file in finder.files("table:queries"):
        for group in range(len(file.rows)):
            batch = file.read([group], schema)
            at = column_values(batch, "at")
            then = pa.array((at >= since) & (at < until))
            counted.append(
                pa.table({"actor": batch["actor"].filter(then)}).group_by("actor").aggregate([([], "count_all")])
            )
    empty = pa.table({"actor": pa.array([], pa.string()), "count_all": pa.array([], pa.int64())})
    rows = pa.concat_tables([empty, *(table.select(["actor", "count_all"]) for table in counted)])
    summed = rows.group_by("actor").aggregate([("count_all", "sum")]).select(["actor", "count_all_sum"])
    return summed.rename_columns(["actor", "queries"]).sort_by("actor")


def places_of(finder: Finder, keys: UInts) -> pa.Table:
    """(waybill u64, outlet u64) of waybills (sorted): where each came from and was scanned; each pair once."""
    rows = finder.rows("pairs:outlet", keys, PAIRS_SCHEMA)
    rows = rows.take(pa.array(np.argsort(column_values(rows, "waybill"), kind="stable")))
    names = finder.whole("dictionary:outlet", DICTIONARY_SCHEMA)["key"].to_numpy()
    outlets = names[column_values(rows, "code").astype(np.int64) - 1]
    return pa.table({"waybill": rows["waybill"], "outlet": pa.array(outlets, pa.uint64())})
