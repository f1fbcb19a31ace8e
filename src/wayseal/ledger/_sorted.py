"""Parquet files sorted by waybill key: written row group by row group, read by the bounds of row groups.

A footer describes every column of every row group. Parsed, that takes a kilobyte a column: 107 MB and some .2 s for
100 million reads, where a look-up needs a few row groups. So only as much of it is parsed as is read:

1. A footer is walked over once: where each row group is described, how many rows it has, the bounds of its keys. No
   more of it is kept.
2. Whoever reads row groups gets a reader whose footer describes just these: the file's own bytes, less what they say of
   others. Parquet's own parser reads it as it would read the whole.
3. Nothing in a footer is believed: no step leads out of it, and what doesn't fit is an UnreadableFooterError.

A footer is a struct in Thrift's compact protocol, as `parquet.thrift` of the format defines it (numbers of its fields:
`_STEPS`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wayseal.ledger._files import HashingFile
from wayseal.ledger._layout import ROW_GROUP
from wayseal.ledger._manifest import FileEntry
from wayseal.ledger._part import run_starts
from wayseal.ledger.errors import LedgerError
from wayseal.model.arrays import Flags, Longs, UInts
from wayseal.model.runtime import compiler_loaded, kernel, part, plainly

_MAGIC = b"PAR1"
_END = 8
"""Bytes behind a footer: its length and the magic."""
_PLAINLY = 1 << 14
"""Bytes of a footer that the interpreter walks over sooner than the compiler is loaded."""
_LEAST = 16
"""Bytes of a footer that say anything of a row group."""
_FOOTER_KEY = "waybill"
_DEEP = 16
"""How deep things may lie in each other."""
_FALSE, _BYTE, _WORD, _LONG, _DOUBLE, _TEXT, _LIST, _SET, _STRUCT = 2, 3, 4, 6, 7, 8, 9, 10, 12
"""Kinds of values: up to the first, a field is its own value; from word to long, a number in groups of seven bits."""
_MANY_GROUPS = 15
"""Instead of how many items a list has: that follows by itself."""
_GROUPS, _GROUP, _COLUMNS, _COLUMN, _ABOUT, _BOUNDS, _LOW, _HIGH, _ROWS, _OTHER = range(1, 11)
_STEPS = np.full((_OTHER + 1, 33), _OTHER, np.int64)
"""What lies in what, by the number of the field or, in a list, of the item; the footer itself is 0."""
_STEPS[0, 4] = _GROUPS
_STEPS[_GROUPS] = _GROUP
_STEPS[_GROUP, 1], _STEPS[_GROUP, 3] = _COLUMNS, _ROWS
_STEPS[_COLUMNS, 0] = _COLUMN
_STEPS[_COLUMN, 3] = _ABOUT
_STEPS[_ABOUT, 12] = _BOUNDS
_STEPS[_BOUNDS, 5], _STEPS[_BOUNDS, 6] = _HIGH, _LOW
_LAST = _STEPS.shape[1] - 1
_SEEN_ROWS, _SEEN_ALL = 4, 7
"""Of a row group whose rows, or rows and both bounds, stand in the footer (`walk_footer`)."""


class UnreadableFooterError(ValueError):
    """A footer is not what it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """A file's footer without the descriptions of row groups.

    schema: of the file. rows: (g,), of each row group. low, high: (g,), bounds of keys, (0,) in a file without.
    head, tail: bytes before and behind the list of row groups. places: (g + 1,), where in the file each is described.
    """

    schema: pa.Schema
    rows: Longs
    low: UInts
    high: UInts
    head: bytes
    tail: bytes
    places: Longs

    def reader(self, file: pa.NativeFile, groups: Sequence[int] | Longs) -> pq.ParquetFile:
        """A reader of the opened file that has just these row groups, in this order (rule 2)."""
        wanted = np.asarray(groups, np.int64)
        runs = np.split(wanted, np.flatnonzero(np.diff(wanted) != 1) + 1) if len(wanted) else []
        spans = ((int(self.places[run[0]]), int(self.places[run[-1] + 1])) for run in runs)
        said = b"".join(file.read_at(stop - start, start) for start, stop in spans)
        about = _parse(self.head + _list_header(len(wanted)) + said + self.tail)
        return pq.ParquetFile(file, metadata=about, pre_buffer=False)


