"""What stands at the end of a Parquet file, of which only as much is parsed as is read.

A footer describes every column of every row group. Parsed, that takes a kilobyte a column: 107 MB and some .2 s for
100 million reads, where a look-up needs a few row groups. So:

1. A footer is walked over once: where each row group is described, how many rows it has, the bounds of its keys. No
   more of it is kept.
2. Whoever reads row groups gets a reader whose footer describes just these: the file's own bytes, less what they say of
   others. Parquet's own parser reads it as it would read the whole.
3. Nothing in a footer is believed: no step leads out of it, and what doesn't fit is an UnreadableFooterError.

A footer is a struct in Thrift's compact protocol, as `parquet.thrift` of the format defines it (numbers of its fields:
`_STEPS`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wayseal.ledger._layout import Longs, Words
from wayseal.model.runtime import kernel, part, plainly

_MAGIC = b"PAR1"
_END = 8
"""Bytes behind a footer: its length and the magic."""
_PLAINLY = 1 << 14
"""Bytes of a footer that the interpreter walks over sooner than the compiler is loaded."""
_LEAST = 16
"""Bytes of a footer that say anything of a row group."""
_KEY = "waybill"
_DEEP = 16
"""How deep things may lie in each other."""
_FALSE, _BYTE, _WORD, _LONG, _DOUBLE, _TEXT, _LIST, _SET, _STRUCT = 2, 3, 4, 6, 7, 8, 9, 10, 12
"""Kinds of values: up to the first, a field is its own value; from word to long, a number in groups of seven bits."""
_MANY = 15
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
    low: Words
    high: Words
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
    walk = walk_footer if length > _PLAINLY else _walk_plainly
    listed, count = walk(raw, length, starts, rows, bounds, seen)
    if listed < 0 or not np.all(seen[:count] & _SEEN_ROWS):
        raise UnreadableFooterError
    head, tail = raw[:listed], raw[starts[count] :]
    schema = _parse(head + _list_header(0) + tail).schema.to_arrow_schema()
    keyed = count if _KEY in schema.names and pa.types.is_uint64(schema.field(_KEY).type) else 0  # leaks have texts
    if keyed and (schema.names[0] != _KEY or not np.all(seen[:count] == _SEEN_ALL)):
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
    if items < _MANY:
        return bytes([items << 4 | _STRUCT])
    out = [_MANY << 4 | _STRUCT]
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
        if count < _MANY:
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
def walk_footer(raw: bytes, size: int, starts: Longs, rows: Longs, bounds: Words, seen: Longs) -> tuple[int, int]:
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
