"""Rule 4 of looking: sources that send whatever they like, and one beside them that is honest."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.market.fetching.site import START, Answer, Clock, Handler, Site, bomb, serving
from tests.tables import each
from wayseal.console.errors import JobCancelledError
from wayseal.market import apart
from wayseal.market.crawling import Planned, Watch, opened_watch
from wayseal.market.crawling._state import shop_line
from wayseal.market.errors import CaptureError, FetchError, RecordDiskError, RecordError
from wayseal.market.fetching import Fetcher
from wayseal.market.log import open_market
from wayseal.market.log.reads import Reads
from wayseal.market.log.views import SourceRow
from wayseal.market.sources import Source
from wayseal.market.types import FailureReason, VisitStatus
from wayseal.model.times import SECOND_US

FEED, JSON, PAGE = "feed", "json", "page"
ITEM = b"<item><guid>1</guid><title>waybills</title>%s</item>"
RSS = b'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>' + ITEM + b"</channel></rss>"
KEYS = {
    FEED: "",
    JSON: 'items = "items"\n[fields]\nkey = "id"\ntext = "t"\nposted_at = "at"\nurl = "u"\npictures = "p"\n',
    PAGE: 'items = ".o"\nnext = "a.next"\n[fields]\nkey = "@id"\nurl = "a@href"\n',
}


def raw(head: bytes, body: bytes = b"", times: int = 1) -> Callable[[Handler], None]:
    """An answer to the letter."""

    def answer(handler: Handler) -> None:
        handler.wfile.write(head)
        for _ in range(times):
            handler.wfile.write(body)

    return answer


def moved(to: str) -> Answer:
    return 302, {"Location": to}, b""


def offers(*texts: str) -> bytes:
    return f'{{"items": [{", ".join(texts)}]}}'.encode()


def page(kind: str, body: bytes) -> tuple[str, dict[str, Answer | Callable[[Handler], None]]]:
    return kind, {"page": (200, {}, body)}


def robots(kind: str, body: bytes) -> tuple[str, dict[str, Answer | Callable[[Handler], None]]]:
    return kind, {"robots": (200, {}, body)}


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
HOSTILE: dict[str, tuple[str, dict[str, Answer | Callable[[Handler], None]]]] = {
    # What the review sent.
    "robots lead to no address": (FEED, {"robots": moved("http://[")}),
    "robots lead to no name": (FEED, {"robots": moved("http://xn--?/")}),
    "a page that leads to no name": (FEED, {"page": moved("http://xn--\xff.example/")}),
    "nested 400 deep": page(JSON, offers('{"id": 1, "t": ' + "[" * 400 + '"x"' + "]" * 400 + "}")),
    "a reference beyond all signs": page(FEED, RSS % b"<description>&#99999999999;</description>"),
    "a broken feed": page(FEED, RSS[:90] + b"<<<&#x110000;&#99999999999;]]>\0"),
    # More of the kind.
    "robots that wait for ever": robots(FEED, b"User-agent: *\nCrawl-delay: inf"),
    "robots that wait for nan": robots(FEED, b"User-agent: *\nCrawl-delay: nan"),
    "robots that wait for 1e999": robots(FEED, b"User-agent: *\nCrawl-delay: 1e999\nRequest-rate: 1/0"),
    "robots of 10 MB": (FEED, {"robots": (200, {}, b"Disallow: /x\n" * 800_000)}),
    "robots in a ring": (FEED, {"robots": moved("/robots.txt")}),
    "robots that lead nowhere": (FEED, {"robots": (302, {}, b"")}),
    "a page in a ring": (FEED, {"page": moved("/page")}),
    "a page that leads to no address": (FEED, {"page": moved("http://[")}),
    "a page that leads to a bad port": (FEED, {"page": moved("http://a:99999999/")}),
    "a name of dots": (FEED, {"page": moved("http://..%2f..\u00ad/")}),
    "a long name": (FEED, {"page": moved(f"http://{'a' * 300}.example/")}),
    "a bomb": (FEED, {"page": (200, {"Content-Encoding": "gzip"}, bomb(50 << 20))}),
    "a bomb in a bomb": (FEED, {"page": (200, {"Content-Encoding": "gzip, gzip"}, gzip.compress(bomb(9 << 20)))}),
    "packed as nobody asked": (FEED, {"page": (200, {"Content-Encoding": "br"}, b"\x8b\x02\x80xxx")}),
    "a length below nothing": (FEED, {"page": raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc")}),
    "two lengths": (FEED, {"page": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 3\r\n\r\nabc")}),
    "chunks without end": (
        FEED,
        {"page": raw(CHUNKED, b"1000\r\n" + b"x" * 4096 + b"\r\n", 3000)},
    ),
    "a chunk of no size": (FEED, {"page": raw(CHUNKED, b"f" * 20 + b"\r\n")}),
    "headers of 4 MB": (FEED, {"page": raw(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"a" * 1000 + b"\r\n", 4000)}),
    "40,000 cookies": (FEED, {"page": raw(b"HTTP/1.1 200 OK\r\n", b"Set-Cookie: a=b\r\n", 40_000)}),
    "no HTTP": (FEED, {"page": raw(b"\0\xff\r\n\r\n" * 50)}),
    "an odd status": (FEED, {"page": raw(b"HTTP/1.1 999 \xff\xfe\r\nContent-Length: 0\r\n\r\n")}),
    "later than any time": (FEED, {"page": (503, {"Retry-After": "9" * 400}, b"")}),
    "later than any date": (FEED, {"page": (503, {"Retry-After": "Fri, 31 Dec 99999 23:59:59 GMT"}, b"")}),
    "a charset of nothing": (PAGE, {"page": (200, {"Content-Type": "a/b; charset=\xff\0rot13"}, b"<p class=o id=1>x")}),
    "a charset that is none": page(FEED, RSS.replace(b"?>", b' encoding="base64"?>') % b""),
    "laughs": page(FEED, b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;">]>' + RSS % b"<description>&b;</description>"),
    "the year 99999": page(FEED, RSS % b"<pubDate>Fri, 31 Dec 99999 00:00:00 GMT</pubDate>"),
    "the year 0": page(FEED, RSS % b"<pubDate>0000-00-00T99:99:99Z</pubDate>"),
    "NUL and marks": page(FEED, RSS % b"<description>\0\x01\xef\xbf\xbe</description>"),
    "half a sign": page(JSON, offers(r'{"id": "\ud800", "t": "\udc00", "u": "http://\ud800.example"}')),
    "no numbers": page(JSON, offers('{"id": 1e999, "t": NaN, "at": -1e999}', '{"id": -Infinity, "t": 1}')),
    "numbers of 4,000 digits": page(JSON, offers(f'{{"id": {"9" * 4000}, "t": 1, "at": {"9" * 13}}}')),
    "numbers of 9,000 digits": page(JSON, offers('{"t": 1, "id": ' + "9" * 9000 + "}")),
    "nested 100,000 deep": page(JSON, b"[" * 100_000),
    "a time of 13 digits": page(JSON, offers('{"id": 1, "t": "x", "at": 9999999999999}')),
    "addresses that are none": page(JSON, offers('{"id": 1, "t": "x", "u": "http://[", "p": ["http://]["]}')),
    "formats and paragraphs": (
        PAGE,
        {"page": (200, {}, b"<p>" + b"".join(b"<b a=%d>" % n for n in range(1200)) + b"<p>x" * 3600)},
    ),
    "200,000 letters as an author": page(FEED, RSS % (b"<author>" + b"a" * 200_000 + b"</author>")),
    "the same by references": page(FEED, RSS % (b"<author>" + b"&#97;" * 40_000 + b"</author>")),
}  # fmt: skip


def said(name: str, site: Site, kind: str) -> str:
    """A source of a site."""
    head = f'name = "{name}"\nkind = "{kind}"\ncontact = "a@courier.example"\nstart = "{site.url}/page"\n'
    return head + 'allow_inside = true\npause = 1.0\njitter = 0.0\nevery = "1h"\n' + KEYS[kind]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Watch, Clock, dict[str, Site]]]:
    """A watch over all hostile sites and an honest one."""
    monkeypatch.setattr(apart, "SECONDS", 3)
    clock, sites = Clock(), {}
    (tmp_path / "sources").mkdir()
    with ExitStack() as stack:
        for number, (kind, answers) in enumerate(HOSTILE.values()):
            sites[f"s{number:02d}"] = stack.enter_context(serving(**answers)), kind
        sites["zz"] = stack.enter_context(serving(page=(200, {}, RSS % b""))), FEED
        for name, (site, kind) in sites.items():
            (tmp_path / "sources" / f"{name}.toml").write_text(said(name, site, kind))
        with opened_watch(tmp_path, now=clock.now, sleep=clock.sleep, read_lines=False) as watch:
            yield watch, clock, {name: site for name, (site, _) in sites.items()}


def test_an_honest_source_is_looked_at_whatever_others_send(
    world: tuple[Watch, Clock, dict[str, Site]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, clock, sites = world
    clock.at += 3600 * SECOND_US
    found = {}
    while due := watch.due():
        if due[0].source == "zz":  # on a busy machine its reader takes longer to start than hostile ones are given
            monkeypatch.setattr(apart, "SECONDS", 60)
        report = watch.visit(due[0])
        found[report.planned.source] = report
        assert report.hindrance is not FailureReason.FAILED, (
            list(HOSTILE)[int(report.planned.source[1:])],
            report.failure,
        )
    assert found.keys() == sites.keys()
    assert (found["zz"].sight, found["zz"].seen) == (VisitStatus.SEEN, 1)
    with open_market(tmp_path) as record:
        record.verify()
        rows = {row.source: row for row in Reads(record).sources()}
    assert all(row.next_at is not None and row.next_at > START for row in rows.values())


@each(
    ("raised", "said"),
    [
        (ZeroDivisionError("13800138000"), "ZeroDivisionError, test_hostile.py:"),
        (MemoryError(), "MemoryError, test_hostile.py:"),
        (OSError(28, "no space"), "OSError, test_hostile.py:"),
        (FetchError("to draw pages that need scripts, install {what}", what="chromium"), "install chromium"),
        (RecordError("is longer than {most} bytes", key="looked", most=5), "is longer than 5 bytes"),
    ],
)
def test_what_nobody_thought_of_is_a_hindrance_and_comes_later_each_time(
    monkeypatch: pytest.MonkeyPatch, raised: Exception, said: str
) -> None:
    clock = Clock()
    with TemporaryDirectory() as place, a_watch(Path(place), clock, monkeypatch, raised) as watch:
        waits = []
        for _ in range(7):
            planned = next(one for one in watch.due() if one.source == "bad")
            report = watch.visit(planned)
            assert (report.sight, report.hindrance) == (VisitStatus.UNSEEN, FailureReason.FAILED)
            assert said in report.failure
            assert "138" not in report.failure
            row = row_of(Path(place), "bad")
            assert (row.hindrance, row.failure, row.next_at) == ("failed", report.failure, watch._next["bad"])
            waits.append((watch._next["bad"] - clock.at) // SECOND_US // 3600)
            clock.at = watch._next["bad"]
        assert waits == [1, 1, 2, 4, 8, 16, 24]
        assert watch.visit(Planned(source="good", at=clock.at)).sight is VisitStatus.SEEN


@each("raised", [RecordDiskError("x"), CaptureError("x"), JobCancelledError("x"), KeyboardInterrupt()])
def test_what_is_wrong_with_this_machine_or_was_wished_ends_watching(
    monkeypatch: pytest.MonkeyPatch, raised: BaseException
) -> None:
    clock = Clock()
    with TemporaryDirectory() as place, a_watch(Path(place), clock, monkeypatch, raised) as watch:
        with pytest.raises(type(raised)):
            watch.visit(Planned(source="bad", at=clock.at))
        assert row_of(Path(place), "bad").planned == 0


def test_a_look_for_a_shop_that_fails_is_made_again_later(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clock = Clock()
    with a_watch(tmp_path, clock, monkeypatch, ValueError()) as watch:
        assert watch.visit(Planned(source="good", at=clock.at)).new == 1
        (name,) = watch._state.shops
        watch._state.shops[name].next_at = clock.at
        watch._parts.market.append([shop_line(watch._state.shops[name], clock.at)])
        with monkeypatch.context() as broken:
            broken.setattr(Fetcher, "fetch", raising(ValueError()))
            report = watch.visit(Planned(source="good", at=clock.at, target=name))
        assert report.hindrance is FailureReason.FAILED
        assert (watch._state.shops[name].next_at or 0) > clock.at
        assert watch.visit(Planned(source="good", at=clock.at)).new == 0


def raising(raised: BaseException) -> Callable[..., None]:
    def fetch(*_: object) -> None:
        raise raised

    return fetch


@contextmanager
def a_watch(folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, raised: BaseException) -> Iterator[Watch]:
    """A watch over a source whose looks raise, and one that is as usual."""
    whole = Fetcher.fetch

    def fetch(self: Fetcher, asked: Source, *more: Any) -> Any:
        if asked.name == "bad":
            raise raised
        return whole(self, asked, *more)

    (folder / "sources").mkdir()
    with serving(page=(200, {}, RSS % b"<link>http://a.example/1</link>")) as site, monkeypatch.context() as patched:
        patched.setattr(Fetcher, "fetch", fetch)
        for name in ("bad", "good"):
            (folder / "sources" / f"{name}.toml").write_text(said(name, site, FEED))
        with opened_watch(folder, now=clock.now, sleep=clock.sleep, read_lines=False) as watch:
            clock.at = watch._next["bad"]
            yield watch


def row_of(folder: Path, source: str) -> SourceRow:
    with open_market(folder) as record:
        return next(one for one in Reads(record).sources() if one.source == source)
