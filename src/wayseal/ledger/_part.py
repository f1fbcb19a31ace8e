"""A part of an ingest (all rows whose waybill key lies in one range): its rows in order, and what they become.

The ledger's order is waybill key, time, source, row; it decides first reads, repeats and new pairs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.ledger import _kernels
from wayseal.ledger._dictionary import Dictionary
from wayseal.ledger._keys import fixed
from wayseal.ledger._layout import DAY_US, TableLayout
from wayseal.merkle.bulk import Digests
from wayseal.merkle.hashing import SIZE
from wayseal.model.arrays import Codes, Flags, Ints, Longs, UInts

_BITS = 22


def ledger_order(key: UInts, at: Longs, source: Ints, row: Longs) -> Codes:
    """Places of the rows in the ledger's order, for keys that may share their first bits."""
    n = len(key)
    order = np.empty(n, np.uint32)
    if n == 0:
        return order
    span = int(key.min()) ^ int(key.max())
    bits = max(2, min(_BITS, span.bit_length()))
    shift = max(0, span.bit_length() - bits)
    local = key & np.uint64((1 << (shift + bits)) - 1)
    long = np.empty((n // _kernels.SMALL + 1, 2), np.int64)
    found = _kernels.order_rows(fixed(local), fixed(at), fixed(source), fixed(row), shift, bits, order, long)
    for start, stop in long[:found].tolist():
        part = order[start:stop]
        order[start:stop] = part[np.lexsort((row[part], source[part], at[part], key[part]))]
    return order


def run_starts(key: UInts) -> Longs:
    """Where runs of equal keys start, and the end: int64 (runs + 1)."""
    if not len(key):
        return np.zeros(1, np.int64)
    inner = np.flatnonzero(key[1:] != key[:-1]) + 1
    return np.concatenate([[0], inner, [len(key)]]).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """For rows in order: first: of its id in its run; moved: was it, and is no longer.

    fresh: first, and no old row had the pair.
    """

    first: Flags
    moved: Flags
    fresh: Flags


def mark_firsts(starts: Longs, ids: UInts, old: Flags, was_first: Flags) -> Marks:
    """Marks of rows in order; runs from `run_starts`; id 0 is none."""
    n = len(ids)
    first, moved, fresh = np.zeros(n, np.bool_), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    with np.errstate(over="ignore"):
        _kernels.mark_firsts(starts, fixed(ids), fixed(old), fixed(was_first), first, moved, fresh)
    return Marks(first=first, moved=moved, fresh=fresh)


def mark_repeats(starts: Longs, ids: UInts, old: Flags) -> Flags | None:
    """Rows that repeat an id of their run and are not old; None if there are none."""
    repeat = np.zeros(len(ids), np.bool_)
    with np.errstate(over="ignore"):
        found = _kernels.mark_repeats(starts, fixed(ids), fixed(old), repeat)
    return repeat if found else None


Lookup = Callable[[str, UInts, pa.Schema, int | None], pa.RecordBatch]
"""Rows of a kind of file (and bucket day) for sorted keys, out of the ledger as it stands, oldest file first."""


Values: TypeAlias = npt.NDArray[Any]
Hasher: TypeAlias = Callable[[pa.RecordBatch, Sequence[pa.RecordBatch]], Digests]
"""Hashes of reads on their way; the batches hold those of their numbers that have no packed form."""


@dataclass(slots=True, kw_only=True)
class ResolvedPart:
    """One part after settling.

    kept: kind of file → rows, sorted by key. reads: bucket day → rows. sums: name → (ids, sum, sum, at) arrays.
    dirty: buckets where an old mark moved. refused: (source, row) of rows whose waybill has another one's key.
    repeated: (source) of reads left out. conflicts: table → rows that changed what stood under their id.
    hashes: of the reads that are kept, in the ledger's order. brought: rows that came, by source, from the first new
    one on.
    """

    kept: dict[str, pa.RecordBatch] = field(default_factory=dict)
    reads: list[tuple[int, pa.RecordBatch]] = field(default_factory=list)
    sums: dict[str, list[tuple[UInts, Longs, Longs, Longs]]] = field(default_factory=dict)
    dirty: set[int] = field(default_factory=set)
    refused: list[tuple[int, int]] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    conflicts: dict[str, int] = field(default_factory=dict)
    hashes: Digests = field(default_factory=lambda: np.zeros((0, SIZE), np.uint8))
    brought: Longs = field(default_factory=lambda: np.zeros(0, np.int64))

    def add(self, name: str, ids: UInts, first: Longs, second: Longs, at: Longs) -> None:
        """Takes note of something to be summed up."""
        self.sums.setdefault(name, []).append((ids, first, second, at))


@dataclass(frozen=True, slots=True, kw_only=True)
class SortedRows:
    """Rows of one table in the ledger's order, as they came, and the runs of their waybills."""

    layout: TableLayout
    rows: pa.RecordBatch
    order: Codes
    keys: UInts
    starts: Longs

    def column(self, name: str) -> Values:
        """A column's values as numbers, in order; 0 for one that no row has."""
        if name not in self.rows.schema.names:
            return np.zeros(len(self.order), np.uint64)
        return column_values(self.rows, name)[self.order]

    @property
    def waybills(self) -> UInts:
        """Each waybill's key once."""
        return self.keys[self.starts[:-1]]

    def days(self) -> Longs:
        """Day of each waybill's least time."""
        at = self.column(self.layout.time)
        least = np.minimum.reduceat(at, self.starts[:-1]) if len(at) else at
        return np.asarray(least // DAY_US, np.int64)


def column_values(rows: pa.RecordBatch, name: str) -> Values:
    """A column without nulls as a NumPy array; times as int64 microseconds."""
    column = rows[name]
    if pa.types.is_timestamp(column.type):
        column = column.view(pa.int64())
    out: Values = column.to_numpy()
    return out


def sort_rows(layout: TableLayout, rows: pa.RecordBatch) -> SortedRows:
    """Sorts rows; where the last one wins, by arrival alone."""
    keys = column_values(rows, "waybill")
    at = np.zeros(len(keys), np.int64)
    if not layout.unique:
        at = column_values(rows, layout.time)
    order = ledger_order(keys, at, column_values(rows, "source"), column_values(rows, "row"))
    keys = keys[order]
    return SortedRows(layout=layout, rows=rows, order=order, keys=keys, starts=run_starts(keys))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The ledger as settling needs it: how to look rows up, the dictionaries (kind → codes), how reads are hashed."""

    lookup: Lookup
    dictionaries: Mapping[str, Dictionary]
    present: Mapping[str, frozenset[str]]
    hasher: "Hasher"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waybills:
    """The waybills of a part: keys (sorted), and the bucket day of each (NO_DAY: only mentioned)."""

    keys: UInts
    days: Longs

    def days_of(self, keys: UInts) -> Longs:
        """Bucket day of each key."""
        return self.days[np.searchsorted(self.keys, keys)]