def read_footer(path: Path) -> Footer:
    """Walks over the footer of a file (rule 1). UnreadableFooterError, OSError, pa.ArrowException."""
    with pa.OSFile(str(path)) as file:
        size = file.size()
        end = file.read_at(_END, size - _END) if size > _END else b""
        length = int.from_bytes(end[:4], "little")
        if end[4:] != _MAGIC or length > size - _END:
            raise UnreadableFooterError
        begin = size - _END - length
        raw = file.read_at(length, begin)
    starts, rows, seen = np.zeros((3, length // _LEAST + 2), np.int64)
    bounds = np.zeros((len(rows), 2), np.uint64)
    walk = walk_footer if length > _PLAINLY or compiler_loaded() else _walk_plainly
    listed, count = walk(raw, length, starts, rows, bounds, seen)
    if listed < 0 or not np.all(seen[:count] & _SEEN_ROWS):
        raise UnreadableFooterError
    head, tail = raw[:listed], raw[starts[count] :]
    schema = _parse(head + _list_header(0) + tail).schema.to_arrow_schema()
    keyed = (
        count if _FOOTER_KEY in schema.names and pa.types.is_uint64(schema.field(_FOOTER_KEY).type) else 0
    )  # leaks have texts
    if keyed and (schema.names[0] != _FOOTER_KEY or not np.all(seen[:count] == _SEEN_ALL)):
        raise UnreadableFooterError
    low, high = np.ascontiguousarray(bounds[:keyed].T)
    return Footer(
        schema=schema, rows=rows[:count].copy(), low=low, high=high,
        head=head, tail=tail, places=begin + starts[: count + 1],
    )  # fmt: skip


def _parse(footer: bytes) -> pq.FileMetaData:
    whole = _MAGIC + footer + len(footer).to_bytes(4, "little") + _MAGIC
    return pq.read_metadata(pa.BufferReader(whole))


def _list_header(items: int) -> bytes:
    """The header of a list of structs."""
    if items < _MANY_GROUPS:
        return bytes([items << 4 | _STRUCT])
    out = [_MANY_GROUPS << 4 | _STRUCT]
    while items > 127:
        out.append(items & 127 | 128)
        items >>= 7
    return bytes([*out, items])


@part
def read_number(raw: bytes, size: int, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, and where it ends: behind the footer where there is none."""
    number = 0
    for shift in range(0, 63, 7):
        if at >= size:
            break
        byte = raw[at]
        at += 1
        number += (byte % 128) << shift
        if byte < 128:
            return number, at
    return 0, size + 1


@part
def read_head(raw: bytes, size: int, at: int, kind: int) -> tuple[int, int, int]:
    """Read the head of a value, and where that ends: a number, how many bytes, or how many items and their kind."""
    if kind in (_LIST, _SET) and at < size:
        head = raw[at]
        count, items = head // 16, max(head % 16, _BYTE)  # in a list, true and false are bytes
        if count < _MANY_GROUPS:
            return count, items, at + 1
        count, end = read_number(raw, size, at + 1)
        return count, items, end
    if _WORD <= kind <= _LONG or kind == _TEXT:
        count, end = read_number(raw, size, at)
        return count, 0, end
    if kind == _STRUCT or kind <= _FALSE:
        return 0, 0, at
    if kind in (_BYTE, _DOUBLE):
        return 1 if kind == _BYTE else 8, 0, at
    return 0, 0, size + 1


@part
def read_bound(raw: bytes, at: int) -> np.uint64:
    """A number of 8 bytes."""
    value = np.uint64(0)
    for place in range(8):
        value |= np.uint64(raw[at + place]) << np.uint64(8 * place)
    return value


@kernel
def walk_footer(raw: bytes, size: int, starts: Longs, rows: Longs, bounds: UInts, seen: Longs) -> tuple[int, int]:
    """Where the list of row groups begins (-1: this is no footer), and how many there are.

    starts: where each begins, and where the last one ends. rows: of each. bounds (g, 2): of the first column where they
    are numbers of 8 bytes, the least and the greatest. seen: which of these stand there, 1 for the least, 2 for the
    greatest, 4 for rows. All have room for some row groups more than there are, and are 0.
    """
    # Of each thing that others lie in: items left (below 0: a struct), their kind, what it is, the last item's number.
    left, kinds = np.full(_DEEP, -1), np.zeros(_DEEP, np.int64)
    inside, last = np.zeros(_DEEP, np.int64), np.zeros(_DEEP, np.int64)
    depth, at, group, listed = 0, 0, -1, -1
    while depth >= 0 and at < size:
        kind, step = kinds[depth], 1
        if left[depth] < 0:
            head = raw[at]
            kind, step, at = head % 16, head // 16, at + 1
        if left[depth] == 0 or kind == 0:
            if inside[depth] == _GROUP:
                starts[group + 1] = at
            depth -= 1
            continue
        left[depth] -= 1
        last[depth] += step
        what = _STEPS[inside[depth], min(last[depth], _LAST)]
        if what == _GROUP:
            group += 1
            starts[group] = at
        begin = at
        count, items, at = read_head(raw, size, at, kind)
        follow = kind < _WORD or kind > _LONG
        if at > size or (follow and count > size - at) or depth + 1 == _DEEP:
            return -1, 0
        if what == _GROUPS:
            if kind != _LIST or items != _STRUCT or listed >= 0 or count >= len(rows):
                return -1, 0
            listed, starts[0] = begin, at
        if kind >= _LIST:
            depth += 1
            left[depth], last[depth] = (-1, 0) if kind == _STRUCT else (count, -1)
            kinds[depth], inside[depth] = items, what
        elif follow:
            if what in (_LOW, _HIGH) and count == 8:
                bounds[group, what - _LOW] = read_bound(raw, at)
                seen[group] |= 1 + what - _LOW
            at += count
        elif what == _ROWS:
            rows[group], seen[group] = count >> 1, seen[group] | _SEEN_ROWS
    return (listed if depth < 0 and at == size else -1), group + 1


_walk_plainly = plainly(walk_footer)


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
    low: UInts
    high: UInts
    names: frozenset[str]
    footer: Footer

    def groups_with(self, keys: UInts) -> Longs:
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

    def find(self, keys: UInts, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
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


def rows_for(files: Iterable[SortedFile], keys: UInts, schema: pa.Schema) -> pa.RecordBatch:
    """All rows whose key is among `keys` (sorted, distinct), file by file, each in its order."""
    found = [rows for file in files for rows in file.find(keys, schema)]
    return join_batches(found, schema) if found else conform(schema.empty_table(), schema)


def find_rows(there: UInts, keys: UInts) -> Longs:
    """Places in `there` (sorted, with repeats) that hold one of `keys` (sorted)."""
    start = np.searchsorted(there, keys, side="left")
    count = np.searchsorted(there, keys, side="right") - start
    offset = np.repeat(start - np.concatenate([[0], np.cumsum(count)[:-1]]), count)
    return offset + np.arange(len(offset)) if len(keys) else np.empty(0, np.int64)


def ensure_distinct(keys: UInts | Sequence[int]) -> UInts:
    """Keys sorted, each once. Most come so already, and telling that is far quicker than sorting."""
    given: UInts = np.asarray(keys, np.uint64)
    return given if np.all(given[:-1] < given[1:]) else np.unique(given)


def sort_unique(keys: UInts) -> UInts:
    """Keys sorted, each once: for many different ones, where sorting is quicker than `np.unique`."""
    made: UInts = np.sort(keys)
    return made[run_starts(made)[:-1]]


def locate(sorted_keys: UInts, keys: UInts) -> tuple[Longs, Flags]:
    """Where each of `keys` stands in `sorted_keys`, and whether it does: any place where it doesn't."""
    if not len(sorted_keys):
        return np.zeros(len(keys), np.int64), np.zeros(len(keys), np.bool_)
    place = np.minimum(np.searchsorted(sorted_keys, keys), len(sorted_keys) - 1)
    found: Flags = sorted_keys[place] == keys
    return place, found


def contains(sorted_keys: UInts, keys: UInts) -> Flags:
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
