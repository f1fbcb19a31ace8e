"""`wayseal market removals`, `ask`, `follow`: from a shop to its letter, and what happens to a request."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.running import Ran, inside
from tests.market.log.lines_of import START, capture, offered, shop
from tests.tables import each
from wayseal.market.log import Line, LineKind, open_market
from wayseal.market.log.acts import line_of
from wayseal.market.log.reads import Reads
from wayseal.market.takedown import Removed

LI = ("--who", "li", "--why", "by mail")
PHONE = "13800138000"


@pytest.fixture
def market(tmp_path: Path) -> Path:
    """A record with two shops."""
    with open_market(tmp_path / "market") as record:
        record.append(
            [
                Line(kind=LineKind.CAPTURED, at=START, body=capture(0)),
                offered("a"),
                offered("b", shop="site-b/9", source="site-b"),
                shop("site-a/1", "seen"),
                shop("site-b/9", "seen"),
            ]
        )
    return tmp_path / "market"


def ask(market: Path, target: str = "site-a/1", *more: object) -> Ran:
    return inside("market", "ask", market, target, "--rule", "express", "--address", "abuse@a.example", *LI, *more)


def request_of(ran: Ran) -> str:
    found = re.match(r"r-[0-9a-f]{8}", ran.out)
    assert found is not None, ran
    return found[0]


def listed(market: Path) -> dict[str, dict[str, object]]:
    told = json.loads(inside("market", "removals", market, "--format", "json").out)
    return {one["request"]: one for one in told["requests"]}


def test_from_a_shop_to_its_letter(market: Path) -> None:
    id_ = request_of(ask(market))
    assert "site-a/1: asked" in inside("market", "removals", market).out
    who = ("--name", "圆通信息安全部", "--contact", "abuse@courier.example")
    zh = inside("market", "removals", market, id_, "--letter", *who, "--lang", "zh")
    assert zh.out.startswith(f"请求下架出售快递信息的内容（编号 {id_}）\n\n您好")
    assert "法务" in zh.err
    en = inside("market", "removals", market, id_, "--letter", "--reminder", *who, "--lang", "en")
    assert en.out.startswith("Again: request to remove an offer")
    assert f"- {0:064x}" in en.out


def test_what_happens_is_recorded_and_what_is_due_comes_first(market: Path) -> None:
    first, second = request_of(ask(market)), request_of(ask(market, "site-b/9", "--capture", f"{0:064x}"))
    ran = inside("market", "follow", market, first, "answered", "--answer", "refused", "--text", "no", *LI)
    assert f"{first}: site answered; now: hand on, since" in ran.out
    assert "nothing is due" in inside("market", "follow", market, first, "escalated", "--to", "counsel", *LI).out
    ran = inside("market", "follow", market, second, "accused", "--text", f"not me, call {PHONE}", *LI)
    assert "hear the accused" in ran.out
    lines = inside("market", "removals", market).out.splitlines()
    assert [line[:10] for line in lines[:2]] == [second, first]
    assert lines[2] == "All together: 2 asked, 0 removed, 2 open"
    course = inside("market", "removals", market, second).out
    assert "accused answered, li: not me, call 138********" in course
    assert PHONE not in course + inside("market", "removals", market, second, "--format", "json").out
    assert "nothing is due" in inside("market", "follow", market, second, "heard", *LI).out
    assert "withdrawn" in inside("market", "follow", market, first, "withdrawn", *LI).out
    assert inside("market", "follow", market, first, "reminded", *LI).code == 2
    assert [one["outcome"] for one in listed(market).values()].count("withdrawn") == 1
    assert first not in inside("market", "removals", market).out
    assert first in inside("market", "removals", market, "--all").out


def test_counts_by_site_tell_what_is_open_beside_what_was_removed(market: Path) -> None:
    ids = [request_of(ask(market, target)) for target in ("site-a/1", "site-b/9")]
    with open_market(market) as record:
        at = Reads(record).request(ids[0]).asked.at + 86_400_000_000
        record.append([line_of(Removed(request=ids[0], at=at, captures=()))])
    out = inside("market", "removals", market, "--all").out
    assert "site-a: 1 asked, 1 removed, 0 open\n" in out
    assert "site-b: 1 asked, 0 removed, 1 open\n" in out
    told = json.loads(inside("market", "removals", market, "--format", "json").out)["counts"]
    assert told[1] == {"source": "site-a", "requests": 1, "removed": 1, "open": 0}
    assert "seen to be gone, the watch" in inside("market", "removals", market, ids[0]).out


@each(
    ("words", "code", "said"),
    [
        (("removals", "M", "--letter"), 2, "--letter"),
        (("removals", "M", "R", "--reminder"), 2, "--letter"),
        (("removals", "M", "R", "--letter", "--name", "x"), 2, "--contact"),
        (("removals", "M", "r-none"), 3, "no such request"),
        (("follow", "M", "r-none", "reminded", *LI), 2, "no such request"),
        (("follow", "M", "R", "answered", "--text", "x", *LI), 2, "--answer"),
        (("follow", "M", "R", "heard", "--text", "x", *LI), 2, "--text"),
        (("follow", "M", "R", "heard", *LI), 2, "nothing of the accused"),
        (("follow", "M", "R", "escalated", "--to", " ", *LI), 2, "to: one line"),
        (("follow", "M", "R", "removed", *LI), 2, "'what'"),
        (("follow", "M", "R", "reminded", "--who", "li", "--why", ""), 2, "why: one line"),
        (("ask", "M", "nobody/1", "--rule", "express", "--address", "a@b.example", *LI), 3, "no such shop"),
        (("ask", "M", "site-a/1", "--rule", "express", "--address", "a@b.example", *LI), 2, "asks for it already"),
        (("ask", "M", "site-b/9", "--rule", "magic", "--address", "a@b.example", *LI), 2, "--rule"),
    ],
)
def test_mistakes_are_told(market: Path, words: tuple[str, ...], code: int, said: str) -> None:
    with open_market(market) as record:
        requests = Reads(record).requests()
    id_ = requests[0].id if requests else request_of(ask(market))
    ran = inside("market", *({"M": market, "R": id_}.get(one, one) for one in words))
    assert (ran.code, said in ran.err) == (code, True), ran
