"""Chats as people export or copy them, from WeChat, QQ and Telegram, and headings of tables in Chinese and English.

1. A file is told by what it begins with: a page of Telegram's, QQ's archive (mht), an object in JSON, else lines.
2. A line is the head of a message where it is written as QQ, WeChat or a tool that exports it writes heads: a moment
   and who said it, in either order, or a clock alone under a rule with the day. What stands before the first is none.
3. Where no line is a head, each paragraph is a message that nobody is known to have said, at no known time.
4. A page is read piece by piece, a message each; of a piece that is longer than any message nothing is taken.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import IO

from wayseal.market.sources._build import decode

Parts = dict[str, str] | None
"""A message's parts by field; None: it can't be read."""
MOST_RECORD = 1 << 20
PROBE = 1 << 18
_CHUNK = 1 << 16


class Layout(StrEnum):
    """How a chat is laid out (rule 1)."""

    JSON = "json"
    PAGE = "page"
    ARCHIVE = "archive"
    LINES = "lines"


def layout_of(head: bytes) -> Layout:
    """How a file is laid out, by its beginning."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] == b"{":
        return Layout.JSON
    if re.match(rb"(?:From|MIME-Version|Content-Type):", start, re.IGNORECASE):
        return Layout.ARCHIVE
    return Layout.PAGE if re.match(rb"<!doctype html|<html", start, re.IGNORECASE) else Layout.LINES


_DAY = r"(?P<day>\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?)"
_CLOCK = r"(?P<clock>(?:[上下]午\s*)?\d{1,2}:\d{2}(?::\d{2})?)"
_WHO = r"(?:【[^】]{1,20}】)?(?P<name>\S(?:.{0,58}?\S)??)?(?:\((?P<id>\d{5,12})\)|<(?P<mail>[^<>\s]+@[^<>\s]+)>)?"
_HEADS = (
    re.compile(rf"{_DAY}\s+{_CLOCK}\s+{_WHO}\s*[:：]?"),
    re.compile(rf"(?P<name>[^\d\s].{{0,59}}?)\s*[(（]?\s*{_DAY}\s+{_CLOCK}\s*[)）]?\s*(?:[:：]\s*(?P<text>.*))?"),
)
_UNDER_DAY = re.compile(rf"(?P<name>\S.{{0,59}}?)\s{{2,}}{_CLOCK}")
_RULE = re.compile(rf"[—\-─=]{{3,}}\s*{_DAY}\s*[—\-─=]{{3,}}")
_END = re.compile(r"={10,}|消息(?:分组|对象|记录)[:：（(].*")
"""Between the chats of an export of several."""


def read_lines(file: IO[str]) -> Iterator[Parts]:
    """The messages of lines (rules 2 and 3)."""
    held: dict[str, str] | None = None
    paragraph: list[str] = []
    day, headed, plain = "", False, list[str]()
    while line := file.readline(MOST_RECORD):
        text = line.rstrip()
        if rule := _RULE.fullmatch(text.strip()):
            day = rule["day"]
        head = _head(text.strip(), day)
        if head is not None or rule or _END.fullmatch(text):
            if held is not None:
                yield _stripped(held)
            held, headed = head, True
        elif held is not None:
            if len(held["text"]) < MOST_RECORD:
                held["text"] += f"\n{text}"
        elif not headed and len(plain) < _MOST_PLAIN:
            if text:
                paragraph.append(text)
            elif paragraph:
                plain.append("\n".join(paragraph))
                paragraph = []
    if held is not None:
        yield _stripped(held)
    if not headed:
        for one in (*plain, *(["\n".join(paragraph)] if paragraph else ())):
            yield {"text": one}


_MOST_PLAIN = 20_000
"""Paragraphs of a text without heads."""


def _head(line: str, day: str) -> dict[str, str] | None:
    """The head of a message; None: the line is none."""
    found = next((match for head in _HEADS if (match := head.fullmatch(line))), None)
    said = found.groupdict() if found is not None else {}
    if found is None and day and (found := _UNDER_DAY.fullmatch(line)):
        said = {**found.groupdict(), "day": day}
    if found is None or not any(said.get(name) for name in ("name", "id", "mail")):
        return None
    return {
        "posted_at": f"{said['day']} {said['clock']}",
        "shop": said.get("id") or said.get("mail") or "",
        "shop_name": said.get("name") or "",
        "text": said.get("text") or "",
    }


def _stripped(held: Mapping[str, str]) -> Parts:
    return {name: one for name, value in held.items() if (one := value.strip())}


_ROW = re.compile(
    r"<div[^>]*>\s*<div[^>]*>(?P<name>.*?)</div>\s*(?P<clock>(?:[上下]午\s*)?\d{1,2}:\d{2}(?::\d{2})?)\s*</div>(?P<text>.*)",
    re.DOTALL,
)
_ROW_DAY = re.compile(r"日期\s*[:：]\s*(\d{4}-\d{1,2}-\d{1,2})")
_NUMBERED = re.compile(r"(?P<name>.*?)\s*(?:\((?P<id>\d{5,12})\)|<(?P<mail>[^<>\s]+)>)", re.DOTALL)


def read_archive(file: IO[bytes]) -> Iterator[Parts]:
    """The messages of QQ's archive: a table, with a row for each day and each message. Pictures are left out."""
    day = ""
    for row in _pieces(file, b"</tr>", b"</html>"):
        if row is None:
            yield None
        elif found := _ROW_DAY.search(_text(row)):
            day = found[1]
        elif (said := _ROW.search(row)) and day:
            name = _text(said["name"])
            known = _NUMBERED.fullmatch(name)
            yield {
                "posted_at": f"{day} {said['clock']}",
                "shop_name": known["name"] if known else name,
                "shop": (known["id"] or known["mail"] or "") if known else "",
                "text": _text(said["text"]),
            }


_MESSAGE = b'<div class="message '
_MOMENT = re.compile(r'title="(\d\d)\.(\d\d)\.(\d{4}) (\d\d:\d\d:\d\d)(?: UTC([+-]\d\d:\d\d))?"')
_FROM = re.compile(r'<div class="from_name">(.*?)(?:<span|</div>)', re.DOTALL)
_SAID = re.compile(r'<div class="text">(.*?)</div>', re.DOTALL)
_PHOTO = re.compile(r'class="photo_wrap[^"]*"\s+href="([^"]+)"')
_NUMBER = re.compile(r'\bid="message(\d+)"')
_GROUP = re.compile(r'<div class="page_header">.*?<div class="text bold">(.*?)</div>', re.DOTALL)


def read_page(file: IO[bytes]) -> Iterator[Parts]:
    """The messages of a page of Telegram Desktop's; of a row of one person's the name stands in the first alone."""
    group = name = ""
    for number, piece in enumerate(_pieces(file, _MESSAGE, b"</body>")):
        if piece is None:
            yield None
        elif not number:
            group = _text(found[1]) if (found := _GROUP.search(piece)) else ""
        elif piece.startswith("default"):
            own, _, _ = piece.partition('class="forwarded body"')
            name = _text(found[1]) if (found := _FROM.search(own)) else name
            id_, at, photo = _NUMBER.search(piece), _MOMENT.search(piece), _PHOTO.search(piece)
            parts = {
                "key": f"{group}/{id_[1]}" if id_ else "",
                "shop_name": name,
                "text": "\n".join(map(_text, _SAID.findall(piece))),
                "posted_at": f"{at[3]}-{at[2]}-{at[1]}T{at[4]}{at[5] or ''}" if at else "",
                "pictures": html.unescape(photo[1]) if photo else "",
            }
            if parts["text"] or parts["pictures"]:
                yield {key: value for key, value in parts.items() if value}


def _pieces(file: IO[bytes], between: bytes, end: bytes) -> Iterator[str | None]:
    """Pieces between marks, up to an end; None for a piece that is too long (rule 4)."""
    held, long, whole = b"", False, False
    while not whole and (chunk := file.read(_CHUNK)):
        held += chunk
        if end in held:
            held, whole = held.partition(end)[0], True
        *done, held = held.split(between)
        for one in done:
            yield None if long else decode(one)[0]
            long = False
        if len(held) > MOST_RECORD:
            held, long = held[-len(between) - len(end) :], True
    if held.strip():
        yield None if long else decode(held)[0]


def _text(markup: str) -> str:
    """The text of a piece of a page."""
    lines = re.sub(r"<br\s*/?>", "\n", markup, flags=re.IGNORECASE)
    return html.unescape(re.sub(r"<[^>]*>", "", lines)).replace("\xa0", " ").strip()


HEADINGS: Mapping[str, Sequence[str]] = {
    "text": (
        "text", "内容", "消息内容", "聊天内容", "发言内容", "消息", "正文", "描述", "商品描述", "详情", "content",
        "message", "strcontent", "msg", "body",
    ),
    "posted_at": (
        "posted_at", "时间", "发送时间", "消息时间", "发言时间", "发布时间", "日期", "time", "date", "datetime",
        "timestamp", "strtime", "createtime",
    ),
    "shop_name": (
        "shop_name", "发言人", "发送人", "发送者", "发言者", "昵称", "群昵称", "用户名", "卖家", "卖家昵称", "店铺",
        "店铺名称", "nickname", "remark", "sender", "from", "author", "seller",
    ),
    "shop": ("shop", "qq", "qq号", "微信号", "账号", "用户id", "卖家id", "店铺id", "wxid", "uid", "userid", "senderid"),
    "title": ("title", "标题", "商品标题", "商品名称", "宝贝标题"),
    "price": ("price", "价格", "售价", "现价", "单价"),
    "url": ("url", "链接", "网址", "link"),
    "key": ("key", "消息id", "商品id", "商品编号", "宝贝id", "商品链接", "宝贝链接", "messageid", "msgsvrid", "itemid"),
    "pictures": ("pictures", "图片"),
}  # fmt: skip
"""Field of an offer → headings of tables under which it stands, the likeliest first."""


def find_columns(said: Mapping[str, str], head: Sequence[str]) -> dict[str, int]:
    """Which column of a table is which field: the one that a source names, else by the headings above.

    said: as a source says it; a field under its own name may stand under any heading that means it.
    """
    squeezed = [re.sub(r"[\s_\-]+", "", one).casefold() for one in head]
    found: dict[str, int] = {}
    for name, where in said.items():
        if where in head:
            found[name] = head.index(where)
        elif where == name:
            meant = (squeezed.index(one) for one in HEADINGS.get(name, ()) if one in squeezed)
            place = next((one for one in meant if one not in found.values()), None)
            if place is not None:
                found[name] = place
    return found
