"""Statements that SQLite and PostgreSQL spell differently, each built and compiled once.

They go to the driver as text: to look a compiled statement up costs more than SQLite needs for the answer.
"""

import json
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import asyncpg

from wayseal.database import Connection, raw
from wayseal.model.times import micros_of, time_at

R = TypeVar("R")
Rows = Sequence[Any]
"""Named tuples, a field for each column."""
_DIALECTS: dict[str, Any] = {"sqlite": sqlite.dialect(), "postgresql": asyncpg.dialect()}  # type: ignore[no-untyped-call]


Among = Callable[[sa.Column[Any], str], sa.ColumnElement[bool]]
"""Whether a column is one of the values of a list that is given under a name."""


class Listed:
    """A statement of our own over lists of values: `made` builds it, for each kind of database once."""

    def __init__(self, made: Callable[[Among], Any]) -> None:
        self._made = made
        self._known: dict[str, _Compiled] = {}

    def compiled(self, dialect: str) -> "_Compiled":
        """Its text and the order of its parameters."""
        if dialect not in self._known:
            self._known[dialect] = _compile(dialect, self._made(lambda column, name: _member_of(dialect, column, name)))
        return self._known[dialect]


def chosen_of(
    connection: Connection, listed: Listed, lists: Mapping[str, Sequence[str]], **equal: object
) -> raw.Tuples:
    """The rows of a statement over lists."""
    dialect = connection.dialect.name
    text, order = listed.compiled(dialect)
    given = {name: _array_parameter(dialect, values) for name, values in lists.items()} | equal
    return raw.fetch(connection, text, [given[name] for name in order])


def chosen(connection: Connection, table: sa.Table, column: str, values: Sequence[str], **equal: object) -> Rows:
    """Rows of `table` whose `column` is one of `values`, and whose other columns equal what is given.

    One statement for any number of values, so that it is prepared once.
    """
    if not values:
        return ()
    dialect = connection.dialect.name
    text, order = _select_statement(dialect, table, column, tuple(equal))
    given = {"among": _array_parameter(dialect, values), **equal}
    return [*map(row_maker(table), raw.fetch(connection, text, [given[name] for name in order]))]


def delete_chosen(connection: Connection, table: sa.Table, column: str, values: Sequence[str]) -> int:
    """Deletes the rows of `table` whose `column` is one of `values`; how many they were."""
    if not values:
        return 0
    dialect = connection.dialect.name
    return int(
        connection.execute(
            _delete_statement(dialect, table, column), {"among": _array_parameter(dialect, values)}
        ).rowcount
    )


def key_after(table: sa.Table, row: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a row of `table` comes behind `row` in the order of its key, to read it in portions."""
    key = list(table.primary_key)
    return sa.tuple_(*key) > sa.tuple_(*(sa.literal(getattr(row, column.name)) for column in key))


def put(connection: Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Inserts rows; of one whose key is there already, all other columns are replaced."""
    _many(connection, _upsert_statement(connection.dialect.name, table, None), rows)


def add(connection: Connection, table: sa.Table, count: str, rows: Sequence[dict[str, Any]]) -> None:
    """Inserts rows; of one whose key is there already, `count` grows by the row's."""
    _many(connection, _upsert_statement(connection.dialect.name, table, count), rows)


def keep(connection: Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Inserts rows whose key isn't there already."""
    if rows:
        insert: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        connection.execute(insert(table).on_conflict_do_nothing(), rows)


def row_of(record: Any) -> dict[str, Any]:
    """A record as a table has it: times in microseconds, names of enums as texts."""
    return {name: _kept(getattr(record, name)) for name in record.__dataclass_fields__}


def _kept(value: Any) -> Any:
    if isinstance(value, datetime):
        return micros_of(value)
    return value.value if isinstance(value, Enum) else value


def record_of(kind: Callable[..., R], row: Any) -> R:
    """A record out of the columns of its names, of `row_of`."""
    return kind(**{name: _read(getattr(row, name), read) for name, read in _readers(kind)})


def _read(value: Any, read: Callable[[Any], Any] | None) -> Any:
    return value if value is None or read is None else read(value)


@cache
def _readers(kind: Any) -> list[tuple[str, Callable[[Any], Any] | None]]:
    """How each field of a record is made of what stands in a table; None: it is that."""
    hints = get_type_hints(kind)
    types = {name: next(iter(get_args(hint)), hint) for name, hint in hints.items()}
    return [
        (name, time_at if one is datetime else one if issubclass(one, Enum) else None) for name, one in types.items()
    ]


_Compiled = tuple[str, tuple[str, ...]]
"""A statement's text, and its parameters in their order."""


def _many(connection: Connection, compiled: _Compiled, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        text, order = compiled
        raw.run_many(connection, text, [tuple([row[name] for name in order]) for row in rows])


def _array_parameter(dialect: str, values: Sequence[str]) -> Any:
    return json.dumps(values) if dialect == "sqlite" else list(values)


@cache
def row_maker(table: sa.Table) -> Callable[[Sequence[Any]], Any]:
    made: Any = namedtuple  # The names are those of a table, which no checker of types can know.
    return made(table.name.title(), [column.name for column in table.c])._make  # type: ignore[no-any-return]


@cache
def _select_statement(dialect: str, table: sa.Table, column: str, equal: tuple[str, ...]) -> _Compiled:
    statement = sa.select(table).where(_member_of(dialect, table.c[column]))
    for name in equal:
        statement = statement.where(table.c[name] == sa.bindparam(name, type_=table.c[name].type))
    return _compile(dialect, statement)


@cache
def _delete_statement(dialect: str, table: sa.Table, column: str) -> sa.Delete:
    return sa.delete(table).where(_member_of(dialect, table.c[column]))


@cache
def _upsert_statement(dialect: str, table: sa.Table, count: str | None) -> _Compiled:
    made: Any = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(table)
    made = made.values({column.name: sa.bindparam(column.name, type_=column.type) for column in table.c})
    if count is None:
        new = {column.name: made.excluded[column.name] for column in table.c if not column.primary_key}
    else:
        new = {count: table.c[count] + made.excluded[count]}
    return _compile(dialect, made.on_conflict_do_update(index_elements=list(table.primary_key), set_=new))


def _compile(dialect: str, statement: Any) -> _Compiled:
    made = statement.compile(dialect=_DIALECTS[dialect])
    return made.string, tuple(made.positiontup)


def _member_of(dialect: str, column: sa.Column[Any], name: str = "among") -> sa.ColumnElement[bool]:
    if dialect == "sqlite":
        each = sa.func.json_each(sa.bindparam(name, type_=sa.Text)).table_valued("value")
        return column.in_(sa.select(each.c.value))
    return column == sa.any_(sa.bindparam(name, type_=postgresql.ARRAY(sa.String)))
