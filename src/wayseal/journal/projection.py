"""Tables made of a record's lines (rule 5 of `wayseal.journal`), the same on either database; a Merkle tree among them.

The tree (rule 3) is kept level by level of tiles in a table.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from wayseal.database import Connection, execute, query
from wayseal.merkle import Tree
from wayseal.merkle.bulk import Digests
from wayseal.merkle.hashing import SIZE
from wayseal.merkle.tiles import HEIGHT, entries, grown

TEXT, INT, REAL = "TEXT NOT NULL", "BIGINT NOT NULL", "DOUBLE PRECISION NOT NULL"
MAYBE_TEXT: Final = "TEXT"
MAYBE_INT: Final = "BIGINT"
MAYBE_REAL: Final = "DOUBLE PRECISION"
AT_ONCE = 500
"""Groups of rows that are compared together."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """Tables that are made of lines alone.

    Attributes:
        prefix: Begins the names of all tables of the record.
        version: Of the tables: those of another one are made anew.
        tables: What is made; the first column of a key names the group of a row.
    """

    prefix: str
    version: int
    tables: tuple[Table, ...]

    @property
    def state(self) -> str:
        """The table of one row that says of which version the tables are, and the last line that they know."""
        return f"{self.prefix}state"

    def prepare(self, c: Connection) -> None:
        """Makes the table of their state where there is none."""
        columns = "one INTEGER PRIMARY KEY, version BIGINT NOT NULL, line BIGINT NOT NULL"
        query(c, f"CREATE TABLE IF NOT EXISTS {self.state} ({columns})")

    def clear(self, c: Connection) -> None:
        """Makes the tables anew, empty, and without what rows are found by."""
        for table in self.tables:
            columns = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
            query(c, f"DROP TABLE IF EXISTS {table.full_name}")
            query(c, f"CREATE TABLE {table.full_name} ({columns}, PRIMARY KEY ({', '.join(table.key)}))")

    def finish(self, c: Connection, line: int) -> None:
        """Makes what rows are found by; the tables know all lines up to that one."""
        for table in self.tables:
            for number, index in enumerate(table.indexes):
                query(c, f"CREATE INDEX ix_{table.full_name}_{number} ON {table.full_name} ({index})")
        self.advance(c, line)

    def advance(self, c: Connection, line: int) -> None:
        """The tables know all lines up to that one."""
        put = f"INSERT INTO {self.state} (one, version, line) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET "
        execute(c, f"{put} version = excluded.version, line = excluded.line", [(self.version, line)])

    def known(self, c: Connection) -> tuple[int, int] | None:
        """The version of the tables, and the last line that they know; None where nothing says so."""
        found = query(c, f"SELECT version, line FROM {self.state}")
        return (int(found[0][0]), int(found[0][1])) if found else None

    def fits(self, c: Connection, line: int) -> bool:
        """Check whether the tables are of this version and know all lines up to that one."""
        return self.known(c) == (self.version, line)


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


def read_batches(c: Connection, text: str, size: int, *values: Any) -> Iterator[list[tuple[Any, ...]]]:
    """Rows of a statement, `size` at a time. It begins with `key > ?` and ends with `LIMIT ?`; keys come first."""
    last = -1
    while found := query(c, text, (last, *values, size)):
        yield found
        last = int(found[-1][0])


def tables_differ(there: Connection, made: Connection, table: Table) -> bool:
    """Check whether a table says something else than one that was made of the lines.

    Group by group, and then how many rows there are: databases sort texts each in its way.
    """
    first, columns = table.key[0], ", ".join(table.names)
    for keys in _groups(made, table):
        text = f"SELECT {columns} FROM {table.full_name} WHERE {first} IN ({', '.join('?' for _ in keys)})"
        own, other = (sorted(query(side, text, keys), key=repr) for side in (made, there))
        if own != other:
            return True
    count = f"SELECT count(*) FROM {table.full_name}"
    return query(there, count) != query(made, count)


def _groups(made: Connection, table: Table) -> Iterator[Sequence[Any]]:
    first = table.key[0]
    text = f"SELECT DISTINCT {first} FROM {table.full_name}"
    found = query(made, f"{text} ORDER BY {first} LIMIT ?", (AT_ONCE,))
    while found:
        yield [row[0] for row in found]
        found = query(made, f"{text} WHERE {first} > ? ORDER BY {first} LIMIT ?", (found[-1][0], AT_ONCE))


_WIDTH = 1 << HEIGHT


def nodes_table(prefix: str) -> Table:
    """The table of a tree."""
    return Table(
        prefix=prefix, name="nodes", key=("level", "place"), columns={"level": INT, "place": INT, "hash": TEXT}
    )


def make_nodes(c: Connection, nodes: Table) -> None:
    """Makes the table where there is none."""
    columns = ", ".join(f"{name} {kind}" for name, kind in nodes.columns.items())
    query(c, f"CREATE TABLE IF NOT EXISTS {nodes.full_name} ({columns}, PRIMARY KEY ({', '.join(nodes.key)}))")


def tree_of(c: Connection, nodes: Table, size: int) -> Tree:
    """The tree over the first `size` lines."""
    return Tree(size, lambda level, start, stop: _read(c, nodes, level, start, stop))


def grow(c: Connection, nodes: Table, size: int, leaves: Sequence[bytes]) -> None:
    """Puts leaves behind the first `size`, and the nodes that are complete by them."""
    edges, level = [], 0
    while count := entries(size, level):
        edges.append(_read(c, nodes, level, count >> HEIGHT << HEIGHT, count))
        level += 1
    new = np.frombuffer(b"".join(leaves), np.uint8).reshape(len(leaves), SIZE)
    for level, added in enumerate(grown(edges, new)):
        first = entries(size, level)
        rows = [[level, first + number, bytes(one).hex()] for number, one in enumerate(added)]
        execute(c, f"INSERT INTO {nodes.full_name} (level, place, hash) VALUES (?, ?, ?)", rows)


def _read(c: Connection, nodes: Table, level: int, start: int, stop: int) -> Digests:
    text = f"SELECT hash FROM {nodes.full_name} WHERE level=? AND place>=? AND place<? ORDER BY place"
    joined = b"".join(bytes.fromhex(one) for (one,) in query(c, text, (level, start, stop)))
    return np.frombuffer(joined, np.uint8).reshape(-1, SIZE)
