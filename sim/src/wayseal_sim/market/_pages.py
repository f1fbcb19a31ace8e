"""Pages of the two marketplaces and the forum, each in its own HTML, and each in several layouts.

1. Whatever a seller wrote is escaped: sites are not what is attacked here.
2. A page holds what a visitor sees, and nothing that is hidden about it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from types import MappingProxyType
from urllib.parse import quote
from zlib import crc32

from wayseal_sim.market._grammars import CHATTER, CITIES, COURIERS, SORTS
from wayseal_sim.market._shelves import View
from wayseal_sim.types import LOCAL, SECOND

LAYOUTS = 3
"""Layouts of a page: as it is, as it is after it changed for good, and one of a few hours."""
CLASSES: Mapping[str, tuple[Mapping[str, str], ...]] = MappingProxyType(
    {
        "bazaar": (
            {"list": "goods-list", "item": "goods-item", "title": "goods-title", "price": "goods-price",
             "shop": "goods-shop", "text": "goods-text", "picture": "goods-pic", "next": "page-next"},
            {"list": "m-feed", "item": "m-card", "title": "m-card__name", "price": "m-card__yuan",
             "shop": "m-card__seller", "text": "m-card__desc", "picture": "m-card__img", "next": "m-more"},
            {"list": "x1", "item": "x2", "title": "x3", "price": "x4", "shop": "x5", "text": "x6", "picture": "x7",
             "next": "x8"},
        ),
        "arcade": (
            {"list": "tbl", "item": "row", "title": "name", "price": "yuan", "shop": "owner", "text": "memo",
             "picture": "shot", "next": "nextpg"},
            {"list": "grid", "item": "cell", "title": "cell-h", "price": "cell-p", "shop": "cell-o", "text": "cell-m",
             "picture": "cell-i", "next": "grid-n"},
            {"list": "y1", "item": "y2", "title": "y3", "price": "y4", "shop": "y5", "text": "y6", "picture": "y7",
             "next": "y8"},
        ),
        "forum": (
            {"list": "threadlist", "item": "thread", "title": "subject", "price": "ask", "shop": "poster",
             "text": "message", "picture": "attach", "next": "nxt", "reply": "reply"},
            {"list": "topics", "item": "topic", "title": "topic-title", "price": "topic-ask", "shop": "topic-by",
             "text": "topic-body", "picture": "topic-img", "next": "topic-next", "reply": "topic-reply"},
            {"list": "z1", "item": "z2", "title": "z3", "price": "z4", "shop": "z5", "text": "z6", "picture": "z7",
             "next": "z8", "reply": "z9"},
        ),
    }
)  # fmt: skip
"""Names of classes by site and layout; a source's selectors are made of them (`_sources`)."""


