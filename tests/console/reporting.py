"""A hotline in a console for tests: keys, a desk, a casebook with a case, and reporters who write into its mailbox."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from httpx import BaseTransport, Client, Response

from tests.cases.making import alert
from tests.console.world import World
from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.keyring import make_keys
from wayseal.cases.hotline.letters import (
    READER,
    FileKind,
    Letter,
    LetterFile,
    LetterKind,
    ReportType,
    Sender,
    key_id,
    new_nonce,
)
from wayseal.cases.hotline.mailbox import Box, StoredFile
from wayseal.cases.hotline.reports import report_id
from wayseal.cases.hotline.sealing import FileSealer, open_letter, seal_letter
from wayseal.console import ConsoleSettings, Role
from wayseal.console.hotline import HotlineOffice, open_office

SECRET = bytes(range(32))


@dataclass
class Reporters:
    """Everybody who reports."""

    world: World
    office: HotlineOffice
    settings: ConsoleSettings
    boxes: dict[str, tuple[bytes, X25519PrivateKey]] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.office.desk.today()

    def report(
        self, text: str, *, files: tuple[tuple[FileKind, bytes, bool], ...] = (), name: str = "", **more: Any
    ) -> str:
        """A report as the portal seals it; its id."""
        n = len(self.boxes) + 1
        box, reader = hashlib.sha256(bytes([n])).digest()[:16], X25519PrivateKey.from_private_bytes(bytes([n]) * 32)
        self.boxes[report_id(box)] = box, reader
        made = Box(box=box, public=reader.public_key().public_bytes_raw(), day=more.get("day", self.today))
        described, stored = [], []
        for at, (kind, content, cleaned) in enumerate(files):
            file, one = self._file(bytes([n, at] * 8), box, kind, content, cleaned)
            described.append(one)
            stored.append(file)
        said: dict[str, Any] = {
            "day": self.today,
            "type": ReportType.SALE,
            "text": text,
            "files": tuple(described),
        } | more
        letter = Letter(kind=LetterKind.REPORT, nonce=new_nonce(), identity=bool(name), **said)
        sealed = seal_letter(
            letter, self.office.desk.team, made.public, box=box, sender=Sender.REPORTER, place=1, identity=name,
            secret=SECRET if files else b"",
        )  # fmt: skip
        assert self.office.desk.database.write(mailbox.add_box, made, sealed, stored)
        return report_id(box)

    def _file(
        self, file: bytes, box: bytes, kind: FileKind, content: bytes, cleaned: bool
    ) -> tuple[StoredFile, LetterFile]:
        sealer = FileSealer(SECRET, file)
        chunks = [*sealer.write(content), *sealer.finish()]
        for n, chunk in enumerate(chunks, start=1):
            self.office.desk.database.write(mailbox.add_chunk, file, n, chunk)
        described = sealer.described(kind, cleaned=cleaned)
        return StoredFile(file=file, box=box, place=1, chunks=len(chunks)), described

    def write(self, id_: str, text: str) -> None:
        """The reporter writes again."""
        box, reader = self.boxes[id_]
        place = self.office.desk.database.read(mailbox.next_place, box)
        letter = Letter(kind=LetterKind.MESSAGE, day=self.today, text=text, nonce=new_nonce())
        to = reader.public_key().public_bytes_raw()
        sealed = seal_letter(letter, self.office.desk.team, to, box=box, sender=Sender.REPORTER, place=place)
        assert self.office.desk.database.write(mailbox.add_letter, sealed)

    def reads(self, id_: str) -> list[tuple[str, str]]:
        """What the reporter reads of staff's: kind and text."""
        box, reader = self.boxes[id_]
        keys = {key_id(READER, reader.public_key().public_bytes_raw()): reader}
        there = self.office.desk.database.read(mailbox.letters_of, box)
        team = self.office.desk.team
        staffs = [one for one in there if one.sender is Sender.STAFF and one.sealed]
        return [(one.kind, open_letter(one, keys, team).text) for one in staffs]

    def acts(self, id_: str) -> list[str]:
        """The acts about a report, by kind."""
        return [one.kind for one in self.office.desk.record.state().of(self.boxes[id_][0])]

    def case(self) -> str:
        """A case, whose id is new."""
        assert self.world.site.cases is not None
        cases = self.world.site.cases.need()
        before = cases.last_case()
        cases.register([alert(f"u-{before}")], self.world.clock())
        return f"c-{before + 1}"

    def act(self, browser: Client, id_: str, act: str, **fields: str) -> Response:
        """Sends a form of a report's page, which names what it has seen."""
        sent = {"act": act, "seen": str(self.office.desk.report(id_).seen)} | fields
        return browser.post(f"/hotline/{id_}", data=sent)


@contextmanager
def with_hotline(
    world: World, folder: Path, *, transport: BaseTransport | None = None, **more: Any
) -> Iterator[Reporters]:
    """A hotline in a console, with two officers and somebody of finance."""
    ledger = folder / "ledger"
    ledger.mkdir()
    if "hotline_keys" not in more:
        more["hotline_keys"] = folder / "keys"
        more["hotline_keys"].mkdir()
        make_keys(more["hotline_keys"], date(2026, 3, 1))
    world.give_cases(ledger / "detect")
    for login, role in (("han", Role.OFFICER), ("lu", Role.OFFICER), ("qian", Role.FINANCE)):
        world.person(login, role)
    settings = ConsoleSettings(folder=folder, ledger=ledger, **more)
    with open_office(settings, world.access, transport=transport) as office:
        assert office is not None
        world.site = replace(world.site, hotline=office)
        world._app = None
        yield Reporters(world, office, settings)
