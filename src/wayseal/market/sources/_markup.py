"""RSS and Atom.

1. A document type of its own is refused before anything is parsed: no feed needs entities of its own.
2. Words longer than any are cut first: the parser's time grows with their square (200,000 letters as an author took
   213 s). What takes too long all the same is up to `parse_apart`.
3. References to signs that don't exist become U+FFFD first: the parser fails on them, and with it all other entries.
4. A feed that can be read in part is read in part, and its first break is said; what has no entry and is no feed is
   unseen.

Pages of HTML: what they show, and whether they are what the source says that they look like.

5. Signs count in this order: captcha, login, error, gone. A page with none of them that isn't in its usual shape is
   looked at for what such pages commonly say, and is "changed" where nothing is found. Whatever it is, it is unseen.
6. A page whose every offer is broken has changed, too.
7. Nothing on a page is run; scripts, styles and comments are no text of it.
8. What a page may cost is up to `parse_apart`: 100,000 open tags took 11.6 s, open formats in paragraphs gigabytes.

JSON answers, by dotted paths: `data.list`, `seller.id`, `images.*.url` (all of a list), `rows.0.text`.

9. `usual` and `items` are paths; a sign is a path, or a path and what stands there (`code=401`).
10. A number of over 99 digits is text, and what is nested deeper than any offer is nothing: one offer that has such
   makes those beside it no less readable.
11. An answer that is no JSON is looked at for what HTML pages say that come in its place.
"""

import calendar
import json
import re
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import feedparser
from selectolax.lexbor import LexborHTMLParser, LexborNode

from wayseal.market.apart import ApartError, apart
from wayseal.market.sources._build import MOST_PICTURES, ODD, UNREADABLE, Builder, decode
from wayseal.market.sources.source import TEXT_SIGN, Flaw, Problem, Seen, Source, unseen
from wayseal.market.types import FailureReason, VisitStatus

_NO_TEXT = ["script", "style", "noscript", "template", "head"]
_BLOCKS = frozenset(
    (
        *("address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul"),
    )
)
_SIGNS: Mapping[FailureReason, tuple[str, ...]] = {
    FailureReason.CAPTCHA: (
        "验证码",
        "滑块验证",
        "安全验证",
        "人机验证",
        "captcha",
        "are you a robot",
        "unusual traffic",
    ),
    FailureReason.LOGIN: ("请登录", "请先登录", "登录后", "扫码登录", "sign in", "log in to"),
    FailureReason.ERROR_PAGE: (
        *("页面不存在", "找不到", "出错了", "系统繁忙", "服务器错误", "访问被拒绝"),
        *("not found", "error", "unavailable", "access denied", "forbidden"),
    ),
}
"""What pages say that show nothing. Only asked of those that aren't in their usual shape (rule 5)."""
_SHORT_PAGE, _MOST_TAGS = 20_000, 5_000


def parse_html(source: Source, body: bytes, media_type: str, url: str) -> Seen:
    """Parse a page (rules 5 to 8)."""
    text, _, unreadable = decode(body, media_type)
    flaws = [Problem(flaw=Flaw.ENCODING, count=unreadable)] if unreadable else []
    page = LexborHTMLParser(text)
    title = node.text() if (node := page.css_first("title")) else ""
    page.strip_tags(_NO_TEXT)
    shown = visible_text(page.body)
    said = f"{title}\n{shown}"
    found = source.signs.found(lambda sign: _page_says(page, said, sign))
    if found is VisitStatus.GONE:
        return Seen(sight=VisitStatus.GONE, problems=tuple(flaws), text=shown)
    if isinstance(found, FailureReason):
        return unseen(found, flaws, shown)
    items = page.css(source.items or "")
    usual = page.css_matches(source.usual) if source.usual else bool(items)
    if not usual:
        return unseen(_common_sign(title, shown, page), flaws, shown)
    builder = Builder(source=source, base=url, problems=flaws)
    builder.take(items, _take_item)
    return builder.seen(further=_next(source, page), text=shown)


def html_text(html: str) -> str:
    """Extract the visible text of HTML; ValueError: it has more tags than any text needs (rule 8)."""
    if html.count("<") > _MOST_TAGS:
        raise ValueError
    page = LexborHTMLParser(ODD.sub(UNREADABLE, html))
    page.strip_tags(_NO_TEXT)
    return visible_text(page.body)


