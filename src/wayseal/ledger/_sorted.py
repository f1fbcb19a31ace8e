"""Parquet files sorted by waybill key: written row group by row group, read by the bounds of row groups."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wayseal.ledger._files import HashingFile
from wayseal.ledger._footer import Footer, read_footer
from wayseal.ledger._layout import ROW_GROUP, Flags, Longs, Words
from wayseal.ledger._manifest import FileEntry
from wayseal.ledger._order import run_starts
from wayseal.ledger.errors import LedgerError

EVERY_KEY = (1 << 64) - 1
"""The last key there can be."""
_AT_ONCE = 16
"""Row groups that are read together."""
_UNREADABLE = (pa.ArrowException, OSError, ValueError)
_KEY = pa.schema([("waybill", pa.uint64())])


_MANY = frozenset(("actor", "session", "access", "request", "word", "code", "key", "text", "hash", "place"))
"""Columns with too many different values in a row group for a dictionary of them to pay."""
_ONE_A_WAYBILL = frozenset(("catalogue", "numbers", "table:waybills"))


def _form(kind: str, schema: pa.Schema) -> dict[str, object]:
    """How columns are laid out: what is fast to write and to read, and small enough (measured)."""
    many = _MANY | {"waybill"} if kind in _ONE_A_WAYBILL else _MANY
    texts = [f.name for f in schema if not (pa.types.is_primitive(f.type) or pa.types.is_fixed_size_binary(f.type))]
    times = [f.name for f in schema if f.name in ("at", "row") or pa.types.is_timestamp(f.type)]
    few = [f.name for f in schema if f.name not in many and f.name not in times]
    return {
        "compression": {n: "zstd" if n in texts else "none" for n in schema.names},
        "use_dictionary": [n for n in few if schema.field(n).type != pa.bool_()],
        "column_encoding": dict.fromkeys(times, "DELTA_BINARY_PACKED"),
        "write_statistics": ["waybill"] if "waybill" in schema.names else False,
    }


class SortedWriter:
    """Writes one file; rows come in any portion, in the order of their keys, and leave in full row groups."""

    def __init__(
        self, ledger: Path, kind: str, name: str, schema: pa.Schema, generation: int, *,
        day: int | None = None, group: int = ROW_GROUP,
    ) -> None:  # fmt: skip
        self.entry_path = f"data/g{generation:06d}/{name}.parquet"
        self._about = (kind, generation, day)
        self._group = group
        self._file = HashingFile(ledger / self.entry_path)
        self._writer = pq.ParquetWriter(self._file, schema, store_schema=False, **_form(kind, schema))
        self._schema = schema
        self._waiting: list[pa.RecordBatch] = []
        self.held = 0
        self.rows = 0

    def write(self, rows: pa.RecordBatch) -> None:
        """Takes rows of the file's schema."""
        self._waiting.append(_own(rows))
        self.held += rows.num_rows
        self.rows += rows.num_rows
        if self.held >= 2 * self._group:
            self.flush(whole=True)

    def flush(self, *, whole: bool = False) -> None:
        """Writes what is held; with `whole`, only full row groups of it."""
        table = pa.Table.from_batches(self._waiting, self._schema)
        count = table.num_rows // self._group * self._group if whole else table.num_rows
        if count:
            self._writer.write_table(table.slice(0, count), row_group_size=self._group)
        self._waiting = table.slice(count).to_batches()
        self.held = table.num_rows - count

    def close(self) -> FileEntry:
        """Writes the rest, makes the file durable and describes it."""
        self.flush()
        self._writer.close()
        digest = self._file.seal()
        kind, generation, day = self._about
        return FileEntry(
            kind=kind, path=self.entry_path, generation=generation, rows=self.rows,
            bytes=self._file.size, sha256=digest, day=day,
        )  # fmt: skip


