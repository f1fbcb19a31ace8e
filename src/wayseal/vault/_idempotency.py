"""Idempotency keys: the same request with the same key gets the same answer.

1. A key belongs to one client. With another request it is refused; nothing of the first one is told.
2. A request is known again by a keyed hash, since it holds what is sealed.
3. An answer that is kept holds rules, places in the log and forms, never what was shown.
4. A key counts for `LASTS`, whether or not its answer was dropped since: afterwards it is as if it had never come.
"""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from wayseal.database import Connection
from wayseal.vault import tables as t
from wayseal.vault._context import digest
from wayseal.vault.errors import ReusedKeyError
from wayseal.vault.keyring import Keyring
from wayseal.vault.keyring.keys import IndexKey
from wayseal.vault.row_marks import RowMarks

LASTS = 86_400_000_000
"""How long an answer is kept, microseconds."""


def request_digest(keyring: Keyring, *parts: str) -> bytes:
    """By what a request is known again (rule 2), with the oldest key, so that a rotation doesn't change it."""
    return keyring.keys(IndexKey)[0].tag(b"request\0" + digest(*parts))


def still_counts(at: int, now: int) -> bool:
    """Check whether an answer of then still counts (rule 4)."""
    return at > now - LASTS


def find_reply(
    connection: Connection, marks: RowMarks, client: str, key: str, asked: bytes, now: int
) -> list[Any] | None:
    """The answer that was given; ReusedKeyError where the key was used for something else (rules 1 and 4)."""
    which = (t.replies.c.client == client) & (t.replies.c.key == key)
    row = connection.execute(sa.select(t.replies).where(which)).one_or_none()
    if row is None or not marks.holds(t.replies, row) or not still_counts(row.at, now):
        return None
    if row.asked_sha256 != asked:
        raise ReusedKeyError
    return list(json.loads(row.answer))


def keep_reply(
    connection: Connection, marks: RowMarks, client: str, asked: tuple[str, bytes], answer: Sequence[Any], now: int
) -> None:
    """Keeps an answer, instead of one that the key had before."""
    key, hashed = asked
    connection.execute(sa.delete(t.replies).where((t.replies.c.client == client) & (t.replies.c.key == key)))
    row = {"client": client, "key": key, "asked_sha256": hashed, "answer": json.dumps(answer), "at": now}
    connection.execute(t.replies.insert(), marks.marked(t.replies, row))


def forget_replies(connection: Connection, now: int) -> int:
    """Drops answers that are too old to be asked for again; how many."""
    return int(connection.execute(sa.delete(t.replies).where(t.replies.c.at < now - LASTS)).rowcount)
