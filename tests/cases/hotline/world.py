"""A hotline's desk for tests: a mailbox with reporters, two officers, a casebook, and a clock that a test sets."""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.cases.hotline.making import TEAM, letter, public_of, sealed
from tests.cases.making import NOW, alert, secret
from wayseal.cases import Cases, open_cases
from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.codes import CODES
from wayseal.cases.hotline.desk import Hotline
from wayseal.cases.hotline.letters import READER, Letter, LetterKind, SealedLetter, Sender, key_id
from wayseal.cases.hotline.mailbox import MAILBOX, Box, StoredFile
from wayseal.cases.hotline.reports import day_of, report_id
from wayseal.cases.hotline.sealing import open_letter
from wayseal.database import Database, open_database
from wayseal.database.migrations import upgrade

DAY_US = 86_400_000_000
LI, WANG, CHEN = "li", "wang", "chen"


def mac(code: str) -> str:
    return hmac.new(b"key", code.encode(), hashlib.sha256).hexdigest()


@dataclass(kw_only=True)
class World:
    """One hotline."""

    folder: Path
    database: Database
    cases: Cases
    now: int = NOW
    days: int = 90
    desk: Hotline = field(init=False)

    def __post_init__(self) -> None:
        self.desk = self.another()

    def another(self) -> Hotline:
        """The desk of another process."""
        return Hotline(
            self.folder, self.database, TEAM.public, TEAM.private, mac, days=self.days, now=self.clock
        )  # fmt: skip

    def clock(self) -> int:
        self.now += 1
        return self.now

    def wait(self, days: int) -> None:
        self.now += days * DAY_US

    @property
    def today(self) -> date:
        return day_of(self.now)

    def reader(self, n: int) -> X25519PrivateKey:
        return X25519PrivateKey.from_private_bytes(bytes([n]) * 32)

    def report(self, n: int = 1, said: Letter | None = None, files: tuple[StoredFile, ...] = (), **more: Any) -> str:
        """A report comes from the portal; its id."""
        said = said or letter(day=self.today)
        box = hashlib.sha256(bytes([n])).digest()[:16]
        made = Box(box=box, public=public_of(self.reader(n)), day=said.day)
        stored = sealed(said, box=box, reader=self.reader(n), **more)
        assert self.database.write(mailbox.add_box, made, stored, files)
        return report_id(box)

    def box(self, id_: str) -> Box:
        return self.desk.report(id_).box

    def message(self, id_: str, text: str = "还有", n: int = 1, day: date | None = None) -> SealedLetter:
        """The reporter writes again."""
        box = self.box(id_).box
        place = self.database.read(mailbox.next_place, box)
        said = letter(kind=LetterKind.MESSAGE, text=text, day=day or self.today)
        stored = sealed(said, box=box, reader=self.reader(n), place=place)
        assert self.database.write(mailbox.add_letter, stored)
        return stored

    def letters(self, id_: str) -> list[SealedLetter]:
        return self.database.read(mailbox.letters_of, self.box(id_).box)

    def shown(self, id_: str, n: int = 1) -> list[tuple[str, str]]:
        """What the reporter reads of staff's: kind and text."""
        key = self.reader(n)
        keys = {key_id(READER, public_of(key)): key}
        own = [one for one in self.letters(id_) if one.sender is Sender.STAFF and one.sealed]
        return [(one.kind, open_letter(one, keys, TEAM.public).text) for one in own]

    def kinds(self, id_: str | None = None) -> list[str]:
        """The acts on record, of a report or of all."""
        found = self.desk.record.state().boxes
        return [one.kind for box, acts in found.items() for one in acts if id_ in (None, report_id(box))]

    def case(self) -> str:
        """A case, whose id is new."""
        before = self.cases.last_case()
        self.cases.register([alert(f"u-{before}")], self.now)
        return f"c-{before + 1}"


@contextmanager
def a_world(folder: Path, *also: Any, **more: Any) -> Iterator[World]:
    folder.mkdir(exist_ok=True)
    with open_database(folder / "hotline.sqlite") as database, open_cases(folder / "cases", entropy=secret) as cases:
        for chain in (MAILBOX, CODES, *also):
            upgrade(database, chain)
        yield World(folder=folder, database=database, cases=cases, **more)


def over(world: World, id_: str) -> None:
    """The time of a report is over, and its reporter was reminded."""
    world.now += (world.desk.report(id_).kept - world.today - timedelta(days=14)).days * DAY_US
    world.desk.remind_and_purge(world.cases)
    world.wait(15)


Breaks = Callable[..., Any]
