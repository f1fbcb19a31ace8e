"""Pages as people read them, in both languages: what stands on them, their forms, and where they lead."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from random import Random

import pytest
from httpx import Client, Response
from syrupy.assertion import SnapshotAssertion

from tests.console.casework import DETECTORS, seen
from tests.console.market_shown import fill_market, offer_id, seller_id
from tests.console.test_live import notice, tell
from tests.console.world import World, open_world
from wayseal.cases import open_cases
from wayseal.cases.types import Alert, Observable, ObservableKind, Source
from wayseal.console import Role
from wayseal.live.blocks import Rule
from wayseal.live.types import NoticeKind

pytestmark = pytest.mark.once

NOW = 1_795_000_000_000_000
DAY = 86_400_000_000
BLOCKS = {"p", "h1", "h2", "h3", "tr", "li", "form", "nav", "section", "div", "summary", "dt", "table", "ul", "label"}
SHOWN = {"href": "→", "action": "form →", "alt": "", "placeholder": "", "aria-label": ""}
SILENT = {"script", "style", "head", "svg"}
FIELDS = {"input", "select", "textarea", "button"}
WHO = {"chen": Role.INVESTIGATOR, "root": Role.ADMINISTRATOR, "zhang": Role.AUDITOR}
CHANGING = re.compile(r"\b[0-9a-f]{32,}\b")
"""Tokens, and what is sealed."""
PLACES = {
    "chen": (
        "/", "/live", "/queue", "/queue?at=q-1", "/queue/new", "/cases", "/cases?state=all&sort=score", "/cases/c-1",
        "/cases/c-1?names=1", "/cases/c-1/notes/n-1", "/cases/c-1/evidence", "/jobs", "/jobs/new", "/jobs/j-1",
        "/trace", "/trace/baskets/b-1", "/trace/baskets/b-1/numbers/1", "/waybills?number=YT0000000000001",
        "/rights", "/partners", "/market", "/market/offers?state=all", f"/market/offers/{offer_id(0)}",
        "/market/sellers", f"/market/sellers/{seller_id(0)}", "/market/sources", "/market/words", "/market/import",
        "/market/removals?state=all", "/market/removals/r-00000000", "/market/acts", "/account", "/nothing",
        "/cases.csv", "/queue.csv", "/jobs.csv", "/market/sellers.csv", "/market/removals.csv",
        "/trace/baskets/b-1/numbers.csv",
    ),
    "root": ("/", "/people", "/acts", "/cases"),
    "zhang": ("/", "/live", "/acts/cases", "/ledger", "/market"),
}  # fmt: skip
REFUSED = {
    "/queue": {"source": "listing", "seller": "shop 7", "numbers": "YT1", "reason": "", "score": "likely"},
    "/queue/preview": {"pick.c-2": "1", "act": "dismiss", "why": "a drill"},
    "/cases/preview": {"act": "state", "to_state": "true", "scope": "all", "why": "x"},
    "/cases/c-1/state": {"state": "waiting", "why": ""},
    "/cases/c-1/tasks": {"task": "ask", "due": "soon"},
    "/cases/c-1/evidence": {"why": " ", "to": "the police"},
    "/live/blocks/b-1/lift": {"why": " "},
    "/live/rules": {"rule": "pulls", "least": "95", "measure": "shout"},
    "/jobs/schedule": {"kind": "detect", "hour": "25"},
    "/trace/baskets/b-1/numbers": {"typed": "waybill,seen_at\nYT1,never\n"},
    "/trace/baskets/b-1/run": {"seed": "x"},
    "/market/words": {"act": "accept", "word": "鲜货", "why": "x"},
    "/market/removals": {"target": "nobody", "rule": "notice", "why": "form 12"},
    f"/market/offers/{offer_id(0)}": {"act": "eat", "why": "x"},
}


class Outline(HTMLParser):
    """The main part of a page as lines: texts, fields as {name=value}, and where links and forms lead."""

    def __init__(self) -> None:
        super().__init__()
        self.lines, self._hidden, self._main = [""], 0, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        self._hidden += tag in SILENT
        self._main |= tag == "main"
        if tag in BLOCKS:
            self.lines.append("")
        for name in [one for one in SHOWN if one in of and not self._hidden]:
            self._put(f"[{SHOWN[name]}{of[name]}]")
        if tag in FIELDS and of.get("name") not in (None, "csrf"):
            self._put(f"{{{of['name']}={of.get('value', '')}}}")
        if "selected" in of or "checked" in of or "aria-current" in of:
            self._put("*")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in SILENT
        self._main &= tag != "main"

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self._put(" ".join(data.split()))

    def _put(self, text: str) -> None:
        if self._main:
            self.lines[-1] += (" " if self.lines[-1] else "") + text


def outline(answer: Response) -> str:
    """What came, without what is another each time."""
    body = answer.text
    if "text/html" in answer.headers.get("content-type", ""):
        outline = Outline()
        outline.feed(body)
        body = "\n".join(line for line in outline.lines if line)
    head = " ".join([str(answer.status_code), answer.headers.get("location", "")]).strip()
    return f"{head}\n{CHANGING.sub('#', body)}"


@pytest.fixture
def golden(tmp_path: Path) -> Iterator[World]:
    """Cases, a queue, jobs, a basket and a market, at a moment of its own and with chance of its own."""
    folder = tmp_path
    (folder / "ledger").mkdir()
    with open_cases(folder / "ledger" / "detect", entropy=Random(7).randbytes):
        pass
    fill_market(folder / "market", NOW, offers=12, sellers=4)
    with open_world(folder, random=Random(7).randbytes) as made:
        made.clock.at = NOW
        made.give_cases(folder / "ledger" / "detect")
        made.give_market(folder / "market")
        named = replace(made.site.settings, unit="某快递", contact="abuse@courier.example")
        made.site = replace(made.site, settings=named)
        for login, role in WHO.items():
            made.person(login, role)
        _work(made)
        yield made


def _work(world: World) -> None:
    cases, at = world.cases, NOW - 3 * DAY
    alerts = [
        Alert(actors=actors, alerted_at=at, score=score, detectors=DETECTORS, parcels_a_day=40.0, worth=True)
        for actors, score in ((("courier-7", "clerk-9"), 0.9), (("u-2",), 0.4))
    ]
    cases.register(alerts, world.clock())
    shop = Observable(kind=ObservableKind.SELLER, value="shop 7")
    cases.enqueue(
        Source.LISTING, [shop, Observable(kind=ObservableKind.NUMBER, value="YT1")], "¥1 each", "chen", world.clock()
    )
    chen = world.signed_in("chen")
    for path, fields in (
        ("/cases/c-1/open", {"why": "complaint 7"}),
        ("/cases/c-1/state", {"state": "in_progress", "why": "begun"}),
        ("/cases/c-1/assign", {"owner": "chen"}),
        ("/cases/c-1/notes", {"note": "bought ten numbers"}),
        ("/cases/c-1/tasks", {"task": "ask for the roster", "due": "2026-12-01"}),
        ("/cases/c-1/links", {"kind": "seller", "thing": "shop 7", "why": "same pictures"}),
        ("/trace/baskets", {"name": "bought", "why": "by mail"}),
        ("/trace/baskets/b-1/numbers", {"typed": "YT0000000000001 YT0000000000002", "seen_at": "2026-11-01"}),
    ):
        case = {"seen": seen(chen, "/cases/c-1")} if path.startswith("/cases") else {}
        assert chen.post(path, data=fields | case).status_code == 303, path
    world.site.jobs.start("verify", {}, "chen")
    _watch(world)


def _watch(world: World) -> None:
    """A watch that told of two accounts, and let one go; a block, a rule and a gateway."""
    raised, other = notice(world, "n1"), replace(notice(world, "n2"), actor="clerk-9")
    blocks = tell(world, raised, other, replace(other, id="n3", kind=NoticeKind.WITHDRAWN, raised="n2"))
    blocks.add(actor="courier-7", measure="step_up", reason="pulls", case="c-1", until=NOW + DAY, who="chen")
    blocks.propose_rule(Rule(name="pulls", least=0.95, minutes=120), who="ann")
    blocks.enforced("gw-1", 0, "closed", who="gw-1")


def browser_of(world: World, login: str, lang: str) -> Client:
    browser = world.signed_in(login)
    browser.post("/preferences", data={"lang": lang})
    return browser


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_pages_files_and_forms_that_are_refused(golden: World, lang: str, snapshot: SnapshotAssertion) -> None:
    for login, paths in PLACES.items():
        browser = browser_of(golden, login, lang)
        for path in paths:
            assert outline(browser.get(path)) == snapshot(name=f"{login} {path}")
    browser = browser_of(golden, "chen", lang)
    for path, fields in REFUSED.items():
        given = fields | ({"seen": seen(browser, "/cases/c-1")} if path.startswith("/cases/c-1/") else {})
        assert outline(browser.post(path, data=given)) == snapshot(name=path)
