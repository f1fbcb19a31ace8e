"""What answers show: pages, searches, feeds and JSON, whole, broken, changed and hostile."""

import gzip
import json
from dataclasses import replace

import pytest

from tests.market.sources.test_source import EXAMPLES, FEED, PAGE, SEARCH
from tests.tables import each
from wayseal.market.sources import Seen, Source, parse, parse_source
from wayseal.market.sources.source import Flaw
from wayseal.market.types import FailureReason, VisitStatus
from wayseal.model.times import micros

URL = "https://market-a.example/list?category=express"
HTML = "text/html; charset=utf-8"
OFFER = """<li class="offer" data-id="{id}"><a class="title" href="/o/{id}">{title}</a>
<div class="text">{text}<script>alert(1)</script></div><span class="price">¥1.2</span>
<a class="shop" data-shop="s{id}">店{id}</a><img src="/p/{id}.jpg"><img src="data:image/png;base64,AAAA">
<time datetime="2026-03-02T08:00:00">今天</time></li>"""


def page(*offers: str, more: str = "") -> bytes:
    return f"<!doctype html><title>A</title><div id=offers><ul>{''.join(offers)}</ul></div>{more}".encode()


def offer(number: int, text: str = "一手面单<br>当天", title: str = "单号") -> str:
    return OFFER.format(id=number, text=text, title=title)


@pytest.fixture(scope="module")
def source() -> Source:
    return parse_source(PAGE)


def flaws(seen: Seen) -> list[Flaw]:
    return [problem.flaw for problem in seen.problems]


def test_a_page_shows_its_offers(source: Source) -> None:
    seen = parse(source, page(offer(1), offer(2), more='<a class="next" href="?page=2">下一页</a>'), HTML, URL)
    assert (seen.sight, seen.hindrance, seen.problems) == (VisitStatus.SEEN, None, ())
    first = seen.listings[0]
    assert (first.key, first.url, first.shop, first.shop_name) == ("1", "https://market-a.example/o/1", "s1", "店1")
    assert (first.title, first.text, first.price) == ("单号", "一手面单\n当天", "¥1.2")
    assert first.posted_at == micros("2026-03-02T08:00+08:00")
    assert first.pictures == ("https://market-a.example/p/1.jpg",)
    assert seen.next_pages == ("https://market-a.example/list?page=2",)
    assert "alert" not in seen.text
    assert "一手" not in repr(seen)
    assert parse(source, page(offer(1)), HTML, URL).listings == seen.listings[:1]


def test_a_page_without_offers_is_seen_in_its_usual_shape(source: Source) -> None:
    assert parse(source, page(), HTML, URL).sight is VisitStatus.SEEN


def test_what_a_seller_writes_stays_text(source: Source) -> None:
    title = "=HYPERLINK(&quot;http://x&quot;) &lt;script&gt;alert(1)&lt;/script&gt; \u202e\u200b料"
    seen = parse(source, page(offer(1, title=title)), HTML, URL)
    assert seen.listings[0].title == '=HYPERLINK("http://x") <script>alert(1)</script> \u202e\u200b料'


@each(
    ("body", "sight", "hindrance"),
    [
        (page(offer(1), more="<div id=slider></div>"), VisitStatus.UNSEEN, FailureReason.CAPTCHA),
        (page(offer(1), more="<p>请完成验证</p>"), VisitStatus.UNSEEN, FailureReason.CAPTCHA),
        (page(offer(1), more="<form id=login></form>"), VisitStatus.UNSEEN, FailureReason.LOGIN),
        ("<p>系统繁忙，请稍后".encode(), VisitStatus.UNSEEN, FailureReason.ERROR_PAGE),
        ("<p>店铺已关闭</p>".encode(), VisitStatus.GONE, None),
        ("<p>店铺已关闭</p><div id=slider></div>".encode(), VisitStatus.UNSEEN, FailureReason.CAPTCHA),
        (b"<title>404 Not Found</title><h1>Not Found</h1>", VisitStatus.UNSEEN, FailureReason.ERROR_PAGE),
        (b"<form><input type=password></form>", VisitStatus.UNSEEN, FailureReason.LOGIN),
        ("<p>安全验证：拖动滑块".encode(), VisitStatus.UNSEEN, FailureReason.CAPTCHA),
        (b"<div id=goods><li class=new>1</li></div>", VisitStatus.UNSEEN, FailureReason.CHANGED),
        (b"", VisitStatus.UNSEEN, FailureReason.CHANGED),
        (b"\xff\xfe\x00\xd8\x00", VisitStatus.UNSEEN, FailureReason.CHANGED),
        (page("<li class=offer><b>x</b></li>"), VisitStatus.UNSEEN, FailureReason.CHANGED),
        (gzip.compress(b"x" * 1000), VisitStatus.UNSEEN, FailureReason.CHANGED),
    ],
)
def test_another_shape_is_never_gone(
    source: Source, body: bytes, sight: VisitStatus, hindrance: FailureReason | None
) -> None:
    seen = parse(source, body, HTML, URL)
    assert (seen.sight, seen.hindrance, seen.listings) == (sight, hindrance, ())


