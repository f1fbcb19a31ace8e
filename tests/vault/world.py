"""A small courier with a vault: two outlets, couriers, customer service, a platform that seals."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from tests.database.places import fresh, opened
from wayseal.database import Connection, Database, open_database
from wayseal.database.migrations import upgrade
from wayseal.model.fields import Field
from wayseal.model.kinds import ActorKind, ScanKind
from wayseal.model.records import Actor, Answer, Ask, Disclosed, Parcel, Refused, Scan, Sealed, Ticket
from wayseal.model.times import time_at
from wayseal.vault import Vault, new_vault
from wayseal.vault import tables as t
from wayseal.vault.keyring import Keyring
from wayseal.vault.log import Entry
from wayseal.vault.log.entries import decode
from wayseal.vault.policy import default_texts
from wayseal.vault.requests import Caller
from wayseal.vault.tables import CHAINS

ORIGIN = "vault.example"
NOON = 1_800_000_000_000_000 // 86_400_000_000 * 86_400_000_000 + 4 * 3_600_000_000
"""Noon by the courier's clock, microseconds."""
HOUR = 3_600_000_000
DAY = 24 * HOUR
SECRETS = {
    Field.SENDER_NAME: "欧阳修文",
    Field.SENDER_PHONE: "13812345678",
    Field.SENDER_ADDRESS: "浙江省杭州市西湖区文三路18号2幢3单元501室",
    Field.RECIPIENT_NAME: "李小四",
    Field.RECIPIENT_PHONE: "13987654321",
    Field.RECIPIENT_ADDRESS: "广东省深圳市南山区科技园路5号软件大厦12楼1203室",
    Field.GOODS: "秘密样品甲乙丙",
}
OPERATOR = Caller(client="cli", actor="operator", scopes=frozenset(), request="setup")


@dataclass(slots=True)
class World:
    """The vault and what it stands on; `now` is moved by hand."""

    vault: Vault
    main: Database
    keys: Database
    keyring: Keyring
    now: int = NOON
    requests: int = 0
    _next: int = 0
    sealed: list[str] = field(default_factory=list)

    def caller(self, actor: str, client: str = "app") -> Caller:
        self.requests += 1
        return Caller(client=client, actor=actor, scopes=frozenset(), request=f"request-{self.requests}")

    def seal(self, count: int = 1, *, at: str | None = "deliver-here", keep_until: int | None = None) -> list[str]:
        """Seals parcels and, with `at`, has that outlet scan them."""
        numbers = [f"YT{self._next + n:013d}" for n in range(count)]
        self._next += count
        parcels = [
            Parcel(
                waybill=n,
                values=SECRETS,
                origin_outlet="collect-here",
                destination_outlet="deliver-here",
                keep_until=None if keep_until is None else time_at(keep_until),
            )
            for n in numbers
        ]
        for start in range(0, count, 500):
            done = self.vault.seal(self.caller("platform", "shop"), parcels[start : start + 500], now=self.now)
            assert all(isinstance(one, Sealed) for one in done)
        if at is not None:
            self.scan(numbers, at)
        return numbers

    def scan(self, numbers: list[str], outlet: str, kind: ScanKind = ScanKind.ARRIVE) -> None:
        events = [Scan(waybill=n, at=time_at(self.now - 1000), kind=kind, outlet=outlet) for n in numbers]
        self.vault.scans(self.caller("scans", "feed"), events, now=self.now)

    def ticket(self, name: str, waybill: str, actor: str, closed_at: int | None = None) -> None:
        closed = None if closed_at is None else time_at(closed_at)
        event = Ticket(ticket=name, waybill=waybill, actor=actor, opened_at=time_at(self.now), closed_at=closed)
        self.vault.tickets(self.caller("tickets", "feed"), [event], now=self.now)

    def ask(self, actor: str, numbers: list[str], purpose: str = "deliver", **more: str | None) -> list[Answer]:
        asks = [Ask(waybill=n, purpose=purpose, reason="今日派送") for n in numbers]
        return self.vault.disclose(self.caller(actor), asks, now=self.now, **more)

    def shown(self, actor: str, number: str, purpose: str = "deliver") -> Disclosed:
        (answer,) = self.ask(actor, [number], purpose)
        assert isinstance(answer, Disclosed), answer
        return answer

    def rule(self, actor: str, number: str, purpose: str = "deliver") -> str:
        (answer,) = self.ask(actor, [number], purpose)
        assert isinstance(answer, Refused), answer
        return answer.rule

    @staticmethod
    def rule_of(answers: list[Answer]) -> set[str]:
        """The rules that refused."""
        return {answer.rule for answer in answers if isinstance(answer, Refused)}

    def entries(self) -> list[Entry]:
        rows = self.main.read(lambda c: c.execute(sa.select(t.entries.c.entry).order_by(t.entries.c.seq)).all())
        return [decode(bytes(row.entry)) for row in rows]

    def put(self, *records: Actor) -> None:
        self.vault.actors(OPERATOR, list(records), now=self.now)


