"""What the log says, whatever somebody put into its rows: only entries with the vault's mark say anything."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa

from wayseal.database import Connection, raw
from wayseal.merkle.hashing import leaf_hash
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError
from wayseal.vault.log._read_rows import Row, extent, read_origin, tiles_of_rows
from wayseal.vault.log.entries import Entry, decode
from wayseal.vault.row_marks import RowMarks

__all__ = ["check_end", "last_entry", "read_origin", "sound", "sound_entries", "sound_entry"]

_END = "SELECT seq, leaf, mark FROM entries ORDER BY seq DESC LIMIT 1"


class _Marked(NamedTuple):
    """The values that a mark of an entry covers, and the mark."""

    seq: Any
    leaf: Any
    mark: Any


def check_end(connection: Connection, marks: RowMarks) -> None:
    """LogChangedError where the log's last entry isn't this vault's."""
    for end in raw.fetch(connection, _END, ()):
        if not marks.holds(t.entries, _Marked(*end)):
            raise LogChangedError("the log's last entry was written by somebody else than the vault: verify it")


def sound_entry(connection: Connection, marks: RowMarks, seq: int) -> Entry | None:
    """The vault's own entry at a place; None where there is none, or it can't be read (any more)."""
    found = connection.execute(sa.select(t.entries).where(t.entries.c.seq == seq)).one_or_none()
    if found is None or not marks.holds(t.entries, found):
        return None
    return sound(found.leaf, found.salt, found.entry)


def last_entry(connection: Connection, marks: RowMarks) -> Entry | None:
    """The log's last entry; None: it is empty. LogChangedError: it isn't this vault's, or can't be read.

    Whoever erases entries adds one, so the last one can always be read.
    """
    last = connection.execute(sa.select(sa.func.max(t.entries.c.seq))).scalar()
    found = None if last is None else sound_entry(connection, marks, last)
    if last is not None and found is None:
        raise LogChangedError("the log's last entry was written by somebody else than the vault: verify it")
    return found


def sound_entries(
    connection: Connection, marks: RowMarks, unmarked: Callable[[int], None]
) -> Iterator[tuple[int, Entry | None]]:
    """Every place of the log, and what stands there; None where that was erased, is missing or was changed.

    unmarked: told of places that have a row which somebody else than the vault wrote.
    """
    seq = 0
    for rows in tiles_of_rows(connection, extent(connection).size):
        for row in rows:
            yield seq, None if row is None else _own(marks, seq, row, unmarked)
            seq += 1


def _own(marks: RowMarks, seq: int, row: Row, unmarked: Callable[[int], None]) -> Entry | None:
    leaf, salt, content, mark = row
    if not marks.holds(t.entries, _Marked(seq, leaf, mark)):
        unmarked(seq)
        return None
    return sound(leaf, salt, content)


def sound(leaf: Any, salt: Any, content: Any) -> Entry | None:
    """Decode the entry of a row; None where it isn't what its leaf says, or no entry."""
    if not all(type(part) is bytes for part in (leaf, salt, content)) or leaf_hash(salt + content) != leaf:
        return None
    try:
        return decode(content)
    except LogChangedError:
        return None
