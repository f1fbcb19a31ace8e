"""Adding entries to the log.

1. Entries stand at consecutive places from the log's size; nothing that stands is written over.
2. A tail that isn't the log's present one (another process appended, a transaction was rolled back) is noticed by size
   and last leaf, and made anew: there is never a second history. Before that `check` may refuse what stands there.
3. leaf = hash of salt and entry; salts are random and new for each entry.
4. Each entry has the vault's mark (`row_marks`). Behind one that somebody else put at the end nothing is added,
   and what a database doesn't keep (a trigger, a rule) isn't added: that is looked at at once, or, where the caller
   keeps the tail, by the next who adds.
5. The caller holds the exclusive write transaction, and uses the tail that comes back only once that is durable.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wayseal.database import Connection, raw
from wayseal.merkle.hashing import SIZE, leaf_hash
from wayseal.merkle.tiles import HEIGHT, WIDTH
from wayseal.merkle.tiles import entries as entries_of
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError
from wayseal.vault.log._tail import Tail
from wayseal.vault.log.entries import Entry, encode
from wayseal.vault.log.sound_entries import check_end
from wayseal.vault.row_marks import RowMarks

SALT = 32
"""Random bytes that are hashed with an entry, so that the leaf of one that was erased tells nothing."""
_LAST = "SELECT seq, leaf FROM entries ORDER BY seq DESC LIMIT 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """The result of adding entries: place of the first entry, the leaves in order, and the tail for the next call."""

    first: int
    leaves: list[bytes]
    tail: Tail


def append(
    connection: Connection,
    marks: RowMarks,
    entries: Sequence[Entry],
    salts: bytes | None = None,
    tail: Tail | None = None,
    check: Callable[[Connection], None] | None = None,
) -> Appended:
    """Adds entries to the log (rules 1 to 5). salts: SALT bytes an entry; random ones by default.

    VaultError: an entry that can't be spelled; LogChangedError: the log's nodes don't fit its size, or its last entry
    isn't this vault's.
    """
    known = tail is not None
    if tail is None or not _present(connection, tail):
        if check is not None:
            check(connection)
        check_end(connection, marks)
        tail = present_tail(connection)
    salts = os.urandom(SALT * len(entries)) if salts is None else salts
    if len(salts) != SALT * len(entries):
        raise ValueError("a salt for each entry")
    contents = [encode(entry) for entry in entries]
    each = [salts[start : start + SALT] for start in range(0, len(salts), SALT)]
    leaves = [leaf_hash(salt + content) for salt, content in zip(each, contents, strict=True)]
    places = range(tail.size, tail.size + len(entries))
    made = marks.of_rows(t.entries, zip(places, leaves, strict=True))
    after, nodes = tail.grown(leaves)
    rows = list(zip(places, leaves, each, contents, made, strict=True))
    _insert(connection, "entries", "seq, leaf, salt, entry, mark", rows)
    _insert(connection, "nodes", "level, place, hash", nodes)
    if not known and not _present(connection, after):
        raise LogChangedError("the database doesn't keep what is added to the log: look for triggers on its tables")
    return Appended(first=tail.size, leaves=leaves, tail=after)


def present_tail(connection: Connection) -> Tail:
    """Read the tail of the log for `append`; LogChangedError where nodes or entries at its end are missing."""
    last = read_last(connection)
    if last is None:
        return Tail()
    size = last[0] + 1
    edges = []
    for level in range((size.bit_length() - 1) // HEIGHT + 1):
        stop = entries_of(size, level)
        edges.append(b"".join(stored(connection, level, stop // WIDTH * WIDTH, stop)))
    return Tail(size=size, last=last[1], edges=tuple(edges))


def stored(connection: Connection, level: int, start: int, stop: int) -> list[bytes]:
    """Hashes of a level of tiles as they lie in the tables; LogChangedError where one is missing or is none."""
    if level:
        place, hash_ = t.nodes.c.place, t.nodes.c.hash
        which = (t.nodes.c.level == level) & (place >= start) & (place < stop)
    else:
        place, hash_ = t.entries.c.seq, t.entries.c.leaf
        which = (place >= start) & (place < stop)
    rows = connection.execute(sa.select(place, hash_).where(which).order_by(place)).all()
    hashes = [row[1] for row in rows if type(row[1]) is bytes and len(row[1]) == SIZE]
    if [row[0] for row in rows] != list(range(start, stop)) or len(hashes) != len(rows):
        raise LogChangedError("the log lacks hashes of level {level}: verify it before it goes on", level=level)
    return hashes


def _present(connection: Connection, tail: Tail) -> bool:
    """Check whether a tail is the log's (rule 2)."""
    last = read_last(connection)
    if last is None:
        return tail.size == 0
    return bool(last[0] == tail.size - 1 and last[1] == tail.last)


def read_last(connection: Connection) -> Sequence[Any] | None:
    """Place and leaf of the last entry; None: there is none."""
    return next(iter(raw.fetch(connection, _LAST, ())), None)


def _insert(connection: Connection, table: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
    # The driver's own statement: building parameters by name costs more than all hashing.
    if rows:
        width = len(rows[0])
        postgresql = connection.dialect.name == "postgresql"
        marks = ", ".join(f"${n + 1}" if postgresql else "?" for n in range(width))
        raw.run_many(connection, f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)  # noqa: S608
