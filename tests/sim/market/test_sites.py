"""What sites answer: lists, shops, offers, feeds, JSON, each trap, and never the truth."""

import gzip
import json
import re
import xml.etree.ElementTree as Tree
from collections.abc import Callable
from html import unescape
from itertools import pairwise

import pytest

from tests.sim.market.conftest import NOON, always
from wayseal_sim.market import Sites
from wayseal_sim.market.parts import CLASSES, Answer, MarketWorld, Shop, Trap

Make = Callable[..., MarketWorld]
PAGES = {
    "bazaar": "/search?q=快递&page=1",
    "arcade": "/list-快递-1.htm",
    "forum": "/board?page=1",
    "board": "/feed.rss",
    "openapi": "/v1/offers?page=1",
}
SHOPS = {"bazaar": "/shop/{}", "arcade": "/store-{}.htm", "forum": "/u/{}", "openapi": "/v1/shops/{}"}
OFFERS = {"bazaar": "/item/{}", "arcade": "/goods-{}.htm", "forum": "/t/{}.html", "board": "/ad/{}.html",
          "openapi": "/v1/offers/{}"}  # fmt: skip
HOUR = 3_600_000_000


@pytest.fixture(scope="module")
def world(market: Make) -> MarketWorld:
    return market(shops=300, life_days=6.0)


@pytest.fixture(scope="module")
def sites(world: MarketWorld) -> Sites:
    return Sites(world)


def ask(sites: Sites, site: str, path: str, at: int = NOON, **headers: str) -> Answer:
    return sites.answer(site, path, {k.replace("_", "-"): v for k, v in headers.items()}, at)


def text_of(answer: Answer, site: str = "") -> str:
    return answer.body.decode("gb18030" if site in ("arcade", "forum") else "utf-8")


def some(world: MarketWorld, site: str, *, there: bool) -> Shop:
    return next(s for s in world.shops if s.site == site and s.open_at(NOON) == there and s.spans[0].since < NOON)


@pytest.mark.parametrize("site", PAGES)
def test_a_list_shows_who_is_open_and_nobody_else(world: MarketWorld, sites: Sites, site: str) -> None:
    text, path, seen = "", PAGES[site], set[str]()
    for _ in range(20):
        answer = ask(sites, site, path)
        assert answer.status == 200
        text += text_of(answer, site)
        further = re.search(r'<a class="\S+" href="([^"]+)">下一页|"next": "([^"]+)"', text_of(answer, site))
        path = unescape(further[1] or further[2]) if further else ""
        if not path or path in seen or (site == "arcade" and len(seen) > 10):
            break
        seen.add(path)
    keys = {offer.key for shop in world.shops if shop.site == site and shop.open_at(NOON) for offer in shop.offers}
    others = {offer.key for shop in world.shops if not shop.open_at(NOON) for offer in shop.offers}
    assert len(keys) > 3
    assert all(key in text for key in keys)
    assert not any(key in text for key in others)


@pytest.mark.parametrize(("site", "path"), OFFERS.items())
def test_what_is_gone_is_answered_in_the_sites_own_way(world: MarketWorld, sites: Sites, site: str, path: str) -> None:
    here, gone = some(world, site, there=True), some(world, site, there=False)
    shown = here.offers[0].face(NOON)
    text = text_of(ask(sites, site, path.format(here.offers[0].key)), site)
    told = json.loads(text)["data"]["list"][0]["detail"]["body"] if site == "openapi" else text
    line = max(re.findall(r"[\w一-鿿]+", shown.text), key=len)
    assert line in told
    status = {"bazaar": 200, "forum": 200, "board": 410}.get(site, 404)
    for there, asked in ((gone.offers[0].key, path), ("none", path), (gone.id, SHOPS.get(site, path))):
        answer = ask(sites, site, asked.format(there))
        assert answer.status == status
        assert line not in text_of(answer, site)
        if site in ("bazaar", "forum"):
            assert "不存在" in text_of(answer, site)


def test_names_and_faces_are_those_of_the_time(world: MarketWorld, sites: Sites) -> None:
    changed = [
        (s, o) for s in world.shops if s.site == "bazaar" for o in s.offers if len({f.text for f in o.faces}) > 1
    ]
    tried = 0
    for shop, offer in changed:
        for before, after in zip(offer.faces, offer.faces[1:], strict=False):
            if before.text != after.text and shop.open_at(after.since - 1) and shop.open_at(after.since):
                path = f"/shop/{shop.id}"
                assert ask(sites, "bazaar", path, after.since - 1).body != ask(sites, "bazaar", path, after.since).body
                tried += 1
    assert tried > 3


