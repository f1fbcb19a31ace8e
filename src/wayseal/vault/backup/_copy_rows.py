"""Rows of one database as another takes them."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from wayseal.database import Connection

ROWS = 5000
"""Rows in one step."""


def chain_tables(connection: Connection) -> list[sa.Table]:
    """The tables of a database that holds one chain alone, as they are there, by name."""
    found = sa.MetaData()
    found.reflect(connection)
    return [t for name, t in sorted(found.tables.items()) if not name.startswith("version_of_")]


def parts(source: Connection, table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    """The rows of a table of this name and these columns in `source`, many at a time."""
    there = sa.table(table.name, *(sa.column(c.name) for c in table.columns))
    rows = source.execute(sa.select(there), execution_options={"yield_per": ROWS})
    for part in rows.mappings().partitions():
        yield [dict(row) for row in part]


@contextmanager
def opened_file(file: Path) -> Iterator[Connection]:
    """A backup's file, read without a byte being written beside it."""

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool, hide_parameters=True)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
