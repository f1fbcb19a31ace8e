"""Tables as data: made, found by their indexes, and written to, the same in either database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from wayseal.store.database._database import Connection
from wayseal.store.database.raw import execute

TEXT, INT, REAL = "TEXT NOT NULL", "BIGINT NOT NULL", "DOUBLE PRECISION NOT NULL"
MAYBE_TEXT: Final = "TEXT"
MAYBE_INT: Final = "BIGINT"
MAYBE_REAL: Final = "DOUBLE PRECISION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table.

    Attributes:
        prefix: Begins its name in the database.
        name: The rest of it.
        key: Columns that name a row.
        columns: Names and kinds, in their order.
        indexes: What it is found by, beside its key.
    """

    prefix: str
    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    indexes: tuple[str, ...] = field(default=())

    @property
    def full_name(self) -> str:
        """In the database."""
        return self.prefix + self.name

    @property
    def names(self) -> tuple[str, ...]:
        """Of its columns, in their order."""
        return tuple(self.columns)


def make_tables(tables: Iterable[Table]) -> list[str]:
    """Statements that make tables anew, without their indexes."""
    made = []
    for table in tables:
        columns = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
        made.append(f"DROP TABLE IF EXISTS {table.full_name}")
        made.append(f"CREATE TABLE {table.full_name} ({columns}, PRIMARY KEY ({', '.join(table.key)}))")
    return made


def make_indexes(tables: Iterable[Table]) -> list[str]:
    """Statements that make their indexes."""
    return [
        f"CREATE INDEX ix_{table.full_name}_{number} ON {table.full_name} ({index})"
        for table in tables
        for number, index in enumerate(table.indexes)
    ]


def put_rows(c: Connection, table: Table, rows: Sequence[Sequence[Any]], *, keep: Sequence[str] = ()) -> None:
    """Puts rows in, in the place of those with their keys.

    Args:
        c: The database.
        table: The table.
        rows: Values in the order of its columns.
        keep: Columns that stay as they were in a row that is there already.
    """
    names = table.names
    changed = [name for name in names if name not in table.key and name not in keep]
    text = f"INSERT INTO {table.full_name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    if changed:
        sets = ", ".join(f"{name} = excluded.{name}" for name in changed)
        text += f" ON CONFLICT ({', '.join(table.key)}) DO UPDATE SET {sets}"
    execute(c, text, rows)
