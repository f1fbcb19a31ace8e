"""Marks of rows: keyed hashes by which a row that the vault didn't write is known.

Whoever administers the database can write rows, but has no keyring.

1. A mark covers the table's name and every column but itself and those of `_OPEN`, with their types. It holds the
   version of its key, and so goes on to count after a rotation.
2. Decisions rest on marked rows alone: one whose mark doesn't fit opens nothing, as if it weren't there.
3. What a mark can't say is whether a row is missing, or is one of before: that is said by the log (`row_comparison`).
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import sqlalchemy as sa

from wayseal.vault import tables as t
from wayseal.vault.errors import KeyringError
from wayseal.vault.keyring import Keyring
from wayseal.vault.keyring.keys import TAG, RowKey

MARK = "mark"
_OPEN = {"waybills": frozenset({"sealed", "erased_at", "keep_until"})}
"""Columns that no mark covers, so that a record is erased, by a restore too, without the keyring.

What is sealed is bound to its number by its cipher, and the other two open nothing.
"""
MARKED: tuple[sa.Table, ...] = tuple(table for table in t.main.sorted_tables if MARK in table.c)
"""The tables whose rows have marks."""
_COLUMNS = {
    table.name: tuple(c.name for c in table.c if c.name != MARK and c.name not in _OPEN.get(table.name, ()))
    for table in MARKED
}
_VERSION = 2


class RowMarks:
    """Makes and checks marks with the keys of a keyring."""

    __slots__ = ("_keyring",)

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def marked(self, table: sa.Table, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row as it is to be written: with its mark. Columns that it leaves out count as null."""
        values = [row.get(name) for name in _COLUMNS[table.name]]
        return {**row, MARK: self._made(self._keyring.key(RowKey), table.name, values)}

    def holds(self, table: sa.Table, row: Any) -> bool:
        """Whether a row (with a column for each attribute) is one that the vault wrote."""
        mark = getattr(row, MARK)
        if type(mark) is not bytes or len(mark) != _VERSION + TAG:
            return False
        try:
            key = self._keyring.key(RowKey, int.from_bytes(mark[:_VERSION], "big"))
        except KeyringError:
            return False
        return self._made(key, table.name, [getattr(row, name) for name in _COLUMNS[table.name]]) == mark

    def holding(self, table: sa.Table, rows: Sequence[Any]) -> list[Any]:
        """Those of the rows that the vault wrote (rule 2)."""
        return [row for row in rows if self.holds(table, row)]

    @staticmethod
    def _made(key: RowKey, table: str, values: Sequence[Any]) -> bytes:
        """Rule 1. `ascii` tells types apart, and has one spelling on every Python."""
        plain = [v.value if isinstance(v, Enum) else v for v in values]
        return key.version.to_bytes(_VERSION, "big") + key.tag(ascii((table, *plain)).encode())
