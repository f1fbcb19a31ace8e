# ruff: noqa: S608 (statements are put together of this module's own words and numbers)
"""What the log says, whatever somebody put into its rows: only entries with the vault's mark say anything.

The log's rows as they lie there:

1. Nothing is taken for granted of what a row holds: what isn't of its column's type counts as changed.
2. Everything is read within one transaction of the caller's, which is a snapshot (`Database.read`).
3. The log ends before the first gap that is wider than the rows behind it are many: one row far away makes no log of
   a billion entries.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from wayseal.database import Connection, raw
from wayseal.merkle.hashing import SIZE, leaf_hash
from wayseal.merkle.tiles import WIDTH
from wayseal.merkle.tiles import entries as entries_of
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError
from wayseal.vault.log.entries import Entry, Span, decode
from wayseal.vault.row_macs import RowMacs

_MOST = (1 << 63) - 1
_AT_ONCE = 64 * WIDTH
_LISTED = 1000
"""Most rows too many that are named one by one."""
Row = tuple[bytes | None, bytes | None, bytes | None, bytes | None]
"""Leaf, salt, content and mark of an entry; None: absent, or no bytes at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How far the log goes, which places in it have no row, and rows beyond (by name) that are too many."""

    size: int
    missing: list[Span]
    extra: list[str]


def extent(connection: Connection) -> Extent:
    """Rule 3."""
    inside = "seq >= 0 AND seq < :most AND seq = CAST(seq AS BIGINT)"
    total = _number(connection, "SELECT count(*) FROM entries")
    count, last = connection.execute(_sql(f"SELECT count(*), max(seq) FROM entries WHERE {inside}", most=_MOST)).one()
    size, missing = (0 if last is None else int(last) + 1), list[Span]()
    if size != count:
        size, missing = _with_gaps(_gaps(connection, inside), count, size)
    within = count - _number(connection, f"SELECT count(*) FROM entries WHERE {inside} AND seq >= :size", size=size)
    return Extent(size=size, missing=missing, extra=_beyond(connection, size, total - within))


def _gaps(connection: Connection, inside: str) -> list[Span]:
    """Places between rows that have none."""
    pairs = f"SELECT seq, lead(seq) OVER (ORDER BY seq) AS next FROM entries WHERE {inside}"
    first = connection.execute(_sql(f"SELECT min(seq) FROM entries WHERE {inside}", most=_MOST)).scalar_one()
    rows = connection.execute(
        _sql(f"SELECT seq, next FROM ({pairs}) AS pairs WHERE next > seq + 1 ORDER BY seq", most=_MOST)
    )
    found = [(0, int(first) - 1)] if first else []
    return found + [(int(seq) + 1, int(after) - 1) for seq, after in rows]


def _with_gaps(gaps: list[Span], count: int, size: int) -> tuple[int, list[Span]]:
    """Size of the log, and the gaps in it."""
    filled, before, kept = 0, 0, list[Span]()
    for first, last in gaps:
        filled += first - before
        if last - first + 1 > count - filled:
            return first, kept
        kept.append((first, last))
        before = last + 1
    return size, kept


def _beyond(connection: Connection, size: int, count: int) -> list[str]:
    """Names of rows outside of the log; those without a whole number for a place are told as one."""
    if not count:
        return []
    where = "(seq < 0 AND seq >= :least) OR (seq >= :size AND seq <= :most)"
    rows = connection.execute(
        _sql(
            f"SELECT seq FROM entries WHERE {where} ORDER BY seq LIMIT {_LISTED}",
            least=-_MOST - 1,
            size=size,
            most=_MOST,
        )
    )
    names = [f"entries/{row[0]}" for row in rows]
    return names if len(names) == count else [*names, "entries"]


def read_origin(connection: Connection) -> str | None:
    """The log's name; None where there is none that is text."""
    value = _bytes(connection, "value") if connection.dialect.name == "sqlite" else "convert_to(value, 'UTF8')"
    found = _raw(connection.execute(_sql(f"SELECT {value} FROM facts WHERE name = 'origin'")).scalar())
    try:
        return None if found is None else found.decode()
    except UnicodeDecodeError:
        return None


def tiles_of_rows(connection: Connection, size: int) -> Iterator[list[Row | None]]:
    """The log's rows, a tile of 256 places at a time; None where there is no row."""
    columns = ", ".join(_bytes(connection, name) for name in ("leaf", "salt", "entry", "mark"))
    statement = f"SELECT seq, {columns} FROM entries WHERE seq >= :start AND seq < :stop"
    for start in range(0, size, _AT_ONCE):
        stop = min(size, start + _AT_ONCE)
        found: list[Row | None] = [None] * (stop - start)
        for seq, *row in connection.execute(_sql(statement, start=start, stop=stop)):
            if type(seq) is int:
                found[seq - start] = (_raw(row[0]), _raw(row[1]), _raw(row[2]), _raw(row[3]))
        for first in range(0, stop - start, WIDTH):
            yield found[first : first + WIDTH]


