"""What a site answers to a path at a time, without sockets.

1. An answer follows from site, path, headers and time alone: asked twice, it is the same.
2. Every request is counted by site and second of the simulated clock, and so is one that robots.txt forbids.
3. Nothing that is hidden about the market is in an answer.
"""

import gzip
import hashlib
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from html import escape
from urllib.parse import parse_qs, unquote, urlsplit
from zlib import crc32

from wayseal_sim.market import _feeds as feeds
from wayseal_sim.market import _pages as pages
from wayseal_sim.market._labels import draw_label
from wayseal_sim.market._plan import SITE, Form, Site, Spell, Trap
from wayseal_sim.market._shelves import Shelves
from wayseal_sim.market._traps import Answer, Page, changed, instead, login_page
from wayseal_sim.market._types import MarketWorld
from wayseal_sim.types import SECOND

_GONE = {
    "bazaar": "店铺或商品不存在,可能已关闭",
    "arcade": "页面不存在",
    "forum": "指定的主题不存在或已被删除",
    "board": "信息已失效",
}
_GONE_STATUS = {"board": 410}
DISALLOWED = ("/user/", "/cart", "/admin")
_FEED_LENGTH = 60


class Sites:
    """The sites of a market, and the requests that they had."""

    def __init__(self, world: MarketWorld) -> None:
        """Takes the market; nothing is served before it is asked for."""
        self._world = world
        self._shelves = Shelves(world)
        self._spells: dict[str, list[Spell]] = {name: [] for name in SITE}
        for spell in world.spells:
            self._spells[spell.site].append(spell)
        self._lock = threading.Lock()
        self.seconds: Counter[tuple[str, int]] = Counter()
        self.forbidden: Counter[str] = Counter()
        self._label = lru_cache(maxsize=512)(self._drawn)

    def answer(self, site: str, path: str, headers: Mapping[str, str], at: int) -> Answer:
        """What a site answers.

        Args:
            site: Its name.
            path: Path and query, as they are asked for.
            headers: What the request says; `Accept-Encoding` and `If-None-Match` count.
            at: When it is asked, UTC microseconds.

        Returns:
            The answer. A site or path that isn't there is answered as a site would, and nothing is raised. `chats` has
            pictures alone, which lie beside its exports.
        """
        asked = {key.lower(): value for key, value in headers.items()}
        with self._lock:
            self.seconds[site, at // SECOND] += 1
            self.forbidden[site] += path.startswith(DISALLOWED)
        known = SITE.get(site)
        if known is not None and known.form is Form.CHAT and path.startswith("/img/"):
            return _encoded(known, self._picture(known, path.removeprefix("/img/")), asked, at)
        if known is None or known.form is Form.CHAT:
            return Answer(status=404, headers=(), body=b"")
        spells = tuple(spell for spell in self._spells[site] if spell.since <= at < spell.until)
        if path == "/robots.txt":
            return _encoded(known, _robots(known, spells), asked, at)
        page = login_page(known) if path == "/login" else instead(known, spells, path)
        if page is not None:
            return _encoded(known, page, asked, at)
        traps = {spell.trap for spell in spells}
        layout = 2 if Trap.LAYOUT in traps else int(at >= self._world.layouts.get(site, at + 1))
        page = self._page(known, path, at, layout, empty=Trap.EMPTY in traps)
        return changed(_encoded(known, page, asked, at), spells)

    def _page(self, site: Site, path: str, at: int, layout: int, *, empty: bool) -> Page:
        parts = urlsplit(path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.path.startswith("/img/"):
            return self._picture(site, parts.path.removeprefix("/img/"))
        steps = [unquote(step) for step in parts.path.strip("/").split("/")]
        match site.form:
            case Form.JSON:
                return self._interface(site, steps, query, at)
            case Form.FEED:
                return self._board(site, steps, at, empty=empty)
            case _:
                return self._html(site, steps, query, at, layout, empty=empty)

    def _html(self, site: Site, steps: list[str], query: dict[str, str], at: int, layout: int, *, empty: bool) -> Page:
        match (site.name, *steps):
            case ("bazaar", "search"):
                return self._list(site, query.get("q", ""), _number(query.get("page")), at, layout, empty=empty)
            case ("forum", "board"):
                return self._list(site, "", _number(query.get("page")), at, layout, empty=empty)
            case ("arcade", one) if one.startswith("list-") and one.count("-") >= 2:
                word, page = one.removeprefix("list-").removesuffix(".htm").rsplit("-", 1)
                return self._list(site, word, _number(page), at, layout, empty=empty)
            case ("bazaar", "s", shop):
                return Page(status=301, media="text/html", content="", headers=(("Location", f"/shop/{shop}"),))
            case ("bazaar", "shop", shop) | ("forum", "u", shop):
                return self._shop(site, shop, at, layout)
            case ("arcade", one) if one.startswith("store-"):
                return self._shop(site, one.removeprefix("store-").removesuffix(".htm"), at, layout)
            case ("bazaar", "item", key):
                return self._offer(site, key, at, layout)
            case ("forum", "t", name):
                return self._offer(site, name.removesuffix(".html"), at, layout)
            case ("arcade", one) if one.startswith("goods-"):
                return self._offer(site, one.removeprefix("goods-").removesuffix(".htm"), at, layout)
            case (_, ""):
                return Page(status=302, media="text/html", content="", headers=(("Location", _front(site)),))
            case _:
                return _gone(site)

    def _list(self, site: Site, query: str, page: int, at: int, layout: int, *, empty: bool) -> Page:
        views = self._shelves.views(site.name, at, query)
        last = max(1, -(-len(views) // site.page))
        turned = min(page, last) if site.endless else page
        shown = views.part((turned - 1) * site.page, 0 if empty else site.page)
        more = not empty and (site.endless or page < last)
        following = pages.next_of(site.name, query, page + 1) if more else ""
        body = pages.listing(site.name, layout, shown, 0 if empty else len(views), following, site.excerpt)
        return _page(site, query or "全部", body)

    def _shop(self, site: Site, shop: str, at: int, layout: int) -> Page:
        views = self._shelves.shop(site.name, shop, at)
        if not views:
            return _gone(site)
        return _page(site, views[0].shop_name, pages.shop_page(site.name, layout, views))

    def _offer(self, site: Site, key: str, at: int, layout: int) -> Page:
        view = self._shelves.offer(site.name, key, at)
        return _page(site, view.face.title, pages.item_page(site.name, layout, view, at)) if view else _gone(site)

    def _board(self, site: Site, steps: list[str], at: int, *, empty: bool) -> Page:
        newest = () if empty else self._shelves.views(site.name, at).part(0, _FEED_LENGTH)
        match steps:
            case ["feed.rss"]:
                return Page(status=200, media="application/rss+xml", content=feeds.rss(newest))
            case ["feed.atom"]:
                return Page(status=200, media="application/atom+xml", content=feeds.atom(newest))
            case ["ad", name]:
                view = self._shelves.offer(site.name, name.removesuffix(".html"), at)
                return _page(site, view.face.title, feeds.ad_page(view)) if view else _gone(site)
            case _:
                return _gone(site)

    def _interface(self, site: Site, steps: list[str], query: dict[str, str], at: int) -> Page:
        match steps:
            case ["v1", "offers"]:
                page = _number(query.get("page"))
                views = self._shelves.views(site.name, at, query.get("q", ""))
                following = f"/v1/offers?page={page + 1}" if page * site.page < len(views) else ""
                text = feeds.offers_json(views.part((page - 1) * site.page, site.page), len(views), following)
                return _json(text)
            case ["v1", "offers", key]:
                view = self._shelves.offer(site.name, key, at)
                return _json(feeds.offer_json(view) if view else "")
            case ["v1", "shops", shop]:
                there = self._shelves.shop(site.name, shop, at)
                return _json(feeds.shop_json(there) if there else "")
            case _:
                return _json("")

    def _picture(self, site: Site, name: str) -> Page:
        if name not in self._world.pictures:
            return _gone(site)
        return Page(status=200, media="image/jpeg", content=self._label(name))

    def _drawn(self, name: str) -> bytes:
        return draw_label(self._world.pictures[name], 70 + crc32(name.encode()) % 21)


def _number(text: str | None) -> int:
    """A page's number; 1 for what is none."""
    return max(1, int(text)) if text and text.isascii() and text.isdigit() and len(text) < 9 else 1


def _front(site: Site) -> str:
    return pages.next_of(site.name, "快递", 1)


def _page(site: Site, title: str, body: str) -> Page:
    return Page(
        status=200,
        media="text/html",
        content=pages.shell(site.name, title, body, site.charset, declared=site.declares),
    )


def _json(text: str) -> Page:
    """An answer of the interface; "": there is no such thing."""
    return Page(
        status=200 if text else 404, media="application/json", content=text or '{"code": 404, "msg": "not found"}'
    )


def _gone(site: Site) -> Page:
    words = f'<div class="notice"><h2>{escape(_GONE.get(site.name, "not found"))}</h2></div>'
    status = 200 if site.soft_gone else _GONE_STATUS.get(site.name, 404)
    content = pages.shell(site.name, "提示", words, site.charset, declared=site.declares)
    return Page(status=status, media="text/html", content=content)


def _robots(site: Site, spells: tuple[Spell, ...]) -> Page:
    if any(spell.trap is Trap.ROBOTS for spell in spells):
        return Page(status=500, media="text/plain", content="")
    if not site.crawl_delay:
        return Page(status=404, media="text/plain", content="")
    lines = ["User-agent: *", f"Crawl-delay: {site.crawl_delay}", *(f"Disallow: {path}" for path in DISALLOWED)]
    return Page(status=200, media="text/plain", content="\n".join(lines) + "\n")


def _encoded(site: Site, page: Page, asked: Mapping[str, str], at: int) -> Answer:
    """The page as it is sent: in the site's charset, with a tag, packed if the request takes that."""
    text = isinstance(page.content, str)
    charset = site.charset if page.media == "text/html" else "utf-8"
    body = page.content.encode(charset, "xmlcharrefreplace") if isinstance(page.content, str) else page.content
    tag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
    said = f"{page.media}; charset={charset}" if text and site.declares else page.media
    date = format_datetime(datetime.fromtimestamp(at // SECOND, UTC), usegmt=True)
    headers = (("Date", date), ("Content-Type", said), *page.headers)
    if page.status != 200:
        return Answer(status=page.status, headers=headers, body=body)
    headers = (*headers, ("ETag", tag))
    if asked.get("if-none-match") == tag:
        return Answer(status=304, headers=headers, body=b"")
    if text and len(body) > 256 and "gzip" in asked.get("accept-encoding", ""):
        body = gzip.compress(body, 5, mtime=0)
        headers = (*headers, ("Content-Encoding", "gzip"))
    return Answer(status=200, headers=headers, body=body)
