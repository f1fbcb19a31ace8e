"""What is looked at, as a person writes it: one TOML file a source. Every mistake is told with file, line and key.

1. A source says who looks (`contact`), how often, how much a day and how long what was seen is kept. Its defaults are
   gentle ones; a pause below a second isn't taken.
2. What leaves the usual manners is written out: `robots_ignored` is a reason, `allow_inside` a decision. Both stand in
   the record of every capture.
3. What makes the usual shape of an answer is part of the source, so that another shape is never taken for "gone".

What an answer, or a file, shows of a source.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import Field
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from wayseal.market.errors import SourceError
from wayseal.market.types import FailureReason, Listing, VisitStatus
from wayseal.model.errors import disk_says
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, Text, TomlText, needs, one_or_more, parse_length, parsed_by


class Flaw(StrEnum):
    """A flaw in a part of what came; the rest is taken all the same."""

    NO_KEY = "no_key"
    """An offer without anything by which it is known again; left out."""
    NO_TEXT = "no_text"
    """An offer that says nothing; left out."""
    TWICE = "twice"
    """An offer with the key of one before it and another text; left out."""
    CUT_TEXT = "cut_text"
    """A text of over 20,000 characters, or a title of over 500; the rest is in the capture alone."""
    BAD_TIME = "bad_time"
    """A time that can't be read; the offer has none."""
    BAD_RECORD = "bad_record"
    """A record of an export, or an offer of an answer, that can't be read; left out."""
    CUT_FILE = "cut_file"
    """An export ends in the middle; what stands before is taken."""
    MANY = "many"
    """More offers than one answer may have; the rest is left out."""
    ENCODING = "encoding"
    """Pieces in another encoding than the rest, or places that can't be read and stand as U+FFFD."""
    OTHER_SITE = "other_site"
    """A next page on another site; not followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One flaw, and where. item: which offer or record, from 1; 0: the whole. count: of it."""

    flaw: Flaw
    item: int = 0
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The content of an answer.

    Attributes:
        sight: Seen; gone, where the site itself says so; or unseen.
        hindrance: Why it can't be told, if so.
        listings: Offers, in the order in which they stand.
        next_pages: Addresses of further pages; how many are followed is up to whoever asks.
        problems: What is wrong with parts of it.
        text: What a person would have read; empty for what is no page.
    """

    sight: VisitStatus
    hindrance: FailureReason | None = None
    listings: tuple[Listing, ...] = ()
    next_pages: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    text: str = ""

    def __repr__(self) -> str:
        """Without what was seen."""
        return f"Seen({self.sight}, {self.hindrance}, {len(self.listings)} listings, {len(self.problems)} problems)"


def unseen(hindrance: FailureReason, problems: Sequence[Problem] = (), text: str = "") -> Seen:
    """Build the `Seen` of what can't be told."""
    return Seen(sight=VisitStatus.UNSEEN, hindrance=hindrance, problems=tuple(problems), text=text)


VERSION = 1
MOST_BYTES = 1 << 20
"""Of a source's own file."""
PAGE = 8 << 20
"""Bytes of an answer, where a source doesn't say: parsed HTML takes up to 26 times as much memory."""
DAY = 86_400
TEXT_SIGN = "text:"
BLANKS = ["{query}", "{page}"]
"""What a search's address has in it."""


class SourceKind(StrEnum):
    """The kind of a source."""

    PAGE = "page"
    """A page that lists offers, or a shop's page; HTML."""
    SEARCH = "search"
    """A page that answers queries, with numbered pages; HTML."""
    FEED = "feed"
    """RSS or Atom."""
    JSON = "json"
    CHAT = "chat"
    """Exports of chats, as files."""
    FOLDER = "folder"
    """Pictures and texts, as files."""


class ChatFormat(StrEnum):
    """How an export is written."""

    CHAT = "chat"
    """A chat of WeChat, QQ or Telegram, or a text: told by how it begins."""
    TELEGRAM = "telegram"
    """Telegram Desktop's JSON: one chat, or all of an account."""
    LINES = "lines"
    CSV = "csv"
    JSON = "json"
    """A list in JSON, or an object a line."""