def html_apart(html: str) -> str:
    """The same in a child with bounds, for what isn't there already."""
    try:
        return apart(html_text, html)
    except ApartError:
        return ""


def visible_text(node: LexborNode | None) -> str:
    """The text below a node, a line a block, spaces as they are drawn."""
    if node is None:
        return ""
    parts: list[str] = []
    for one in node.traverse(include_text=True):
        if one.tag == "-text":
            parts.append(re.sub(r"[ \t\r\n\f]+", " ", one.text(deep=False) or ""))
        elif one.tag in _BLOCKS:
            parts.append("\n")
    lines = (line.strip(" ") for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _page_says(page: LexborHTMLParser, text: str, sign: str) -> bool:
    return sign.removeprefix(TEXT_SIGN) in text if sign.startswith(TEXT_SIGN) else page.css_matches(sign)


def _common_sign(title: str, text: str, page: LexborHTMLParser) -> FailureReason:
    if page.css_matches("input[type=password]"):
        return FailureReason.LOGIN
    said = f"{title}\n{text[:_SHORT_PAGE]}".casefold()
    return next((one for one, words in _SIGNS.items() if any(word in said for word in words)), FailureReason.CHANGED)


def _take_item(builder: Builder, number: int, item: LexborNode) -> None:
    said = builder.source.fields.said()
    pictures = said.pop("pictures", None)
    if "text" not in said:
        said["text"] = "."
    parts = {name: found[0] for name, where in said.items() if (found := _values(item, where, most=1))}
    builder.add(number, parts, _values(item, pictures) if pictures else ())


def _values(item: LexborNode, where: str, most: int = 50) -> list[str]:
    """Read values at `SELECTOR`, `SELECTOR@ATTRIBUTE`, `@ATTRIBUTE` or `.` (the offer itself)."""
    selector, at, attribute = where.rpartition("@") if "@" in where else (where, "", "")
    selector = selector.strip()
    nodes = [item] if selector in {"", "."} else item.css(selector)[:most]
    if not at:
        return [visible_text(node) for node in nodes]
    return [value for node in nodes if (value := node.attributes.get(attribute.strip()))]


def _next(source: Source, page: LexborHTMLParser) -> list[str]:
    if not source.next or page.root is None:
        return []
    return _values(page.root, source.next if "@" in source.next else f"{source.next}@href")


_DEEPEST = 20
_NESTED = 100
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]|[^"\[\]{}]++', re.DOTALL)


def parse_json_answer(source: Source, body: bytes, media_type: str, url: str) -> Seen:
    """Parse an answer in JSON (rules 9 to 11)."""
    text, _, unreadable = decode(body, media_type)
    flaws = [Problem(flaw=Flaw.ENCODING, count=unreadable)] if unreadable else []
    try:
        try:
            content = json.loads(text, parse_int=_number)
        except RecursionError:
            content = json.loads(_shallow(text), parse_int=_number)
            flaws.append(Problem(flaw=Flaw.CUT_TEXT))
    except (ValueError, RecursionError):
        if text.lstrip()[:1] == "<":
            found = parse_html(source_of_html(source), body, "text/html; " + media_type.partition(";")[2], url)
            return unseen(found.hindrance or FailureReason.CHANGED, flaws, found.text)
        return unseen(FailureReason.UNREADABLE, flaws)
    sign = source.signs.found(lambda wanted: _says(content, wanted))
    if sign is VisitStatus.GONE:
        return Seen(sight=VisitStatus.GONE, problems=tuple(flaws))
    if isinstance(sign, FailureReason):
        return unseen(sign, flaws)
    items = value_at(content, source.items or "")
    usual = not source.usual or value_at(content, source.usual) is not None
    if not usual or not isinstance(items, list):
        return unseen(FailureReason.CHANGED, flaws)
    builder = Builder(source=source, base=url, problems=flaws)
    builder.take(items, take_record)
    next_page = value_at(content, source.next) if source.next else None
    return builder.seen(further=[next_page] if isinstance(next_page, str) else ())


def _number(digits: str) -> int | str:
    return int(digits) if len(digits) < 100 else digits


def _shallow(text: str) -> str:
    """JSON with null in the place of what is nested too deep (rule 10)."""
    depth, kept = 0, list[str]()
    for one in _TOKEN.findall(text):
        opens = one in {"[", "{"}
        if depth < _NESTED or (depth == _NESTED and not opens):
            kept.append(one)
        elif depth == _NESTED:
            kept.append("null")
        depth += opens - (one in {"]", "}"})
    return "".join(kept)


def source_of_html(source: Source) -> Source:
    """A source whose every page is in another shape than usual, so that what such pages say is found."""
    return Source(name=source.name, kind=source.kind, usual="wayseal-none", items="wayseal-none")


def take_record(builder: Builder, number: int, item: Any) -> None:
    """Adds one object, by the source's fields."""
    said = builder.source.fields.said()
    pictures = said.pop("pictures", None)
    parts = {name: as_text(value_at(item, where)) for name, where in said.items()}
    builder.add(number, {k: v for k, v in parts.items() if v}, _texts(item, pictures) if pictures else ())


def value_at(content: Any, path: str) -> Any:
    """Find the value at a dotted path; None for nothing. With `*` a list of what stands in each; "" is the whole."""
    parts = path.split(".") if path else []
    for n, part in enumerate(parts):
        if part == "*":
            inner = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
            rest = ".".join(parts[n + 1 :])
            return [found for one in inner if (found := value_at(one, rest)) is not None]
        if isinstance(content, dict):
            content = content.get(part)
        elif isinstance(content, list) and part.isdecimal() and int(part) < len(content):
            content = content[int(part)]
        else:
            return None
    return content


def as_text(value: Any, draw: Callable[[str], str] = html_text, depth: int = 0) -> str:
    """A value as the text that it is to a reader; HTML in it is drawn. What is nested deeper than any text is none."""
    if value is None or isinstance(value, bool | dict) or depth > _DEEPEST:
        return ""
    if isinstance(value, list):
        return "\n".join(part for one in value if (part := as_text(one, draw, depth + 1)))
    text = str(value)
    return draw(text) if "</" in text or "<br" in text else text


def _texts(item: Any, path: str) -> list[str]:
    found = value_at(item, path)
    values = found if isinstance(found, list) else [found]
    return [value for value in values if isinstance(value, str) and value][:MOST_PICTURES]


def _says(content: Any, sign: str) -> bool:
    path, equal, wanted = sign.partition("=")
    found = value_at(content, path.strip())
    return str(found) == wanted.strip() if equal and found is not None else not equal and found is not None


_ENTITY = re.compile(rb"<!(ENTITY|DOCTYPE[^>]{0,500}\[)", re.IGNORECASE)
_WORD = re.compile(rb"([\w.+-]{1000})[\w.+-]+")
_REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
_PAGE = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)


