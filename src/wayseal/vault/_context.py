"""The context of a group of questions, read in one go: parcels, people, tickets, work, what was shown already.

The same request with the same idempotency key gets the same answer:

1. A key belongs to one client. With another request it is refused; nothing of the first one is told.
2. A request is known again by a keyed hash, since it holds what is sealed.
3. An answer that is kept holds rules, places in the log and forms, never what was shown.
4. A key counts for `LASTS`, whether or not its answer was dropped since: afterwards it is as if it had never come.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from wayseal.database import Connection
from wayseal.vault import tables as t
from wayseal.vault._sql import Among, Listed, chosen, chosen_of, record_of
from wayseal.vault.directory import ActorRecord
from wayseal.vault.errors import ReusedKeyError
from wayseal.vault.keyring import Keyring
from wayseal.vault.keyring.keys import IndexKey
from wayseal.vault.row_macs import RowMacs

_MOST = 1 << 62
ACTOR, OUTLET = "actor:", "outlet:"
"""Whose work, and whose budget: both go by `actor:ID` and `outlet:ID`."""
AGREED = "agreed:"
"""With an actor's id, under this is counted what a second person agreed to: it counts towards no bulk again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer that was given under an idempotency key, and when."""

    asked: bytes
    answer: list[Any]
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The state of the database at the moment of one transaction.

    parcels, approvals: rows. damaged: those of them that somebody else than the vault wrote; of other tables such rows
    aren't here. tickets: (waybill, actor) with an open one. work: by whose, counts by kind of today and the day before.
    used: by whose, purpose, what was shown today.
    """

    parcels: Mapping[str, Any]
    damaged: frozenset[str]
    actors: Mapping[str, ActorRecord]
    tickets: frozenset[tuple[str, str]]
    work: Mapping[str, Mapping[str, int]]
    used: dict[tuple[str, str], int]
    replies: Mapping[tuple[str, str], Reply]
    approvals: dict[str, Any]
    day: int


def context(
    connection: Connection,
    marks: RowMacs,
    *,
    waybills: Iterable[str],
    actors: Iterable[str],
    keys: Iterable[tuple[str, str]],
    approvals: Iterable[str],
    day: int,
) -> Context:
    """Reads it; keys are (client, idempotency key). No more statements for a hundred questions than for one."""
    numbers = list(dict.fromkeys(waybills))
    people = {
        row.actor: _actor_of(row)
        for row in marks.holding_as_before(t.actors, chosen(connection, t.actors, "actor", list(dict.fromkeys(actors))))
    }
    whose = [of + actor for actor in people for of in (ACTOR, AGREED)]
    whose += sorted({OUTLET + p.outlet for p in people.values() if p.outlet is not None})
    counts = _counts(connection, marks, numbers, whose, day)
    parcels = {row.waybill: row for row in chosen(connection, t.waybills, "waybill", numbers)}
    return Context(
        parcels=parcels,
        damaged=frozenset(
            n for n, row in parcels.items() if type(row.sealed) is not bytes or not marks.holds(t.waybills, row)
        ),
        actors=people,
        tickets=counts.tickets,
        work=counts.work,
        used=counts.used,
        replies=_replies(connection, marks, keys),
        approvals=_approvals(connection, marks, approvals),
        day=day,
    )


@lru_cache(maxsize=20_000)
def _actor_of(row: Any) -> ActorRecord:
    """The record of a row of actors; they seldom change."""
    return record_of(ActorRecord, row)


class _Ticket(NamedTuple):
    """A row of tickets that has no end, in the order of `_COUNTS`."""

    waybill: str
    actor: str
    opened_at: int
    ticket: str
    kind: str | None
    entry: int | None
    mark: bytes | None
    closed_at: None = None


class _Counts(NamedTuple):
    """See `Context`."""

    tickets: frozenset[tuple[str, str]]
    work: dict[str, dict[str, int]]
    used: dict[tuple[str, str], int]


def _counts(connection: Connection, marks: RowMacs, numbers: Sequence[str], whose: Sequence[str], day: int) -> _Counts:
    """Open tickets, work and budgets: three tables, asked in one round trip."""
    work: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    tickets, used = [], {}
    rows = chosen_of(connection, _COUNTS, {"numbers": numbers, "whose": whose}, day=day, eve=day - 1)
    for what, one, other, count, *rest in rows:
        if what == "t":
            if marks.holds(t.tickets, _Ticket(one, other, count, *rest)):
                tickets.append((one, other))
        elif what == "w":
            work[one][other] += count if type(count) is int else 0
        else:
            # What is no number was written by somebody else: then as much was used as can be.
            used[one, other] = count if type(count) is int else _MOST
    return _Counts(tickets=frozenset(tickets), work=work, used=used)


def _count_statement(among: Among) -> sa.CompoundSelect[Any]:
    day, eve = (sa.bindparam(name, type_=sa.Integer) for name in ("day", "eve"))
    tickets, work, budgets = t.tickets.c, t.work.c, t.budgets.c
    of_ticket = [tickets[name] for name in _Ticket._fields if name != "closed_at"]
    blank = [sa.null() for _ in of_ticket[3:]]
    return sa.union_all(
        sa.select(sa.literal_column("'t'"), *of_ticket).where(
            among(tickets.waybill, "numbers") & tickets.closed_at.is_(None)
        ),
        sa.select(sa.literal_column("'w'"), work.of, work.kind, work["count"], *blank).where(
            among(work.of, "whose") & (work.day >= eve) & (work.day <= day)
        ),
        sa.select(sa.literal_column("'b'"), budgets.of, budgets.purpose, budgets.used, *blank).where(
            among(budgets.of, "whose") & (budgets.day == day)
        ),
    )


_COUNTS = Listed(_count_statement)


def _replies(connection: Connection, marks: RowMacs, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Reply]:
    by_client: dict[str, list[str]] = defaultdict(list)
    for client, key in keys:
        by_client[client].append(key)
    return {
        (row.client, row.key): Reply(asked=row.asked_sha256, answer=json.loads(row.answer), at=row.at)
        for client, some in by_client.items()
        for row in marks.holding(t.replies, chosen(connection, t.replies, "key", some, client=client))
    }


def _approvals(connection: Connection, marks: RowMacs, ids: Iterable[str]) -> dict[str, Any]:
    rows = chosen(connection, t.approvals, "approval", list(dict.fromkeys(ids)))
    return {row.approval: row for row in marks.holding(t.approvals, rows)}


def digest(*parts: str) -> bytes:
    """A hash over texts, in which none can run into the next."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).digest()


