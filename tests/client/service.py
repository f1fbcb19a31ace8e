"""The real service on a port of this machine, over a real vault; and a relay that loses answers."""

import asyncio
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn

from tests.server.world import in_process
from wayseal.client import Parcel
from wayseal.database import Database, open_database
from wayseal.database.migrations import upgrade
from wayseal.model.fields import Field
from wayseal.server.scopes import SCOPES
from wayseal.vault import Caller, Vault, new_vault
from wayseal.vault.keyring import Keyring
from wayseal.vault.policy import default_texts
from wayseal.vault.tables import CHAINS

ADMIN = Caller(client="setup", actor="setup", scopes=frozenset(), request="setup")
ROLES = frozenset({"courier", "partner", "customer_service", "analyst", "regional_manager"})
VALUES = {
    Field.SENDER_NAME: "王样本",
    Field.SENDER_PHONE: "13800000001",
    Field.RECIPIENT_NAME: "李示例",
    Field.RECIPIENT_PHONE: "13900000001",
    Field.RECIPIENT_ADDRESS: "广东省深圳市南山区不存在街1号2栋301室",
    Field.GOODS: "样品",
}


@dataclass
class Service:
    """A service that runs. secret: of client `all`; now: when it was made."""

    url: str
    port: int
    vault: Vault
    secret: str
    now: datetime


class Flaky:
    """An app that first answers what a test put there instead: (status, headers)."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.instead: list[tuple[int, dict[str, str]]] = []
        self.seen: list[tuple[str, dict[str, str]]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.seen.append((scope["path"], headers))
        if not self.instead or scope["path"] == "/oauth/token":
            await self._app(scope, receive, send)
            return
        status, more = self.instead.pop(0)
        told = (
            b'{"type": "urn:wayseal:rule:busy", "title": "Busy", "status": 503, "rule": "busy", "request": "r-1", '
            b'"detail_zh": "\xe5\xbf\x99", "detail_en": "busy"}'
        )
        await send(
            {"type": "http.response.start", "status": status,
             "headers": [(n.encode(), v.encode()) for n, v in more.items()]}
        )  # fmt: skip
        await send({"type": "http.response.body", "body": told})


@contextmanager
def service(folder: Path) -> Iterator[tuple[Service, Flaky]]:
    """A service over a new vault on SQLite."""
    urls = [f"sqlite:///{folder}/{name}.db" for name in ("main", "keys")]
    with open_database(urls[0]) as main, open_database(urls[1]) as keys:
        yield from _running(main, keys)


def _running(main: Database, keys: Database) -> Iterator[tuple[Service, Flaky]]:
    upgrade(main, CHAINS["main"])
    upgrade(keys, CHAINS["keys"])
    ring = Keyring.new(0)
    now = datetime.now(UTC)
    new_vault(main, keys, ring, "vault.example", *default_texts(), ADMIN, int(now.timestamp() * 1e6))
    vault = Vault(main, keys, ring)
    secret = vault.add_client(
        ADMIN, "all", scopes=frozenset(SCOPES), actor="system-1", acts_for=ROLES | {"service"}, per_second=10_000,
        now=int(now.timestamp() * 1e6),
    )  # fmt: skip
    made = in_process(vault, ring)
    flaky = Flaky(made.asgi)
    with closing(made.async_vault), served(flaky) as port:
        yield Service(url=f"http://127.0.0.1:{port}", port=port, vault=vault, secret=secret, now=now), flaky


@contextmanager
def served(app: Any) -> Iterator[int]:
    """An app on a port of this machine, in a thread."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, lifespan="off", access_log=False, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


class Relay:
    """Passes bytes on to a port; of the connections that `lose` counts it reads the answer and hangs up."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.lose = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            with near, socket.create_connection(("127.0.0.1", self._to)) as far:
                self._pass(near, far)

    def _pass(self, near: socket.socket, far: socket.socket) -> None:
        request = b""
        while True:
            ready, _, _ = select.select([near, far], [], [])
            if near in ready:
                part = near.recv(1 << 20)
                if not part:
                    return
                request += part
                far.sendall(part)
            if far in ready:
                answer = far.recv(1 << 20)
                if self.lose and b"/oauth/token" not in request:
                    self.lose -= 1
                    return
                near.sendall(answer)
                if not answer:
                    return
                request = b""


def parcel(number: str = "YT1", **more: Any) -> Parcel:
    """A parcel of nobody."""
    return Parcel(waybill=number, values=VALUES, destination_outlet="深圳南山", **more)


def later(now: datetime, days: int = 365) -> datetime:
    """So many days from then."""
    return now + timedelta(days=days)
