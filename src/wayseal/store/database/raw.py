"""Statements in the driver's own words, for the few that run with every question: a cursor of SQLAlchemy costs more.

They run in the transaction of the connection that is given, like any other, and raise what the driver raises, which
`Database` tells as errors of this room.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.util import await_only

Tuples = Sequence[Sequence[Any]]


def fetch(connection: sa.Connection, text: str, parameters: Sequence[Any]) -> Tuples:
    """The rows of one statement. Marks of parameters are the driver's: `?` on SQLite, `$1` on PostgreSQL."""
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        return raw.execute(text, parameters).fetchall()  # type: ignore[no-any-return]
    return await_only(raw.fetch(text, *parameters))


def run_many(connection: sa.Connection, text: str, rows: Sequence[Sequence[Any]]) -> None:
    """One statement for each row of parameters."""
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        raw.executemany(text, rows)
    else:
        await_only(raw.executemany(text, rows))
