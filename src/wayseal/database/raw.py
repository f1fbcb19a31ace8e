"""Statements as text, which go to the driver as they are: a cursor of SQLAlchemy costs more than SQLite's answer.

They run in the transaction of the connection that is given, like any other, and raise what the driver raises, which
`Database` tells as errors of this room. `query` and `execute` take `?` for each value, whichever the database is;
`fetch` and `run_many` take the driver's own marks: `?` on SQLite, `$1` on PostgreSQL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.util import await_only

T = TypeVar("T")
Tuples = Sequence[Sequence[Any]]


def fetch(connection: sa.Connection, text: str, parameters: Sequence[Any]) -> Tuples:
    """The rows of one statement, in the driver's marks."""
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        return raw.execute(text, parameters).fetchall()  # type: ignore[no-any-return]
    return await_only(raw.fetch(text, *parameters))


def run_many(connection: sa.Connection, text: str, rows: Sequence[Sequence[Any]]) -> None:
    """One statement for each row of parameters, in the driver's marks."""
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        raw.executemany(text, rows)
    else:
        await_only(raw.executemany(text, rows))


_CHUNK = 5000


@lru_cache(maxsize=1024)
def _number_marks(text: str) -> str:
    """A statement with `$1`, `$2` … for its `?`."""
    parts = text.split("?")
    return parts[0] + "".join(f"${number}{part}" for number, part in enumerate(parts[1:], start=1))


def query(connection: sa.Connection, text: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Ask by text.

    Args:
        connection: Within a transaction.
        text: A statement, with `?` for each value.
        values: What stands for them.

    Returns:
        Its rows.
    """
    if connection.dialect.name == "sqlite":
        return fetch(connection, text, values)  # type: ignore[return-value]
    return [tuple(row) for row in fetch(connection, _number_marks(text), values)]


def execute(connection: sa.Connection, text: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a statement for each row of values.

    Args:
        connection: Within a transaction that may write.
        text: A statement, with `?` for each value.
        rows: What stands for them, a row at a time.
    """
    if connection.dialect.name == "sqlite":
        run_many(connection, text, rows)
        return
    for start in range(0, len(rows), _CHUNK):
        run_many(connection, _number_marks(text), rows[start : start + _CHUNK])


def record_of(kind: type[T], columns: Mapping[Any, Any], /, **others: Any) -> T:
    """A row as a record.

    Args:
        kind: A dataclass, whose fields are called as columns are.
        columns: Of the row.
        **others: Fields that no column holds as it is.

    Returns:
        It; a field that neither names has its default.
    """
    named = {one.name: columns[one.name] for one in fields(kind) if one.name in columns}  # type: ignore[arg-type]
    return kind(**named | others)
