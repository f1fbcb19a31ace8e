"""JSON Lines files as raw blocks: one object a line, read strictly."""

import json
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.store._convert import DuplicateKeyError, dumps, refuse_constant, unique
from wayseal.store._text_file import TextBlock, TextFile
from wayseal.store.mapping import LogMapping
from wayseal.store.plain_lines import NAMED, plain_type, read_plain
from wayseal.store.tables import TABLES, ColumnType
from wayseal.store.types import (
    Notice,
    NoticeCode,
    RawBlock,
    ReadOptions,
    Reason,
    Rejection,
    SourceFile,
)

_SAMPLE = 1000
_MOST_NAMES = 1000
_MOST_ITEMS = 3
# The scanner below JSONDecoder.decode: without that method's search for white space, a line takes half the time.
_scan: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder(
    object_pairs_hook=unique, parse_constant=refuse_constant
).scan_once  # type: ignore[attr-defined]
_Row = dict[str, Any]


class JsonBlocks:
    """A JSON Lines file, opened: the names that its first lines use, and its rows as raw blocks.

    A nested value has a dotted name ("user.id"), unless a key is spelt like that itself. Waybill numbers that are a
    list, or lie in a list of objects, are one as JSON.
    """

    def __init__(
        self,
        file: SourceFile,
        mapping: LogMapping | None,
        options: ReadOptions,
        keep_rejected: bool,
    ) -> None:
        self._file = file
        self._keep = keep_rejected
        columns = TABLES[file.table].columns
        self._types = None if mapping or keep_rejected else {c.name: plain_type(c.type) for c in columns}
        self._loose = _loose_names(file.table, mapping)
        self._numbers = _number_names(file.table, mapping)
        self._text = TextFile(file, mapping.encoding if mapping else None, min(options.block_bytes, 8 << 20))
        rest = self._text.blocks()
        first = next(rest, None)
        self.notices = self._text.notices
        self.names: tuple[str, ...] = ()
        # A key may turn up for the first time on a later line.
        self.open_ended = True
        if first is None or not first.data.strip():
            self.notices.append(Notice(code=NoticeCode.EMPTY_FILE, file=file.path))
            self._rest: Iterator[TextBlock] = rest
        else:
            self.names = _sampled_names(first.data)
            self._rest = chain([first], rest)
        self._line = 1

    def blocks(self, names: frozenset[str]) -> Iterator[RawBlock]:
        """The rows, in order."""
        for block in self._rest:
            yield self._block(block, sorted(names))

    def _block(self, block: TextBlock, names: list[str]) -> RawBlock:
        if self._types is not None and block.valid:
            n = block.data.count(b"\n")
            types = {name: self._types.get(name, pa.string()) for name in names}
            if (found := read_plain(block.data, n, types, others="infer")) is not None:
                line = np.arange(self._line, self._line + n, dtype=np.int64)
                self._line += n
                return RawBlock(columns=found, line=line, rejected=(), bytes_read=block.bytes_read)
        return self._block_strictly(block, names)

    def _block_strictly(self, block: TextBlock, names: list[str]) -> RawBlock:
        rows: list[_Row] = []
        line: list[int] = []
        raws: list[str] = []
        rejected: list[Rejection] = []
        lines: list[Any] = block.data.decode().split("\n") if block.valid else block.data.split(b"\n")
        lines.pop()
        for number, text in enumerate(lines, self._line):
            row = read_line(text)
            if isinstance(row, dict):
                rows.append(row)
                line.append(number)
                if self._keep:
                    raws.append(_as_text(text))
            elif row is not None:
                raw = _as_text(text) if self._keep else None
                rejected.append(Rejection(line=number, column="", reason=row, raw=raw))
        self._line += len(lines)
        values = {name: self._values(rows, name) for name in names}
        columns: dict[str, pa.Array] = {}
        wrong: dict[str, npt.NDArray[np.bool_]] = {}
        for name in names:
            columns[name] = self._column(name, values[name], wrong)
        return RawBlock(
            columns=columns,
            line=np.array(line, np.int64),
            rejected=tuple(rejected),
            bytes_read=block.bytes_read,
            raws=tuple(raws) if self._keep else None,
            wrong=wrong,
        )

    def _values(self, rows: list[_Row], name: str) -> list[Any]:
        if "." not in name:
            return [row.get(name) for row in rows]
        look = find_all if name in self._numbers else find
        return [look(row, name) for row in rows]

    def _column(self, name: str, values: list[Any], wrong: dict[str, npt.NDArray[np.bool_]]) -> pa.Array:
        """The values as text; `wrong` takes note of those of a type that the column can't have."""
        try:
            return pa.array(values, pa.string())
        except (pa.ArrowException, UnicodeError, TypeError, OverflowError):
            texts: list[str | None] = []
        for index, value in enumerate(values):
            try:
                loose = name in self._loose or (name in self._numbers and isinstance(value, list))
                texts.append(scalar_text(value, loose))
            except (ValueError, RecursionError):
                texts.append(None)
                wrong.setdefault(name, np.zeros(len(values), np.bool_))[index] = True
        return pa.array(texts, pa.string())


