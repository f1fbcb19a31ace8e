"""Everything about waybills side by side, stretch by stretch of the key space: reads, and tables that explain them.

1. All buckets and tables are sorted by waybill key, so a stretch holds everything about its waybills, and joining is
   merging. Reads are not put in one order: each file's rows come as they lie, in the ledger's order.
2. Files of generations before `since` aren't opened: what is read then is what came since, and with it, in files that
   were merged, older reads, which the column `source` tells. Where a late read took the mark of a first read from an
   older one, both lie in one merged file. Tables always come whole.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import pyarrow as pa

from wayseal.ledger._key_conflicts import take_newest
from wayseal.ledger._layout import KEYED, kept_schema
from wayseal.ledger._lookup import Finder
from wayseal.ledger._order import ledger_order
from wayseal.ledger._parallel import map_ahead
from wayseal.ledger._part import column_values
from wayseal.ledger._sorted import SortedFile, conform, ranges, read_range
from wayseal.ledger._text_lookup import READS_SCHEMA

_ROWS = 3 << 20
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """One stretch of the key space, from `low` to `high`, both included.

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


def beside(finder: Finder, wanted: Wanted, work: Callable[[Beside], _T]) -> Iterator[tuple[_T, int, int]]:
    """Yield what `work`, called by two threads, makes of each stretch, in order, with (done, total)."""
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
        return work(Beside(low=span[0], high=span[1], reads=tuple(parts), tables=tables))

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
