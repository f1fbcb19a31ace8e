"""Finding rows of some waybills in the files of one generation; from keys back to texts and the contract's tables."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal import store
from wayseal.ledger._key_conflicts import take_newest
from wayseal.ledger._keys import UNPACKED, unpack_words
from wayseal.ledger._layout import (
    CATALOGUE_SCHEMA,
    KEYED,
    NUMBERS_SCHEMA,
    TableLayout,
    Words,
    kept_schema,
)
from wayseal.ledger._manifest import FileEntry, Manifest
from wayseal.ledger._part import column_values
from wayseal.ledger._sorted import SortedFile, contains, ensure_distinct, locate, one_batch, open_sorted, rows_for
from wayseal.store.tables import Column, ColumnType

_FEW = 16
"""Keys of which answers are kept: a page asks for the same waybill again and again."""
_ANSWERS, _ANSWER = 512, 1 << 16
"""Answers that are kept, and the bytes of the largest."""


class _Answers:
    """The answers to the last questions for few keys: a generation never changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[object, ...], pa.RecordBatch] = OrderedDict()

    def get(self, asked: tuple[object, ...]) -> pa.RecordBatch | None:
        """The answer to a question; None: it isn't there."""
        with self._lock:
            if asked in self._kept:
                self._kept.move_to_end(asked)
            return self._kept.get(asked)

    def keep(self, asked: tuple[object, ...], rows: pa.RecordBatch) -> None:
        """Keeps an answer in place of the one that was asked for longest ago."""
        if rows.get_total_buffer_size() > _ANSWER:
            return
        with self._lock:
            self._kept[asked] = rows
            if len(self._kept) > _ANSWERS:
                self._kept.popitem(last=False)


class Finder:
    """Opens files when they are needed, once for all threads."""

    def __init__(self, ledger: Path, manifest: Manifest) -> None:
        self._ledger = ledger
        self._groups: dict[tuple[str, int | None], list[FileEntry]] = {}
        for entry in manifest.files:
            self._groups.setdefault((entry.kind, entry.day), []).append(entry)
        self._opening = threading.Lock()
        self._opened: dict[str, SortedFile] = {}
        self._made: dict[str, pa.Table] = {}
        self._answers = _Answers()

    def entries(self, kind: str, day: int | None = None) -> Sequence[FileEntry]:
        """Files of a kind and bucket, oldest first."""
        return self._groups.get((kind, day), [])

    def kinds(self, kind: str) -> Sequence[FileEntry]:
        """Files of a kind in all buckets."""
        return [entry for (name, _), group in self._groups.items() if name == kind for entry in group]

    def files(self, kind: str, day: int | None = None) -> list[SortedFile]:
        """The same, opened."""
        return [self._opened.get(entry.path) or self._open(entry) for entry in self.entries(kind, day)]

    def _open(self, entry: FileEntry) -> SortedFile:
        with self._opening:
            if entry.path not in self._opened:
                self._opened[entry.path] = open_sorted(self._ledger, entry)
            return self._opened[entry.path]

    def release(self) -> None:
        """Lets go of the files that it opened."""
        with self._opening:
            self._opened.clear()

    def once(self, name: str, make: Callable[[], pa.Table]) -> pa.Table:
        """Return what `make` gives, made when it is first asked for: a generation never changes."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def rows(self, kind: str, keys: Words, schema: pa.Schema, day: int | None = None) -> pa.RecordBatch:
        """Rows of a kind (and bucket) whose key is among `keys` (sorted, distinct)."""
        if len(keys) > _FEW:
            return rows_for(self.files(kind, day), keys, schema)
        asked = (kind, day, keys.tobytes(), *schema.names)
        rows = self._answers.get(asked)
        if rows is None:
            rows = rows_for(self.files(kind, day), keys, schema)
            self._answers.keep(asked, rows)
        return rows

    def whole(self, kind: str, schema: pa.Schema | None = None) -> pa.Table:
        """All rows of a kind, file by file; without files, an empty table of `schema`."""
        files = self.files(kind)
        wanted = schema or files[0].schema
        batches = [f.read(range(len(f.rows)), wanted) for f in files]
        return pa.Table.from_batches(batches, wanted)


DICTIONARY_SCHEMA = pa.schema([("key", pa.uint64()), ("text", pa.string())])


KEPT = 1 << 18
"""Most entries of a dictionary that is read once and kept; of a larger one only what is asked for is read."""
DICTIONARY_KEYS = pa.schema([DICTIONARY_SCHEMA.field("key")])
_NO_ENTRIES = DICTIONARY_SCHEMA.empty_table()


def _matching(file: SortedFile, wanted: Words) -> pa.Table:
    """A dictionary file's rows of some keys; texts are read of row groups that hold one."""
    groups = range(len(file.rows))
    hits = np.flatnonzero(contains(wanted, column_values(file.read(groups, DICTIONARY_KEYS), "key")))
    ends = np.cumsum(file.rows)
    inside = np.unique(np.searchsorted(ends, hits, side="right"))
    rows = pa.Table.from_batches([file.read(inside.tolist(), DICTIONARY_SCHEMA)])
    return rows.take(pa.array(np.flatnonzero(contains(wanted, rows["key"].to_numpy()))))