def person(
    name: str,
    role: str,
    outlet: str | None = None,
    *,
    trained_until: int | None = NOON + 365 * DAY,
    valid_to: int | None = None,
) -> Actor:
    """Somebody with a valid training."""
    return Actor(
        actor=name,
        kind=ActorKind.PERSON,
        role=role,
        outlet=outlet,
        trained_until=None if trained_until is None else time_at(trained_until),
        valid_to=None if valid_to is None else time_at(valid_to),
    )


METADATA = (t.main, t.keys)
ROLES = frozenset({"courier", "clerk", "customer_service", "analyst", "sorter", "nobody"})


@contextmanager
def tables(kind: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Addresses of two databases with their tables."""
    with fresh(kind, folder) as main_url, fresh(kind, folder) as keys_url:
        for url, chain in ((main_url, "main"), (keys_url, "keys")):
            with opened(url) as database:
                upgrade(database, CHAINS["main" if chain == "main" else "keys"])
        yield main_url, keys_url


@dataclass(frozen=True, slots=True)
class Template:
    """A world as it is when it is new: its databases as SQLite's files, and the rows of each table."""

    keyring: Keyring
    files: tuple[bytes, bytes]
    rows: tuple[list[tuple[sa.Table, list[dict[str, Any]]]], ...]


@cache
def template() -> Template:
    """Made once for a process: making tables, signing and hashing secrets cost more than most tests."""
    with TemporaryDirectory() as place, tables("sqlite", Path(place)) as urls:
        with world(urls) as made:
            rows = tuple(
                [(table, database.read(_rows, table)) for table in metadata.sorted_tables]
                for database, metadata in zip((made.main, made.keys), METADATA, strict=True)
            )
        main, keys = (Path(url.removeprefix("sqlite:///")).read_bytes() for url in urls)
        return Template(keyring=made.keyring, files=(main, keys), rows=rows)


def _rows(connection: Connection, table: sa.Table) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(table.select())]


@contextmanager
def on_sqlite(folder: Path) -> Iterator[World]:
    """A new vault in files of a folder."""
    urls = []
    for name, content in zip(("main", "keys"), template().files, strict=True):
        (folder / f"{name}.db").write_bytes(content)
        urls.append(f"sqlite:///{folder / name}.db")
    with _used(*urls) as made:
        yield made


@contextmanager
def on_postgresql(urls: tuple[str, str]) -> Iterator[World]:
    """A new vault in two databases that have their tables, whatever stood in these."""
    for url, parts in zip(urls, template().rows, strict=True):
        with opened(url) as database:
            database.write(_put_anew, parts)
    with _used(*urls) as made:
        yield made


def _put_anew(connection: Connection, parts: list[tuple[sa.Table, list[dict[str, Any]]]]) -> None:
    for table, _ in parts:
        connection.execute(table.delete())
    for table, rows in parts:
        if rows:
            connection.execute(table.insert(), rows)


@contextmanager
def _used(main_url: str, keys_url: str) -> Iterator[World]:
    main, keys = open_database(main_url), open_database(keys_url)
    vault = Vault(main, keys, template().keyring)
    try:
        yield World(vault=vault, main=main, keys=keys, keyring=template().keyring)
    finally:
        vault.close()


@contextmanager
def world(urls: tuple[str, str]) -> Iterator[World]:
    """A vault in two databases that have empty tables."""
    with open_database(urls[0]) as main, open_database(urls[1]) as keys:
        yield _made(main, keys)


def _made(main: Database, keys: Database) -> World:
    keyring = Keyring.new(NOON)
    new_vault(main, keys, keyring, ORIGIN, *default_texts(), OPERATOR, NOON)
    vault = Vault(main, keys, keyring)
    made = World(vault=vault, main=main, keys=keys, keyring=keyring)
    made.put(
        person("courier-1", "courier", "deliver-here"),
        person("courier-2", "courier", "deliver-here"),
        person("courier-3", "courier", "elsewhere"),
        person("agent", "customer_service"),
        person("analyst", "analyst"),
        Actor(actor="platform", kind=ActorKind.PARTNER, role="partner"),
    )
    for client, roles in (("app", ROLES), ("shop", frozenset({"partner"})), ("feed", frozenset[str]())):
        vault.add_client(OPERATOR, client, scopes=frozenset(), acts_for=roles, now=NOON)
    return made
