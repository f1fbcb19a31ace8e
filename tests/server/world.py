"""A small courier with a vault on SQLite, and the service over it, in process."""

import asyncio
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from fastapi import FastAPI

from tests.numbers.world import desk
from wayseal.database import Database, open_database
from wayseal.database.migrations import upgrade
from wayseal.model.kinds import ActorKind
from wayseal.model.records import Actor
from wayseal.model.times import time_at
from wayseal.numbers.moves import Numbers
from wayseal.numbers.reads import ReadWatch
from wayseal.server._async_vault import AsyncVault, LocalDiscloser
from wayseal.server._metrics import Metrics
from wayseal.server._middleware import RunningRequests
from wayseal.server.app import RequestLimits, Service, create_app
from wayseal.server.scopes import SCOPES
from wayseal.service.log import make_log
from wayseal.store.blocked import Enforcer
from wayseal.vault import Vault, new_vault
from wayseal.vault.aliases import Aliases
from wayseal.vault.committer import Committer
from wayseal.vault.keyring import Keyring
from wayseal.vault.policy import default_texts
from wayseal.vault.requests import Caller
from wayseal.vault.sealing import token_of
from wayseal.vault.tables import CHAINS

NOW = 1_700_000_000_000_000
FAR = 4_000_000_000_000_000
ISSUER = "https://vault.example"
ADMIN = Caller(client="setup", actor="setup", scopes=frozenset(), request="setup")
ALL = frozenset(SCOPES)
ROLES = frozenset({"courier", "customer_service", "service", "it", "regional_manager"})
VALUES = {
    "sender_name": "王小明",
    "sender_phone": "13800138000",
    "sender_address": "上海市浦东新区世纪大道100号5单元601室",
    "recipient_name": "李雷",
    "recipient_phone": "13912345678",
    "recipient_address": "北京市海淀区中关村大街27号3单元1502室",
    "goods": "机械键盘",
}
NUMBER = "YT1234567890123"
FILES = ("main.db", "keys.db")


class Http:
    """Asks an app in process, from an address, one loop for all."""

    def __init__(self, app: Any, address: str = "10.0.0.1") -> None:
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(app, client=(address, 1), raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://vault")

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, path, **more))

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)

    def together(self, *requests: tuple[str, str, dict[str, Any]]) -> list[httpx.Response]:
        async def all_of() -> list[httpx.Response]:
            return await asyncio.gather(*(self._client.request(m, p, **more) for m, p, more in requests))

        return self._runner.run(all_of())

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()


class Ring:
    """A keyring that a test may change while it is used."""

    def __init__(self, ring: Keyring | None = None) -> None:
        self.ring = ring or Keyring.new(NOW)

    def current(self) -> Keyring:
        return self.ring

    def refreshed(self) -> Keyring:
        return self.ring


@dataclass
class World:
    """Everything of one service. app: what a server runs; api: its routes; secrets: of its clients, by id."""

    vault: Vault
    committer: Committer
    ring: Ring
    metrics: Metrics
    running: RunningRequests
    log: io.StringIO
    app: Any
    api: FastAPI
    async_vault: AsyncVault
    http: Http
    secrets: dict[str, str] = field(default_factory=dict)
    numbers: Numbers | None = None

    def client(self, name: str, scopes: frozenset[str] = ALL, **more: Any) -> str:
        """Adds a client that acts as the system unless `more` says something else."""
        given = {"actor": "system-1", "acts_for": ROLES, "per_second": 100_000, **more}
        self.secrets[name] = self.vault.add_client(ADMIN, name, scopes=scopes, now=NOW, **given)
        return name

    def ask_token(self, name: str, **more: str) -> Any:
        form = {"grant_type": "client_credentials", **more}
        return self.http.post("/oauth/token", data=form, auth=(name, self.secrets[name]))

    def token(self, name: str, **more: str) -> str:
        answer = self.ask_token(name, **more)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def headers(self, name: str = "all", **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(name, **more)}"}

    def seal(self, number: str = NUMBER, values: Mapping[str, str] = VALUES) -> dict[str, str]:
        body = {"waybill": number, "values": dict(values), "origin_outlet": "SH-1", "destination_outlet": "BJ-1"}
        answer = self.http.post("/v1/waybills", json=body, headers=self.headers())
        assert answer.status_code == 201, answer.text
        tokens: dict[str, str] = answer.json()["tokens"]
        return tokens

    def vault_token(self, number: str) -> str:
        """What tokens of a number begin with."""
        return token_of(self.ring.current(), number)

    def arrive(self, number: str = NUMBER, outlet: str = "BJ-1") -> None:
        """Brings a parcel where courier-1 works."""
        steps = (("pickup", "SH-1"), ("depart", "SH-1"), ("arrive", outlet), ("out_for_delivery", outlet))
        scans = [
            {"waybill": number, "at": f"2026-03-02T0{hour}:00:00Z", "kind": kind, "outlet": place}
            for hour, (kind, place) in enumerate(steps)
        ]
        answer = self.http.post("/v1/scans", json={"scans": scans}, headers=self.headers())
        assert answer.json() == {"taken": 4}, answer.text


