"""Sources as people write them: what one can say, and how each mistake is named."""

from pathlib import Path

import pytest

from tests.cli.running import inside
from tests.market.fetching.site import serving
from tests.tables import each
from wayseal.market.errors import SourceError
from wayseal.market.sources import load_sources, parse_source, starts
from wayseal.market.sources.source import SourceKind
from wayseal_sim.market import Clock, MarketPlan, generate_market, serve_market

EXAMPLES = Path(__file__).parents[3] / "docs/examples/sources"
PAGE = (EXAMPLES / "page.toml").read_text(encoding="utf-8")
SEARCH = (EXAMPLES / "search.toml").read_text(encoding="utf-8")
LOG = (EXAMPLES / "log.toml").read_text(encoding="utf-8")
TABLE = (EXAMPLES / "table.toml").read_text(encoding="utf-8")
FEED = (EXAMPLES / "feed.toml").read_text(encoding="utf-8")


def test_examples_of_every_kind_load_and_are_gentle() -> None:
    found = load_sources(EXAMPLES)
    assert {source.kind for source in found} == set(SourceKind)
    for source in found:
        assert source.pause >= 1
        assert source.robots_ignored is None
        assert not source.allow_inside


def test_a_source_says_how_often_and_how_long() -> None:
    source = parse_source(PAGE.replace('every = "2h"', 'every = "90m"\nretention = "30d"'))
    assert (source.every, source.retention, source.budget, source.pages) == (5400, 30 * 86_400, 300, 5)


def test_a_search_begins_with_the_first_page_of_each_query() -> None:
    assert next(starts(parse_source(SEARCH))) == "https://market-a.example/search?q=%E5%8D%95%E5%8F%B7&page=1"
    assert len(list(starts(parse_source(SEARCH)))) == 3


@each(
    ("text", "was", "becomes", "key", "line"),
    [
        (PAGE, 'name = "market-a"', 'name = "Market A"', "name", 1),
        (PAGE, 'kind = "page"', 'kind = "shop"', "kind", 2),
        (PAGE, 'contact = "security@courier.example"\n', "", "contact", 1),
        (PAGE, "security@courier.example", "保安@courier.example", "contact", 3),
        (PAGE, "security@courier.example", "me\\r\\nHost: x@y", "contact", 3),
        (PAGE, "https://market-a.example/list?category=express", "ftp://a/", "start", 4),
        (PAGE, "https://market-a.example/list?category=express", "https://", "start", 4),
        (PAGE, "https://market-a.example/list?category=express", "http://[::1/", "start", 4),
        (PAGE, "pause = 8.0", "pause = 0.1", "pause", 11),
        (PAGE, "budget = 300", "budget = 0", "budget", 10),
        (PAGE, 'every = "2h"', 'every = "often"', "every", 9),
        (PAGE, 'items = "div#offers li.offer"', 'items = "div[["', "items", 6),
        (PAGE, 'login = "form#login"', 'login = "form[["', "signs.login", 26),
        (PAGE, "pages = 5", 'pages = 5\nfiles = "x"', "files", 9),
        (FEED, 'every = "30m"', "scripts = true", "scripts", 5),
        (PAGE, "pages = 5", "pages = 5\nbudgte = 3", "budgte", 9),
        (PAGE, "pages = 5", 'pages = 5\nfile = "x"', "file", 9),
        (PAGE, 'key = "@data-id"\nurl = "a.title@href"\n', "", "fields", 13),
        (SEARCH, "&page={page}", "", "start", 4),
        (SEARCH, 'queries = ["单号", "空包", "面单"]\n', "", "queries", 1),
        (LOG, "(?P<text>.*)", "(?P<words>.*)", "pattern", 5),
        (LOG, "(?P<text>.*)", "(?P<text>.*", "pattern", 5),
        (LOG, '"%Y-%m-%d %H:%M:%S"', "7", "time_format", 6),
        (LOG, '"%Y-%m-%d %H:%M:%S"', '"%m-%d %H:%M"', "time_format", 6),
        (LOG, '"%Y-%m-%d %H:%M:%S"', '"%Y %Q"', "time_format", 6),
        (LOG, '"+08:00"', '"Beijing"', "offset", 7),
        (TABLE, 'text = "StrContent"\n', "", "fields.text", 6),
        (FEED, 'every = "30m"', 'items = "li"', "items", 5),
    ],
)
def test_a_mistake_is_named_by_file_line_and_key(text: str, was: str, becomes: str, key: str, line: int) -> None:
    assert was in text
    with pytest.raises(SourceError) as found:
        parse_source(text.replace(was, becomes), Path("a.toml"))
    assert (found.value.file, found.value.key, found.value.line) == (Path("a.toml"), key, line)


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(FEED, encoding="utf-8")
    with pytest.raises(SourceError, match=r"a\.toml has this name"):
        load_sources(tmp_path)
    with pytest.raises(SourceError):
        load_sources(tmp_path / "nowhere")


def test_a_file_that_is_no_source_by_its_size(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"#" * (1 << 20) + b"#")
    with pytest.raises(SourceError, match="1 MiB"):
        load_sources(tmp_path)


CLOSED = (200, {"Content-Type": "text/html; charset=utf-8"}, b"<p>closed</p>")


@pytest.mark.usefixtures("hurried")
def test_a_feed_is_taken_in_and_what_is_none_is_said(tmp_path: Path) -> None:
    words = ("--contact", "security@courier.example", "--allow-inside", "--name")
    world = generate_market(MarketPlan(shops=40, days=8, spells=0.0), 5)
    with serve_market(world, Clock(world.plan.begins + 5 * 86_400_000_000)) as served:
        ran = inside("market", "add", tmp_path, served.roots["board"] + "/feed.rss", *words, "board")
    assert ran.code == 0, ran.err
    assert (tmp_path / "sources" / "board.toml").exists()
    with serving(page=CLOSED, gone=(503, {}, b"")) as site:
        ran = inside("market", "add", tmp_path, f"{site.url}/page", *words, "empty")
        assert (ran.code, "no feed" in ran.err) == (3, True)
    ran = inside("market", "add", tmp_path, f"{site.url}/page", *words, "down", "--lang", "zh")
    assert ran.code == 3
    assert {one.name for one in (tmp_path / "sources").iterdir()} == {"board.toml"}
