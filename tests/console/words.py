"""A console with something on every page, and what somebody reads there."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

from httpx import Client

from tests.console.beneath import copied
from tests.console.casework import seen
from tests.console.market_shown import fill_market
from tests.console.parcels_shown import keep_made_up
from tests.console.working import AtOnce, rows, with_ledger
from tests.console.world import PASSWORD, World, open_world, text
from wayseal.cases import read_casebook
from wayseal.cases.types import Observable, ObservableKind, Source
from wayseal.console import Role
from wayseal.detect.timeline import load_timeline

MARKET_NOW = 1_795_000_000_000_000
WHO = dict(zip(Role, ("zhou.wei", "chen.jing", "sun.li", "he.min", "lin.tao", "han.xue", "qian.yu"), strict=True))
SILENT = {"script", "style"}
QUOTED = {"code", "bdi", "time", "pre", "textarea"}
"""What holds ids, commands, moments, and texts of others."""
SAID = {"title", "aria-label", "placeholder", "data-label", "alt"}
"""Attributes that people are told."""
VOID = {"meta", "link", "input", "img", "br", "hr", "wbr", "line", "rect", "circle", "path", "use", "source", "col"}


class Reader(HTMLParser):
    """What a person reads of a page, piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.quoted: list[str] = []
        self.links: set[str] = set()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        self.said += [of[name] or "" for name in SAID & set(of)]
        if tag == "a" and of.get("href"):
            self.links.add(of["href"] or "")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not SILENT & set(self._open):
            (self.quoted if QUOTED & set(self._open) else self.said).append(" ".join(data.split()))


@contextmanager
def open_everything(folder: Path) -> Iterator[World]:
    """A ledger with cases, reviews and a waybill's life, a market, a trace, jobs, and acts of many kinds."""
    ledger = copied(folder / "ledger")
    keep_made_up(ledger)
    fill_market(folder / "market", MARKET_NOW, offers=60, sellers=9)
    with open_world(folder) as world:
        world.clock.at = MARKET_NOW
        (folder / "logs").mkdir()
        settings = with_ledger(world, ledger, logs_folder=str(folder / "logs"), unit="某快递")
        world.give_market(folder / "market")
        world.site = replace(world.site, jobs=AtOnce.over(world.site.jobs, settings))
        for role in Role:
            world.person(WHO[role], role, name="王芳")
        _work(world, ledger, folder)
        yield world


