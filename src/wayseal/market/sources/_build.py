"""Offers out of the parts that were found, whatever they were found in.

1. An offer has a key: the site's own, or its address; in an export without ids the hash of what it says. One without
   is counted and left out, and so is one that says nothing.
2. Text is kept as it stands, signs that can't be seen included, up to 20,000 characters (a title, a price, a shop's
   name: 500; of a longer id the hash); only NUL and lone surrogates, which no database takes, are U+FFFD.
3. A time that can't be read is counted; the offer is kept without it. An offer that meets what nobody thought of is
   counted and left out; those beside it come in.

Bytes as text: by what was declared, a byte order mark, or what fits best.

4. A byte order mark counts before what is declared, and that before a guess; UTF-8 is guessed before GB18030.
5. GB2312 and GBK are read as GB18030, which contains them: sites declare the old names and write the new signs.
6. A text that is mostly UTF-8 and partly not was put together from several: each piece between tags and lines is read
   by itself, and those that are no UTF-8 are counted.
7. Of what else doesn't fit the encoding with the fewest unreadable places is taken. Such places stand as U+FFFD and are
   counted; nothing raises.
"""

import codecs
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urljoin, urlsplit

from wayseal.market.sources.source import Flaw, Problem, Seen, Source, unseen
from wayseal.market.types import FailureReason, Listing, VisitStatus
from wayseal.model.times import SECOND_US, micros_of

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_KNOWN = {
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "cp936", "x-gbk", "hz"), "gb18030"),
    **dict.fromkeys(("utf-8", "utf8"), "utf-8"),
    **dict.fromkeys(("big5", "big5-hkscs", "cp950"), "big5hkscs"),
    **dict.fromkeys(("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii", "windows-1252", "cp1252"), "cp1252"),
    **{name: name for name in ("utf-16", "utf-16-le", "utf-16-be", "shift_jis", "euc-jp", "euc-kr", "windows-1251")},
}
_IN_TYPE = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_-]{2,20})", re.IGNORECASE)
_IN_PAGE = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_-]{2,20})", re.IGNORECASE)
_IN_XML = re.compile(rb"^\s*<\?xml[^>]{0,200}encoding\s*=\s*[\"']([A-Za-z0-9_-]{2,20})")
_HEAD = 4096
UNREADABLE = "\ufffd"


