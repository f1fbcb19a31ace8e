"""Twins: the same journey by two people, from two addresses and browsers, at two hours of a day, leaves the same.

1. Staff, the collector and the portal's pulse go by the clock, the same one for both; reporters come when they like.
2. Compared is all that is left at the end: both databases of the hotline, its record, what is published, logs, names,
   sizes and rights of files. What is random (ids, keys, digests, codes) stands for its length, and nothing else does.
"""

import io
import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from httpx import Client
from PIL import Image

from tests.console import reporting
from tests.console import world as consoles
from tests.portal.exchanging import URL, make_token, whole_app
from tests.portal.exchanging import InProcess as Exchange
from tests.portal.world import ADDRESS, Visitor, World, open_world
from wayseal.cases.hotline.letters import spell_letter
from wayseal.console.hotline import Collector
from wayseal.merkle import SigningKey
from wayseal.portal.serve import Pulse
from wayseal.proofs.reports import verify_report
from wayseal.service import make_log

pytestmark = pytest.mark.once

DAY = date(2026, 3, 2)
KEY = SigningKey(name="hotline", seed=bytes(32))
TEXT = "有人在群里卖今天的单号。 The admin is laosan."
_RANDOM = (
    r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}",  # a code
    r"[0-9a-f]{16,}",
    r"[A-Za-z0-9+/_-]{40,}={0,2}",
    r"\br-[0-9a-z]+\b",
)
_MASK = re.compile("|".join(_RANDOM))
_REAL = re.compile(r'"(?:at|ms|request)": ?(?:"[^"]*"|\d+)')
"""Of a line of the log: the test's own clock."""


@dataclass(frozen=True, kw_only=True)
class Twin:
    """Somebody who reports. hours: at which they come, and come back; exif: what their phone writes into pictures."""

    address: str
    headers: dict[str, str]
    hours: tuple[float, float]
    file: str
    exif: dict[int, str]


ONE = Twin(
    address="203.0.113.9",
    headers={"user-agent": "Phone/7 (zh-CN)", "accept-language": "zh-CN,zh;q=0.9", "cookie": "crumb=1"},
    hours=(8.2, 19.1),
    file="IMG_20260302_081104.jpg",
    exif={0x010F: "Camera of Li Lei", 0x9003: "2026:03:02 08:11:04"},
)
OTHER = Twin(
    address="2001:db8::77",
    headers={
        "user-agent": "Tablet/1",
        "accept-language": "zh",
        "referer": "https://intranet.example/board",
        "x-forwarded-for": "198.51.100.7, 10.0.0.1",
        "x-real-ip": "198.51.100.7",
        "forwarded": "for=198.51.100.7",
        "via": "1.1 proxy.example",
        "dnt": "1",
    },
    hours=(15.9, 22.7),
    file="x.jpeg",
    exif={0x010F: "Another", 0x0131: "Program", 0x9003: "2026:03:02 15:52:31"},
)


@dataclass
class Street:
    """A portal, the console behind it, and a clock for both."""

    portal: World
    console: consoles.World
    hotline: reporting.Reporters
    folder: Path
    told: io.StringIO
    pulse: Pulse
    hour: float = 0.0
    staff: dict[str, Client] = field(default_factory=dict)

    def wait(self, hour: float) -> None:
        """Until an hour of the first day; collector and pulse have their turns, each hour one."""
        while int(self.hour) + 1 <= hour:
            self.hour = int(self.hour) + 1.0
            self.portal.day = self.hotline.today
            assert self.console.site.cases is not None
            self._at(self.hour)
            for log in (self.told, self.console.log):
                log.write(f"{self.hour:.0f} o'clock\n")  # which lines stand between tells their hour
            Collector(self.hotline.office, self.console.site.cases.need, make_log(self.console.log)).round()
            self.pulse.beat()
        self._at(hour)
        self.hour = hour

    def _at(self, hour: float) -> None:
        start = datetime(DAY.year, DAY.month, DAY.day, tzinfo=timezone(timedelta(hours=8)))
        self.console.clock.at = round((start.timestamp() + 3600 * hour) * 1e6)
        self.portal.at = 1000 + 3600 * hour
        self.portal.day = self.hotline.today

    def visitor(self, twin: Twin) -> Visitor:
        visitor = Visitor(self.portal, twin.headers)

        async def from_there(scope: Any, receive: Any, send: Any) -> None:
            await self.portal.app({**scope, "client": (twin.address, 4711)}, receive, send)

        visitor.client = Client(transport=consoles.InProcess(from_there), base_url=ADDRESS, headers=twin.headers)
        return visitor


@contextmanager
def street(folder: Path) -> Iterator[Street]:
    (folder / "street").mkdir(parents=True)
    (folder / "console").mkdir()
    (folder / "log.key").write_text(KEY.to_text())
    make_token(folder / "exchange.tokens")
    with ExitStack() as stack:
        portal = stack.enter_context(open_world(folder / "street", unit="某某快递"))
        console = stack.enter_context(consoles.open_world(folder / "console"))
        set_: Any = {
            "hotline": URL,
            "hotline_token": folder / "token",
            "hotline_keys": folder / "street" / "team",
            "hotline_log_key": folder / "log.key",
            "hotline_publish": folder / "out",
            "unit": "example courier",
        }
        carries = stack.enter_context(closing(Exchange(whole_app(portal.portal, folder / "exchange.tokens"))))
        console.clock.at = 1_772_380_800_000_000  # the day before
        hotline = stack.enter_context(reporting.with_hotline(console, folder / "console", transport=carries, **set_))
        told = io.StringIO()
        portal.day = hotline.today
        yield Street(portal, console, hotline, folder, told, Pulse(portal.portal.intake, make_log(told)))