def local(at: int) -> str:
    """A time as the sites write it, in China's."""
    return datetime.fromtimestamp((at + LOCAL) // SECOND, UTC).strftime("%Y-%m-%d %H:%M")


def shell(site: str, title: str, body: str, charset: str, *, declared: bool) -> str:
    """A whole page."""
    meta = f'<meta charset="{charset}">' if declared else ""
    return (
        f'<!DOCTYPE html>\n<html lang="zh"><head>{meta}<title>{escape(title)} - {site}</title></head>\n<body>\n'
        f'<div class="top"><a href="/">{site}</a> <a href="/login">登录</a></div>\n{body}\n'
        f'<div class="foot">{site} 版权所有</div>\n</body></html>\n'
    )


def listing(site: str, layout: int, views: Sequence[View], total: int, next_page: str, excerpt: int) -> str:
    """A page of a list: each offer with so many characters (0: all), and a link to the next page ("": none)."""
    names = CLASSES[site][layout]
    items = "\n".join(_item(site, names, view, layout, excerpt) for view in views)
    more = f'<a class="{names["next"]}" href="{escape(next_page)}">下一页</a>' if next_page else ""
    return (
        f'<div class="{names["list"]}" data-n="{total}">\n{items}\n</div>\n<div class="pages">共{total}条 {more}</div>'
    )


def shop_page(site: str, layout: int, views: Sequence[View]) -> str:
    """A shop with all it offers, in full."""
    names, first = CLASSES[site][layout], views[0]
    items = "\n".join(_item(site, names, view, layout, 0) for view in views)
    head = f'<h1 class="shop-name">{escape(first.shop_name)}</h1><p>开店时间 {local(first.posted_at)}</p>'
    return f'{head}\n<div class="{names["list"]}" data-n="{len(views)}">\n{items}\n</div>'


def item_page(site: str, layout: int, view: View, at: int) -> str:
    """One offer in full, or a thread with its replies."""
    names = CLASSES[site][layout]
    seen = crc32(view.offer.key.encode()) % 900 + (at - view.posted_at) // (SECOND * 1800)
    body = f'<div class="{names["list"]}" data-n="1">{_item(site, names, view, layout, 0)}</div>'
    return f"{body}<p>浏览 {max(1, seen)} 次</p>{_replies(names, view, at) if site == 'forum' else ''}"


def addresses(site: str, view: View) -> tuple[str, str]:
    """Where an offer and its shop stand."""
    match site:
        case "arcade":
            return f"/goods-{view.offer.key}.htm", f"/store-{view.shop.id}.htm"
        case "forum":
            return f"/t/{view.offer.key}.html", f"/u/{view.shop.id}"
        case _:
            return f"/item/{view.offer.key}", f"/shop/{view.shop.id}"


def _item(site: str, names: Mapping[str, str], view: View, layout: int, excerpt: int) -> str:
    where, shop = addresses(site, view)
    face = view.face
    title = f'<a class="{names["title"]}" href="{where}">{escape(face.title)}</a>'
    price = f'<span class="{names["price"]}">¥{face.yuan:g}</span>'
    stock = f"<i>库存 {view.stock}</i>" if view.stock else ""
    seller = f'<a class="{names["shop"]}" href="{shop}">{escape(view.shop_name)}</a>'
    said = face.text.replace("\n", " ")[:excerpt] if excerpt else face.text
    words = escape(said).replace("\n", "<br>")
    text = f'<div class="{names["text"]}">{words}</div>'
    pictures = "".join(f'<img class="{names["picture"]}" src="/img/{name}" alt="">' for name in face.pictures)
    posted = f"<time>{local(view.posted_at)}</time>"
    # The nesting is another one in each layout, not only the names.
    if layout == 0:
        inner = f"{title}{price}{stock}{seller}{text}{pictures}{posted}"
    elif layout == 1:
        inner = f"<div>{pictures}</div><section>{seller}{title}<p>{price}{stock}</p>{text}</section>{posted}"
    else:
        inner = f"<div><div>{posted}{price}</div><div>{text}{title}</div></div>{seller}{pictures}{stock}"
    tag = {"arcade": "li", "forum": "article"}.get(site, "div")
    return f'<{tag} class="{names["item"]}" data-key="{view.offer.key}">{inner}</{tag}>'


def _replies(names: Mapping[str, str], view: View, at: int) -> str:
    """What bystanders say beneath; a name and a phone among them now and then, as people leave them."""
    salt = crc32(view.offer.key.encode())
    out = []
    for k in range(min(salt % 7, max(0, (at - view.posted_at) // (6 * 3600 * SECOND)))):
        nth = salt // (k + 2)
        said = CHATTER[nth % len(CHATTER)].format(
            courier=COURIERS[nth % len(COURIERS)], city=CITIES[nth % len(CITIES)], sort=SORTS[nth % len(SORTS)]
        )
        if nth % 11 == 0:
            said += f",收件人:李某 154{nth % 10**8:08d}"
        out.append(f'<div class="{names["reply"]}">{escape(said)}</div>')
    return "".join(out)


def next_of(site: str, query: str, page: int) -> str:
    """The address of a page of a site's list."""
    match site:
        case "arcade":
            return f"/list-{quote(query)}-{page}.htm"
        case "forum":
            return f"/board?page={page}"
        case _:
            return f"/search?q={quote(query)}&page={page}"