def hashes_of(connection: Connection, level: int, start: int, stop: int) -> list[bytes | None]:
    """Stored nodes of a level; None where there is none, or none of the size of a hash."""
    statement = _sql(
        f"SELECT place, {_bytes(connection, 'hash')} FROM nodes "
        "WHERE level = :level AND place >= :start AND place < :stop",
        level=level, start=start, stop=stop,
    )  # fmt: skip
    found: list[bytes | None] = [None] * (stop - start)
    for place, content in connection.execute(statement):
        raw = _raw(content)
        if type(place) is int:
            found[place - start] = raw if raw is not None and len(raw) == SIZE else b""
    return found


def nodes_too_many(connection: Connection, size: int) -> list[str]:
    """Names of nodes that a log of this size doesn't have."""
    level, right = 1, ["(level = 0 AND level = 1)"]
    while there := entries_of(size, level):
        right.append(f"(level = {level} AND place >= 0 AND place < {there})")
        level += 1
    names = ", ".join(_whole(connection, name) for name in ("level", "place"))
    rows = connection.execute(
        _sql(
            f"SELECT {names} FROM nodes WHERE NOT ({' OR '.join(right)}) OR place <> CAST(place AS BIGINT) "
            f"ORDER BY level, place LIMIT {_LISTED}"
        )
    )
    return [f"nodes/{row[0]}/{row[1]}" for row in rows]


def notes_of(connection: Connection) -> list[tuple[Any, bytes, Any]]:
    """Stored checkpoints: size, note, time."""
    note = "CAST(note AS BLOB)" if connection.dialect.name == "sqlite" else "convert_to(note, 'UTF8')"
    size, at = _whole(connection, "size"), _whole(connection, "at")
    rows = connection.execute(_sql(f"SELECT {size}, {note}, {at} FROM checkpoints ORDER BY size"))
    return [(size, bytes(content), at) for size, content, at in rows]


def _sql(statement: str, **values: int) -> sa.TextClause:
    return sa.text(statement).bindparams(*(sa.bindparam(n, v, sa.BigInteger) for n, v in values.items()))


def _number(connection: Connection, statement: str, **values: int) -> int:
    if ":most" in statement:
        values["most"] = _MOST
    return int(connection.execute(_sql(statement, **values)).scalar_one())


def _bytes(connection: Connection, column: str) -> str:
    """A column as bytes, whatever SQLite holds there."""
    return f"CAST({column} AS BLOB)" if connection.dialect.name == "sqlite" else column


def _whole(connection: Connection, column: str) -> str:
    """A column of numbers; a sign where SQLite holds text or bytes there, which may be none that can be read."""
    if connection.dialect.name != "sqlite":
        return column
    return f"CASE WHEN typeof({column}) IN ('integer', 'real') THEN {column} ELSE '?' END"


def _raw(value: object) -> bytes | None:
    return value if isinstance(value, bytes) else None


_END = "SELECT seq, leaf, mark FROM entries ORDER BY seq DESC LIMIT 1"


class _Marked(NamedTuple):
    """The values that a mark of an entry covers, and the mark."""

    seq: Any
    leaf: Any
    mark: Any


def check_end(connection: Connection, marks: RowMacs) -> None:
    """LogChangedError where the log's last entry isn't this vault's."""
    for end in raw.fetch(connection, _END, ()):
        if not marks.holds(t.entries, _Marked(*end)):
            raise LogChangedError("the log's last entry was written by somebody else than the vault: verify it")


def sound_entry(connection: Connection, marks: RowMacs, seq: int) -> Entry | None:
    """The vault's own entry at a place; None where there is none, or it can't be read (any more)."""
    found = connection.execute(sa.select(t.entries).where(t.entries.c.seq == seq)).one_or_none()
    if found is None or not marks.holds(t.entries, found):
        return None
    return sound(found.leaf, found.salt, found.entry)


def last_entry(connection: Connection, marks: RowMacs) -> Entry | None:
    """The log's last entry; None: it is empty. LogChangedError: it isn't this vault's, or can't be read.

    Whoever erases entries adds one, so the last one can always be read.
    """
    last = connection.execute(sa.select(sa.func.max(t.entries.c.seq))).scalar()
    found = None if last is None else sound_entry(connection, marks, last)
    if last is not None and found is None:
        raise LogChangedError("the log's last entry was written by somebody else than the vault: verify it")
    return found


def sound_entries(
    connection: Connection, marks: RowMacs, unmarked: Callable[[int], None]
) -> Iterator[tuple[int, Entry | None]]:
    """Every place of the log, and what stands there; None where that was erased, is missing or was changed.

    unmarked: told of places that have a row which somebody else than the vault wrote.
    """
    seq = 0
    for rows in tiles_of_rows(connection, extent(connection).size):
        for row in rows:
            yield seq, None if row is None else _own(marks, seq, row, unmarked)
            seq += 1


def _own(marks: RowMacs, seq: int, row: Row, unmarked: Callable[[int], None]) -> Entry | None:
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