def photo(twin: Twin) -> bytes:
    """The same picture from another phone."""
    exif, out = Image.Exif(), io.BytesIO()
    for tag, value in twin.exif.items():
        exif[tag] = value
    Image.linear_gradient("L").convert("RGB").save(out, "jpeg", exif=exif)
    return out.getvalue()


def journey(at: Street, twin: Twin) -> None:
    """A report with a picture, an answer, a message, a reward, a proof."""
    at.wait(twin.hours[0])
    visitor = at.visitor(twin).go("/").go("/how")
    receipt = visitor.report(text=TEXT, numbers="YT1 YT2", files=[(twin.file, photo(twin), "image/jpeg")]).receipt
    visitor.send("look").send("leave")
    at.wait(18)
    han, lu, qian = (at.console.signed_in(one) for one in ("han", "lu", "qian"))
    (report,) = at.hotline.office.desk.reports()
    page = han.get(f"/hotline/{report.id}")
    assert "The admin is laosan" in page.text
    assert han.post(f"/hotline/{report.id}/file", data={"file": consoles.hidden(page, "file"), "kind": "jpeg"}).content
    assert at.hotline.act(han, report.id, "answer", zh="哪个群？", en="Which group?").status_code == 303
    at.hotline.act(han, report.id, "link", case=at.hotline.case(), why="same numbers")
    at.hotline.act(han, report.id, "reward", grade="plain", why="it led us to the login")
    at.hotline.act(lu, report.id, "reply", proposal="p-1", yes="1")
    at.wait(twin.hours[1])
    visitor = at.visitor(twin).back(receipt)
    assert "Which group?" in visitor.page
    code = re.search(_RANDOM[0], visitor.page)
    visitor.send("message", text="五百人的那个。").send("leave")
    at.wait(33)
    assert code is not None
    qian = at.console.signed_in("qian")
    assert qian.post("/rewards/pay", data={"reward_code": code[0], "voucher": "V-7"}).status_code == 200
    at.wait(33 + twin.hours[0] / 2)
    visitor = at.visitor(twin).back(receipt)
    visitor.send("proof")
    assert verify_report(visitor.answer.content, [KEY.verify_key]).letter
    at.wait(48)


def shape(value: Any) -> Any:
    """A value with what is random in it as its length."""
    if isinstance(value, bytes):
        return f"<{len(value)}>"
    return _MASK.sub(lambda found: f"<{len(found[0])}>", value) if isinstance(value, str) else value


def tables(path: Path) -> dict[str, list[str]]:
    """The rows of each table; what stands in SQL, too."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as raw:
        named = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {name: [[shape(one) for one in row] for row in raw.execute(f"SELECT * FROM {name}")] for name in named}
        for row in found.get("leaves", ()):
            row[0] = "by hash"
        found["sql"] = [list(row) for row in raw.execute("SELECT type, name, sql FROM sqlite_master")]
    return {name: sorted(map(repr, rows)) for name, rows in found.items()}


def files(folder: Path) -> list[tuple[str, str, int]]:
    """Name, rights and size of each."""
    found = [(shape(str(path.relative_to(folder))), path.stat()) for path in folder.rglob("*")]
    return sorted((name, oct(stat.st_mode), stat.st_size if stat.st_mode & 0o100000 else 0) for name, stat in found)


def remains(at: Street) -> dict[str, Any]:
    """All that is left (rule 2)."""
    at.portal.database.shred(())
    record = (at.hotline.office.folder / "hotline.jsonl").read_text("utf-8").splitlines()
    published = {path: path.read_bytes() for path in sorted((at.folder / "out").rglob("*")) if path.is_file()}
    return {
        "portal": tables(at.folder / "street/portal/portal.sqlite"),
        "console": tables(at.folder / "console/hotline/hotline.sqlite"),
        "letters": [shape(spell_letter(one).decode()) for one in at.portal.letters()],
        "record": [shape(line) for line in record],
        "published": [shape(one.decode("latin-1")) for path, one in published.items() if "tile" not in path.parts],
        "log of the portal": _REAL.sub("", at.told.getvalue()),
        "log of the console": _REAL.sub("", at.console.log.getvalue()),
        "files of the portal": files(at.folder / "street"),
        "files of the console": files(at.folder / "console/hotline"),
        "files that are published": files(at.folder / "out"),
    }


def gone(folder: Path, twin: Twin) -> dict[str, Any]:
    with street(folder) as at:
        journey(at, twin)
        return remains(at)


def test_twins_leave_the_same(tmp_path: Path) -> None:
    one, other = (gone(tmp_path / name, twin) for name, twin in (("one", ONE), ("other", OTHER)))
    assert {name: len(rows) for name, rows in one["portal"].items()}["letters"] == 5
    for name, what in one.items():
        assert what == other[name], name
