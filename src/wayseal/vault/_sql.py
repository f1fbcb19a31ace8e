"""Statements that SQLite and PostgreSQL spell differently, each built once."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from wayseal.store.database import Connection

Rows = Sequence[sa.Row[Any]]


def chosen(
    connection: Connection,
    table: sa.Table,
    column: str,
    values: Sequence[str],
    *,
    since: tuple[str, int] | None = None,
    **equal: object,
) -> Rows:
    """Rows of `table` whose `column` is one of `values`, and whose other columns equal what is given.

    since: (column, least value). One statement for any number of values, so that it is prepared once.
    """
    if not values:
        return ()
    dialect = connection.dialect.name
    given: Any = json.dumps(values) if dialect == "sqlite" else list(values)
    if since is None:
        return connection.execute(_chosen(dialect, table, column, tuple(equal), None), {"among": given, **equal}).all()
    statement = _chosen(dialect, table, column, tuple(equal), since[0])
    return connection.execute(statement, {"among": given, "since": since[1], **equal}).all()


@cache
def _chosen(dialect: str, table: sa.Table, column: str, equal: tuple[str, ...], since: str | None) -> sa.Select[Any]:
    statement = sa.select(table).where(_among(dialect, table.c[column]))
    if since is not None:
        statement = statement.where(table.c[since] >= sa.bindparam("since"))
    for name in equal:
        statement = statement.where(table.c[name] == sa.bindparam(name))
    return statement


def _among(dialect: str, column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    if dialect == "sqlite":
        each = sa.func.json_each(sa.bindparam("among", type_=sa.Text)).table_valued("value")
        return column.in_(sa.select(each.c.value))
    return column == sa.any_(sa.bindparam("among", type_=postgresql.ARRAY(sa.String)))


def delete_chosen(connection: Connection, table: sa.Table, column: str, values: Sequence[str]) -> int:
    """Deletes the rows of `table` whose `column` is one of `values`; how many they were."""
    if not values:
        return 0
    dialect = connection.dialect.name
    given: Any = json.dumps(values) if dialect == "sqlite" else list(values)
    return int(connection.execute(_deleted(dialect, table, column), {"among": given}).rowcount)


@cache
def _deleted(dialect: str, table: sa.Table, column: str) -> sa.Delete:
    return sa.delete(table).where(_among(dialect, table.c[column]))


def put(connection: Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Inserts rows; of one whose key is there already, all other columns are replaced."""
    if rows:
        connection.execute(_upsert(connection.dialect.name, table, None), rows)


def add(connection: Connection, table: sa.Table, count: str, rows: Sequence[dict[str, Any]]) -> None:
    """Inserts rows; of one whose key is there already, `count` grows by the row's."""
    if rows:
        connection.execute(_upsert(connection.dialect.name, table, count), rows)


def keep(connection: Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Inserts rows whose key isn't there already."""
    if rows:
        insert: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        connection.execute(insert(table).on_conflict_do_nothing(), rows)


@cache
def _upsert(dialect: str, table: sa.Table, count: str | None) -> Any:
    made: Any = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(table)
    if count is None:
        new = {column.name: made.excluded[column.name] for column in table.c if not column.primary_key}
    else:
        new = {count: table.c[count] + made.excluded[count]}
    return made.on_conflict_do_update(index_elements=list(table.primary_key), set_=new)