def test_what_is_broken_is_said_and_the_rest_is_taken(source: Source) -> None:
    body = page(
        offer(1),
        '<li class=offer data-id="9"></li>',
        offer(1, text="anders"),
        offer(1),
        offer(2, text="长" * 30_000),
        OFFER.format(id=3, title="a", text="b").replace("2026-03-02T08:00:00", "gestern"),
        more='<a class=next href="https://elsewhere.example/">',
    )
    seen = parse(source, body, HTML, URL)
    assert [one.key for one in seen.listings] == ["1", "2", "3"]
    assert [(p.flaw, p.item) for p in seen.problems] == [
        (Flaw.NO_TEXT, 2),
        (Flaw.TWICE, 3),
        (Flaw.CUT_TEXT, 5),
        (Flaw.BAD_TIME, 6),
        (Flaw.OTHER_SITE, 0),
    ]
    assert seen.listings[2].posted_at is None
    assert seen.next_pages == ()


def test_what_is_long_is_cut_and_said_and_ids_stay_apart(source: Source) -> None:
    long = "9" * 600
    body = page(
        OFFER.format(id=f"{long}a", title="t" * 600, text="x"), OFFER.format(id=f"{long}b", title="t", text="y")
    )
    seen = parse(source, body, HTML, URL)
    assert len({one.key for one in seen.listings}) == len({one.shop for one in seen.listings}) == 2
    assert all(len(one.key) == 64 for one in seen.listings)
    assert (len(seen.listings[0].title), flaws(seen)) == (500, [Flaw.CUT_TEXT, Flaw.CUT_TEXT])


def test_a_page_of_a_million_offers_has_an_end(source: Source) -> None:
    plain = replace(source, items="li", usual=None, fields=replace(source.fields, text="."))
    body = "".join(f'<li data-id="{n}">x</li>' for n in range(6_000)).encode()
    seen = parse(plain, body, HTML, URL)
    assert len(seen.listings) == 5_000
    assert (seen.problems[-1].flaw, seen.problems[-1].count) == (Flaw.MANY, 1_000)


@each(
    ("body", "media_type", "text", "bad"),
    [
        ("面单".encode(), "text/html", "面单", 0),
        ("面单一手料".encode("gb18030"), "text/html", "面单一手料", 0),
        ("面单㊣".encode("gb18030"), "text/html; charset=gb2312", "面单㊣", 0),
        ("<meta charset=gbk>面单".encode("gbk"), "text/html", "面单", 0),
        (b"\xef\xbb\xbf" + "面单".encode(), "text/html; charset=gbk", "面单", 0),
        ("\ufeff面单".encode("utf-16-le"), "text/html", "面单", 0),
        ("麵單".encode("big5"), "text/html; charset=Big5", "麵單", 0),
        ("面单。".encode(), "text/html; charset=gbk", "面单。", 0),
        ("面单".encode() * 5 + b"\xff", "text/html; charset=utf-8", "面单" * 5 + "\ufffd", 1),
        ("面单".encode(), "text/html; charset=rot13", "面单", 0),
        (b"", "", "", 0),
    ],
)
def test_encodings(source: Source, body: bytes, media_type: str, text: str, bad: int) -> None:
    seen = parse(source, body, media_type, URL)
    assert (seen.text, sum(one.count for one in seen.problems)) == (text, bad)


