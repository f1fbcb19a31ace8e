"""RSS and Atom.

1. A document type of its own is refused before anything is parsed: no feed needs entities of its own.
2. Words longer than any are cut first: the parser's time grows with their square (200,000 letters as an author took
   213 s). What takes too long all the same is up to `parse_apart`.
3. References to signs that don't exist become U+FFFD first: the parser fails on them, and with it all other entries.
4. A feed that can be read in part is read in part, and its first break is said; what has no entry and is no feed is
   unseen.
"""

import calendar
import re
from io import BytesIO
from typing import Any

import feedparser

from wayseal.market.sources._build import Builder
from wayseal.market.sources._encoding import decode
from wayseal.market.sources._html import html_text, parse_html
from wayseal.market.sources._json import source_of_html
from wayseal.market.sources.source import Source
from wayseal.market.sources.types import Flaw, Problem, Seen, unseen
from wayseal.market.types import Hindrance, Sight

_ENTITY = re.compile(rb"<!(ENTITY|DOCTYPE[^>]{0,500}\[)", re.IGNORECASE)
_WORD = re.compile(rb"([\w.+-]{1000})[\w.+-]+")
_REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
_PAGE = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)


def parse_feed(source: Source, body: bytes, media_type: str, url: str) -> Seen:
    """What a feed shows (rules 1 to 4)."""
    if _PAGE.match(body[:1000].removeprefix(b"\xef\xbb\xbf")):
        found = parse_html(source_of_html(source), body, media_type, url)
        return unseen(found.hindrance or Hindrance.CHANGED, text=found.text)
    if _ENTITY.search(body.replace(b"\0", b"")):
        return unseen(Hindrance.UNREADABLE)
    if b"\0" in body:
        body, media_type = decode(body, media_type)[0].encode(), "text/xml; charset=utf-8"
    headers = {"content-type": media_type}  # without its address, or ids would be made addresses, too
    cut = BytesIO(_WORD.sub(rb"\1", _REFERENCE.sub(_existing, body)))
    feed: Any = feedparser.parse(cut, response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    if not feed.get("version") and not feed.entries:
        return unseen(Hindrance.CHANGED)
    builder = Builder(source=source, base=url)
    builder.take(feed.entries, _take)
    broken = [Problem(flaw=Flaw.CUT_FILE)] if feed.get("bozo") and _broken(feed.get("bozo_exception")) else []
    if feed.entries and not builder.listings:
        return unseen(Hindrance.CHANGED, [*broken, *builder.finish()])
    return Seen(sight=Sight.SEEN, listings=tuple(builder.listings), problems=(*broken, *builder.finish()))


def _broken(error: Any) -> bool:
    """Whether the feed itself is broken; another media type or encoding than it says is not."""
    harmless = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)
    return error is not None and not isinstance(error, harmless)


def _existing(found: re.Match[bytes]) -> bytes:
    digits = (found[1] or found[2]).lstrip(b"0")
    sign = int(digits or b"0", 16 if found[1] else 10) if len(digits) < 9 else 1 << 31
    return found[0] if 0 < sign < 0xD800 or 0xDFFF < sign < 0x110000 else b"&#65533;"


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
    moment: Any = dict.get(entry, "published_parsed") or dict.get(
        entry, "updated_parsed"
    )  # its own get guesses, and warns
    if moment or dict.get(entry, "published") or dict.get(entry, "updated"):
        try:
            parts["posted_at"] = str(calendar.timegm(moment))
        except (TypeError, ValueError, OverflowError):
            parts["posted_at"] = "-"
    enclosed = [one.get("href", "") for one in entry.get("enclosures", ()) if "image" in one.get("type", "")]
    builder.add(number, parts, [one for one in enclosed if one])