LASTS = 86_400_000_000
"""How long an answer is kept, microseconds."""


def request_digest(keyring: Keyring, *parts: str) -> bytes:
    """By what a request is known again (rule 2), with the oldest key, so that a rotation doesn't change it."""
    return keyring.keys(IndexKey)[0].tag(b"request\0" + digest(*parts))


def still_counts(at: int, now: int) -> bool:
    """Check whether an answer of then still counts (rule 4)."""
    return at > now - LASTS


def find_reply(
    connection: Connection, marks: RowMacs, client: str, key: str, asked: bytes, now: int
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
    connection: Connection, marks: RowMacs, client: str, asked: tuple[str, bytes], answer: Sequence[Any], now: int
) -> None:
    """Keeps an answer, instead of one that the key had before."""
    key, hashed = asked
    connection.execute(sa.delete(t.replies).where((t.replies.c.client == client) & (t.replies.c.key == key)))
    row = {"client": client, "key": key, "asked_sha256": hashed, "answer": json.dumps(answer), "at": now}
    connection.execute(t.replies.insert(), marks.marked(t.replies, row))


def forget_replies(connection: Connection, now: int) -> int:
    """Drops answers that are too old to be asked for again; how many."""
    return int(connection.execute(sa.delete(t.replies).where(t.replies.c.at < now - LASTS)).rowcount)
