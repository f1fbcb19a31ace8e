"""What the market's public API and commands say to the letter: readings, links, a watched site, removals, a week."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.cli.running import inside
from tests.console.market_shown import fill_market
from tests.market.fetching.site import Answer, Clock, Site, serving
from tests.market.sellers.making import FOOTER, TEXTS, offer
from wayseal.market.crawling import Planned, opened_watch
from wayseal.market.log import open_market
from wayseal.market.log.reads import Reads
from wayseal.market.report import gather_week, render_week
from wayseal.market.sellers import Join, Split, link_all
from wayseal.market.types import HandleKind
from wayseal.model.times import HOUR_US

NOW = 1_790_000_000_000_000
ADVERTS = """id,text
1,出快递单号，实时更新，当天未揽收，1.2元一个，微信：lizi8888
2,"查\u200b档，戶籍 全戶，开_房_同_住，8毛一条"
3,寻快递公司内部人员合作，能导单的来，飞机联系@Li_Zi_a
4,"空包代发，真实物流，义乌发全国，2.5元/单，刷单"
5,面单打印机怎么连电脑
6,"单号YT1234567890123已签收，圆通，QQ：1２３4５67，每天3万个"
7,今天天气不错，一起吃饭
"""


@pytest.fixture
def said(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """What was said before, as JSON."""
    return snapshot.use_extension(JSONSnapshotExtension)


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A market that looks like one, at a time that stands still."""
    for module in ("market", "market_upkeep", "market_watch"):
        monkeypatch.setattr(f"wayseal.cli.{module}.now_us", lambda: NOW)
    fill_market(tmp_path, NOW, offers=40, sellers=9)
    return tmp_path


def test_texts_are_read(tmp_path: Path, said: SnapshotAssertion) -> None:
    (tmp_path / "a.csv").write_text(ADVERTS, "utf-8")
    ran = inside("market", "read", tmp_path / "a.csv", "--quiet")
    assert ran.code == 0
    assert [json.loads(line) for line in ran.out.splitlines()] == said


def test_a_week_is_told(filled: Path, said: SnapshotAssertion, snapshot: SnapshotAssertion) -> None:
    with open_market(filled) as market:
        week = gather_week(market, NOW, 3)
    assert json.loads(render_week(week, "json", "en").replace(week.wayseal, "VERSION")) == said
    for lang in ("en", "zh"):
        assert render_week(week, "text", lang, width=100).replace(week.wayseal, "VERSION") == snapshot
    page = re.sub(r"(?s)<style.*?</style>", "", render_week(week, "html", "en"))
    assert page.replace(week.wayseal, "VERSION") == snapshot


@pytest.mark.parametrize("form", ["text", "json"])
def test_commands_tell_what_the_record_has(filled: Path, snapshot: SnapshotAssertion, form: str) -> None:
    with open_market(filled) as market:
        reads = Reads(market)
        seller = reads.sellers(most="shops").rows[0].seller
        requests = [one.id for one in reads.requests()]
    for words in (
        ("offers", filled, "--limit", 6),
        ("offers", filled, "--ours"),
        ("sellers", filled),
        ("sellers", filled, seller),
        ("removals", filled, "--all") if form == "text" else ("removals", filled),
        *(("removals", filled, one) for one in requests[:3]),
        ("queue", filled),
    ):
        ran = inside("market", *words, "--format", form)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out == snapshot
    letter = inside("market", "removals", filled, requests[0], "--letter", "--name", "A", "--contact", "b@c.example")
    assert letter.out == snapshot


def offers() -> Iterator[Any]:
    yield from (offer("a:1", TEXTS[0], ["1"]), offer("b:1", TEXTS[1], ["2", "1"]), offer("a:2", TEXTS[3]))
    yield offer("c:1", TEXTS[2], ["3"], [0x0F1E2D3C4B5A6978])
    yield offer("d:1", "", ["4"], [0x0F1E2D3C4B5A6978 ^ 0b10010], (12, 20))
    yield offer("e:1", TEXTS[2].replace("长期", "短期"), ["5"], days=(12, 20))
    yield offer("f:1", "", ["x"], kind=HandleKind.INVITE)
    yield offer("g:1", "", ["x"], [3], kind=HandleKind.INVITE, days=(3, 5))
    for number in range(6):
        text = TEXTS[3][number : number + 25] + FOOTER
        yield offer(f"s{number}:1", text, [f"own{number}", "agency"], days=(number % 3, 20.0 + number))


