"""The board's feeds, in RSS and in Atom, its pages, and the open interface's JSON."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape

from wayseal_sim.market._pages import local
from wayseal_sim.market._shelves import View
from wayseal_sim.types import SECOND

_RSS = (
    '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
)
_ATOM = '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
# Signs that XML 1.0 doesn't allow; a site that let them through would break its own feed.
_NOT_XML = {code: None for code in range(32) if code not in (9, 10, 13)}


def rss(views: Sequence[View]) -> str:
    """The newest advertisements as RSS 2.0."""
    items = "".join(
        f'<item><guid isPermaLink="false">{v.offer.key}</guid><title>{_xml(v.face.title)}</title>'
        f"<link>/ad/{v.offer.key}.html</link><dc:creator>{_xml(v.shop_name)}</dc:creator>"
        f"<pubDate>{format_datetime(_when(v))}</pubDate>"
        f"<description>{_xml(_summary(v))}</description>"
        + "".join(f'<enclosure url="/img/{name}" type="image/jpeg" length="0"/>' for name in v.face.pictures)
        + "</item>\n"
        for v in views
    )
    return f"{_RSS}<title>供求信息</title><link>/</link><description>最新供求</description>\n{items}</channel></rss>\n"


def atom(views: Sequence[View]) -> str:
    """The same as Atom."""
    entries = "".join(
        f"<entry><id>urn:board:{v.offer.key}</id><title>{_xml(v.face.title)}</title>"
        f'<link href="/ad/{v.offer.key}.html"/>'
        f"<author><name>{_xml(v.shop_name)}</name></author><updated>{_when(v).isoformat()}</updated>"
        f'<content type="html">{_xml(_summary(v))}</content></entry>\n'
        for v in views
    )
    return f"{_ATOM}<id>urn:board</id><title>供求信息</title>\n{entries}</feed>\n"


def ad_page(view: View) -> str:
    """An advertisement's own page, its body."""
    pictures = "".join(f'<img class="ad-pic" src="/img/{name}" alt="">' for name in view.face.pictures)
    words = escape(view.face.text).replace("\n", "<br>")
    return (
        f'<div class="ad" data-key="{view.offer.key}"><h1 class="ad-title">{escape(view.face.title)}</h1>'
        f'<b class="ad-author">{escape(view.shop_name)}</b><div class="ad-text">{words}</div>{pictures}'
        f'<span class="ad-price">{view.face.yuan:g}元</span><time>{local(view.posted_at)}</time></div>'
    )


def offers_json(views: Sequence[View], total: int, following: str) -> str:
    """A page of the interface's list."""
    rows = [_row(view) for view in views]
    return json.dumps({"code": 0, "data": {"list": rows, "total": total, "next": following or None}})


def offer_json(view: View) -> str:
    """One offer."""
    return json.dumps({"code": 0, "data": {"list": [_row(view)]}}, ensure_ascii=False)


def shop_json(views: Sequence[View]) -> str:
    """A shop with its offers."""
    first = views[0]
    head = {"id": first.shop.id, "nick": first.shop_name, "since": first.posted_at // SECOND}
    return json.dumps({"code": 0, "data": {"shop": head, "list": [_row(view) for view in views]}}, ensure_ascii=False)


def _row(view: View) -> dict[str, object]:
    face = view.face
    return {
        "itemId": view.offer.key,
        "link": f"/v1/offers/{view.offer.key}",
        "subject": face.title,
        "detail": {"body": face.text, "images": [f"/img/{name}" for name in face.pictures]},
        "price": f"{face.yuan:.2f}",
        "stock": view.stock,
        "seller": {"id": view.shop.id, "nick": view.shop_name},
        "createdAt": view.posted_at // SECOND,
    }


def _summary(view: View) -> str:
    pictures = "".join(f'<img src="/img/{name}"/>' for name in view.face.pictures)
    return f"<p>{escape(view.face.text)}</p>{pictures}<p>{view.face.yuan:g}元</p>".replace("\n", "<br/>")


def _xml(text: str) -> str:
    return escape(text.translate(_NOT_XML))


def _when(view: View) -> datetime:
    return datetime.fromtimestamp(view.posted_at // SECOND, UTC)