def decode(body: bytes, media_type: str = "") -> tuple[str, str, int]:
    """A text, its encoding, and how many places of it can't be read (rules 4 to 7).

    Args:
        body: The bytes.
        media_type: As the answer said, with its parameters.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return _read(body[len(mark) :], name)
    declared = _declared(body, media_type)
    found = {name: _read(body, name) for name in dict.fromkeys((*declared, "utf-8", "gb18030"))}
    first = next(iter(found.values()))
    if first[2] and found["utf-8"][2] and _is_mostly(found["utf-8"], 1 / 3 if "utf-8" in declared else 10):
        return _pieces(body)
    return min(found.values(), key=lambda one: one[2])


def _is_mostly(found: tuple[str, str, int], share: float) -> bool:
    """Check if it holds so many signs for each unreadable place; of another encoding hardly one happens to be."""
    text, _, unreadable = found
    return sum(sign > "\x7f" and sign != UNREADABLE for sign in text) >= share * unreadable


def _pieces(body: bytes) -> tuple[str, str, int]:
    """A text of several encodings (rule 6); no byte of a sign in GB18030 is one of those that part the pieces."""
    read = [_read(piece, "utf-8") for piece in re.split(rb"(?=[<\n])", body)]
    parts = [
        text if not wrong else min((text, wrong), _read(piece, "gb18030")[::2], key=lambda one: one[1])[0]
        for (text, _, wrong), piece in zip(read, re.split(rb"(?=[<\n])", body), strict=True)
    ]
    return "".join(parts), "utf-8", sum(wrong > 0 for _, _, wrong in read)


def _declared(body: bytes, media_type: str) -> list[str]:
    head = body[:_HEAD]
    said = [match[1] for match in [_IN_TYPE.search(media_type)] if match]
    said += [match[1].decode() for match in (_IN_PAGE.search(head), _IN_XML.search(head)) if match]
    return [_KNOWN[name] for one in said if (name := one.lower().replace("_", "-")) in _KNOWN]


def _read(body: bytes, name: str) -> tuple[str, str, int]:
    try:
        return body.decode(name), name, 0
    except UnicodeDecodeError:
        text = body.decode(name, "replace")
        return text, name, max(1, text.count(UNREADABLE))


LONGEST = 20_000
MOST_LISTINGS = 5_000
MOST_PICTURES = 50
_SHORT = 500
_SHORT_ONES = ("title", "price", "shop_name")
ODD = re.compile("[\0\ud800-\udfff]")
_SECONDS = re.compile(r"\d{9,10}(\.\d+)?")
_IN_CHINA = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\s*(上午|下午)?\s*(\d{1,2})[:：时点](\d{1,2})(?:[:：分](\d{1,2})秒?|分)?)?"
)
_MILLIS = re.compile(r"\d{13}")


@dataclass(slots=True, kw_only=True)
class Builder:
    """Makes the offers of one answer or file, and counts what is wrong."""

    source: Source
    base: str
    hashed: bool = False
    most: int = MOST_LISTINGS
    problems: list[Problem] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    _keys: dict[str, str] = field(default_factory=dict)
    _left: int = 0
    _taken: int = 0

    def take(self, items: Iterable[Any], one: Callable[["Builder", int, Any], None]) -> None:
        """Takes all offers of an answer, in whatever shape they stand there (rule 3)."""
        for number, item in enumerate(items, 1):
            self._taken = number
            try:
                one(self, number, item)
            except Exception:  # parts of others, again
                self.problems.append(Problem(flaw=Flaw.BAD_RECORD, item=number))

    def add(self, number: int, parts: Mapping[str, str], pictures: Iterable[str] = ()) -> None:
        """Takes one offer, or says why not (rules 1 to 3).

        Args:
            number: Which it is, from 1.
            parts: Text by field; a field that isn't there is missing.
            pictures: Their addresses or paths.
        """
        made = self.make(number, parts, pictures)
        if made is None:
            return
        if made.key in self._keys:
            if self._keys[made.key] != made.text:
                self.problems.append(Problem(flaw=Flaw.TWICE, item=number))
        elif len(self.listings) >= self.most:
            self._left += 1
        else:
            self._keys[made.key] = made.text
            self.listings.append(made)

    def make(self, number: int, parts: Mapping[str, str], pictures: Iterable[str] = ()) -> Listing | None:
        """The offer of these parts; None: there is none, and the problem is noted."""
        clean = {name: ODD.sub(UNREADABLE, value).strip() for name, value in parts.items()}
        title, text = clean.get("title", ""), clean.get("text", "")
        if len(text) > LONGEST or any(len(clean.get(name, "")) > _SHORT for name in _SHORT_ONES):
            self.problems.append(Problem(flaw=Flaw.CUT_TEXT, item=number))
        title, text = title[:_SHORT], text[:LONGEST]
        url = _address(self.base, clean.get("url", ""))
        named = [self.address(picture) if self.base else ODD.sub(UNREADABLE, picture) for picture in pictures]
        shown = tuple(one for one in named if one)[:MOST_PICTURES]
        if not (title or text or shown):
            self.problems.append(Problem(flaw=Flaw.NO_TEXT, item=number))
            return None
        key = clean.get("key", "") or url
        if not key and self.hashed:
            said = "\0".join((clean.get("posted_at", ""), clean.get("shop", clean.get("shop_name", "")), text))
            key = hashlib.sha256(said.encode()).hexdigest()[:24]
        if not key:
            self.problems.append(Problem(flaw=Flaw.NO_KEY, item=number))
            return None
        shop = clean.get("shop", "")
        return Listing(
            source=self.source.name,
            key=key if len(key) <= _SHORT else hashlib.sha256(key.encode()).hexdigest(),
            url=url,
            shop=shop if len(shop) <= _SHORT else hashlib.sha256(shop.encode()).hexdigest(),
            shop_name=clean.get("shop_name", "")[:_SHORT],
            title=title,
            text=text,
            price=clean.get("price", "")[:_SHORT],
            posted_at=self._time(number, clean.get("posted_at", "")),
            pictures=shown,
        )

    def address(self, url: str) -> str:
        """An address in full; "" where it is none of the web."""
        return _address(self.base, url)

    def seen(self, further: Iterable[str] = (), text: str = "") -> Seen:
        """The answer: unseen where its every offer is broken, as another shape is. further: next pages."""
        pages = self._further(further)
        if self._left:
            self.problems.append(Problem(flaw=Flaw.MANY, count=self._left))
        if self._taken and not self.listings:
            return unseen(FailureReason.CHANGED, self.problems, text)
        return Seen(
            sight=VisitStatus.SEEN,
            listings=tuple(self.listings),
            next_pages=pages,
            problems=tuple(self.problems),
            text=text,
        )

    def _further(self, addresses: Iterable[str]) -> tuple[str, ...]:
        """Addresses of next pages, each once: those of the same site alone; another one is noted."""
        found: dict[str, None] = {}
        for url in addresses:
            whole = self.address(url)
            if not whole or whole == self.base:
                continue
            if _same_site(whole, self.base):
                found[whole] = None
            else:
                self.problems.append(Problem(flaw=Flaw.OTHER_SITE))
        return tuple(found)

    def _time(self, number: int, text: str) -> int | None:
        if not text:
            return None
        try:
            return read_time(text, self.source.time_format, self.source.offset)
        except (ValueError, OverflowError):
            self.problems.append(Problem(flaw=Flaw.BAD_TIME, item=number))
            return None


def read_time(text: str, pattern: str | None, offset: int) -> int:
    """A time as a site writes it; ValueError, OverflowError: it can't be read."""
    if pattern is None and _MILLIS.fullmatch(text):
        return int(text) * 1000
    if pattern is None and _SECONDS.fullmatch(text):
        return int(float(text) * SECOND_US)
    if pattern is None and (said := _IN_CHINA.fullmatch(text)):
        year, month, day, hour, minute, second = (int(said[n] or 0) for n in (1, 2, 3, 5, 6, 7))
        hour += 12 * (said[4] == "下午" and hour < 12) - 12 * (said[4] == "上午" and hour == 12)
        found = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001
    else:
        found = datetime.fromisoformat(text) if pattern is None else datetime.strptime(text, pattern)  # noqa: DTZ007
    zone = timezone(timedelta(seconds=offset))
    return micros_of((found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC))


def _address(base: str, url: str) -> str:
    """An address in full; "" where it is none of the web (javascript:, data: and the like)."""
    if not url:
        return ""
    try:
        whole = urljoin(base, url)
        parts = urlsplit(whole)
    except ValueError:
        return ""
    return whole if parts.scheme in {"http", "https"} and parts.hostname and whole.isprintable() else ""


def _same_site(one: str, other: str) -> bool:
    """Check if two addresses are of one host and port."""
    try:
        return urlsplit(one).netloc.lower() == urlsplit(other).netloc.lower()
    except ValueError:
        return False