def _by_key(entries: pa.Table) -> tuple[Words, pa.Array]:
    """Keys of a dictionary's rows, sorted, and their texts."""
    rows = one_batch(entries.sort_by("key"))
    return rows["key"].to_numpy(), rows["text"]


class TextLookup:
    """Names of keys."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._dictionaries: dict[str, tuple[Words, pa.Array]] = {}

    def names(self, kind: str, keys: Words) -> pa.Array:
        """Text of each key; null for key 0 and for one that is unknown."""
        if kind == "waybill":
            return self._numbers(keys)
        return _taken(*self._entries(kind, keys), keys)

    def knows(self, kind: str, key: int) -> bool:
        """True if the dictionary of a kind has a key."""
        one = np.array([key], np.uint64)
        return bool(contains(self._entries(kind, one)[0], one)[0])

    def _entries(self, kind: str, keys: Words) -> tuple[Words, pa.Array]:
        """The dictionary's keys, sorted, and their texts: at least those of `keys`."""
        name = f"dictionary:{kind}"
        if sum(entry.rows for entry in self._finder.entries(name)) > KEPT:
            wanted = ensure_distinct(keys)
            return _by_key(pa.concat_tables([_NO_ENTRIES, *(_matching(f, wanted) for f in self._finder.files(name))]))
        if kind not in self._dictionaries:
            self._dictionaries[kind] = _by_key(self._finder.whole(name, DICTIONARY_SCHEMA))
        return self._dictionaries[kind]

    def _numbers(self, keys: Words) -> pa.Array:
        wanted = ensure_distinct(keys)
        rows = take_newest(self._finder.rows("catalogue", wanted, CATALOGUE_SCHEMA))
        known, words = column_values(rows, "waybill"), column_values(rows, "word")
        texts = unpack_words(words, words < UNPACKED)
        if texts.null_count:
            other = take_newest(self._finder.rows("numbers", wanted, NUMBERS_SCHEMA))
            texts = pc.coalesce(texts, _taken(column_values(other, "waybill"), other["text"], known))
        return _taken(known, texts, keys)

    def contract(self, layout: TableLayout, rows: pa.RecordBatch) -> pa.Table:
        """Kept rows as a table of the contract."""
        table = store.TABLES[layout.name]
        columns = [self._column(layout, c, rows) for c in table.columns]
        return pa.Table.from_arrays(columns, schema=store.arrow_schema(table))

    def _column(self, layout: TableLayout, column: Column, rows: pa.RecordBatch) -> pa.Array:
        values = rows[column.name]
        if column.name == "waybill":
            return self.names("waybill", values.to_numpy())
        if column.name in layout.ids:
            return self.names(layout.ids[column.name], values.to_numpy())
        if column.type is ColumnType.ENUM:
            return decode_enum(column, values)
        return values


def decode_enum(column: Column, codes: pa.Array) -> pa.Array:
    """Values of an enum's codes; null for 0."""
    texts = pa.array([None, *column.values], pa.string())
    return texts.take(codes)


def _taken(known: Words, texts: pa.Array, keys: Words) -> pa.Array:
    """Texts of `keys` by the sorted `known`; null where there is none."""
    place, found = locate(known, keys)
    return texts.take(pa.array(place, mask=~found))


def null_key_zero(rows: pa.RecordBatch, names: Sequence[str]) -> pa.RecordBatch:
    """The same rows with null for key 0 in some columns."""
    for name in names:
        place = rows.schema.get_field_index(name)
        values = rows[name].to_numpy()
        field = pa.field(name, pa.uint64())
        rows = rows.set_column(place, field, pa.array(values, mask=values == 0))
    return rows


READS = KEYED["accesses"]
READS_SCHEMA = kept_schema(READS)
ACTION = store.TABLES["accesses"].column("action")
