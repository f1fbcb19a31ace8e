"""Pages of the simulated market into offers, for the baselines: no more than classes and fields."""

import gzip
import json
import re
import xml.etree.ElementTree as Tree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from wayseal_sim.market.parts import Answer

_GONE = ("不存在", "已被删除", "已失效", "已关闭")
_DC = "{http://purl.org/dc/elements/1.1/}creator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An offer as a page shows it. shop: where the shop's page is, or the offer's own where shops have none."""

    key: str
    shop: str
    name: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a page says. gone: it says that what was asked for isn't there; hindrance: why it can't be told."""

    rows: tuple[Row, ...] = ()
    following: str = ""
    gone: bool = False
    hindrance: str = ""


def body_of(answer: Answer) -> bytes:
    """The body unpacked."""
    return gzip.decompress(answer.body) if answer.header("Content-Encoding") == "gzip" else answer.body


def parse(site: str, answer: Answer, classes: Mapping[str, str]) -> Parsed:
    """What an answer says. classes: of the site's pages, by field."""
    if answer.cut or answer.endless or answer.delay_s > 30:
        return Parsed(hindrance="unreachable")
    if answer.status in (404, 410):
        return Parsed(gone=True)
    if answer.status != 200:
        return Parsed(hindrance="refused")
    body = body_of(answer)
    try:
        if site == "openapi":
            return _interface(json.loads(body))
        if b"<rss" in body[:200]:
            return _feed(body)
    except (ValueError, Tree.ParseError, KeyError, TypeError):
        return Parsed(hindrance="unreadable")
    text = body.decode("gb18030" if site in ("arcade", "forum") else "utf-8", "replace")
    reader = _Reader(classes)
    reader.feed(text)
    rows, following = tuple(reader.rows()), reader.following
    if rows:
        return Parsed(rows=rows, following=following)
    if any(word in text for word in _GONE):
        return Parsed(gone=True)
    return Parsed(hindrance="changed")


def _interface(told: Mapping[str, object]) -> Parsed:
    if told["code"]:
        return Parsed(hindrance="login")
    data = told["data"]
    assert isinstance(data, dict)
    listed = data.get("list", [data])
    rows = tuple(
        Row(
            key=row["itemId"],
            shop=f"/v1/shops/{row['seller']['id']}",
            name=row["seller"]["nick"],
            title=row["subject"],
            text=row["detail"]["body"],
        )
        for row in listed
    )
    return Parsed(rows=rows, following=data.get("next") or "")


def _feed(body: bytes) -> Parsed:
    rows = []
    for item in Tree.fromstring(body).iter("item"):
        key, text = item.findtext("guid", ""), re.sub(r"<[^>]+>", "\n", item.findtext("description", ""))
        rows.append(
            Row(
                key=key,
                shop=f"/ad/{key}.html",
                name=item.findtext(_DC, ""),
                title=item.findtext("title", ""),
                text=text,
            )
        )
    return Parsed(rows=tuple(rows)) if rows else Parsed(hindrance="changed")


class _Reader(HTMLParser):
    """Collects offers by the classes of their parts."""

    def __init__(self, classes: Mapping[str, str]) -> None:
        super().__init__()
        self._fields = {name: field for field, name in classes.items()}
        self._items: list[dict[str, str]] = []
        self._open: list[tuple[str, str]] = []
        self.following = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opens an item or a part of one."""
        told = {key: value or "" for key, value in attrs}
        if tag == "br":
            self.handle_data("\n")
            return
        field = self._fields.get(told.get("class", ""), "")
        if field == "item":
            self._items.append({"key": told.get("data-key", "")})
        elif field == "shop" and self._items:
            self._items[-1]["where"] = told.get("href", "")
        elif field == "next":
            self.following = told.get("href", "")
        if tag not in ("img", "meta", "input"):
            self._open.append((tag, field))

    def handle_endtag(self, tag: str) -> None:
        """Closes it."""
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Text of the part that is open."""
        field = self._open[-1][1] if self._open else ""
        if field in ("title", "text", "shop") and self._items:
            item = self._items[-1]
            item[field] = item.get(field, "") + data

    def rows(self) -> Sequence[Row]:
        """What was collected."""
        return [
            Row(
                key=item["key"],
                shop=item.get("where") or f"/ad/{item['key']}.html",
                name=item.get("shop", ""),
                title=item.get("title", ""),
                text=item.get("text", ""),
            )
            for item in self._items
        ]