def parse_feed(source: Source, body: bytes, media_type: str, url: str) -> Seen:
    """Parse a feed (rules 1 to 4)."""
    if _PAGE.match(body[:1000].removeprefix(b"\xef\xbb\xbf")):
        found = parse_html(source_of_html(source), body, media_type, url)
        return unseen(found.hindrance or FailureReason.CHANGED, text=found.text)
    if _ENTITY.search(body.replace(b"\0", b"")):
        return unseen(FailureReason.UNREADABLE)
    if b"\0" in body:
        body, media_type = decode(body, media_type)[0].encode(), "text/xml; charset=utf-8"
    headers = {"content-type": media_type}  # without its address, or ids would be made addresses, too
    cut = BytesIO(_WORD.sub(rb"\1", _REFERENCE.sub(_existing, body)))
    feed: Any = feedparser.parse(cut, response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    if not feed.get("version") and not feed.entries:
        return unseen(FailureReason.CHANGED)
    broken = [Problem(flaw=Flaw.CUT_FILE)] if feed.get("bozo") and _broken(feed.get("bozo_exception")) else []
    builder = Builder(source=source, base=url, problems=broken)
    builder.take(feed.entries, _take_entry)
    return builder.seen()


def _broken(error: Any) -> bool:
    """Check if the feed itself is broken; another media type or encoding than it says is not."""
    harmless = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)
    return error is not None and not isinstance(error, harmless)


def _existing(found: re.Match[bytes]) -> bytes:
    digits = (found[1] or found[2]).lstrip(b"0")
    sign = int(digits or b"0", 16 if found[1] else 10) if len(digits) < 9 else 1 << 31
    return found[0] if 0 < sign < 0xD800 or 0xDFFF < sign < 0x110000 else b"&#65533;"


def _take_entry(builder: Builder, number: int, entry: Any) -> None:
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