def test_paging_that_never_ends(sites: Sites) -> None:
    last, million = ask(sites, "arcade", "/list-快递-50.htm"), ask(sites, "arcade", "/list-快递-1000000.htm")
    keys = [re.findall(r'data-key="(\d+)"', text_of(a, "arcade")) for a in (last, million)]
    assert keys[0] == keys[1] != []
    assert "list-%E5%BF%AB%E9%80%92-1000001.htm" in text_of(million, "arcade")
    assert "下一页" not in text_of(ask(sites, "bazaar", "/search?q=快递&page=1000000"))


def test_encodings_are_declared_or_not(sites: Sites) -> None:
    arcade, forum = ask(sites, "arcade", PAGES["arcade"]), ask(sites, "forum", PAGES["forum"])
    assert arcade.header("Content-Type") == "text/html"
    assert b"charset" not in arcade.body
    assert forum.header("Content-Type") == "text/html; charset=gb18030"
    for answer in (arcade, forum):
        with pytest.raises(UnicodeDecodeError):
            answer.body.decode()


def test_packed_and_unchanged_answers(sites: Sites) -> None:
    plain = ask(sites, "bazaar", PAGES["bazaar"])
    packed = ask(sites, "bazaar", PAGES["bazaar"], Accept_Encoding="gzip, br")
    assert packed.header("Content-Encoding") == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    again = ask(sites, "bazaar", PAGES["bazaar"], If_None_Match=plain.header("ETag"))
    assert (again.status, again.body) == (304, b"")
    assert ask(sites, "bazaar", PAGES["bazaar"], If_None_Match='"other"').status == 200


def test_redirects_robots_and_odd_paths(sites: Sites) -> None:
    assert ask(sites, "bazaar", "/s/abc").header("Location") == "/shop/abc"
    assert ask(sites, "arcade", "/").status == 302
    assert "Crawl-delay: 5" in text_of(ask(sites, "forum", "/robots.txt"))
    assert ask(sites, "arcade", "/robots.txt").status == 404
    for path in ("", "//", "/..", "/search?page=x", "/search?q=%ff&page=-1", "/list-.htm", "/img/../x", "/t/", "/\x00"):
        for site in (*PAGES, "chats", "nowhere"):
            assert ask(sites, site, path).status in (200, 302, 404, 410)


def test_pictures_lie_where_they_are_named(world: MarketWorld, sites: Sites) -> None:
    named = {name: shop.site for shop in world.shops for offer in shop.offers for name in offer.faces[0].pictures}
    chosen = {site: name for name, site in named.items()}
    assert set(chosen) == {*PAGES, "chats"}
    for site, name in chosen.items():
        answer = ask(sites, site, f"/img/{name}")
        assert (answer.status, answer.header("Content-Type"), answer.body[:2]) == (200, "image/jpeg", b"\xff\xd8")
    assert ask(sites, "chats", "/img/none.jpg").status == 404


