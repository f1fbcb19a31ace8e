"""Who may ask: actors as the courier's directory has them, and the systems that call.

1. A client's secret is 32 random bytes, told once; kept is its SHA-256, which is enough for so much randomness.
2. What administrators do stands in the same log as what was shown, in the same transaction as the act.
3. Every change raises the directory's version: whoever remembers something of it asks for this one number.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from wayseal.model.records import Actor, Time
from wayseal.model.times import micros_of
from wayseal.store.database import Connection
from wayseal.vault import check
from wayseal.vault import tables as t
from wayseal.vault._sql import put, record_of, row_of
from wayseal.vault.errors import VaultError
from wayseal.vault.log import append
from wayseal.vault.log.entries import admin
from wayseal.vault.requests import Caller

MOST_PER_SECOND = 100_000
_VERSION = "directory"
_MOST_BYTES = 32_000
"""Of records in one entry: half of what an entry may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorRecord(Actor):
    """An actor as the directory has it. blocked_at: since when it is on the blocked list."""

    blocked_at: Time | None = None

    def valid_at(self, now: int) -> bool:
        """Whether the account is within its validity."""
        begun = self.valid_from is None or micros_of(self.valid_from) <= now
        return begun and (self.valid_to is None or now < micros_of(self.valid_to))

    def trained_at(self, now: int) -> bool:
        """Whether its training is valid."""
        return self.trained_until is not None and now < micros_of(self.trained_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A system that calls. actor: whom it is when it acts for itself; acts_for: roles on whose behalf it may act."""

    client: str
    secret_sha256: bytes = field(repr=False)
    scopes: frozenset[str]
    actor: str | None
    acts_for: frozenset[str]
    per_second: int
    certificate_sha256: str | None
    disabled_at: int | None


def put_actors(connection: Connection, caller: Caller, records: Sequence[Actor], policy: int, now: int) -> None:
    """Adds actors or replaces what is known of them; whether they are blocked stays as it is."""
    for record in records:
        check.identifier("actor", record.actor)
        check.identifier("role", record.role)
        check.optional("outlet", record.outlet)
        check.optional("region", record.region)
    blocked = _blocked(connection)
    rows = [row_of(r) | {"blocked_at": blocked.get(r.actor)} for r in {r.actor: r for r in records}.values()]
    put(connection, t.actors, rows)
    _changed(connection)
    append(connection, [admin(caller, now, policy, "actors_put", **said) for said in _describe_rows(rows)])


def _describe_rows(rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, str | int]]:
    """Actors as entries tell them (rule 2), so many in each as it has room for: `records` holds all that was put."""
    some: list[str] = []
    size = 0
    for row in rows:
        told = {name: value for name, value in row.items() if value is not None}
        text = json.dumps(told, ensure_ascii=False, sort_keys=True)
        length = len(text.encode()) + len(", ")
        if some and size + length > _MOST_BYTES:
            yield _describe_some(some)
            some, size = [], 0
        some.append(text)
        size += length
    yield _describe_some(some)


def _describe_some(records: Sequence[str]) -> dict[str, str | int]:
    return {"actors": len(records), "records": f"[{', '.join(records)}]"}


def set_blocked(connection: Connection, caller: Caller, actor: str, at: int | None, policy: int, now: int) -> None:
    """Puts an actor on the blocked list, or takes it off (`at` None). VaultError: nobody by that id."""
    done = connection.execute(sa.update(t.actors).where(t.actors.c.actor == actor).values(blocked_at=at))
    if not done.rowcount:
        raise VaultError("actor: nobody in the directory has this id")
    _changed(connection)
    act = "unblocked" if at is None else "blocked"
    append(connection, [admin(caller, now, policy, act, actor=actor)])


def actor_of(connection: Connection, actor: str) -> ActorRecord | None:
    """An actor as the directory has it."""
    row = connection.execute(sa.select(t.actors).where(t.actors.c.actor == actor)).one_or_none()
    return None if row is None else record_of(ActorRecord, row)


def actors(connection: Connection) -> list[ActorRecord]:
    """All actors, by id."""
    return [record_of(ActorRecord, row) for row in connection.execute(sa.select(t.actors).order_by(t.actors.c.actor))]


def add_client(
    connection: Connection,
    caller: Caller,
    client: Client,
    policy: int,
    now: int,
) -> None:
    """Adds a client; VaultError where one has its id."""
    check.identifier("client", client.client)
    check.optional("actor", client.actor)
    if not 0 < client.per_second <= MOST_PER_SECOND:
        raise VaultError("1 to {most}", key="per_second", most=MOST_PER_SECOND)
    if client_of(connection, client.client) is not None:
        raise VaultError("client: this id is taken")
    connection.execute(
        t.clients.insert(),
        {
            "client": client.client,
            "secret_sha256": client.secret_sha256,
            "scopes": " ".join(sorted(client.scopes)),
            "actor": client.actor,
            "acts_for": " ".join(sorted(client.acts_for)),
            "per_second": client.per_second,
            "certificate_sha256": client.certificate_sha256,
            "created_at": now,
            "disabled_at": None,
        },
    )
    _changed(connection)
    said: dict[str, str | int] = {
        "client": client.client,
        "scopes": " ".join(sorted(client.scopes)),
        "actor": client.actor or "",
        "acts_for": " ".join(sorted(client.acts_for)),
        "per_second": client.per_second,
        "certificate": client.certificate_sha256 or "",
    }
    append(connection, [admin(caller, now, policy, "client_added", **{k: v for k, v in said.items() if v != ""})])


def change_client(
    connection: Connection, /, caller: Caller, client: str, act: str, policy: int, now: int, **values: object
) -> None:
    """Disables a client or gives it another secret (act: what stands in the log). VaultError: no such client."""
    done = connection.execute(sa.update(t.clients).where(t.clients.c.client == client).values(**values))
    if not done.rowcount:
        raise VaultError("client: there is none with this id")
    _changed(connection)
    append(connection, [admin(caller, now, policy, act, client=client)])


def client_of(connection: Connection, client: str) -> Client | None:
    """A client by its id."""
    row = connection.execute(sa.select(t.clients).where(t.clients.c.client == client)).one_or_none()
    return None if row is None else _client(row)


def clients(connection: Connection) -> list[Client]:
    """All clients, by id."""
    return [_client(row) for row in connection.execute(sa.select(t.clients).order_by(t.clients.c.client))]


def new_secret() -> tuple[str, bytes]:
    """A secret for a client, and what is kept of it (rule 1)."""
    secret = secrets.token_urlsafe(32)
    return secret, secret_digest(secret)


def secret_digest(secret: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def version_of(connection: Connection) -> int:
    """The directory's version (rule 3)."""
    value = connection.execute(sa.select(t.facts.c.value).where(t.facts.c.name == _VERSION)).scalar()
    return int(value or 0)


def _changed(connection: Connection) -> None:
    put(connection, t.facts, [{"name": _VERSION, "value": str(version_of(connection) + 1)}])


def _client(row: "sa.Row[object]") -> Client:
    v = dict(row._mapping)
    return Client(
        client=v["client"],
        secret_sha256=bytes(v["secret_sha256"]),
        scopes=frozenset(v["scopes"].split()),
        actor=v["actor"],
        acts_for=frozenset(v["acts_for"].split()),
        per_second=v["per_second"],
        certificate_sha256=v["certificate_sha256"],
        disabled_at=v["disabled_at"],
    )


def _blocked(connection: Connection) -> dict[str, int]:
    rows = connection.execute(
        sa.select(t.actors.c.actor, t.actors.c.blocked_at).where(t.actors.c.blocked_at.is_not(None))
    )
    return {row.actor: row.blocked_at for row in rows}