def _own(rows: pa.RecordBatch) -> pa.RecordBatch:
    """A slice as a batch of its own, so that it doesn't keep the whole from being freed."""
    if rows.get_total_buffer_size() < 2 * rows.nbytes:
        return rows
    return rows.take(pa.array(np.arange(rows.num_rows, dtype=np.uint32)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SortedFile:
    """One file, for any number of threads; low[g] and high[g] are the least and greatest key of row group g.

    schema: of its columns. Nothing is kept open.
    """

    path: Path
    schema: pa.Schema
    rows: Longs
    low: Words
    high: Words
    names: frozenset[str]
    footer: Footer

    def groups_with(self, keys: Words) -> Longs:
        """Row groups that may hold any of the keys (sorted)."""
        start = np.searchsorted(keys, self.low, side="left")
        stop = np.searchsorted(keys, self.high, side="right")
        return np.flatnonzero(stop > start)

    def groups_between(self, low: int, high: int) -> Longs:
        """Row groups that may hold keys from `low` to `high`, both included."""
        return np.flatnonzero((self.high >= np.uint64(low)) & (self.low <= np.uint64(high)))

    def read(self, groups: Sequence[int], schema: pa.Schema) -> pa.RecordBatch:
        """Rows of some row groups with the columns of `schema`; a column that the file lacks is 0 or null."""
        with self._reading(groups) as read:
            return read(range(len(groups)), schema)

    def find(self, keys: Words, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """Rows whose key is among `keys` (sorted, distinct); other columns are read only where there are any.

        `schema` has the column `waybill`.
        """
        groups = self.groups_with(keys)
        if not len(groups):
            return
        rest = pa.schema([f for f in schema if f.name != "waybill"])
        with self._reading(groups) as read:
            for start in range(0, len(groups), _AT_ONCE):
                some = range(start, min(start + _AT_ONCE, len(groups)))
                column = read(some, _KEY)["waybill"]
                there = column.to_numpy()
                low, high = np.searchsorted(keys, there[0]), np.searchsorted(keys, there[-1], side="right")
                places = find_rows(there, keys[low:high])
                if len(places):
                    rows = read(some, rest)
                    columns = [column if f.name == "waybill" else rows[f.name] for f in schema]
                    yield pa.RecordBatch.from_arrays(columns, schema=schema).take(pa.array(places))

    @contextmanager
    def _reading(self, groups: Sequence[int] | Longs) -> Iterator[Callable[[Sequence[int], pa.Schema], pa.RecordBatch]]:
        """Open a reader of some of the row groups, by their places among `groups`."""
        with _damage_named(self.path), pa.OSFile(str(self.path)) as file:
            reader = self.footer.reader(file, groups)

            def read(places: Sequence[int], schema: pa.Schema) -> pa.RecordBatch:
                wanted = [name for name in schema.names if name in self.names]
                several = len(places) > 1  # one is sooner decoded than handed to another thread
                return conform(reader.read_row_groups(list(places), columns=wanted, use_threads=several), schema)

            yield read


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Turns what is said of an unreadable file into LedgerError."""
    try:
        yield
    except FileNotFoundError:
        raise LedgerError("this file of the ledger is missing", file=path) from None
    except _UNREADABLE as error:
        raise LedgerError("this file of the ledger is damaged", file=path) from error


def open_sorted(ledger: Path, entry: FileEntry) -> SortedFile:
    """Opens a file of the ledger; LedgerError names it if it is missing, cut short or not what it was."""
    path = ledger / entry.path
    with _damage_named(path):
        if path.stat().st_size != entry.bytes:
            raise LedgerError("this file of the ledger was cut short or changed", file=path)
        footer = read_footer(path)
    return SortedFile(
        path=path, schema=footer.schema, rows=footer.rows, low=footer.low, high=footer.high,
        names=frozenset(footer.schema.names), footer=footer,
    )  # fmt: skip


def conform(table: pa.Table, schema: pa.Schema) -> pa.RecordBatch:
    """The columns of `schema` in one batch; an absent one is null, or 0 where numbers stand for ids."""
    arrays = []
    for field in schema:
        if field.name in table.column_names:
            column = table[field.name].combine_chunks()
            arrays.append(column if column.type == field.type else column.cast(field.type))
        elif pa.types.is_unsigned_integer(field.type):
            arrays.append(pa.array(np.zeros(table.num_rows, field.type.to_pandas_dtype())))
        else:
            arrays.append(pa.nulls(table.num_rows, field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def join_batches(batches: Sequence[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    """Batches as one, with those columns of `schema` that any of them has."""
    there = {n for b in batches for n in b.schema.names}
    schema = pa.schema([f for f in schema if f.name in there])
    same = [b if b.schema.equals(schema) else conform(pa.table(b), schema) for b in batches]
    return same[0] if len(same) == 1 else conform(pa.Table.from_batches(same), schema)


def one_batch(table: pa.Table) -> pa.RecordBatch:
    """A table as one batch."""
    return conform(table, table.schema)


def rows_for(files: Iterable[SortedFile], keys: Words, schema: pa.Schema) -> pa.RecordBatch:
    """All rows whose key is among `keys` (sorted, distinct), file by file, each in its order."""
    found = [rows for file in files for rows in file.find(keys, schema)]
    return join_batches(found, schema) if found else conform(schema.empty_table(), schema)


def find_rows(there: Words, keys: Words) -> Longs:
    """Places in `there` (sorted, with repeats) that hold one of `keys` (sorted)."""
    start = np.searchsorted(there, keys, side="left")
    count = np.searchsorted(there, keys, side="right") - start
    offset = np.repeat(start - np.concatenate([[0], np.cumsum(count)[:-1]]), count)
    return offset + np.arange(len(offset)) if len(keys) else np.empty(0, np.int64)


def ensure_distinct(keys: Words | Sequence[int]) -> Words:
    """Keys sorted, each once. Most come so already, and telling that is far quicker than sorting."""
    given: Words = np.asarray(keys, np.uint64)
    return given if np.all(given[:-1] < given[1:]) else np.unique(given)


def sort_unique(keys: Words) -> Words:
    """Keys sorted, each once: for many different ones, where sorting is quicker than `np.unique`."""
    made: Words = np.sort(keys)
    return made[run_starts(made)[:-1]]


def locate(sorted_keys: Words, keys: Words) -> tuple[Longs, Flags]:
    """Where each of `keys` stands in `sorted_keys`, and whether it does: any place where it doesn't."""
    if not len(sorted_keys):
        return np.zeros(len(keys), np.int64), np.zeros(len(keys), np.bool_)
    place = np.minimum(np.searchsorted(sorted_keys, keys), len(sorted_keys) - 1)
    found: Flags = sorted_keys[place] == keys
    return place, found


def contains(sorted_keys: Words, keys: Words) -> Flags:
    """Which of `keys` stand in `sorted_keys`."""
    return locate(sorted_keys, keys)[1]


def ranges(files: Sequence[SortedFile], rows: int) -> Iterator[tuple[int, int]]:
    """Ranges of keys that together cover all files and hold about `rows` rows each."""
    if not any(len(f.low) for f in files):
        return
    low = np.concatenate([f.low for f in files])
    order = np.argsort(low, kind="stable")
    total = np.cumsum(np.concatenate([f.rows for f in files])[order])
    cuts = np.searchsorted(total, np.arange(rows, int(total[-1]), rows))
    edges = np.unique(low[order][cuts]).tolist()
    start = 0
    for edge in edges:
        if edge > start:
            yield start, edge - 1
            start = edge
    yield start, EVERY_KEY


def read_range(files: Sequence[SortedFile], low: int, high: int, schema: pa.Schema) -> list[pa.RecordBatch]:
    """Rows with keys from `low` to `high`, both included, one batch a file that has row groups there."""
    out = []
    for file in files:
        groups = file.groups_between(low, high)
        if len(groups):
            batch = file.read(groups.tolist(), schema)
            keys = batch["waybill"].to_numpy()
            start = int(np.searchsorted(keys, np.uint64(low), side="left"))
            stop = int(np.searchsorted(keys, np.uint64(high), side="right"))
            out.append(batch.slice(start, stop - start))
    return out
