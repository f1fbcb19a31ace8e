"""Making one file of several: a bucket whose marks moved, or a kind of which there are too many files."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.ledger._generation import Generation
from wayseal.ledger._key_conflicts import take_newest
from wayseal.ledger._layout import (
    CATALOGUE_SCHEMA,
    KEYED,
    NUMBERS_SCHEMA,
    PAIRS_SCHEMA,
    kept_schema,
)
from wayseal.ledger._manifest import FileEntry
from wayseal.ledger._part import column_values, ledger_order, mark_firsts, run_starts
from wayseal.ledger._sorted import SortedFile, join_batches, one_batch, open_sorted, ranges, read_range

MOST_FILES = 8
"""Most files of one kind (and bucket)."""
_RANGE_ROWS = 1 << 20
_COUNTED = {"counts:sessions": (("from", "min"), ("to", "max"))}


def count_to_merge(rows: Sequence[int]) -> int:
    """How many of the newest files to merge: two, and older ones while they are no bigger than what follows."""
    count, total = 2, sum(rows[-2:])
    while count < len(rows) and rows[-count - 1] <= total:
        total += rows[-count - 1]
        count += 1
    return count


def find_crowded(files: Sequence[FileEntry], dirty: frozenset[int] | set[int]) -> list[list[FileEntry]]:
    """Which files of a generation are to be merged, group by group."""
    groups: dict[tuple[str, int | None], list[FileEntry]] = {}
    for entry in files:
        if entry.kind != "quarantine":
            groups.setdefault((entry.kind, entry.day), []).append(entry)
    out = []
    for (kind, day), group in sorted(groups.items(), key=lambda g: (g[0][0], g[0][1] or 0)):
        if kind == "accesses":
            if day in dirty or len(group) > MOST_FILES:
                out.append(group)
        elif len(group) > MOST_FILES:
            out.append(group[-count_to_merge([f.rows for f in group]) :])
    return out


def merge(generation: Generation, entries: Sequence[FileEntry], *, range_rows: int = _RANGE_ROWS) -> FileEntry:
    """Writes one file with what `entries` (of one kind and bucket, oldest first) hold."""
    kind, day = entries[0].kind, entries[0].day
    files = [open_sorted(generation.ledger, e) for e in entries]
    schema = unite_schemas(kind, files)
    writer = generation.writer(kind, schema, day, suffix="-merged")
    if kind.startswith("counts:"):
        tables = [f.read(range(len(f.rows)), schema) for f in files]
        writer.write(one_batch(sum_counts(kind, pa.Table.from_batches(tables, schema))))
    elif "waybill" not in schema.names:
        for file in files:
            for group in range(len(file.rows)):
                writer.write(file.read([group], schema))
    else:
        for low, high in ranges(files, range_rows):
            parts = read_range(files, low, high, schema)
            if parts:
                writer.write(combine(kind, join_batches(parts, schema)))
    return writer.close()


def unite_schemas(kind: str, files: Sequence[SortedFile]) -> pa.Schema:
    """Columns that files of one kind have together, in their order."""
    whole = {
        "catalogue": CATALOGUE_SCHEMA,
        "numbers": NUMBERS_SCHEMA,
        "pairs:actor": PAIRS_SCHEMA,
        "pairs:outlet": PAIRS_SCHEMA,
    }.get(kind)
    if whole is None:
        name = kind.removeprefix("table:")
        whole = kept_schema(KEYED[name]) if name in KEYED else files[0].schema
    there = frozenset[str]().union(*(f.names for f in files))
    return pa.schema([f for f in whole if f.name in there])


def combine(kind: str, rows: pa.RecordBatch) -> pa.RecordBatch:
    """Rows of one range of keys, in the order of the kind."""
    if kind in ("catalogue", "table:waybills"):
        return take_newest(rows)
    keys = column_values(rows, "waybill")
    if kind.startswith("pairs:") or kind == "numbers":
        return rows.take(pa.array(np.argsort(keys, kind="stable")))
    time = KEYED[kind.removeprefix("table:")].time
    at, source, row = column_values(rows, time), column_values(rows, "source"), column_values(rows, "row")
    order = ledger_order(keys, at, source, row)
    rows = rows.take(pa.array(order))
    if kind != "accesses":
        return rows
    old = np.ones(len(keys), np.bool_)
    marks = mark_firsts(run_starts(keys[order]), column_values(rows, "actor"), old, ~old)
    place = rows.schema.get_field_index("first")
    return rows.set_column(place, "first", pa.array(marks.first))


def sum_counts(kind: str, counts: pa.Table) -> pa.Table:
    """Counts of several generations added up, sorted by their ids; ids whose sums are all 0 are left out."""
    ids = [n for n in counts.column_names if n in ("day", "hour", "actor", "session", "channel", "outlet")]
    bounds = _COUNTED.get(kind, ())
    sums = [n for n in counts.column_names if n not in ids and n not in dict(bounds)]
    made = counts.group_by(ids, use_threads=False).aggregate([*((n, "sum") for n in sums), *bounds])
    names = [*ids, *sums, *(n for n, _ in bounds)]
    renamed = [f"{n}_sum" if n in sums else n for n in names]
    renamed = [f"{n}_{dict(bounds)[n]}" if n in dict(bounds) else n for n in renamed]
    made = made.select(renamed).rename_columns(names).cast(counts.schema)
    some = pc.not_equal(made[sums[0]], 0)
    for name in sums[1:]:
        some = pc.or_(some, pc.not_equal(made[name], 0))
    return made.filter(some).sort_by([(n, "ascending") for n in ids])