def _work(world: World, ledger: Path, folder: Path) -> None:
    chen, cases = world.signed_in(WHO[Role.INVESTIGATOR]), world.cases
    now, who = world.clock.at, WHO[Role.INVESTIGATOR]
    known = [row.id for row in cases.cases().rows]
    first, second, third = known[:3]
    number = str(next(iter(reads_of(ledger))))
    things = [Observable(kind=kind, value=f"7-{place}") for place, kind in enumerate(ObservableKind)]
    things += [Observable(kind=ObservableKind.NUMBER, value=number)]
    for source in set(Source) - {Source.DETECTION}:
        cases.enqueue(source, things, "一元一条", who, now)
    _confirm(chen)
    done: list[tuple[str, dict[str, str]]] = [
        (f"/cases/{first}/open", {"why": "举报"}),
        (f"/cases/{first}/hear", {"statement": "说明", "account": ""}),
        (f"/cases/{first}/state", {"state": "in_progress", "why": "开始"}),
        (f"/cases/{first}/assign", {"owner": WHO[Role.ANALYST], "why": ""}),
        (f"/cases/{first}/priority", {"priority": "high", "why": "急"}),
        (f"/cases/{first}/title", {"title": "某网点"}),
        (f"/cases/{first}/notes", {"note": "第一条"}),
        (f"/cases/{first}/tasks", {"task": "问网点", "due": "2026-12-01"}),
        (f"/cases/{first}/snooze", {"until": "3", "why": "等日志"}),
        (f"/cases/{first}/links", {"kind": "seller", "thing": "店铺七", "why": "截图"}),
        (f"/cases/{second}/merge", {"into": first, "why": "同一设备"}),
        (f"/cases/{second}/unmerge", {"why": "不是一回事"}),
        (f"/cases/{third}/merge", {"into": first, "why": "同一设备"}),
        (f"/cases/{first}/verdict", {"verdict": "false", "why": "没有工作能解释"}),
        ("/jobs/verify", {}),
        ("/jobs/schedule", {"kind": "detect", "hour": "3"}),
        ("/rights", {}),
        ("/partners", {}),
        (f"/cases/{first}/reads", {"why": "核对"}),
        (f"/cases/{first}/evidence", {"why": "移交"}),
    ]
    for path, fields in done:
        if path.startswith("/cases/"):
            fields |= {"seen": seen(chen, path.rpartition("/")[0])}
        answer = chen.post(path, data=fields)
        assert answer.status_code == 303, f"{path}: {text(answer)}"
    world.site.jobs.start("ingest", {"file": "gone.csv"}, who)
    chen.post("/market/look")
    chen.post(f"/cases/{first}/files", data={"why": "录音"}, files={"file": ("记录.txt", b"x")})
    chen.post("/jobs/look", files={"log": ("访问.csv", f"时间,工号,单号\n{rows(1, 4)}".encode())})
    chen.post("/jobs/look", files={"log": ("坏.csv", "时间,工号,单号\nx,y,z\n".encode())})
    _trace(chen, ledger)
    for path in ("/cases.csv", "/queue.csv", f"/cases/{first}/reads.csv"):
        chen.get(path)
    boss = world.signed_in(WHO[Role.ADMINISTRATOR])
    _confirm(boss)
    boss.post("/people", data={"login": "li.na", "name": "李娜", "role": "analyst"})


def _confirm(browser: Client) -> None:
    assert browser.post("/confirm", data={"proof": PASSWORD}).status_code == 303


def reads_of(ledger: Path) -> list[str]:
    """Some waybills that were read."""
    case = read_casebook(ledger / "detect").cases[0].id
    timeline = load_timeline(ledger / "detect", case)
    assert timeline is not None
    return [str(one) for one in timeline.reads["waybill"].to_pylist()[:400:50]]


def _trace(chen: Client, ledger: Path) -> None:
    place = chen.post("/trace/baskets", data={"name": "买到的单号"}).headers["location"]
    lines = [f"{number},2026-03-16T12:00:00+08:00,店铺七" for number in reads_of(ledger)]
    chen.post(f"{place}/numbers", data={"typed": "waybill,seen_at,seller\n" + "\n".join(lines)})
    for _ in range(2):
        chen.post(f"{place}/run", data={"seed": "7"})


def pages_of(browser: Client, seen: set[str], most: int = 400) -> Iterator[tuple[str, Reader]]:
    """Every page that links lead to, one of each kind of address that isn't among those that were seen; no docs."""
    waiting = ["/"]
    seen.discard("/")
    while waiting:
        address = waiting.pop(0)
        form = shape(address)
        if form in seen:
            continue
        seen.add(form)
        answer = browser.get(address, follow_redirects=True)
        assert answer.status_code < 500, address
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        reader = Reader()
        reader.feed(answer.text)
        yield address, reader
        links = {link for link in reader.links if link.startswith("/") and not link.startswith("/docs/")}
        waiting += sorted(links - {*waiting})
        assert len(seen) < most


def shape(address: str) -> str:
    """An address without its ids and its query, but for what makes it another page."""
    parts = urlsplit(address)
    path = re.sub(r"/(?:[a-z]+-[0-9a-f]+|[0-9a-f]{16,}|[0-9]+(?:-[0-9]+)?|[a-z]+-[a-z])(?=/|$)", "/*", parts.path)
    path = parts.path if path == "/jobs/*" else re.sub("^/(accounts|devices|outlets)/[^/]+", r"/\1/*", path)
    return "&".join([path, *re.findall(r"(?:^|&)(list=[a-z_]+|names=1|partner=|number=|at=[cq])", parts.query)])
