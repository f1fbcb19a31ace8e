"""Rule 4 of looking, and rules 1 to 4 of pages, over HTTP: what a site says is unchanged was seen, and isn't gone."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.market.fetching.site import START, Handler, Site, serving
from wayseal.market.crawling import SITES, SOURCES, Planned, Report, opened_watch
from wayseal.market.log import Line, LineKind, open_market
from wayseal.market.log.reads import DAY, Reads

HOUR = DAY // 24
SOURCE = """
name = "stall"
kind = "page"
contact = "security@courier.example"
start = "{url}/page"
allow_inside = true
pause = 1
items = "li"
[fields]
key = "@id"
title = "b"
"""


def listed(*keys: str) -> bytes:
    return f"<ul>{''.join(f'<li id={key}><b>出一手面单 {key}</b></li>' for key in keys)}</ul>".encode()


def tagged(body: Callable[[], bytes]) -> Callable[[Handler], None]:
    """An answer that is 304 for who knows it."""

    def answer(handler: Handler) -> None:
        content = body()
        tag = f'"{hashlib.sha256(content).hexdigest()[:12]}"'
        same = handler.headers.get("If-None-Match") == tag
        handler.send_response(304 if same else 200)
        handler.send_header("ETag", tag)
        handler.send_header("Content-Type", "text/html; charset=utf-8")
        handler.send_header("Content-Length", "0" if same else str(len(content)))
        handler.end_headers()
        if not same:
            handler.wfile.write(content)

    return answer


class Stall:
    """A site whose list is `shown`, and a folder that watches it."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.folder, self.site, self.shown = folder, site, listed("a", "b")
        (folder / SOURCES).mkdir()
        (folder / SOURCES / "stall.toml").write_text(SOURCE.format(url=site.url), "utf-8")

    def look(self, at: int) -> Report:
        with opened_watch(self.folder, now=lambda: at, sleep=lambda _: None) as watch:
            return watch.visit(Planned(source="stall", at=at))

    def conditions(self) -> list[bool]:
        """Whether each request for the page was one on condition."""
        return ["If-None-Match" in headers for path, headers in self.site.asked if path == "/page"]

    def lines(self, kind: LineKind) -> list[Line]:
        with open_market(self.folder) as market:
            return [line for _, line in market.lines(kind)]


@pytest.fixture
def stall(tmp_path: Path) -> Iterator[Stall]:
    with made(tmp_path) as one:
        yield one


@contextmanager
def made(folder: Path) -> Iterator[Stall]:
    held: list[Stall] = []
    with serving(page=tagged(lambda: held[0].shown)) as site:
        held.append(Stall(folder, site))
        yield held[0]


def test_an_unchanged_page_is_seen_and_its_capture_stands(stall: Stall) -> None:
    assert stall.look(START).new == 2
    again = stall.look(START + HOUR)
    assert (again.sight, again.seen, again.new, again.changed) == ("seen", 2, 0, 0)
    assert stall.conditions() == [False, True]
    (capture,) = stall.lines(LineKind.CAPTURED)
    first, second = (line.body for line in stall.lines(LineKind.LOOKED))
    assert (first["captures"], first["unchanged"]) == ([capture.body["id"]], [])
    assert (second["captures"], second["unchanged"], second["gone"]) == ([], [capture.body["id"]], [])
    with open_market(stall.folder) as market:
        rows = Reads(market).offers().rows
        assert [(one.last_at, one.gone_at) for one in rows] == [(START + HOUR, None)] * 2
        market.verify()


def test_what_went_is_gone_once_the_page_changed(stall: Stall) -> None:
    stall.look(START)
    stall.look(START + HOUR)
    stall.shown = listed("a")
    assert stall.look(START + 2 * HOUR).seen == 1
    assert stall.lines(LineKind.LOOKED)[-1].body["gone"] == ["stall/b"]
    assert stall.look(START + 3 * HOUR).seen == 1
    assert stall.conditions() == [False, True, True, True]
    assert len(stall.lines(LineKind.CAPTURED)) == 2


def test_without_its_capture_or_after_a_week_a_page_is_asked_in_full(stall: Stall) -> None:
    """Rules 1 and 4."""
    stall.look(START)
    stall.look(START + 8 * DAY)
    assert stall.conditions() == [False, False]
    for warc in (stall.folder / "captures").rglob("*.warc.gz"):
        warc.unlink()
    assert stall.look(START + 8 * DAY + HOUR).seen == 2
    (memory,) = (stall.folder / SITES).glob("pages-*.json")
    memory.write_text("{", "utf-8")
    assert stall.look(START + 8 * DAY + 2 * HOUR).seen == 2
    assert stall.conditions() == [False] * 4


def test_a_page_in_another_shape_is_not_remembered(stall: Stall) -> None:
    """Rule 3."""
    stall.shown = b"<p>closed</p>"
    assert stall.look(START).sight == "unseen"
    assert stall.look(START + HOUR).sight == "unseen"
    assert stall.conditions() == [False, False]


def test_a_site_that_says_unchanged_to_who_knows_nothing_was_not_seen(tmp_path: Path) -> None:
    with serving(page=(304, {}, b"")) as site:
        one = Stall(tmp_path, site)
        report = one.look(START)
    assert (report.sight, report.hindrance) == ("unseen", "error_page")
