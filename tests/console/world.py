"""A console in this process, with a clock of its own, and browsers that know it."""

import asyncio
import re
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from html import unescape
from io import StringIO
from pathlib import Path
from typing import Any

import pyotp
import pytest
import sqlalchemy as sa
from httpx import BaseTransport, Client, Request, Response

from wayseal.cases import Cases
from wayseal.cases.bulletins.desk import BulletinDesk
from wayseal.console import Access, ConsoleSettings, Role, Site, create_app
from wayseal.console.access import AccessKeys, Provider
from wayseal.console.access.types import Person, Visit
from wayseal.console.jobs import Jobs
from wayseal.console.reading import CaseReader
from wayseal.console.serve import TABLES
from wayseal.console.web.app import CasebookResource, LedgerReader, LiveReader, MarketResource, make_spool
from wayseal.database import open_database
from wayseal.database.migrations import upgrade
from wayseal.merkle import VerifyKey
from wayseal.service import make_log
from wayseal.service.argon2 import Cost

CHEAP = Cost(memory=64, passes=1)
PASSWORD = "a sentence is fine"
VISIT = Visit(address="192.0.2.7", device="Firefox · Linux")
OWN = {"sec-fetch-site": "same-origin"}
MINUTE, HOUR = 60, 3600
_PART = 65_536
"""Bytes that come at once."""


@dataclass
class Clock:
    """Microseconds, moved by tests; no two are the same."""

    at: int = field(default_factory=lambda: time.time_ns() // 1000)

    def __call__(self) -> int:
        self.at += 1
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += round(seconds * 1_000_000)


class InProcess(BaseTransport):
    """Hands requests to an app in this process, one after the other."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def handle_request(self, request: Request) -> Response:
        return asyncio.run(self._answer(request))

    async def _answer(self, request: Request) -> Response:
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.url.scheme,
            "path": request.url.path,
            "raw_path": request.url.raw_path.partition(b"?")[0],
            "query_string": request.url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": ("192.0.2.8", 4711),
            "server": (request.url.host, 80),
        }
        body, parts, start = request.read(), [], {}
        ends = range(_PART, len(body) + _PART, _PART) or [0]
        messages = [
            {"type": "http.request", "body": body[end - _PART : end], "more_body": end < len(body)}
            for end in reversed(ends)
        ]

        async def receive() -> Any:
            if not messages:
                await asyncio.sleep(HOUR)  # a browser stays until it has its answer
            return messages.pop()

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(scope, receive, send)
        return Response(start["status"], headers=start["headers"], content=b"".join(parts))


@dataclass
class World:
    access: Access
    site: Site
    clock: Clock
    log: StringIO
    secrets: dict[str, str] = field(default_factory=dict)
    _app: Any = None

    @property
    def app(self) -> Any:
        """What a server would run."""
        self._app = self._app or create_app(self.site, make_log(self.log))
        return self._app

    @property
    def cases(self) -> Cases:
        """The casebook that the console has."""
        assert self.site.cases is not None
        return self.site.cases.need()

    def give(self, ledger: Path, checkpoints: Path | None = None, key: VerifyKey | None = None) -> None:
        """What the console shows from here on."""
        self.site.close()
        reader = LedgerReader(ledger, checkpoints, key)
        folder = ledger / "detect"
        self.site = replace(
            self.site,
            ledger=reader,
            cases=CasebookResource(folder),
            reading=CaseReader(ledger, folder),
            live=LiveReader(ledger, self.clock),
            bulletins=BulletinDesk(ledger / "bulletins", self.clock),
        )
        self._app = None

    def give_cases(self, folder: Path) -> None:
        """A casebook in a folder of a ledger, without the ledger."""
        self.site.close()
        self.site = replace(self.site, cases=CasebookResource(folder), live=LiveReader(folder.parent, self.clock))
        self._app = None

    def give_market(self, folder: Path) -> MarketResource:
        """The folder of a market's watch."""
        holder = MarketResource(folder)
        self.site = replace(self.site, market=holder)
        self._app = None
        return holder

    def person(self, login: str, role: Role, name: str = "", outlet: str = "o-1") -> Person:
        """Somebody with a password, codes and no session."""
        person, token = self.access.people.invite(login, name or f"Name of {login}", role, by="nobody", outlet=outlet)
        opened = self.access.people.take_up(token, PASSWORD, VISIT)
        secret, _ = self.access.own.authenticator(opened.session)
        self.secrets[login] = secret
        _, codes = self.access.own.enrol(opened.session, self.code(login))
        self.access.sessions.sign_out(opened.session)
        found = self.access.people.find(person.id)
        assert found is not None
        assert len(codes) == 10
        return found

    def code(self, login: str) -> str:
        """A code that counts: of a later step where the present one was used."""
        self.clock.sleep(30)
        return pyotp.TOTP(self.secrets[login]).at(self.clock.at // 1_000_000)

    def browser(self, **headers: str) -> Client:
        client = Client(
            transport=InProcess(self.app),
            base_url="https://console.test" if self.site.settings.secure else "http://console.test",
        )
        client.headers.update(OWN | {"accept-language": "en"} | {k.replace("_", "-"): v for k, v in headers.items()})
        return client

    def signed_in(self, login: str) -> Client:
        """A browser of somebody's, in full."""
        browser = self.browser()
        answer = browser.post("/sign-in", data={"login": login, "password": PASSWORD})
        assert answer.status_code == 303, text(answer)
        answer = browser.post("/sign-in/code", data={"code": self.code(login)})
        assert answer.status_code == 303, text(answer)
        return browser


@contextmanager
def open_world(
    place: Path | str,
    *,
    secure: bool = False,
    folder: Path | None = None,
    provider: Provider | None = None,
    company_only: bool = False,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Iterator[World]:
    """place: a folder, or the address of a database; then `folder` is where jobs keep what they make."""
    clock = Clock()
    with open_database(place if isinstance(place, str) else f"sqlite:///{place / 'console.sqlite'}") as database:
        upgrade(database, TABLES)
        access = Access.over(
            database,
            AccessKeys(b"k" * 32),
            cost=CHEAP,
            now=clock,
            random=random,
            provider=provider,
            company_only=company_only,
        )
        jobs = Jobs(database=database, folder=Path(folder or place) / "jobs", now=clock)
        site = Site(access=access, jobs=jobs, settings=ConsoleSettings(https=secure), address="http://console.test")
        if isinstance(place, Path):
            site = replace(site, spool=make_spool(place / "spool"), files=place / "files")
        world = World(access=access, site=site, clock=clock, log=StringIO())
        try:
            yield world
        finally:
            world.site.close()


def text(answer: Response) -> str:
    """What a person reads of a page."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def hidden(answer: Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.text)
    assert found, name
    return unescape(found[1])


_AROUND = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")


@contextmanager
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Those that are asked from here on; a casebook has to be opened anew for it."""
    asked: list[str] = []
    connect = sqlite3.connect

    def note(statement: str) -> None:
        if not statement.startswith(_AROUND):
            asked.append(statement)

    def connected(*given: Any, **named: Any) -> sqlite3.Connection:
        raw: sqlite3.Connection = connect(*given, **named)
        raw.set_trace_callback(note)
        return raw

    def note_other(connection: object, cursor: object, statement: str, *rest: object) -> None:
        note(statement)

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", connected)
        sa.event.listen(sa.Engine, "before_cursor_execute", note_other)
        try:
            yield asked
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", note_other)