ON_THE_WEB = frozenset({SourceKind.PAGE, SourceKind.SEARCH, SourceKind.FEED, SourceKind.JSON})
_HTML = frozenset({SourceKind.PAGE, SourceKind.SEARCH})


def _parse_name(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", value):
        raise SourceError("needs small letters, digits and hyphens, at most 64")
    return value


def _parse_url(value: Any) -> str:
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        good = parts is not None and parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or not value.isprintable() or " " in value:
        raise SourceError("needs an address that begins with http:// or https://")
    return str(value)


def _parse_contact(value: Any) -> str:
    if (
        not isinstance(value, str)
        or not (value.isascii() and value.isprintable())
        or not re.search(r"@|^https://", value)
    ):
        raise SourceError("needs a mail address, or a page that begins with https://, in ASCII")
    return value.strip()


def _parse_offset(value: Any) -> int:
    found = re.fullmatch(r"([+-])([0-9]{2}):([0-5][0-9])", value) if isinstance(value, str) else None
    if found is None or int(found[2]) > 14:
        raise SourceError("not an offset from UTC; write it like +08:00")
    seconds = int(found[2]) * 3600 + int(found[3]) * 60
    return -seconds if found[1] == "-" else seconds


def _parse_time_format(value: Any) -> str:
    try:
        if not re.search("%[YyGcx]", value):
            raise ValueError
        moment = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
        datetime.strptime(moment.strftime(value), value)  # noqa: DTZ007 (whether it can be read at all)
    except (ValueError, TypeError):
        raise SourceError("needs a pattern of a time with its year, like %Y-%m-%d %H:%M") from None
    return str(value)


_Url = Annotated[str, parsed_by(_parse_url, str)]
_Length = Annotated[int, parsed_by(parse_length)]
_Signs = Annotated[tuple[Text, ...], one_or_more(tuple[Text, ...])]
_Budget = Annotated[int, Field(ge=1, le=DAY), needs(N_("needs a whole number from 1 to 86400"))]
_Pages = Annotated[int, Field(ge=1, le=1000), needs(N_("needs a whole number from 1 to 1000"))]
_Bytes = Annotated[int, Field(ge=1024, le=64 << 20), needs(N_("needs bytes, from 1024 to 67108864"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Where the parts of an offer stand; see docs/reference/market-sources.md for how that is written."""

    __pydantic_config__: ClassVar = CLOSED
    key: Text | None = None
    url: Text | None = None
    shop: Text | None = None
    shop_name: Text | None = None
    title: Text | None = None
    text: Text | None = None
    price: Text | None = None
    posted_at: Text | None = None
    pictures: Text | None = None

    def said(self) -> dict[str, str]:
        """Those that a source says, by name."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """By what an answer is known that shows no offers."""

    __pydantic_config__: ClassVar = CLOSED
    captcha: _Signs = ()
    login: _Signs = ()
    error: _Signs = ()
    gone: _Signs = ()

    def found(self, says: Callable[[str], bool]) -> FailureReason | VisitStatus | None:
        """Find the first kind of sign that an answer says; None: none of them."""
        wanted: dict[FailureReason | VisitStatus, _Signs] = {
            FailureReason.CAPTCHA: self.captcha,
            FailureReason.LOGIN: self.login,
            FailureReason.ERROR_PAGE: self.error,
            VisitStatus.GONE: self.gone,
        }
        return next((one for one, signs in wanted.items() if any(map(says, signs))), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source.

    Attributes:
        name: By which everything about it is found.
        kind: What it is made of.
        contact: Mail or page of whoever looks; goes out with each request.
        start: Addresses to begin with; of a search one, with {query} and {page}.
        files: Where exports lie, beside the source's file: a file, a folder, or a pattern such as chats/*.json.
        format: How an export of chats is written.
        pattern: A regular expression for a line of a plain log, its groups named as fields are.
        queries: What is searched for.
        pages: At most so many pages a look, of a search for each query.
        first_page: The number of a search's first page.
        every: Seconds between looks.
        budget: At most so many requests a day.
        pause: Seconds between two requests.
        jitter: The pause is longer by up to this part of it.
        retention: Seconds for which bodies are kept.
        most_bytes: Of an answer, unpacked.
        robots_ignored: Why robots.txt isn't obeyed; None: it is.
        allow_inside: Addresses inside are asked, too.
        scripts: Whether the page needs a browser.
        details: Whether a list shows only the beginning of an offer, which is then read on its own page.
        usual: What is there whenever the answer has its usual shape.
        items: Offers: a selector, or a path to a list.
        next: The next page's address.
        time_format: How times are written, in strptime's signs; None: ISO 8601 or seconds since 1970.
        offset: Seconds by which the site's clock is before UTC.
        note: For people.
        fields: Where the parts of an offer stand.
        signs: By what other answers are known.
        file: The source's own file.
    """

    __pydantic_config__: ClassVar = CLOSED
    name: Annotated[str, parsed_by(_parse_name, str)]
    kind: Annotated[SourceKind, needs(N_("no kind of source; one of {known}"), known=list(SourceKind))]
    contact: Annotated[str | None, parsed_by(_parse_contact, str)] = None
    start: Annotated[tuple[_Url, ...], one_or_more(tuple[_Url, ...])] = ()
    files: Text | None = None
    format: ChatFormat | None = None
    pattern: Text | None = None
    queries: Annotated[tuple[Text, ...], one_or_more(tuple[Text, ...])] = ()
    pages: _Pages = 10
    first_page: Annotated[int, Field(ge=0, le=1000)] = 1
    every: _Length = 6 * 3600
    budget: _Budget = 200
    pause: Annotated[float, Field(ge=1, le=3600)] = 10.0
    jitter: Annotated[float, Field(ge=0, le=10)] = 0.5
    retention: _Length = 180 * DAY
    most_bytes: _Bytes = PAGE
    robots_ignored: Text | None = None
    allow_inside: bool = False
    scripts: bool = False
    details: bool = False
    usual: Text | None = None
    items: Text | None = None
    next: Text | None = None
    time_format: Annotated[str | None, parsed_by(_parse_time_format, str)] = None
    offset: Annotated[int, parsed_by(_parse_offset, str)] = 8 * 3600
    note: Text | None = None
    fields: Fields = field(default_factory=Fields)
    signs: Signs = field(default_factory=Signs)
    file: Path | None = None

    @property
    def on_the_web(self) -> bool:
        """True if it is asked over the network."""
        return self.kind in ON_THE_WEB


_WEB = ("contact", "start", "budget", "pause", "jitter", "robots_ignored", "allow_inside", "scripts", "details")
_SHAPE = ("usual", "items", "next", "signs")
_NEEDED: Mapping[SourceKind, tuple[str, ...]] = {
    SourceKind.PAGE: ("contact", "start", "items"),
    SourceKind.SEARCH: ("contact", "start", "queries", "items"),
    SourceKind.FEED: ("contact", "start"),
    SourceKind.JSON: ("contact", "start", "items"),
    SourceKind.CHAT: ("files", "format"),
    SourceKind.FOLDER: ("files",),
}
_STRANGE: Mapping[SourceKind, tuple[str, ...]] = {
    SourceKind.PAGE: ("files", "format", "pattern", "queries", "first_page"),
    SourceKind.SEARCH: ("files", "format", "pattern"),
    SourceKind.FEED: ("files", "format", "pattern", "queries", "first_page", *_SHAPE, "fields", "time_format"),
    SourceKind.JSON: ("files", "format", "pattern", "queries", "first_page"),
    SourceKind.CHAT: (*_WEB, "queries", "pages", "first_page", "usual", "next", "signs", "most_bytes"),
    SourceKind.FOLDER: (*_WEB, *_SHAPE, "format", "pattern", "queries", "pages", "first_page", "fields", "time_format"),
}
_KNOWN_BY = {SourceKind.PAGE, SourceKind.SEARCH, SourceKind.JSON}


def parse_source(text: str | bytes, file: Path | None = None) -> Source:
    """One source out of its TOML text (rules 1 to 3).

    Args:
        text: TOML; bytes in UTF-8.
        file: From where it is, for errors, and as the place beside which `files` lie.

    Returns:
        The source.

    Raises:
        SourceError: Tells file, line and key of the first mistake.
    """
    toml = TomlText(text, SourceError, file=file, example='name = "market-a"')
    if toml.says("file"):
        raise toml.error(N_("not known here"), "file")
    source: Source = toml.read(Source, version=VERSION)
    for key in _STRANGE[source.kind]:
        if toml.says(key):
            raise toml.error(N_("means nothing for a source of this kind"), key)
    for key in _NEEDED[source.kind]:
        if not getattr(source, key):
            raise toml.error(N_("this key is needed"), key)
    if source.scripts and source.kind not in _HTML:
        raise toml.error(N_("means nothing for a source of this kind"), "scripts")
    if source.kind in _KNOWN_BY and not (source.fields.key or source.fields.url):
        raise toml.error(N_("an offer needs something by which it is known again: key or url"), "fields")
    _check_search(toml, source)
    _check_chat(toml, source)
    if source.kind in _HTML:
        _check_selectors(toml, source)
    return replace(source, file=file)


def _check_search(toml: TomlText, source: Source) -> None:
    if source.kind is not SourceKind.SEARCH:
        return
    if len(source.start) != 1 or any(source.start[0].count(blank) != 1 for blank in BLANKS):
        raise toml.error(N_("a search has one address, with {blanks} in it once each"), "start", blanks=BLANKS)


def _check_chat(toml: TomlText, source: Source) -> None:
    if source.kind is not SourceKind.CHAT:
        return
    if source.format is ChatFormat.LINES:
        try:
            groups = set(re.compile(source.pattern or "").groupindex)
        except re.error:
            raise toml.error(N_("is no regular expression"), "pattern") from None
        known = set(Fields.__slots__) - {"pictures"}
        if "text" not in groups or not groups <= known:
            raise toml.error(N_("needs a group named text, and others only of {known}"), "pattern", known=sorted(known))
    elif source.format in {ChatFormat.CSV, ChatFormat.JSON} and source.fields.text is None:
        raise toml.error(N_("this key is needed"), "fields", "text")


def _check_selectors(toml: TomlText, source: Source) -> None:
    empty = LexborHTMLParser("<p></p>")
    signs = [
        (("signs", name), sign)
        for name in Signs.__slots__
        for sign in getattr(source.signs, name)
        if not sign.startswith(TEXT_SIGN)
    ]
    parts = [(("fields", name), value) for name, value in source.fields.said().items()]
    shape = [((key,), value) for key in ("usual", "items", "next") if (value := getattr(source, key)) is not None]
    for path, value in (*shape, *parts, *signs):
        selector = value.rpartition("@")[0] if path[0] in {"fields", "next"} and "@" in value else value
        try:
            if selector.strip() not in {"", "."}:
                empty.css(selector)
        except (SelectolaxError, ValueError):
            raise toml.error(N_("is no CSS selector"), *path) from None


def _read(file: Path) -> bytes:
    """The text of a source's file. SourceError: it can't be read, or is too large for one."""
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise SourceError("can't be read ({reason})", file=file, reason=disk_says(error)) from error
    if len(data) > MOST_BYTES:
        raise SourceError("is larger than 1 MiB; this is no source", file=file)
    return data


def load_sources(folder: Path) -> tuple[Source, ...]:
    """The sources of a folder, a TOML file each, by the names of their files.

    Args:
        folder: Where they lie; what begins with a dot or doesn't end in .toml is left alone.

    Returns:
        The sources; empty for an empty folder.

    Raises:
        SourceError: There is no such folder, a file has a mistake, or two sources have one name.
    """
    try:
        files = sorted(p for p in folder.iterdir() if p.suffix == ".toml" and p.name[0] != "." and p.is_file())
    except OSError as error:
        raise SourceError("can't be read ({reason})", file=folder, reason=disk_says(error)) from error
    made: dict[str, Source] = {}
    for file in files:
        source = parse_source(_read(file), file)
        if source.name in made:
            other = made[source.name].file
            raise SourceError("{other} has this name, too", file=file, key="name", other=other.name if other else "")
        made[source.name] = source
    return tuple(made.values())