def test_mixed_encodings_are_counted_and_nothing_is_lost(source: Source) -> None:
    whole, foreign = page(offer(1)), offer(2, text="乱码").encode("gb18030")
    seen = parse(source, whole.replace(b"</ul>", foreign + b"</ul>"), HTML, URL)
    assert [one.key for one in seen.listings] == ["1", "2"]
    assert flaws(seen) == [Flaw.ENCODING]
    assert ["一手面单" in seen.listings[0].text, seen.listings[1].text] == [True, "乱码"]


def test_a_search_goes_on_to_its_last_page_alone() -> None:
    source = parse_source(SEARCH)
    url = "https://market-a.example/search?q=%E5%8D%95%E5%8F%B7&page={}"
    body = b'<div id=results><ul><li><a href="/o/1">x</a><p>y</p></ul></div>'
    assert parse(source, body, HTML, url.format(1)).next_pages == (url.format(2),)
    assert parse(source, body, HTML, url.format(3)).next_pages == ()
    assert parse(source, b"<div id=results></div>", HTML, url.format(1)).next_pages == ()
    assert parse(source, body, HTML, "https://market-a.example/other").next_pages == ()


RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>
<item><guid>g1</guid><link>https://f.example/1</link><title>单号</title><author>卖家</author>
<description>&lt;p&gt;一手&lt;script&gt;x()&lt;/script&gt;&lt;/p&gt;</description>
<pubDate>Mon, 02 Mar 2026 08:00:00 +0800</pubDate>
<enclosure url="https://f.example/1.jpg" type="image/jpeg" length="1"/></item>
<item><title></title></item></channel></rss>"""


def test_a_feed_shows_its_entries() -> None:
    seen = parse(parse_source(FEED), RSS.encode(), "application/rss+xml", "https://forum-b.example/new.rss")
    (one,) = seen.listings
    assert (one.key, one.title, one.text, one.pictures) == ("g1", "单号", "一手", ("https://f.example/1.jpg",))
    assert one.posted_at == micros("2026-03-02T00:00Z")
    assert flaws(seen) == [Flaw.NO_TEXT]


def entry(key: str, time: str = "2026-03-02", title: str = "单号", text: str = "料") -> str:
    said = f"<title>{title}</title><description>{text}</description><pubDate>{time}</pubDate>"
    return f"<item><guid>{key}</guid>{said}</item>"


@each(
    ("hostile", "told"),
    [
        (entry("x", "0000-00-00"), [Flaw.BAD_TIME]),
        (entry("x", "0000"), [Flaw.BAD_TIME]),
        (entry("x", "9999999-99-99"), [Flaw.BAD_TIME]),
        (entry("x", "gestern"), [Flaw.BAD_TIME]),
        (entry("x", "9" * 10_000), [Flaw.BAD_TIME]),
        (entry("x", title="&#xD800;"), []),
        (entry("x", title="&#99999999999;&#0;&#x110000;&#xffffffff"), []),
        (entry("x", text="&#x" + "f" * 10_000 + ";&#" + "9" * 10_000 + ";"), []),
        (entry("x", text="<![CDATA[&#xD800;]]>"), []),
        (entry("x", text="&lt;div&gt;" * 30_000), [Flaw.BAD_RECORD]),
    ],
)
def test_a_hostile_entry_costs_a_feed_no_other(hostile: str, told: list[Flaw]) -> None:
    for encoding in ("utf-8", "utf-16", "gb18030"):
        for odd in ("", "&nosuch;"):
            whole = f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel><title>{odd}</title>'
            whole += entry("a") + hostile + entry("b") + "</channel></rss>"
            seen = parse(parse_source(FEED), whole.encode(encoding), "application/rss+xml", "https://f.example/")
            keys = [one.key for one in seen.listings]
            assert (keys[0], keys[-1], seen.sight) == ("a", "b", VisitStatus.SEEN), (encoding, odd)
            assert [f for f in flaws(seen) if f is not Flaw.CUT_FILE] == told, (encoding, odd)


@each(
    ("body", "hindrance"),
    [
        (b"<!DOCTYPE lolz [<!ENTITY a 'x'>]><rss version='2.0'><channel/></rss>", FailureReason.UNREADABLE),
        (b"<!doctype html><p>\xe9\xaa\x8c\xe8\xaf\x81\xe7\xa0\x81", FailureReason.CAPTCHA),
        (b"<html><input type=password>", FailureReason.LOGIN),
        (b"file:///etc/passwd", FailureReason.CHANGED),
        (b"", FailureReason.CHANGED),
    ],
)
def test_what_is_no_feed_is_unseen(body: bytes, hindrance: FailureReason) -> None:
    assert parse(parse_source(FEED), body, "text/xml", "https://f.example/").hindrance is hindrance


def test_a_feed_that_is_cut_is_read_so_far() -> None:
    body = RSS[: RSS.index("<item><title></title>")].encode()
    seen = parse(parse_source(FEED), body, "application/rss+xml", "https://f.example/")
    assert [one.key for one in seen.listings] == ["g1"]
    assert flaws(seen) == [Flaw.CUT_FILE]


GOODS = {
    "code": 200,
    "data": {
        "total": 2,
        "next": "?page=2",
        "goods": [
            {
                "id": 7,
                "name": "单号",
                "detail": "<p>一手</p>",
                "price": {"shown": "1.2"},
                "seller": {"id": "s7", "name": "店"},
                "created": 1772409600,
                "images": [{"url": "/a.jpg"}, {"url": None}, {}],
            },
            "nothing",
            {"id": None, "name": "x"},
        ],
    },
}


def answer(content: object, body: bytes | None = None) -> Seen:
    source = parse_source((EXAMPLES / "json.toml").read_text(encoding="utf-8"))
    return parse(source, body or json.dumps(content).encode(), "application/json", "https://market-c.example/api/goods")


def test_json_by_its_mapping() -> None:
    seen = answer(GOODS)
    (one,) = seen.listings
    assert (one.key, one.text, one.shop, one.price) == ("7", "一手", "s7", "1.2")
    assert one.pictures == ("https://market-c.example/a.jpg",)
    assert one.posted_at == micros("2026-03-02T00:00Z")
    assert flaws(seen) == [Flaw.NO_TEXT, Flaw.NO_KEY]
    assert seen.next_pages == ("https://market-c.example/api/goods?page=2",)


@each(
    ("hostile", "keys", "told"),
    [
        ('{"id": "x", "name": "n", "created": ' + "9" * 10_000 + "}", ["x"], [Flaw.BAD_TIME]),
        ('{"id": "x", "name": "n", "created": "0000-00-00"}', ["x"], [Flaw.BAD_TIME]),
        ('{"id": "x", "name": "n", "created": 1e999}', ["x"], [Flaw.BAD_TIME]),
        ('{"id": "x", "name": "n", "detail": "<br>\\ud800"}', ["x"], []),
        ('{"id": "x", "name": "n\\ud800", "images": [{"url": "\\ud800"}]}', ["x"], []),
        ('{"id": "x", "name": "n", "detail": "' + "<div>" * 30_000 + '</a>"}', [], [Flaw.BAD_RECORD]),
        ('{"id": "x", "name": "n", "detail": ' + "[" * 99_999 + '"]"' + "]" * 99_999 + "}", ["x"], [Flaw.CUT_TEXT]),
    ],
)
def test_a_hostile_offer_costs_an_answer_no_other(hostile: str, keys: list[str], told: list[Flaw]) -> None:
    honest = '{{"id": "{}", "name": "单号", "detail": "[[{{"}}'
    body = f'{{"code": 200, "data": {{"total": 3, "goods": [{honest.format("a")}, {hostile}, {honest.format("b")}]}}}}'
    seen = answer(None, body.encode())
    assert ([one.key for one in seen.listings], flaws(seen)) == (["a", *keys, "b"], told)


@each(
    ("content", "body", "hindrance"),
    [
        ({"code": 401}, None, FailureReason.LOGIN),
        ({"data": {"challenge": "x"}}, None, FailureReason.CAPTCHA),
        ({"data": {"goods": []}}, None, FailureReason.CHANGED),
        ({"data": {"total": 1, "goods": {}}}, None, FailureReason.CHANGED),
        ({"data": {"total": 1, "goods": [[], 7]}}, None, FailureReason.CHANGED),
        (7, None, FailureReason.CHANGED),
        (None, b"[" * 100_000, FailureReason.UNREADABLE),
        (None, b'{"a": ' + b"9" * 10_000 + b"}", FailureReason.CHANGED),
        (None, b"<html><form><input type=password>", FailureReason.LOGIN),
        (None, b"\x00\x01", FailureReason.UNREADABLE),
    ],
)
def test_json_that_shows_nothing(content: object, body: bytes | None, hindrance: FailureReason) -> None:
    assert answer(content, body).hindrance is hindrance
