"""A portal in this process, with a clock of its own, the team's keys beside it, and visitors who have a browser."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

from httpx import Client, Response

from tests.cases.hotline.making import CHEAP
from tests.console.world import InProcess
from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.keyring import PRIVATE, PUBLIC, load_private_keys, make_keys
from wayseal.cases.hotline.letters import Letter, LetterKind, PrivateKeys, Sender, new_nonce
from wayseal.cases.hotline.sealing import open_chunks, open_letter, open_secret, seal_letter
from wayseal.database import Database
from wayseal.portal.app import Portal, create_app
from wayseal.portal.serve import make_gate, open_portal
from wayseal.portal.settings import PortalSettings

DAY = date(2026, 3, 2)
ADDRESS = "https://report.example"
FORM = re.compile(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
TEXT: dict[str, Any] = {"text": "Someone in a group sells numbers of today.\n\nThe admin is <b>laosan</b> {{7*7}}."}


@dataclass
class World:
    portal: Portal
    keys: PrivateKeys
    at: float = 1000.0
    day: date = DAY
    _app: Any = field(default=None)

    @property
    def app(self) -> Any:
        self._app = self._app or create_app(self.portal)
        return self._app

    @property
    def database(self) -> Database:
        return self.portal.intake.database

    def visitor(self, **headers: str) -> "Visitor":
        return Visitor(self, headers)

    def sleep(self, seconds: float) -> None:
        self.at += seconds

    def rows(self, table: str) -> list[Any]:
        return self.database.read(lambda c: list(c.exec_driver_sql(f"SELECT * FROM {table}")))

    def letters(self) -> list[Letter]:
        """All that reporters sent, as the team reads it."""
        boxes = [row[0] for row in self.rows("boxes")]
        stored = [one for box in boxes for one in self.database.read(mailbox.letters_of, box)]
        return [open_letter(one, self.keys) for one in stored if one.sender is Sender.REPORTER]

    def files(self, place: int = 1) -> list[bytes]:
        """The files of the one box's letter, as the team reads them."""
        (box,) = [row[0] for row in self.rows("boxes")]
        stored = self.database.read(mailbox.find_letter, box, Sender.REPORTER, place)
        assert stored is not None
        secret = open_secret(stored, self.keys)
        found = []
        for one in open_letter(stored, self.keys).files:
            file = bytes.fromhex(one.file)
            count = next(row[3] for row in self.rows("files") if row[0] == file)
            chunks = [self.database.read(mailbox.find_chunk, file, n) or b"" for n in range(1, count + 1)]
            found.append(b"".join(open_chunks(chunks, secret, one)))
        return found

    def answer(self, kind: LetterKind, text: str) -> None:
        """A letter of staff, for the one box."""
        ((box, _, public, *_),) = self.rows("boxes")
        letter = Letter(kind=kind, day=self.day, text=text, nonce=new_nonce())
        place = self.database.read(mailbox.next_place, box)
        team, to = self.portal.intake.team, {"box": box, "sender": Sender.STAFF, "place": place}
        sealed = seal_letter(letter, team, public, private=self.keys, **to)
        assert self.database.write(mailbox.add_letter, sealed)


class Visitor:
    """Somebody with a browser, who sees one page after the other."""

    def __init__(self, world: World, headers: Mapping[str, str]) -> None:
        self.world = world
        chosen = {"accept-language": "en", "user-agent": "Phone/1", "cookie": "a=b", **headers}
        self.client = Client(transport=InProcess(world.app), base_url=ADDRESS, headers=chosen)
        self.answer = Response(0)

    @property
    def page(self) -> str:
        return self.answer.text

    def go(self, path: str) -> "Visitor":
        self.answer = self.client.get(path)
        return self

    def form(self, act: str = "") -> tuple[str, dict[str, Any]]:
        """Where the form goes, and what it holds already. act: of a mailbox."""
        for action, inside in FORM.findall(self.page):
            held = {name: unescape(value) for name, value in HIDDEN.findall(inside)}
            if held.get("act", "") == act:
                return unescape(action), held
        raise AssertionError(f"no form {act!r}")

    def send(self, act: str = "", /, files: Any = (), wait: float = 10, **fields: Any) -> "Visitor":
        """Fills the form in that stands on the page, after a while, and sends it."""
        self.world.sleep(wait)
        action, held = self.form(act)
        parts = [(name, (None, value)) for name, value in (held | fields).items()]
        self.answer = self.client.post(action, files=[*parts, *(("files", one) for one in files)])
        return self

    def report(self, kind: str = "sale", /, files: Any = (), **fields: Any) -> "Visitor":
        return self.go(f"/report?type={kind}").send(files=files, **{**TEXT, **fields})

    @property
    def receipt(self) -> str:
        digits = re.findall(r"<span>(\d{4})</span>", self.page)
        assert len(digits) == 4, self.page[:2000]
        return " ".join(digits)

    def back(self, receipt: str) -> "Visitor":
        return self.go("/back").send(receipt=receipt)


@contextmanager
def open_world(folder: Path, **settings: Any) -> Iterator[World]:
    made = PortalSettings(folder=folder / "portal", **settings)
    made.folder.mkdir(exist_ok=True)
    if not (folder / "team").exists():
        (folder / "team").mkdir()
        make_keys(folder / "team", DAY)
        made.keys_path.write_bytes((folder / "team" / PUBLIC).read_bytes())
    with open_portal(made, CHEAP) as portal:
        world = World(portal, load_private_keys(folder / "team" / PRIVATE))
        intake = replace(portal.intake, today=lambda: world.day, now=lambda: world.at)
        world.portal = replace(portal, intake=intake, gate=make_gate(made, lambda: world.at))
        yield world