def test_sellers_are_linked(said: SnapshotAssertion) -> None:
    made = list(offers())
    sellers = link_all(made[:-1], [Join(a="e:1", b="s0:1"), Split(a="a:1", b="b:1")], ended=["c:1"])
    late = sellers.add(made[-1])
    assert {"sellers": [asdict(one) for one in sellers.all()], "late": [asdict(one) for one in late]} == said


SOURCE = """
name = "stall"
kind = "page"
contact = "security@courier.example"
start = "{url}/page"
allow_inside = true
pause = 1.0
jitter = 0.0
usual = "ul"
items = "li"
next = "a.next@href"
[fields]
key = "@id"
url = "a@href"
shop = "@data-shop"
shop_name = "b"
text = "p"
price = "i"
[signs]
gone = ["text:已下架"]
"""
HTML = {"Content-Type": "text/html; charset=utf-8"}


def page(*shops: int) -> Answer:
    """A list: an offer of each shop."""
    items = "".join(
        f'<li id=o{n} data-shop=s{n}><a href="/o/{n}">x</a><b>店{n}</b>'
        f"<p>{TEXTS[n % 4]}，圆通面单1.2一个，QQ：88880{n}</p><i>¥{n}</i></li>"
        for n in shops
    )
    return 200, HTML, f"<ul>{items}</ul>".encode()


def show(site: Site, *shops: int) -> None:
    site.answers["/page"] = page(*shops)
    for number in range(4):
        there = page(number) if number in shops else (200, HTML, "<p>已下架".encode())
        site.answers[f"/o/{number}"] = there


def plain(told: Any, site: Site) -> Any:
    """Without what is another each time: the port, hashes, and where captures lie."""
    text = re.sub(r"\b[0-9a-f]{64}\b", "HASH", json.dumps(told, ensure_ascii=False).replace(site.url, "http://site"))
    text = re.sub(r'"warc": "[^"]*"', '"warc": "WARC"', text)
    return json.loads(re.sub(r'"(offset|length)": \d+', r'"\1": 0', text))


def test_a_site_is_watched_and_asked_to_remove_a_shop(
    tmp_path: Path, said: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, reports = Clock(), []
    with serving(robots=(200, {}, b"User-agent: *\nDisallow: /secret")) as site:
        (tmp_path / "sources").mkdir()
        (tmp_path / "sources/stall.toml").write_text(SOURCE.format(url=site.url), "utf-8")
        for module in ("market_upkeep", "market_watch"):
            monkeypatch.setattr(f"wayseal.cli.{module}.now_us", clock.now)
        monkeypatch.setattr("random.SystemRandom.random", lambda _: 0.5)
        by = ("--who", "li", "--why", "sells labels")
        with opened_watch(tmp_path, now=clock.now, sleep=clock.sleep, read_lines=False) as watch:
            for day, shops in enumerate([(1, 2), (1, 2, 3), (2, 3), (2, 3), (3,), (3,)]):
                show(site, *shops)
                reports.append(asdict(watch.visit(Planned(source="stall", at=clock.at))))
                if day == 2:
                    ask = ("ask", tmp_path, "stall/s2", "--rule", "express", "--address", "a@b.example", *by)
                    request = inside("market", *ask).out.partition(":")[0]
                    refused = ("answered", "--answer", "refused", "--text", "no", *by)
                    inside("market", "follow", tmp_path, request, *refused)
                clock.at += 5 * HOUR_US
        told: dict[str, Any] = {"reports": [{**one, "numbers": sorted(one["numbers"])} for one in reports]}
        with open_market(tmp_path) as market:
            told["lines"] = [[line.kind, line.at, line.who, line.body] for _, line in market.lines()]
        for what in ("removals", "sellers", "queue"):
            told[what] = json.loads(inside("market", what, tmp_path, "--format", "json").out)
        told["verify"] = inside("market", "verify", tmp_path).out
        assert plain(told, site) == said
