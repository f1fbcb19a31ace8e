# ruff: noqa: S608 (statements are put together of this module's own words and names of tables)
"""Rows as they lie there, whatever somebody put there.

1. SQLite keeps any type in any column, and any bytes as text. A row in which a value isn't of its column's type, or a
   number is below zero, is told by its name and those columns, and is taken for nothing.
2. Rows come in portions, in the order of their keys.

What is found is data; the command line has the words.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from wayseal.database import Connection, raw
from wayseal.vault._sql import row_maker


class RecordCode(StrEnum):
    """A fault of a record."""

    CHANGED = "record-changed"
    """Sealed bytes or wrapped key aren't what was written, or belong to another number."""
    NO_KEY = "record-no-key"
    """It has no wrapped key, and wasn't erased."""
    KEYRING = "record-keyring"
    """Its data key was wrapped by a key that the keyring hasn't got."""
    NOT_ERASED = "record-not-erased"
    """It counts as erased, and its key or its sealed bytes are still there."""
    STALE = "record-stale"
    """It was revised since: an older revision lies there."""
    COUNT = "records-count"
    """The log says that another number of records was sealed."""
    PHONES = "record-phones"
    """The blind index doesn't have the tags of its phones, or has others under its number."""


class TableCode(StrEnum):
    """A fault of a table or a row."""

    TABLE_MISSING = "table-missing"
    COLUMN_MISSING = "column-missing"
    TYPE = "row-type"
    """A column holds what it can't hold: another type, text that is none, a number below zero."""
    MARK = "row-mark"
    """Somebody else than the vault wrote this row, or changed it."""
    UNTOLD = "row-untold"
    """No entry of the log tells of this row."""
    GONE = "row-gone"
    """An entry of the log tells of a row that isn't there."""
    DIFFERS = "row-differs"
    """The log says something else: a row of before was put back, or the log's entry was written by somebody else."""
    SCANS = "scans-report"
    """Of a report of scans other rows are there than its entry says."""
    PLACE = "row-place"
    """A waybill isn't where its scans say."""
    STEP = "entry-step"
    """An act was done on something else than the log says was there: older rows were put back before it, or deleted."""
    BEHIND = "log-behind"
    """The log ends before, or goes another way at, an entry that this vault has seen."""


PORTION = 1000
_KINDS: tuple[tuple[type[sa.types.TypeEngine[Any]], type], ...] = (
    (sa.String, str),
    (sa.LargeBinary, bytes),
    (sa.Integer, int),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """A row that can't be read. where: its table and key, as far as they can be told."""

    where: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """Rows that can be read (a named tuple each), those that can't, and from where to go on."""

    rows: list[Any]
    misfits: list[Misfit]
    after: Any

    def __len__(self) -> int:
        """How many rows it has, readable or not."""
        return len(self.rows) + len(self.misfits)


def read_portions(connection: Connection, table: sa.Table) -> Iterator[Portion]:
    """The whole table, of the caller's snapshot."""
    after = None
    while portion := read_portion(connection, table, after):
        yield portion
        after = portion.after


def read_portion(connection: Connection, table: sa.Table, after: Any) -> Portion:
    """The rows behind `after` (None: from the first one)."""
    if connection.dialect.name == "sqlite":
        where, values = ("", []) if after is None else ("WHERE rowid > ?", [after])
        found = raw.fetch(
            connection,
            f"SELECT rowid, {_typed(table)} FROM {table.name} {where} ORDER BY rowid LIMIT {PORTION}",
            values,
        )
        return _portion(table, [_untyped(row[1:]) for row in found], found[-1][0] if found else None)
    names = _listed(table.primary_key)
    marks = ", ".join(f"${n}" for n in range(1, len(table.primary_key) + 1))
    where, values = ("", []) if after is None else (f"WHERE ({names}) > ({marks})", list(after))
    statement = f"SELECT {_listed(table.c)} FROM {table.name} {where} ORDER BY {names} LIMIT {PORTION}"
    found = raw.fetch(connection, statement, values)
    places = [n for n, c in enumerate(table.c) if c.primary_key]
    return _portion(table, found, tuple(found[-1][n] for n in places) if found else None)


def read_chosen(connection: Connection, table: sa.Table, column: str, values: Sequence[str]) -> Portion:
    """The rows whose `column` is one of `values`."""
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(values))
        statement = f"SELECT {_typed(table)} FROM {table.name} WHERE {_quoted(column)} IN ({marks})"
        return _portion(table, [_untyped(row) for row in raw.fetch(connection, statement, values)], None)
    statement = f"SELECT {_listed(table.c)} FROM {table.name} WHERE {_quoted(column)} = ANY($1)"
    return _portion(table, raw.fetch(connection, statement, [list(values)]), None)


def _quoted(name: str) -> str:
    return f'"{name}"'


def _listed(columns: Iterable[sa.Column[Any]]) -> str:
    return ", ".join(_quoted(c.name) for c in columns)


def _typed(table: sa.Table) -> str:
    """Columns as SQLite is to give them: text as the bytes that lie there, with a word in front of it that says so."""
    return ", ".join(
        f"typeof({name}), CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END"
        for name in (_quoted(c.name) for c in table.c)
    )


def _portion(table: sa.Table, found: raw.Tuples, after: Any) -> Portion:
    rows, misfits = [], []
    make, kinds = row_maker(table), [_kind_of(c) for c in table.c]
    for values in found:
        wrong = [c.name for c, kind, value in zip(table.c, kinds, values, strict=True) if not _fits(c, kind, value)]
        row = make(values)
        if wrong:
            misfits.append(Misfit(where=name_of(table, row), columns=tuple(wrong)))
        else:
            rows.append(row)
    return Portion(rows=rows, misfits=misfits, after=after)


def _untyped(values: Sequence[Any]) -> list[Any]:
    """Decode the values that `_typed` asked for."""
    return [_plain(*pair) for pair in zip(values[::2], values[1::2], strict=True)]


def _plain(kind: str, value: Any) -> Any:
    if kind != "text":
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return _NoText()


class _NoText:
    """Text whose bytes are none."""


def _kind_of(column: sa.Column[Any]) -> type:
    return next(kind for of, kind in _KINDS if isinstance(column.type, of))


def _fits(column: sa.Column[Any], kind: type, value: Any) -> bool:
    if value is None:
        return bool(column.nullable)
    return type(value) is kind and (not isinstance(value, int) or value >= 0)


def name_of(table: sa.Table, row: Any) -> str:
    """A row's name: its table, and what of its key can be shown."""
    key = [getattr(row, c.name) for c in table.primary_key]
    shown = [v if isinstance(v, str) and v.isprintable() else str(v) if isinstance(v, int) else "?" for v in key]
    return "/".join([table.name, *shown])
