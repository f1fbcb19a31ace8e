"""Pages of HTML: what they show, and whether they are what the source says that they look like.

1. Signs count in this order: captcha, login, error, gone. A page with none of them that isn't in its usual shape is
   looked at for what such pages commonly say, and is "changed" where nothing is found. Whatever it is, it is unseen.
2. A page whose every offer is broken has changed, too.
3. Nothing on a page is run; scripts, styles and comments are no text of it.
4. What a page may cost is up to `parse_apart`: 100,000 open tags took 11.6 s, open formats in paragraphs gigabytes.
"""

import re
from collections.abc import Mapping

from selectolax.lexbor import LexborHTMLParser, LexborNode

from wayseal.market.apart import ApartError, apart
from wayseal.market.sources._build import ODD, Builder
from wayseal.market.sources._encoding import UNREADABLE, decode
from wayseal.market.sources.source import TEXT_SIGN, Source
from wayseal.market.sources.types import Flaw, Problem, Seen, unseen
from wayseal.market.types import Hindrance, Sight

_NO_TEXT = ["script", "style", "noscript", "template", "head"]
_BLOCKS = frozenset(
    (
        *("address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul"),
    )
)
_SIGNS: Mapping[Hindrance, tuple[str, ...]] = {
    Hindrance.CAPTCHA: ("验证码", "滑块验证", "安全验证", "人机验证", "captcha", "are you a robot", "unusual traffic"),
    Hindrance.LOGIN: ("请登录", "请先登录", "登录后", "扫码登录", "sign in", "log in to"),
    Hindrance.ERROR_PAGE: (
        *("页面不存在", "找不到", "出错了", "系统繁忙", "服务器错误", "访问被拒绝"),
        *("not found", "error", "unavailable", "access denied", "forbidden"),
    ),
}
"""What pages say that show nothing. Only asked of those that aren't in their usual shape (rule 1)."""
_SHORT_PAGE, _MOST_TAGS = 20_000, 5_000


def parse_html(source: Source, body: bytes, media_type: str, url: str) -> Seen:
    """What a page shows (rules 1 to 4)."""
    text, _, unreadable = decode(body, media_type)
    flaws = [Problem(flaw=Flaw.ENCODING, count=unreadable)] if unreadable else []
    page = LexborHTMLParser(text)
    title = node.text() if (node := page.css_first("title")) else ""
    page.strip_tags(_NO_TEXT)
    shown = visible_text(page.body)
    said = f"{title}\n{shown}"
    found = source.signs.found(lambda sign: _says(page, said, sign))
    if found is Sight.GONE:
        return Seen(sight=Sight.GONE, problems=tuple(flaws), text=shown)
    if isinstance(found, Hindrance):
        return unseen(found, flaws, shown)
    items = page.css(source.items or "")
    usual = page.css_matches(source.usual) if source.usual else bool(items)
    if not usual:
        return unseen(_common_sign(title, shown, page), flaws, shown)
    builder = Builder(source=source, base=url)
    builder.take(items, _take)
    if items and not builder.listings:
        return unseen(Hindrance.CHANGED, [*flaws, *builder.finish()], shown)
    further = builder.further(_next(source, page))
    problems = (*flaws, *builder.finish())
    return Seen(
        sight=Sight.SEEN, listings=tuple(builder.listings), next_pages=further, problems=problems, text=shown
    )  # fmt: skip


def html_text(html: str) -> str:
    """What a piece of HTML says to a person; ValueError: it has more tags than any text needs (rule 4)."""
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


def _says(page: LexborHTMLParser, text: str, sign: str) -> bool:
    return sign.removeprefix(TEXT_SIGN) in text if sign.startswith(TEXT_SIGN) else page.css_matches(sign)


def _common_sign(title: str, text: str, page: LexborHTMLParser) -> Hindrance:
    if page.css_matches("input[type=password]"):
        return Hindrance.LOGIN
    said = f"{title}\n{text[:_SHORT_PAGE]}".casefold()
    return next((one for one, words in _SIGNS.items() if any(word in said for word in words)), Hindrance.CHANGED)


def _take(builder: Builder, number: int, item: LexborNode) -> None:
    said = builder.source.fields.said()
    pictures = said.pop("pictures", None)
    if "text" not in said:
        said["text"] = "."
    parts = {name: value for name, where in said.items() if (value := _value(item, where)) is not None}
    builder.add(number, parts, _values(item, pictures) if pictures else ())


def _value(item: LexborNode, where: str) -> str | None:
    return next(iter(_values(item, where, most=1)), None)


def _values(item: LexborNode, where: str, most: int = 50) -> list[str]:
    """What stands at `SELECTOR`, `SELECTOR@ATTRIBUTE`, `@ATTRIBUTE` or `.` (the offer itself)."""
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