def actors() -> list[Actor]:
    def one(actor: str, role: str, kind: ActorKind = ActorKind.PERSON, outlet: str | None = None) -> Actor:
        return Actor(actor=actor, kind=kind, role=role, outlet=outlet, trained_until=time_at(FAR))

    return [
        one("system-1", "service", ActorKind.SERVICE),
        one("courier-1", "courier", outlet="BJ-1"),
        one("admin-1", "it"),
        one("admin-2", "it"),
        one("manager-1", "regional_manager"),
    ]


@cache
def template() -> tuple[str, tuple[bytes, ...], Keyring]:
    """A fresh vault's files, made once, the secret of its client "all", and the vault's keyring."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        main, keys = databases(folder)
        with main, keys:
            ring = Keyring.new(NOW)
            new_vault(main, keys, ring, "vault.example", *default_texts(), ADMIN, NOW)
            vault = Vault(main, keys, ring)
            vault.actors(ADMIN, actors(), now=NOW)
            secret = vault.add_client(
                ADMIN, "all", scopes=ALL, actor="system-1", acts_for=ROLES, per_second=100_000, now=NOW
            )
        return secret, tuple((folder / name).read_bytes() for name in FILES), ring


def opened(folder: Path) -> tuple[Database, Database]:
    main, keys = (open_database(f"sqlite:///{folder / name}") for name in FILES)
    return main, keys


def databases(folder: Path) -> tuple[Database, Database]:
    main, keys = opened(folder)
    upgrade(main, CHAINS["main"])
    upgrade(keys, CHAINS["keys"])
    return main, keys


def in_process(vault: Vault, keyring: Keyring) -> Service:
    """The service over a vault, put together as it runs in one process."""
    committer = Committer(vault.commit_group, vault.answer_group)
    return create_app(
        vault,
        LocalDiscloser(committer),
        keyring=keyring,
        issuer=ISSUER,
        limits=RequestLimits(),
        metrics=Metrics(),
        log=make_log(io.StringIO()),
        running=RunningRequests(100),
    )


@contextmanager
def world(
    folder: Path,
    limits: RequestLimits | None = None,
    blocked: Enforcer | None = None,
    *,
    numbers: bool = False,
    aliases: Callable[[Vault], Aliases] | None = None,
) -> Iterator[World]:
    """A service with one client "all" that may do everything. numbers: it issues them, too."""
    secret, files, keyring = template()
    ring = Ring(keyring)
    for name, content in zip(FILES, files, strict=True):
        (folder / name).write_bytes(content)
    with ExitStack() as stack:
        yield _service(folder, secret, ring, limits or RequestLimits(), stack, blocked, numbers, aliases)


def _service(
    folder: Path,
    secret: str,
    ring: Ring,
    limits: RequestLimits,
    stack: ExitStack,
    blocked: Enforcer | None,
    with_numbers: bool,
    aliases: Callable[[Vault], Aliases] | None,
) -> World:
    main, keys = map(stack.enter_context, opened(folder))
    vault = Vault(main, keys, ring)
    metrics, running, log = Metrics(), RunningRequests(1000), io.StringIO()
    committer = Committer(vault.commit_group, vault.answer_group, seen=metrics.group)
    numbers = stack.enter_context(desk("sqlite", folder)).numbers if with_numbers else None
    service = create_app(
        vault,
        LocalDiscloser(committer),
        keyring=ring,
        issuer=ISSUER,
        limits=limits,
        metrics=metrics,
        log=make_log(log),
        running=running,
        blocked=blocked,
        numbers=numbers,
        reads=None if numbers is None else stack.enter_context(ReadWatch(numbers.database)),
        aliases=None if aliases is None else stack.enter_context(aliases(vault)),
    )
    stack.callback(service.async_vault.close)
    http = stack.enter_context(closing(Http(service.asgi)))
    made = World(vault, committer, ring, metrics, running, log, service.asgi, service.api, service.async_vault, http)
    made.secrets["all"] = secret
    made.numbers = numbers
    return made
