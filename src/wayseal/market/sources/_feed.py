"""RSS and Atom.

1. A document type of its own is refused before anything is parsed: no feed needs entities of its own.
2. A feed that can be read in part is read in part, and its first break is said; what has no entry and is no feed is
   unseen.
"""

import calendar
import re
from io import BytesIO
from typing import Any

import feedparser

from wayseal.market.sources._build import Builder
from wayseal.market.sources._html import html_text, parse_html
from wayseal.market.sources._json import source_of_html
from wayseal.market.sources.source import Source
from wayseal.market.sources.types import Flaw, Problem, Seen, unseen
from wayseal.market.types import Hindrance, Sight

_ENTITY = re.compile(rb"<!(ENTITY|DOCTYPE[^>]{0,500}\[)", re.IGNORECASE)
_PAGE = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)


def parse_feed(source: Source, body: bytes, media_type: str, url: str) -> Seen:
    """What a feed shows (rules 1 and 2)."""
    if _PAGE.match(body[:1000].removeprefix(b"\xef\xbb\xbf")):
        found = parse_html(source_of_html(source), body, media_type, url)
        return unseen(found.hindrance or Hindrance.CHANGED, text=found.text)
    if _ENTITY.search(body.replace(b"\0", b"")):
        return unseen(Hindrance.UNREADABLE)
    headers = {"content-type": media_type}  # without its address, or ids would be made addresses, too
    try:
        feed: Any = feedparser.parse(
            BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except (ValueError, LookupError, RecursionError):
        return unseen(Hindrance.UNREADABLE)
    if not feed.get("version") and not feed.entries:
        return unseen(Hindrance.CHANGED)
    builder = Builder(source=source, base=url)
    for number, entry in enumerate(feed.entries, 1):
        _take(builder, number, entry)
    broken = [Problem(flaw=Flaw.CUT_FILE)] if feed.get("bozo") and _broken(feed.get("bozo_exception")) else []
    if feed.entries and not builder.listings:
        return unseen(Hindrance.CHANGED, [*broken, *builder.finish()])
    return Seen(sight=Sight.SEEN, listings=tuple(builder.listings), problems=(*broken, *builder.finish()))


def _broken(error: Any) -> bool:
    """Whether the feed itself is broken; another media type or encoding than it says is not."""
    harmless = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)
    return error is not None and not isinstance(error, harmless)


def _take(builder: Builder, number: int, entry: Any) -> None:
    content = [one.get("value", "") for one in entry.get("content", ())] or [entry.get("summary", "")]
    parts = {
        "key": entry.get("id", ""),
        "url": entry.get("link", ""),
        "shop": entry.get("author", ""),
        "shop_name": entry.get("author", ""),
        "title": html_text(entry.get("title", "")),
        "text": "\n".join(html_text(one) for one in content),
    }
    moment = entry.get("published_parsed") or entry.get("updated_parsed")
    if moment:
        parts["posted_at"] = str(calendar.timegm(moment))
    enclosed = [one.get("href", "") for one in entry.get("enclosures", ()) if "image" in one.get("type", "")]
    builder.add(number, parts, [one for one in enclosed if one])
