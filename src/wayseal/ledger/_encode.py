"""From a table's checked rows to rows on their way: keys, codes, and where each row came from."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal import store
from wayseal.ledger import _keys
from wayseal.ledger._dictionary import Dictionary
from wayseal.ledger._kernels import COLLISION
from wayseal.ledger._keys import UNPACKED, Keyer
from wayseal.ledger._layout import (
    ID_KINDS,
    KEYED,
    LOOSE_IDS,
    NUMBERS_SCHEMA,
    SEPARATOR,
    Flags,
    Longs,
    TableLayout,
    Words,
    flight_schema,
)
from wayseal.store.tables import Column, ColumnType

SAME_KEY = "same-key"
"""Reason of a row whose id has the key of another id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """Rows on their way; numbers: those of their waybills that have no packed form; refused: (line, column)."""

    rows: pa.RecordBatch
    numbers: pa.RecordBatch | None
    refused: tuple[tuple[int, str], ...]


class Encoder:
    """Holds the dictionaries of an ingest and turns batches into rows on their way."""

    def __init__(self, keyer: Keyer, known: Iterable[tuple[str, pa.Table]] = ()) -> None:
        before = dict(known)
        self._keyer = keyer
        self.present: dict[str, set[str]] = {n: _always(n) for n in KEYED}
        self.dictionaries = {k: Dictionary(k, keyer, before.get(k)) for k in ID_KINDS}

    def encode(self, layout: TableLayout, rows: pa.RecordBatch, line: Longs, source: int) -> Encoded:
        """Rows of a keyed table as flight_schema(layout) has them, without columns that are wholly null."""
        keys = self._keyer.keys(rows["waybill"])
        words, unpacked = _keys.pack_numbers(rows["waybill"])
        arrays = [pa.array(keys), pa.array(words)]
        bad: dict[str, Flags] = {}
        names = ["waybill", "word"]
        for column in store.TABLES[layout.name].columns:
            values = rows[column.name]
            if column.name == "waybill" or values.null_count == len(values):
                continue
            self.present[layout.name].add(column.name)
            names.append(column.name)
            arrays.append(self._column(layout, column, values, bad))
        arrays += [pa.array(np.full(len(line), source, np.int32)), pa.array(line)]
        names += ["source", "row"]
        schema = flight_schema(layout)
        schema = pa.schema([schema.field(n) for n in names])
        made = pa.RecordBatch.from_arrays(arrays, schema=schema)
        numbers = _numbers(rows["waybill"], keys, words) if unpacked else None
        return _without(made, numbers, line, bad)

    def register(self, table: str, rows: pa.RecordBatch, line: Longs, source: int) -> Encoded:
        """Rows of a loose table with source and row; the ids that they introduce join the dictionary."""
        bad: dict[str, Flags] = {}
        for column, kind in LOOSE_IDS.get(table, {}).items():
            clash = self.dictionaries[kind].encode(rows[column]) == COLLISION
            if clash.any():
                bad[column] = clash
        made = rows.append_column("source", pa.array(np.full(len(line), source, np.int32)))
        made = made.append_column("row", pa.array(line))
        return _without(made, None, line, bad)

    def _column(self, layout: TableLayout, column: Column, values: pa.Array, bad: dict[str, Flags]) -> pa.Array:
        if column.name in layout.ids:
            texts = join_lists(values) if column.type is ColumnType.LIST else values
            codes = self.dictionaries[layout.ids[column.name]].encode(texts)
            clash = codes == COLLISION
            if clash.any():
                bad[column.name] = clash
            return pa.array(codes)
        if column.name in layout.hashed:
            return pa.array(self._keyer.keys(values))
        if column.type is ColumnType.ENUM:
            return encode_enum(column, values)
        return values


def _without(made: pa.RecordBatch, numbers: pa.RecordBatch | None, line: Longs, bad: dict[str, Flags]) -> Encoded:
    """Rows without the bad ones (column → which)."""
    refused: list[tuple[int, str]] = []
    if bad:
        keep = np.ones(len(line), np.bool_)
        for name, mask in bad.items():
            refused += [(int(n), name) for n in line[mask & keep]]
            keep &= ~mask
        made = made.filter(pa.array(keep))
    return Encoded(rows=made, numbers=numbers, refused=tuple(sorted(refused)))


def _always(table: str) -> set[str]:
    """Columns that every segment of a table has."""
    return {*store.TABLES[table].required, "source", "row", "first"}


def join_lists(lists: pa.Array) -> pa.Array:
    """Each list as one text."""
    return pc.binary_join(lists, SEPARATOR)


def encode_enum(column: Column, values: pa.Array) -> pa.Array:
    """Place of each value among the column's permitted ones, from 1; 0 for null."""
    place = pc.index_in(values, value_set=pa.array(column.values, pa.string()))
    return pc.add(pc.fill_null(place, -1), 1).cast(pa.uint8())


def _numbers(texts: pa.Array, keys: Words, words: Words) -> pa.RecordBatch:
    """The numbers without a packed form, once each."""
    at = np.flatnonzero(words >= UNPACKED)
    _, once = np.unique(words[at], return_index=True)
    at = at[once]
    arrays = [pa.array(keys[at]), pa.array(words[at]), texts.take(pa.array(at))]
    return pa.RecordBatch.from_arrays(arrays, schema=NUMBERS_SCHEMA)
