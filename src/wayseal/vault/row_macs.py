"""Row MACs ("marks" in tables): keyed hashes by which a row that the vault didn't write is known.

Whoever administers the database can write rows, but has no keyring.

1. A mark covers the vault's origin, the table's name and every column but itself and those of `_OPEN`, with their
   types: a row of another vault of the same keyring has none here. It holds the version of its key, and so goes on to
   count after a rotation.
2. Decisions rest on marked rows alone: one whose mark doesn't fit opens nothing, as if it weren't there.
3. After a rotation rows are marked anew (`remark_rows`), portion by portion; one that doesn't hold stays as it is.
4. What a mark can't say is whether a row is missing, or is one of before: that is said by the log (`verification`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from enum import Enum
from operator import attrgetter
from typing import Any, NamedTuple

import sqlalchemy as sa

from wayseal.database import Connection, Database
from wayseal.model.progress import Progress
from wayseal.vault import tables as t
from wayseal.vault._sql import key_after, put
from wayseal.vault.errors import KeyringError
from wayseal.vault.keyring import KeySource
from wayseal.vault.keyring.keys import TAG, RowKey

MARK = "mark"
_OPEN = {"waybills": frozenset({"sealed", "erased_at", "keep_until"}), "entries": frozenset({"salt", "entry"})}
"""Columns that no mark covers, so that a record is erased, by a restore too, without the keyring, and an entry as well.

What is sealed is bound to its number by its cipher, and the other two open nothing. An entry is bound by its leaf.
"""
MARKED: tuple[sa.Table, ...] = tuple(table for table in t.main.sorted_tables if MARK in table.c)
"""The tables whose rows have marks."""
_VERSION = 2
"""Bytes of the key's version, in front of the tag."""
_HELD = 20_000
"""Rows of which is remembered that they held: about the accounts that ask within some hours."""


class _Spelling(NamedTuple):
    """How a table's rows are spelled: what stands in front, and the columns that are covered."""

    head: str
    names: tuple[str, ...]
    values: Callable[[Any], tuple[Any, ...]]

    @staticmethod
    def of(table: sa.Table) -> "_Spelling":
        """Of all columns but those that are open."""
        names = tuple(c.name for c in table.c if c.name != MARK and c.name not in _OPEN.get(table.name, ()))
        return _Spelling(table.name, names, attrgetter(*names))


def _spell(origin: str, head: str, values: tuple[Any, ...]) -> bytes:
    """Rule 1. `ascii` tells types apart, and has one spelling on every Python."""
    return f"{origin}{head}{values!a}".encode()


_SPELLINGS = {table.name: _Spelling.of(table) for table in MARKED}
_Tag = Callable[[bytes], bytes]


class RowMacs:
    """Makes and checks marks of one vault, which has this origin, with the keys of a keyring."""

    __slots__ = ("_held", "_origin", "_source", "_tags", "keyring")

    def __init__(self, source: KeySource, origin: str) -> None:
        self.keyring = source.current()
        self._source, self._origin = source, ascii(origin)
        self._tags: dict[bytes, _Tag] = {}
        self._held: set[Any] = set()

    def marked(self, table: sa.Table, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row as it is to be written: with its mark. Columns that it leaves out count as null."""
        plain = [row.get(name) for name in _SPELLINGS[table.name].names]
        (mark,) = self.of_rows(table, [tuple([v.value if isinstance(v, Enum) else v for v in plain])])
        return {**row, MARK: mark}

    def of_rows(self, table: sa.Table, rows: Iterable[tuple[Any, ...]]) -> list[bytes]:
        """The marks of rows, each as the values of its covered columns in their order."""
        key, head = self.keyring.key(RowKey), _SPELLINGS[table.name].head
        version, tag, origin = key.version.to_bytes(_VERSION, "big"), key.tag, self._origin
        return [version + tag(_spell(origin, head, values)) for values in rows]

    def holds(self, table: sa.Table, row: Any) -> bool:
        """Check whether a row (with a column for each attribute) is one that the vault wrote."""
        mark = row.mark
        if type(mark) is not bytes or len(mark) != _VERSION + TAG:
            return False
        version, (head, _, values) = mark[:_VERSION], _SPELLINGS[table.name]
        tag = self._tags.get(version) or self._find_tag(version)
        return tag is not None and version + tag(_spell(self._origin, head, values(row))) == mark

    def holding(self, table: sa.Table, rows: Sequence[Any]) -> list[Any]:
        """Those of the rows that the vault wrote (rule 2)."""
        return [row for row in rows if self.holds(table, row)]

    def holding_as_before(self, table: sa.Table, rows: Sequence[Any]) -> list[Any]:
        """The same of rows that are read again and again: one that is as it was when it held isn't looked at twice."""
        return [row for row in rows if row in self._held or self._holds_anew(table, row)]

    def _holds_anew(self, table: sa.Table, row: Any) -> bool:
        if not self.holds(table, row):
            return False
        if len(self._held) >= _HELD:
            self._held.clear()
        self._held.add(row)
        return True

    def _find_tag(self, version: bytes) -> _Tag | None:
        """Find the function that makes tags with a version of the key; None where the keyring hasn't got it.

        It is looked for once more before it is refused: another process may have rotated.
        """
        number = int.from_bytes(version, "big")
        for keyring in (self._source.current, self._source.refreshed):
            with suppress(KeyringError):
                self._tags[version] = keyring().key(RowKey, number).tag
                break
        return self._tags.get(version)


PORTION = 1000


def mark_versions_in_use(main: Database) -> dict[int, int]:
    """How many rows each version of the key has marked."""
    return dict(main.read(_count_versions))


def remark_rows(main: Database, marks: RowMacs, active: int, progress: Progress) -> int:
    """Marks anew what the key of version `active` hasn't marked (rule 3); how many rows."""
    total = sum(n for version, n in mark_versions_in_use(main).items() if version != active)
    done = 0
    for table in MARKED:
        last: sa.Row[Any] | None = None
        while rows := main.read(_read_older, table, active, last):
            last = rows[-1]
            done += main.write(_mark_anew, marks, table, rows)
            progress("marks", done, max(total, done))
    return done


def _count_versions(connection: Connection) -> Counter[int]:
    found: Counter[int] = Counter()
    for table in MARKED:
        head = sa.func.substr(table.c.mark, 1, _VERSION)
        for version, count in connection.execute(sa.select(head, sa.func.count()).group_by(head)):
            if isinstance(version, bytes):
                found[int.from_bytes(version, "big")] += count
    return found


def _read_older(
    connection: Connection, table: sa.Table, active: int, last: sa.Row[Any] | None
) -> Sequence[sa.Row[Any]]:
    older = sa.func.substr(table.c.mark, 1, _VERSION) != active.to_bytes(_VERSION, "big")
    statement = sa.select(table).where(older).order_by(*table.primary_key).limit(PORTION)
    if last is not None:
        statement = statement.where(key_after(table, last))
    return connection.execute(statement).all()


def _mark_anew(connection: Connection, marks: RowMacs, table: sa.Table, before: Sequence[sa.Row[Any]]) -> int:
    """Those rows that still are as they were read."""
    same = [_same(table, row) for row in before if marks.holds(table, row)]
    rows = [row for which in same if (row := connection.execute(sa.select(table).where(which)).one_or_none())]
    put(connection, table, [marks.marked(table, row._asdict()) for row in rows])
    return len(rows)


def _same(table: sa.Table, row: sa.Row[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(*(column == getattr(row, column.name) for column in (*table.primary_key, table.c.mark)))
