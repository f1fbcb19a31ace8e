"""What a group of questions rests on, read in one go: parcels, people, tickets, work, what was shown already."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from wayseal.model.records import Approval
from wayseal.store.database import Connection
from wayseal.vault import tables as t
from wayseal.vault._sql import Among, Listed, chosen, chosen_of, record_of
from wayseal.vault.directory import ActorRecord

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
    """What the database says, at the moment of one transaction.

    tickets: (waybill, actor) with an open one. work: by whose, counts by kind of today and the day before. used: by
    whose, purpose, what was shown today.
    """

    parcels: Mapping[str, Any]
    actors: Mapping[str, ActorRecord]
    tickets: frozenset[tuple[str, str]]
    work: Mapping[str, Mapping[str, int]]
    used: dict[tuple[str, str], int]
    replies: Mapping[tuple[str, str], Reply]
    approvals: dict[str, Approval]
    day: int


def context(
    connection: Connection,
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
        row.actor: record_of(ActorRecord, row)
        for row in chosen(connection, t.actors, "actor", list(dict.fromkeys(actors)))
    }
    whose = [of + actor for actor in people for of in (ACTOR, AGREED)]
    whose += sorted({OUTLET + p.outlet for p in people.values() if p.outlet is not None})
    counts = _counts(connection, numbers, whose, day)
    return Context(
        parcels={row.waybill: row for row in chosen(connection, t.waybills, "waybill", numbers)},
        actors=people,
        tickets=counts.tickets,
        work=counts.work,
        used=counts.used,
        replies=_replies(connection, keys),
        approvals=_approvals(connection, approvals),
        day=day,
    )


class _Counts(NamedTuple):
    """See `Context`."""

    tickets: frozenset[tuple[str, str]]
    work: dict[str, dict[str, int]]
    used: dict[tuple[str, str], int]


def _counts(connection: Connection, numbers: Sequence[str], whose: Sequence[str], day: int) -> _Counts:
    """Open tickets, work and budgets: three tables, asked in one round trip."""
    work: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    tickets, used = [], {}
    rows = chosen_of(connection, _COUNTS, {"numbers": numbers, "whose": whose}, day=day, eve=day - 1)
    for what, one, other, count in rows:
        if what == "t":
            tickets.append((one, other))
        elif what == "w":
            work[one][other] += count
        else:
            used[one, other] = count
    return _Counts(tickets=frozenset(tickets), work=work, used=used)


def _count_statement(among: Among) -> sa.CompoundSelect[Any]:
    day, eve = (sa.bindparam(name, type_=sa.Integer) for name in ("day", "eve"))
    tickets, work, budgets = t.tickets.c, t.work.c, t.budgets.c
    return sa.union_all(
        sa.select(sa.literal_column("'t'"), tickets.waybill, tickets.actor, sa.literal_column("0")).where(
            among(tickets.waybill, "numbers") & tickets.closed_at.is_(None)
        ),
        sa.select(sa.literal_column("'w'"), work.of, work.kind, work["count"]).where(
            among(work.of, "whose") & (work.day >= eve) & (work.day <= day)
        ),
        sa.select(sa.literal_column("'b'"), budgets.of, budgets.purpose, budgets.used).where(
            among(budgets.of, "whose") & (budgets.day == day)
        ),
    )


_COUNTS = Listed(_count_statement)


def _replies(connection: Connection, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Reply]:
    by_client: dict[str, list[str]] = defaultdict(list)
    for client, key in keys:
        by_client[client].append(key)
    return {
        (row.client, row.key): Reply(asked=bytes(row.asked_sha256), answer=json.loads(row.answer), at=row.at)
        for client, some in by_client.items()
        for row in chosen(connection, t.replies, "key", some, client=client)
    }


def _approvals(connection: Connection, ids: Iterable[str]) -> dict[str, Approval]:
    rows = chosen(connection, t.approvals, "approval", list(dict.fromkeys(ids)))
    return {row.approval: record_of(Approval, row) for row in rows}


def digest(*parts: str) -> bytes:
    """A hash over texts, in which none can run into the next."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).digest()
