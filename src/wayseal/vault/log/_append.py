"""Adding entries to the log, and dropping what they say.

1. Entries stand at consecutive places from the log's size; nothing that stands is written over.
2. A tail that isn't the log's present one (another process appended, a transaction was rolled back) is noticed by size
   and last leaf, and made anew: there is never a second history. Before that `check` may refuse what stands there.
3. leaf = hash of salt and entry; salts are random and new for each entry.
4. Each entry has the vault's mark (`row_macs`). Behind one that somebody else put at the end nothing is added,
   and what a database doesn't keep (a trigger, a rule) isn't added: that is looked at at once, or, where the caller
   keeps the tail, by the next who adds.
5. The caller holds the exclusive write transaction, and uses the tail that comes back only once that is durable.

What entries say is dropped for a person's right, or at the end of their keeping:

6. The leaf stays: the tree, checkpoints and all other proofs hold as before. Without its salt it tells nothing.
7. What was dropped is named by an entry of the log, in the same transaction: dropped unseen is dropped wrongly.
8. Entries that name such ones are never dropped.
"""

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from wayseal.database import Connection, raw
from wayseal.merkle.hashing import leaf_hash
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError, VaultError
from wayseal.vault.log.entries import (
    Entry,
    EntryKind,
    Span,
    decode,
    encode,
    entry,
    format_spans,
    make_spans,
    parse_spans,
)
from wayseal.vault.log.sound_entries import check_end
from wayseal.vault.log.tiles import Tail, present_tail, read_last
from wayseal.vault.requests import Caller
from wayseal.vault.row_macs import RowMacs

SALT = 32
"""Random bytes that are hashed with an entry, so that the leaf of one that was erased tells nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """The result of adding entries: place of the first entry, the leaves in order, and the tail for the next call."""

    first: int
    leaves: list[bytes]
    tail: Tail


def append(
    connection: Connection,
    marks: RowMacs,
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


def _present(connection: Connection, tail: Tail) -> bool:
    """Check whether a tail is the log's (rule 2)."""
    last = read_last(connection)
    if last is None:
        return tail.size == 0
    return bool(last[0] == tail.size - 1 and last[1] == tail.last)


def _insert(connection: Connection, table: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
    # The driver's own statement: building parameters by name costs more than all hashing.
    if rows:
        width = len(rows[0])
        postgresql = connection.dialect.name == "postgresql"
        marks = ", ".join(f"${n + 1}" if postgresql else "?" for n in range(width))
        raw.run_many(connection, f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)  # noqa: S608


ACT = "erased_entries"
_ENTRIES = "entries"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """One write transaction in which somebody acts.

    policy: the version in force. now: microseconds since 1970; day: by the courier's clock.
    """

    connection: Connection
    marks: RowMacs
    caller: Caller
    policy: int
    now: int
    day: int

    def record(self, kind: EntryKind, **rest: Any) -> Appended:
        """Append an entry about the caller's request; `rest`: further fields of `Entry`."""
        return append(self.connection, self.marks, [entry(kind, self.caller, self.now, self.policy, **rest)])

    def record_act(self, act: str, **more: str | int) -> int:
        """Append an administrator's act, and return its place; `more` holds ids and counts alone."""
        return self.record(EntryKind.ADMIN, more={"act": act, **more}).first


def erase_entries(
    connection: Connection, marks: RowMacs, seqs: Collection[int], act: Entry, tail: Tail | None = None
) -> Appended:
    """Drops salt and content of entries, and appends `act` with their places (rules 6 to 8).

    act: an entry of kind ADMIN; its `more` gets act and places, and keeps what else is in it. Those dropped before stay
    so. VaultError: there is no such entry, or it names dropped ones itself, or they are too many to name in one entry.
    """
    wanted = sorted(set(seqs))
    for start in range(0, len(wanted), _AT_ONCE):
        _drop(connection, wanted[start : start + _AT_ONCE])
    named = {**act.more, "act": ACT, _ENTRIES: format_spans(make_spans(wanted))}
    return append(connection, marks, [replace(act, kind=EntryKind.ADMIN, more=named)], tail=tail)


def named_by(entry: Entry) -> list[Span]:
    """Places of entries that an entry says were dropped; VaultError where it says so and names none."""
    if entry.kind is not EntryKind.ADMIN or entry.more["act"] != ACT:
        return []
    return parse_spans(str(entry.more.get(_ENTRIES, "")))


def _drop(connection: Connection, seqs: list[int]) -> None:
    among = t.entries.c.seq.in_(seqs)
    rows = connection.execute(sa.select(t.entries.c.seq, t.entries.c.entry).where(among)).all()
    if len(rows) != len(seqs):
        raise VaultError("the log has no entry at a place that was to be erased")
    if any(row.entry is not None and named_by(decode(bytes(row.entry))) for row in rows):
        raise VaultError("an entry that names erased ones is kept")
    connection.execute(t.entries.update().where(among).values(salt=None, entry=None))
