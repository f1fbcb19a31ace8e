"""Dropping what entries say, for a person's right or at the end of their keeping.

1. The leaf stays: the tree, checkpoints and all other proofs hold as before. Without its salt it tells nothing.
2. What was dropped is named by an entry of the log, in the same transaction: dropped unseen is dropped wrongly.
3. Entries that name such ones are never dropped.
"""

from collections.abc import Collection
from dataclasses import replace

import sqlalchemy as sa

from wayseal.database import Connection
from wayseal.vault import tables as t
from wayseal.vault.errors import VaultError
from wayseal.vault.log._append import Appended, append
from wayseal.vault.log._spans import Span, format_spans, make_spans, parse_spans
from wayseal.vault.log._tail import Tail
from wayseal.vault.log.entries import Entry, EntryKind, decode
from wayseal.vault.row_marks import RowMarks

ACT = "erased_entries"
_ENTRIES = "entries"
_AT_ONCE = 500


def erase_entries(
    connection: Connection, marks: RowMarks, seqs: Collection[int], act: Entry, tail: Tail | None = None
) -> Appended:
    """Drops salt and content of entries, and appends `act` with their places (rules 1 to 3).

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