def read_line(text: str | bytes) -> _Row | Reason | None:
    """The object on a line; None for a blank line; else why it is none."""
    try:
        plain = (text if isinstance(text, str) else text.decode()).strip(" \t\r")
    except UnicodeDecodeError:
        return Reason.UNDECODABLE
    if not plain:
        return None
    try:
        row, end = _scan(plain, 0)
    except DuplicateKeyError:
        return Reason.DUPLICATE_KEY
    except (ValueError, RecursionError, StopIteration):
        return Reason.NUL_BYTE if "\0" in plain else Reason.NOT_JSON
    if end != len(plain):
        return Reason.NOT_JSON
    return row if isinstance(row, dict) else Reason.NOT_AN_OBJECT


def find(row: _Row, name: str) -> Any:
    """The value under a name, or along a dotted path; None if there is none."""
    if name in row or "." not in name:
        return row.get(name)
    head, _, tail = name.partition(".")
    inner = row.get(head)
    return find(inner, tail) if isinstance(inner, dict) else None


def find_all(row: _Row, name: str) -> Any:
    """Like `find`, and of a list on the way a list of what its objects have."""
    if name in row or "." not in name:
        return row.get(name)
    head, _, tail = name.partition(".")
    inner = row.get(head)
    if isinstance(inner, list):
        found = [find_all(item, tail) for item in inner if isinstance(item, dict)]
        return [value for each in found for value in (each if isinstance(each, list) else [each])]
    return find_all(inner, tail) if isinstance(inner, dict) else None


def names_of(row: _Row, prefix: str = "", depth: int = 4) -> Iterator[str]:
    """The names of a row's values, those of nested objects dotted, in a list, too."""
    for key, value in row.items():
        inner = value if isinstance(value, list) else [value]
        for item in inner[:_MOST_ITEMS] if depth else ():
            if isinstance(item, dict) and item:
                yield from names_of(item, f"{prefix}{key}.", depth - 1)
        yield prefix + key


def _sampled_names(data: bytes) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for line in data.split(b"\n", _SAMPLE)[:_SAMPLE]:
        row = read_line(line)
        if isinstance(row, dict) and len(found) < _MOST_NAMES:
            found.update(dict.fromkeys(names_of(row)))
    return tuple(found)


def scalar_text(value: Any, loose: bool) -> str | None:
    """A number or a text as text, with `loose` anything, as JSON; ValueError for what can be none."""
    if isinstance(value, str) or value is None:
        (value or "").encode()
        return value
    if not loose and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ValueError("a value of the wrong type")
    return dumps(value)


def _as_text(text: str | bytes) -> str:
    return text if isinstance(text, str) else text.decode(errors="replace")


def _number_names(table: str, mapping: LogMapping | None) -> frozenset[str]:
    """Names whose values are waybill numbers."""
    ours = {c.name for c in TABLES[table].columns if c.type is ColumnType.WAYBILL}
    if mapping is None:
        return frozenset(ours)
    return frozenset(c for f in mapping.fields if f.name in ours for c in f.columns)


def _loose_names(table: str, mapping: LogMapping | None) -> frozenset[str]:
    """Names whose values may be lists, objects or truth values."""
    wide = {c.name for c in TABLES[table].columns if c.type in NAMED}
    if mapping is None:
        return frozenset(wide)
    mapped = {c for f in mapping.fields if f.name in wide or f.values for c in f.columns}
    return frozenset(mapped | {f.column for f in mapping.filters})
