"""Who may ask: actors as the courier's directory has them, and the systems that call.

1. A client's secret is 32 random bytes, told once; kept is its SHA-256, which is enough for so much randomness.
2. What administrators do stands in the same log as what was shown, in the same transaction as the act.
3. Every change raises the directory's version: whoever remembers something of it asks for this one number.
4. An actor or a client whose row somebody else wrote is as if it weren't there (`row_macs`).
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from wayseal.database import Connection
from wayseal.model.records import Actor, Time
from wayseal.model.times import micros_of, time_at
from wayseal.vault import check
from wayseal.vault import tables as t
from wayseal.vault._sql import chosen, put, record_of, row_of
from wayseal.vault.errors import VaultError
from wayseal.vault.log import UnitOfWork
from wayseal.vault.log.entries import serialize_rows
from wayseal.vault.row_macs import RowMacs

MOST_PER_SECOND = 100_000
_VERSION = "directory"
_DIGITS = 18
"""Most digits of a version: beyond them somebody else wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorRecord(Actor):
    """An actor as the directory has it. blocked_at: since when it is on the blocked list."""

    blocked_at: Time | None = None

    def valid_at(self, now: int) -> bool:
        """Check whether the account is within its validity."""
        begun = self.valid_from is None or micros_of(self.valid_from) <= now
        return begun and (self.valid_to is None or now < micros_of(self.valid_to))

    def trained_at(self, now: int) -> bool:
        """Check whether its training is valid."""
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


def put_actors(unit: UnitOfWork, records: Sequence[Actor]) -> None:
    """Adds actors or replaces what is known of them; whether they are blocked stays as it is."""
    for record in records:
        check.identifier("actor", record.actor)
        check.identifier("role", record.role)
        check.optional("outlet", record.outlet)
        check.optional("region", record.region)
    new = {record.actor: record for record in records}
    blocked = _blocked(unit, list(new))
    rows = [row_of(record) | {"blocked_at": blocked.get(actor)} for actor, record in new.items()]
    put(unit.connection, t.actors, [unit.marks.marked(t.actors, row) for row in rows])
    for told in serialize_rows("actors", rows):
        _raise_version(unit)
        unit.record_act("actors_put", **told.more)


def set_trained(unit: UnitOfWork, until: Mapping[str, int | None]) -> None:
    """Sets until when the training of known actors counts, microseconds, and nothing else of them."""
    rows = chosen(unit.connection, t.actors, "actor", list(until))
    found = [record_of(ActorRecord, row) for row in unit.marks.holding(t.actors, rows)]
    ends = {actor: None if end is None else time_at(end) for actor, end in until.items()}
    put_actors(unit, [replace(one, trained_until=ends[one.actor]) for one in found])


def set_blocked(unit: UnitOfWork, actor: str, *, blocked: bool) -> None:
    """Puts an actor on the blocked list, or takes it off. VaultError: nobody by that id."""
    found = actor_of(unit.connection, unit.marks, actor)
    if found is None:
        raise VaultError("actor: nobody in the directory has this id")
    row = row_of(found) | {"blocked_at": unit.now if blocked else None}
    put(unit.connection, t.actors, [unit.marks.marked(t.actors, row)])
    _raise_version(unit)
    unit.record_act("blocked" if blocked else "unblocked", actor=actor)


def actor_of(connection: Connection, marks: RowMacs, actor: str) -> ActorRecord | None:
    """An actor as the directory has it (rule 4)."""
    rows = connection.execute(sa.select(t.actors).where(t.actors.c.actor == actor)).all()
    return next((record_of(ActorRecord, row) for row in marks.holding(t.actors, rows)), None)


def actors(connection: Connection, marks: RowMacs) -> list[ActorRecord]:
    """All actors, by id (rule 4)."""
    rows = connection.execute(sa.select(t.actors).order_by(t.actors.c.actor)).all()
    return [record_of(ActorRecord, row) for row in marks.holding(t.actors, rows)]


