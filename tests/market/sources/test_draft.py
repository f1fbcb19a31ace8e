"""Rules 1 to 3 of drafts, on pages of other structures, and over HTTP on the simulated market."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.cli.running import inside
from tests.market.fetching.site import serving
from tests.tables import each
from wayseal.market.sources import parse, parse_source
from wayseal.market.sources.draft import draft_source
from wayseal.simulate.market import Clock, MarketPlan, generate_market, serve_market
from wayseal.simulate.market.parts import MarketWorld

HTML = "text/html; charset=utf-8"
MENU = "<ul class='menu'>" + "".join(f"<li><a href='/c{k}'>分类{k}</a></li>" for k in range(30)) + "</ul>"
FOOT = "<div class='foot'>" + "".join(f"<p><a href='/about{k}'>关于</a></p>" for k in range(5)) + "</div>"
TITLES = ("出一手面单 量大从优", "快递单号批发 实时出货", "空包代发 全国可发", "收菜 面单 长期收", "母婴料 手拍 当天")


def table() -> str:
    rows = "".join(
        f"<tr id='r{k}'><td><a href='/t/{k}'>{title}</a></td><td>{k + 1}.5元</td><td>2026-03-0{k + 1} 08:30</td></tr>"
        for k, title in enumerate(TITLES)
    )
    return f"<table id='board'><tbody><tr><th>标题</th><th>价格</th><th>时间</th></tr>{rows}</tbody></table>"


def grid() -> str:
    cells = [
        f"<td class='cell c{k}'><a href='/item?id={k}'><img src='/p{k}.jpg'></a><h3>{title}</h3><em>¥{k}</em></td>"
        for k, title in enumerate(TITLES)
    ]
    return f"<table class='grid'><tr>{''.join(cells[:3])}</tr><tr>{''.join(cells[3:])}</tr></table>"


def links() -> str:
    return "<div id='all'>" + "".join(f"<a href='/{k}.html'>{one} 加我</a>" for k, one in enumerate(TITLES)) + "</div>"


def posts() -> str:
    parts = "".join(
        f"<article data-id='{k}'><header><a class='who' href='/u/{k % 2}'>店{k % 2}</a>"
        f"<time datetime='2026-03-02T08:0{k}:00+08:00'>今天</time></header><div class='body'>{one}，{one}</div>"
        "</article>"
        for k, one in enumerate(TITLES)
    )
    return f"<main>{parts}</main><a rel='next' href='?page=2'>更早</a>"


@each(
    ("shape", "wanted"),
    [
        (table, {"url", "title", "price", "posted_at", "key"}),
        (grid, {"url", "price", "pictures"}),
        (links, {"url"}),
        (posts, {"key", "shop", "shop_name", "posted_at"}),
    ],
)
def test_lists_of_other_structures_are_found(shape: object, wanted: set[str]) -> None:
    body = f"<html><body>{MENU}{shape()}{FOOT}</body></html>".encode()  # type: ignore[operator]
    draft = draft_source(body, HTML)
    assert draft is not None
    assert wanted <= set(draft.fields)
    keys = {**draft.keys, "name": "x", "kind": "page", "contact": "a@b.example", "start": "https://s.example/"}
    lines = [f'{key} = "{value}"\n' for key, value in keys.items()]
    lines += ["[fields]\n", *(f'{key} = "{value}"\n' for key, value in draft.fields.items())]
    seen = parse(parse_source("".join(lines)), body, HTML, "https://s.example/")
    said = [f"{one.title} {one.text}" for one in seen.listings]
    assert len(said) == len(TITLES)
    assert all(title in text for title, text in zip(TITLES, said, strict=True))
    if "posted_at" in wanted:
        assert all(one.posted_at is not None for one in seen.listings)


@each(
    ("page",),
    [
        ("<p>nothing</p>",),
        ("",),
        ("<ul><li>a</li><li>b</li><li>c</li></ul>",),
        (f"<div><p><a href='/1'>{TITLES[0]}</a></p><p><a href='/2'>{TITLES[1]}</a></p></div>",),
        ("<div><p>一段没有链接的长文字</p><p>又一段没有链接的长文字</p><p>第三段没有链接的长文字</p></div>",),
        ("<div>" * 5000,),
    ],
)
def test_what_is_not_sure_enough_is_no_draft(page: str) -> None:
    """Rule 3."""
    assert draft_source(page.encode(), HTML) is None


@pytest.fixture(scope="module")
def market() -> Iterator[tuple[MarketWorld, dict[str, str]]]:
    world = generate_market(MarketPlan(shops=40, days=8, spells=0.0), 5)
    with serve_market(world, Clock(world.plan.begins + 5 * 86_400_000_000)) as served:
        yield world, dict(served.roots)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("site", "path"),
    [
        ("bazaar", f"/search?q={quote('快递')}&page=1"),
        ("arcade", f"/list-{quote('快递')}-1.htm"),
        ("forum", "/board?page=1"),
    ],
)
def test_a_page_is_drafted_and_watched_once_a_person_adds_it(
    market: tuple[MarketWorld, dict[str, str]], tmp_path: Path, site: str, path: str
) -> None:
    words = ("--name", site, "--contact", "security@courier.example", "--allow-inside")
    ran = inside("market", "add", tmp_path / "m", market[1][site] + path, *words)
    assert ran.code == 0, ran.err
    assert "1.\n   title" in ran.out
    assert "Nothing is watched yet." in ran.out
    assert not (tmp_path / "m" / "sources").exists()
    draft = tmp_path / "m" / "drafts" / f"{site}.toml"
    assert {"key", "url", "title", "shop", "price", "posted_at"} <= set(parse_source(draft.read_text()).fields.said())
    assert inside("market", "add", tmp_path / "m", draft).code == 0
    assert (tmp_path / "m" / "sources" / f"{site}.toml").exists()


@pytest.mark.usefixtures("hurried")
def test_a_feed_is_taken_in_and_what_is_neither_is_said(
    market: tuple[MarketWorld, dict[str, str]], tmp_path: Path
) -> None:
    words = ("--contact", "security@courier.example", "--allow-inside", "--name")
    ran = inside("market", "add", tmp_path, market[1]["board"] + "/feed.rss", *words, "board")
    assert ran.code == 0, ran.err
    assert (tmp_path / "sources" / "board.toml").exists()
    with serving(page=(200, {"Content-Type": HTML}, b"<p>closed</p>"), gone=(503, {}, b"")) as site:
        ran = inside("market", "add", tmp_path, f"{site.url}/page", *words, "empty")
        assert (ran.code, "no list of offers" in ran.err) == (3, True)
    ran = inside("market", "add", tmp_path, f"{site.url}/page", *words, "down", "--lang", "zh")
    assert ran.code == 3
    assert {one.name for one in (tmp_path / "sources").iterdir()} == {"board.toml"}
