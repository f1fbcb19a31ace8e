"""Rows of the tables in memory while acts are taken: loaded by group where they are in a database, and written once."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from wayseal.cases._tables import TABLES
from wayseal.journal.projection import Table

Row = dict[str, Any]
Key = tuple[Any, ...]
Load = Callable[[Table, Any], Sequence[Sequence[Any]]]
"""The rows of a table whose first key column has a value."""


class Rows:
    """Rows by table, group and key. load: what the database holds; without, there is nothing."""

    def __init__(self, load: Load | None = None) -> None:
        self._load = load
        self._groups: dict[str, dict[Any, dict[Key, Row]]] = {table.name: {} for table in TABLES}
        self._changed: dict[str, dict[Key, Row | None]] = {table.name: {} for table in TABLES}

    def group(self, table: Table, first: Any) -> dict[Key, Row]:
        """The rows whose first key column has that value, by key. To be read only."""
        groups = self._groups[table.name]
        if first not in groups:
            found = () if self._load is None else self._load(table, first)
            rows = (dict(zip(table.names, row, strict=True)) for row in found)
            groups[first] = {tuple(row[name] for name in table.key): row for row in rows}
        return groups[first]

    def fill(self, table: Table, firsts: Sequence[Any], found: Sequence[Sequence[Any]]) -> None:
        """Takes in groups that were loaded together, as none of them was looked at before."""
        groups = self._groups[table.name]
        for first in firsts:
            groups.setdefault(first, {})
        for values in found:
            row = dict(zip(table.names, values, strict=True))
            groups[row[table.key[0]]][tuple(row[name] for name in table.key)] = row

    def get(self, table: Table, *key: Any) -> Row | None:
        """A row, or None. To be read only."""
        return self.group(table, key[0]).get(key)

    def put(self, table: Table, row: Row) -> None:
        """Puts a row in, in the place of one with its key."""
        key = tuple(row[name] for name in table.key)
        self.group(table, key[0])[key] = row
        self._changed[table.name][key] = row

    def append(self, table: Table, row: Row) -> None:
        """Puts a row in that is known to be new, without a look at its group, which nothing reads here."""
        self._changed[table.name][tuple(row[name] for name in table.key)] = row

    def drop(self, table: Table, *key: Any) -> None:
        """Takes a row out."""
        if self.group(table, key[0]).pop(key, None) is not None:
            self._changed[table.name][key] = None

    def changes(self) -> Iterator[tuple[Table, list[tuple[Any, ...]], list[Key]]]:
        """Of each table the rows to write, and the keys of those to delete."""
        for table in TABLES:
            changed = self._changed[table.name]
            puts = [tuple(row[name] for name in table.names) for row in changed.values() if row is not None]
            yield table, puts, [key for key, row in changed.items() if row is None]