def add_client(unit: UnitOfWork, client: Client) -> None:
    """Adds a client; VaultError where one has its id."""
    check.identifier("client", client.client)
    check.optional("actor", client.actor)
    if not 0 < client.per_second <= MOST_PER_SECOND:
        raise VaultError("1 to {most}", key="per_second", most=MOST_PER_SECOND)
    if _client_row(unit.connection, client.client) is not None:
        raise VaultError("client: this id is taken")
    row: dict[str, Any] = {
        "client": client.client,
        "secret_sha256": client.secret_sha256,
        "scopes": " ".join(sorted(client.scopes)),
        "actor": client.actor,
        "acts_for": " ".join(sorted(client.acts_for)),
        "per_second": client.per_second,
        "certificate_sha256": client.certificate_sha256,
        "created_at": unit.now,
        "disabled_at": None,
    }
    unit.connection.execute(t.clients.insert(), unit.marks.marked(t.clients, row))
    _raise_version(unit)
    said = {name: row[name] for name in ("client", "scopes", "actor", "acts_for", "per_second")}
    said |= {"secret": logged_secret(client.secret_sha256), "certificate": client.certificate_sha256}
    unit.record_act("client_added", **{name: value for name, value in said.items() if value})


def disable_client(unit: UnitOfWork, client: str) -> None:
    """Ends a client's rights. VaultError: no such client."""
    _change_client(unit, client, disabled_at=unit.now)
    unit.record_act("client_disabled", client=client)


def change_roles(unit: UnitOfWork, client: str, roles: frozenset[str]) -> None:
    """Has a client act for other roles. VaultError: no such client."""
    acts_for = " ".join(sorted(roles))
    _change_client(unit, client, acts_for=acts_for)
    unit.record_act("client_roles", client=client, acts_for=acts_for)


def change_secret(unit: UnitOfWork, client: str, secret_sha256: bytes) -> None:
    """Gives a client another secret. VaultError: no such client."""
    _change_client(unit, client, secret_sha256=secret_sha256)
    unit.record_act("client_secret", client=client, secret=logged_secret(secret_sha256))


def _change_client(unit: UnitOfWork, client: str, **values: object) -> None:
    row = _client_row(unit.connection, client)
    if row is None or not unit.marks.holds(t.clients, row):
        raise VaultError("client: there is none with this id")
    put(unit.connection, t.clients, [unit.marks.marked(t.clients, {**row._mapping, **values})])
    _raise_version(unit)


def _client_row(connection: Connection, client: str) -> "sa.Row[Any] | None":
    return connection.execute(sa.select(t.clients).where(t.clients.c.client == client)).one_or_none()


def clients(connection: Connection, marks: RowMacs) -> list[Client]:
    """All clients, by id (rule 4)."""
    rows = connection.execute(sa.select(t.clients).order_by(t.clients.c.client)).all()
    return [_client(row) for row in marks.holding(t.clients, rows)]


def new_secret() -> tuple[str, bytes]:
    """A secret for a client, and what is kept of it (rule 1)."""
    secret = secrets.token_urlsafe(32)
    return secret, hashlib.sha256(secret.encode()).digest()


def logged_secret(secret_sha256: bytes) -> str:
    """Return the digest of a secret for entries: enough to see that the table holds the same, and no way to it."""
    return hashlib.sha256(secret_sha256).hexdigest()


def version_of(connection: Connection) -> int:
    """The directory's version (rule 3)."""
    value = connection.execute(sa.select(t.facts.c.value).where(t.facts.c.name == _VERSION)).scalar()
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) <= _DIGITS else 0


def _raise_version(unit: UnitOfWork) -> None:
    """Rule 3: by one for each entry that tells of it, so that the log says which version it must be."""
    row = {"name": _VERSION, "value": str(version_of(unit.connection) + 1)}
    put(unit.connection, t.facts, [unit.marks.marked(t.facts, row)])


def _client(row: "sa.Row[Any]") -> Client:
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


def _blocked(unit: UnitOfWork, actors: Sequence[str]) -> dict[str, int | None]:
    """Since when actors are blocked. Of a row that somebody else wrote nobody knows: it is blocked from now on."""
    rows = chosen(unit.connection, t.actors, "actor", actors)
    return {row.actor: row.blocked_at if unit.marks.holds(t.actors, row) else unit.now for row in rows}