def test_requests_are_counted_by_second_and_forbidden_ones_by_themselves(world: MarketWorld) -> None:
    sites = Sites(world)
    for path in ("/robots.txt", "/search?q=&page=1", "/user/1"):
        ask(sites, "bazaar", path)
    ask(sites, "bazaar", "/cart", NOON + 1_000_000)
    assert sites.seconds == {("bazaar", NOON // 10**6): 3, ("bazaar", NOON // 10**6 + 1): 1}
    assert sites.forbidden["bazaar"] == 2


def test_feeds_can_be_parsed_and_say_the_same(sites: Sites) -> None:
    rss = Tree.fromstring(ask(sites, "board", "/feed.rss").body)
    atom = Tree.fromstring(ask(sites, "board", "/feed.atom").body)
    keys = [item.findtext("guid") for item in rss.iter("item")]
    space = "{http://www.w3.org/2005/Atom}"
    assert [f"urn:board:{key}" for key in keys] == [e.findtext(f"{space}id") for e in atom.iter(f"{space}entry")]
    assert len(keys) > 3


def test_what_sellers_write_is_escaped(market: Make) -> None:
    world = market(shops=60, odd=1.0)
    sites, odd = Sites(world), 0
    for shop in world.shops:
        if shop.offers[0].faces[-1].title.startswith(("<script", "<img")) and shop.site in (
            "bazaar",
            "arcade",
            "forum",
        ):
            at = shop.spans[-1].until - 1
            text = text_of(ask(sites, shop.site, SHOPS[shop.site].format(shop.id), at), shop.site)
            assert not re.search("<script|<img src=x", text)
            assert re.search("&lt;script|&lt;img src=x", text)
            odd += 1
    assert odd > 3


def test_a_page_changes_for_good(market: Make) -> None:
    world = market(layouts=("bazaar",))
    sites, when = Sites(world), world.layouts["bazaar"]
    old, new = (CLASSES["bazaar"][k]["item"] for k in (0, 1))
    before, after = (text_of(ask(sites, "bazaar", PAGES["bazaar"], at)) for at in (when - 1, when))
    assert (old in before, new in before) == (True, False)
    assert (old in after, new in after) == (False, True)


EXPECTED = {
    Trap.CAPTCHA: (200, "验证码"), Trap.LOGIN: (302, ""), Trap.ERROR_PAGE: (200, "系统繁忙"), Trap.TOO_MANY: (429, ""),
    Trap.UNAVAILABLE: (503, ""), Trap.INWARDS: (302, ""), Trap.LAYOUT: (200, "x2"), Trap.EMPTY: (200, "goods-list"),
    Trap.SLOW: (200, "goods-item"), Trap.CUT: (200, "goods-item"), Trap.ENDLESS_BODY: (200, "goods-item"),
    Trap.ROBOTS: (200, "goods-item"),
}  # fmt: skip


@pytest.mark.parametrize("trap", Trap)
def test_each_trap_is_served_while_it_is_set(market: Make, trap: Trap) -> None:
    sites = Sites(market(traps=always("bazaar", trap)))
    answer = ask(sites, "bazaar", PAGES["bazaar"])
    status, word = EXPECTED[trap]
    assert answer.status == status
    assert word in answer.body.decode("utf-8", "ignore")
    assert (answer.delay_s > 10) == (trap is Trap.SLOW)
    assert (answer.cut, answer.endless) == (trap is Trap.CUT, trap is Trap.ENDLESS_BODY)
    if trap in (Trap.CAPTCHA, Trap.ERROR_PAGE, Trap.LAYOUT, Trap.EMPTY):
        assert "goods-item" not in text_of(answer)
    assert bool(answer.header("Retry-After")) == (trap in (Trap.TOO_MANY, Trap.UNAVAILABLE))
    assert (ask(sites, "bazaar", "/robots.txt").status == 500) == (trap is Trap.ROBOTS)
    assert "goods-item" in text_of(ask(sites, "bazaar", PAGES["bazaar"], NOON - 24 * HOUR))
    assert ask(sites, "forum", PAGES["forum"]).status == 200
    places = (
        {ask(sites, "bazaar", f"/item/{k}").header("Location") for k in range(40)} if trap is Trap.INWARDS else set()
    )
    assert trap is not Trap.INWARDS or {"http://169.254.169.254/latest/meta-data/", "file:///etc/hosts"} < places


def test_no_answer_holds_the_truth(market: Make) -> None:
    world = market()
    sites = Sites(world)
    told = "".join(text_of(ask(sites, site, path), site) for site, path in PAGES.items())
    for shop in world.shops:
        if shop.site in SHOPS and shop.open_at(NOON):
            answer = ask(sites, shop.site, SHOPS[shop.site].format(shop.id))
            told += text_of(answer, shop.site) + repr(answer.headers)
    hidden = {seller.id for seller in world.sellers} | {back.way for back in world.comebacks if len(back.way) > 5}
    hidden |= {"seller-", "comeback", "forbidden", "empty_parcels", "honest"}
    assert len(told) > 50_000
    assert not [word for word in hidden if word in told]


def test_ids_say_nothing_about_order(world: MarketWorld) -> None:
    for site in ("arcade", "bazaar"):
        ids = [shop.id for shop in sorted(world.shops, key=lambda s: s.spans[0].since) if shop.site == site]
        ups = sum(a < b for a, b in pairwise(ids)) / (len(ids) - 1)
        assert 0.25 < ups < 0.75
