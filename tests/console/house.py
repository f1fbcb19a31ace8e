"""A console that people come to in real browsers: ledger, workers, the company's sign-in, and who works there."""

import shutil
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from tests.console.browsing import Visitor, served
from tests.console.working import with_ledger
from tests.console.world import World, open_world
from tests.detect.watched import Watched, rows_of
from wayseal.console import Role
from wayseal.console.access import Provider
from wayseal.console.jobs.worker import Workers
from wayseal.service import make_log

with warnings.catch_warnings():
    # It reads keys by a module of Authlib that says of itself that it will go.
    warnings.simplefilter("ignore")
    import oidc_provider_mock

STOLEN = 8
AHEAD = 3_600_000_000
"""Microseconds by which codes may move a clock on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """base: where browsers find it; company: where the company's sign-in is; ledger: its folder."""

    world: World
    browser: Any
    base: str
    company: str
    ledger: Path
    folder: Path
    numbers: tuple[str, ...]
    until: datetime
    desks: dict[tuple[Role, str], Visitor] = field(default_factory=dict)

    def invite(self, login: str, role: Role, **more: Any) -> str:
        """The way to somebody's invitation."""
        _, token = self.world.access.people.invite(login, f"Name of {login}", role, by="x", **more)
        return f"/invited/{token}"

    def visit(self, language: str, path: str = "/") -> Visitor:
        return Visitor(self.browser, self.base + path, language)

    def at_desk(self, role: Role, language: str, path: str = "/") -> Visitor:
        """Somebody who signed in when they were asked for first, and works in this language all day."""
        if (role, language) not in self.desks:
            login = f"{role.value}-{language}"
            self.world.person(login, role)
            visitor = self.desks[role, language] = self.visit(language)
            visitor.sign_in(self.world, login)
        visitor = self.desks[role, language]
        visitor.page.goto(self.base + path)
        return visitor

    @contextmanager
    def in_time(self) -> Iterator[None]:
        """With the real time, for what others tell of theirs."""
        self.world.clock.at += AHEAD
        yield
        self.world.clock.at -= AHEAD

    def theft(self, account: str, turn: int) -> tuple[Path, str]:
        """A log of somebody who reads eight numbers, and the table of what is bought an afternoon later."""
        stolen = self.numbers[turn :: len(self.numbers) // STOLEN][:STOLEN]
        log = self.folder / f"{account}.csv"
        reads = [f"{(self.until + timedelta(minutes=n)).isoformat()},{account},{w}" for n, w in enumerate(stolen)]
        log.write_text("\n".join(["at,actor,waybill", *reads, ""]), "utf-8")
        seen = (self.until + timedelta(hours=5)).isoformat()
        return log, "\n".join(["运单号\t发现时间\t卖家", *(f"{waybill}\t{seen}\tshop-7" for waybill in stolen)])


@contextmanager
def open_house(browser: Any, small: Watched, folder: Path) -> Iterator[House]:
    """Opens it, with a worker that runs as a process of its own."""
    ledger = folder / "ledger"
    shutil.copytree(small.ledger, ledger)
    with ExitStack() as stack:
        company = stack.enter_context(oidc_provider_mock.run_server_in_thread(require_nonce=True))
        issuer = f"http://localhost:{company.server_port}"
        world = stack.enter_context(open_world(folder, provider=Provider(issuer, "wayseal", "a secret")))
        # Each code moves this clock on, and a worker, which has the real one, takes no job that is yet to come.
        world.clock.at -= AHEAD
        settings = with_ledger(world, ledger, unit="某快递", market=str(folder / "market"))
        world.give_market(folder / "market")
        stack.enter_context(Workers(settings, world.site.jobs, make_log(StringIO())))
        accesses = rows_of(small, "accesses")
        yield House(
            world=world,
            browser=browser,
            base=stack.enter_context(served(world)),
            company=issuer,
            ledger=ledger,
            folder=folder,
            numbers=tuple(sorted(set(accesses["waybill"].to_pylist()))),
            until=pc.max(accesses["at"]).as_py(),
        )
