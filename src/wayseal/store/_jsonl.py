"""JSON Lines files as raw blocks: one object a line, read strictly."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from wayseal.store._convert import DuplicateKeyError, dumps, refuse_constant, unique
from wayseal.store._text_file import TextBlock, TextFile
from wayseal.store.mapping import LogMapping
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

    A nested value has a dotted name ("user.id"), unless a key is spelt like that itself. A row whose waybill number is
    a list, or lies in a list of objects, is a row a number, all on its line; one whose list is empty is none.
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
        found = {name: self._values(rows, name) for name in names}
        dropped: list[int] = []
        for name in self._numbers.intersection(names):
            if any(isinstance(value, list) for value in found[name]):
                lists = [_numbers_of(value) for value in found[name]]
                times = [len(numbers) for numbers in lists]
                dropped += [number for number, n in zip(line, times, strict=True) if not n]
                found = {key: _repeated(values, times) for key, values in found.items()}
                found[name] = list(chain.from_iterable(lists))
                line, raws = _repeated(line, times), _repeated(raws, times) if self._keep else raws
        columns: dict[str, pa.Array] = {}
        wrong: dict[int, str] = {}
        for name in names:
            columns[name] = self._column(name, found[name], wrong)
        return replace(self._raw(block, columns, line, rejected, wrong, raws), dropped=np.array(dropped, np.int64))

    def _values(self, rows: list[_Row], name: str) -> list[Any]:
        if "." not in name:
            return [row.get(name) for row in rows]
        look = find_all if name in self._numbers else find
        return [look(row, name) for row in rows]

    def _column(self, name: str, values: list[Any], wrong: dict[int, str]) -> pa.Array:
        """The values as text; a value of a type that the column can't have spoils its row."""
        try:
            return pa.array(values, pa.string())
        except (pa.ArrowException, UnicodeError, TypeError, OverflowError):
            texts: list[str | None] = []
        for index, value in enumerate(values):
            try:
                texts.append(_text_of(value, name in self._loose))
            except (ValueError, RecursionError):
                texts.append(None)
                wrong.setdefault(index, name)
        return pa.array(texts, pa.string())

    def _raw(
        self,
        block: TextBlock,
        columns: dict[str, pa.Array],
        line: list[int],
        rejected: list[Rejection],
        wrong: dict[int, str],
        raws: list[str],
    ) -> RawBlock:
        numbers = np.array(line, np.int64)
        for index, name in wrong.items():
            raw = raws[index] if self._keep else None
            rejected.append(Rejection(line=line[index], column=name, reason=Reason.WRONG_TYPE, raw=raw))
        if wrong:
            rejected.sort(key=lambda r: r.line)
            keep = np.ones(len(line), np.bool_)
            keep[list(wrong)] = False
            columns = {n: c.filter(pa.array(keep)) for n, c in columns.items()}
            numbers = numbers[keep]
            raws = [r for index, r in enumerate(raws) if index not in wrong]
        return RawBlock(
            columns=columns,
            line=numbers,
            rejected=tuple(rejected),
            bytes_read=block.bytes_read,
            raws=tuple(raws) if self._keep else None,
        )


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


def _numbers_of(value: Any) -> list[Any]:
    """Of a list each number once: it is shown or it isn't. What is no list is a list of itself."""
    if not isinstance(value, list):
        return [value]
    flat = [item for item in value if item is not None]
    return [value] if any(isinstance(item, list | dict) for item in flat) else list(dict.fromkeys(flat))


def _repeated(items: list[Any], times: list[int]) -> list[Any]:
    return [item for item, n in zip(items, times, strict=True) for _ in range(n)]


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


def _text_of(value: Any, loose: bool) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        value.encode()
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return dumps(value)
    if not loose:
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
    wide = {c.name for c in TABLES[table].columns if c.type in {ColumnType.LIST, ColumnType.JSON}}
    if mapping is None:
        return frozenset(wide)
    mapped = {c for f in mapping.fields if f.name in wide or f.values for c in f.columns}
    return frozenset(mapped | {f.column for f in mapping.filters})
