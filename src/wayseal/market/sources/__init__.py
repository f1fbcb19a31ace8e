"""Sources: what is looked at, as data, and what an answer or an export of one shows.

A source is a TOML file (`load_sources`, docs/reference/market-sources.md). `parse` is a pure function of an answer's
bytes (`parse_apart` the same within bounds); `read_export` reads files of any size message by message. Nothing here
asks the network.

Files that a source names: exports of chats, and folders of pictures and texts.

1. Only what lies below the named place is read, in the order of names; links that lead out of it are left alone, and
   so is what begins with a dot.
2. In a folder a picture and a text of one name are one offer; its key is that name.

Exports of chats, read message by message: one with a million of them takes no more memory than one with ten.

3. What is held at a time is one message, and a message has at most 1 MiB.
4. A message that can't be read is a problem with its number, and the next one is read. A file that ends in the middle
   is a problem, and what stands before it is taken.
5. The key of a message is that of its chat and its own; without ids it is the hash of time, sender and text, so that
   the same export taken in twice brings nothing new.

What came, parsed by its source's kind: pure functions of bytes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, unquote

import ijson

from wayseal.market.apart import ApartError, apart
from wayseal.market.errors import SourceError
from wayseal.market.sources._build import LONGEST, Builder, decode
from wayseal.market.sources._chats import (
    MOST_RECORD,
    PROBE,
    Layout,
    find_columns,
    layout_of,
    read_archive,
    read_lines,
    read_page,
)
from wayseal.market.sources._markup import as_text, html_apart, parse_feed, parse_html, parse_json_answer, value_at
from wayseal.market.sources.source import (
    ChatFormat,
    Flaw,
    Problem,
    Seen,
    Source,
    SourceKind,
    load_sources,
    parse_source,
    unseen,
)
from wayseal.market.types import FailureReason, Listing, VisitStatus
from wayseal.model.errors import disk_says
from wayseal.model.rows import read_csv, read_json_line

__all__ = [
    "PICTURES",
    "TEXTS",
    "Seen",
    "Source",
    "files_of",
    "load_sources",
    "parse",
    "parse_apart",
    "parse_source",
    "picture_of",
    "read_export",
    "starts",
    "table_columns",
]
_CHATS = "chats.list.item"
Read = Iterator[Listing | Problem]


def read_chat(source: Source, file: IO[bytes], name: str) -> Read:
    """The messages of an export (rules 3 to 5).

    Args:
        source: Of the kind chat.
        file: The export, from its beginning; can be sought in.
        name: Its name, as the base of what it names itself.
    """
    builder = Builder(source=source, base=name, hashed=True)
    number = 0
    try:
        for number, parts in enumerate(_WAYS[source.format or ChatFormat.JSON](source, file), 1):
            if parts is None:
                yield Problem(flaw=Flaw.BAD_RECORD, item=number)
                continue
            pictures = [one for one in (parts.pop("pictures", ""),) if one]
            if made := builder.make(number, parts, pictures):
                yield made
            yield from builder.problems
            builder.problems.clear()
    except (ijson.JSONError, UnicodeDecodeError, EOFError):
        yield Problem(flaw=Flaw.CUT_FILE, item=number + 1)


def _encoding(file: IO[bytes]) -> str:
    """Detect the encoding of the beginning of a file; the last line may be cut."""
    head = file.read(PROBE)
    file.seek(0)
    whole = head if len(head) < PROBE else head[: head.rfind(b"\n") + 1] or head
    name = decode(whole)[1]
    return "utf-8-sig" if name == "utf-8" else name


def _lines(source: Source, file: IO[bytes]) -> Iterator[dict[str, str] | None]:
    """A plain log: a line that doesn't fit the pattern goes on the message before it."""
    pattern = re.compile(source.pattern or "")
    held: dict[str, str] | None = None
    text = TextIOWrapper(file, _encoding(file), errors="replace", newline=None)
    while line := text.readline(MOST_RECORD):
        found = pattern.match(line.rstrip("\n"))
        if found:
            if held is not None:
                yield held
            held = {name: value for name, value in found.groupdict().items() if value}
        elif held is not None and len(held.get("text", "")) < MOST_RECORD:
            held["text"] = f"{held.get('text', '')}\n{line.rstrip()}"
        elif line.strip():
            yield None
    if held is not None:
        yield held
    text.detach()


def _csv(source: Source, file: IO[bytes]) -> Iterator[dict[str, str] | None]:
    text = TextIOWrapper(file, _encoding(file), errors="replace", newline="")
    columns: dict[str, int] | None = None
    for _, cells in read_csv(text):
        if cells is None:
            yield None
        elif columns is None:
            columns = find_columns(source.fields.said(), cells)
        elif cells:
            yield {name: cells[at] for name, at in columns.items() if at < len(cells) and cells[at]} or None
    text.detach()


def table_columns(source: Source, file: Path) -> tuple[list[str], Mapping[str, int]]:
    """The headings of a table, and which field stands under which.

    Args:
        source: Of the kind chat, in the format csv.
        file: One of its files.

    Returns:
        Headings; field → place among them.
    """
    with file.open("rb") as opened:
        text = TextIOWrapper(opened, _encoding(opened), errors="replace", newline="")
        head = next((cells for _, cells in read_csv(text)), None) or []
    return head, find_columns(source.fields.said(), head)


def _json(source: Source, file: IO[bytes]) -> Iterator[dict[str, str] | None]:
    """A list in JSON at `items`, or an object a line."""
    if _is_list(source, file):
        prefix = f"{source.items}.item" if source.items else "item"
        for record in ijson.items(file, prefix, use_float=True):
            yield _mapped(source, record)
        return
    while line := file.readline(MOST_RECORD + 1):
        if not line.strip():
            continue
        if len(line) > MOST_RECORD:
            while line and not line.endswith(b"\n"):
                line = file.readline(MOST_RECORD)
            yield None
            continue
        yield _mapped(source, read_json_line(line))


def _is_list(source: Source, file: IO[bytes]) -> bool:
    head = file.read(64).removeprefix(b"\xef\xbb\xbf")
    file.seek(len(b"\xef\xbb\xbf") if file.seek(0) == 0 and file.read(3) == b"\xef\xbb\xbf" else 0)
    return bool(source.items) or head.lstrip()[:1] == b"["


def _mapped(source: Source, record: Any) -> dict[str, str] | None:
    if not isinstance(record, dict):
        return None
    parts = {name: as_text(value_at(record, where), html_apart) for name, where in source.fields.said().items()}
    return {name: value for name, value in parts.items() if value} or None


def _telegram(source: Source, file: IO[bytes]) -> Iterator[dict[str, str] | None]:
    """Telegram Desktop's: a chat, or all of an account. Messages of the service (joined, pinned) are no messages."""
    del source
    chat, whole = _telegram_head(file)
    if not whole:
        for record in ijson.items(file, "messages.item", use_float=True):
            yield from _telegram_message(chat, record)
        return
    building: Any = None
    start = f"{_CHATS}.messages.item"
    for prefix, event, value in ijson.parse(file, use_float=True):
        if prefix == f"{_CHATS}.id":
            chat = str(value)
        if building is None and prefix == start and event == "start_map":
            building = ijson.ObjectBuilder()
        if building is not None:
            building.event(event, value)
            if prefix == start and event == "end_map":
                yield from _telegram_message(chat, building.value)
                building = None


def _telegram_head(file: IO[bytes]) -> tuple[str, bool]:
    """The id of the chat, and whether the file holds all of an account."""
    chat, whole = "", False
    for prefix, event, value in ijson.parse(file, use_float=True):
        if prefix == "id":
            chat = str(value)
        if prefix in {"messages", _CHATS.removesuffix(".item")} and event == "start_array":
            whole = prefix != "messages"
            break
    file.seek(0)
    return chat, whole


def _telegram_message(chat: str, record: Any) -> Iterator[dict[str, str] | None]:
    if not isinstance(record, dict):
        yield None
    elif record.get("type") == "message":
        text = record.get("text", "")
        pieces = [one for one in (text if isinstance(text, list) else [text]) if isinstance(one, Mapping | str)]
        said = "".join(str(one.get("text", ""))[:MOST_RECORD] if isinstance(one, Mapping) else one for one in pieces)
        links = [one["href"] for one in pieces if isinstance(one, Mapping) and isinstance(one.get("href"), str)]
        parts = {
            "key": f"{chat}/{record['id']}" if "id" in record else "",
            "shop": record.get("from_id"),
            "shop_name": record.get("from"),
            "text": "\n".join((said, *links)),
            "posted_at": record.get("date_unixtime") or record.get("date"),
            "pictures": record.get("photo"),
        }
        if said.strip() or parts["pictures"]:
            yield {name: str(value) for name, value in parts.items() if value and isinstance(value, str | int | float)}
    elif record.get("type") != "service":
        yield None


def _chat(source: Source, file: IO[bytes]) -> Iterator[dict[str, str] | None]:
    """A chat of any kind that is known, told by its beginning."""
    layout = layout_of(file.read(PROBE))
    file.seek(0)
    if layout is Layout.JSON:
        yield from _telegram(source, file)
    elif layout is Layout.PAGE:
        yield from read_page(file)
    elif layout is Layout.ARCHIVE:
        yield from read_archive(file)
    else:
        text = TextIOWrapper(file, _encoding(file), errors="replace", newline=None)
        yield from read_lines(text)
        text.detach()


_WAYS = {
    ChatFormat.CHAT: _chat,
    ChatFormat.TELEGRAM: _telegram,
    ChatFormat.LINES: _lines,
    ChatFormat.CSV: _csv,
    ChatFormat.JSON: _json,
}


PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".heic"})
TEXTS = frozenset({".txt", ".md", ".text"})
_MOST_TEXT = 1 << 20


def files_of(source: Source) -> Iterator[Path]:
    """The files of a source, each once.

    Args:
        source: Of the kinds chat or folder.

    Returns:
        Paths, by name (rule 1).

    Raises:
        SourceError: Nothing is there.
    """
    place = _place(source)
    if place.is_dir():
        found = sorted(p for p in place.rglob("*") if p.is_file())
    elif place.is_file():
        found = [place]
    else:
        found = sorted(p for p in place.parent.glob(place.name) if p.is_file())
    root = _root(source).resolve()
    kept = [p for p in found if p.name[0] != "." and p.resolve().is_relative_to(root)]
    if not kept and not place.is_dir():
        raise SourceError("there is no such file or folder", file=source.file, key="files")
    yield from kept


def picture_of(source: Source, name: str) -> Path:
    """Where a picture lies that an offer of a file names.

    Args:
        source: Of the kinds chat or folder.
        name: As the offer has it: a path below the place of the source's files.

    Returns:
        The file, whether it is there or not.

    Raises:
        FileNotFoundError: It would lie elsewhere (rule 1).
    """
    root = _root(source).resolve()
    found = (root / name).resolve()
    if not found.is_relative_to(root):
        raise FileNotFoundError
    return found


def _place(source: Source) -> Path:
    return (source.file.parent if source.file else Path()) / (source.files or "")


def _root(source: Source) -> Path:
    place = _place(source)
    return place if place.is_dir() else place.parent


def read_export(source: Source, file: Path) -> Iterator[Listing | Problem]:
    """Read a source's file of any size, offer by offer.

    Args:
        source: Of the kinds chat or folder.
        file: One of `files_of`; for a folder the text or picture of one name brings the offer of both.

    Returns:
        Offers, and what is wrong with others.

    Raises:
        SourceError: The file can't be read.
    """
    try:
        if source.kind is SourceKind.CHAT:
            with file.open("rb") as opened:
                yield from read_chat(source, opened, "")
        else:
            yield from _read_pair(source, file)
    except OSError as error:
        raise SourceError("can't be read ({reason})", file=file, reason=disk_says(error)) from error


def _read_pair(source: Source, file: Path) -> Iterator[Listing | Problem]:
    """The offer of a picture, a text or both; of both only the first by name brings it."""
    kinds = PICTURES | TEXTS
    together = sorted(p for p in file.parent.iterdir() if p.stem == file.stem and p.suffix.lower() in kinds)
    if not together or together[0].name != file.name:
        return
    root = _root(source)
    names = {p: p.relative_to(root).as_posix() for p in together}
    builder = Builder(source=source, base="")
    text, unreadable = "", 0
    for one in together:
        if one.suffix.lower() in TEXTS:
            with one.open("rb") as opened:
                said, _, wrong = decode(opened.read(_MOST_TEXT))
            text, unreadable = f"{text}\n{said}".strip("\n"), unreadable + wrong
    key = Path(names[together[0]]).with_suffix("").as_posix()
    pictures = [names[p] for p in together if p.suffix.lower() in PICTURES]
    made = builder.make(1, {"key": key, "text": text[: LONGEST + 1]}, pictures)
    if made:
        yield made
    yield from builder.problems
    if unreadable:
        yield Problem(flaw=Flaw.ENCODING, count=unreadable)


_PARSERS = {
    SourceKind.PAGE: parse_html,
    SourceKind.SEARCH: parse_html,
    SourceKind.FEED: parse_feed,
    SourceKind.JSON: parse_json_answer,
}


def parse(source: Source, body: bytes, media_type: str, url: str) -> Seen:
    """Parse an answer, or an export in memory; `read_export` reads those of any size.

    Args:
        source: Whose answer it is.
        body: Its bytes, unpacked.
        media_type: As the answer said, with its parameters.
        url: Where it came from, after redirects.

    Returns:
        Offers, and what hinders from telling; never an exception for what stands in the bytes.
    """
    way = _PARSERS.get(source.kind)
    if way is None:
        return _whole_export(source, body)
    try:
        seen = way(source, body, media_type, url)
    except Exception:
        return unseen(FailureReason.UNREADABLE)  # parts of others, which meet what nobody thought of
    if source.kind is SourceKind.SEARCH and seen.sight is VisitStatus.SEEN and seen.listings and not source.next:
        return replace(seen, next_pages=_following(source, url))
    return seen


def parse_apart(source: Source, body: bytes, media_type: str, url: str) -> Seen:
    """The same in a child with bounds: what takes more memory or time than any page needs can't be read."""
    try:
        return apart(parse, source, body, media_type, url)
    except ApartError:
        return unseen(FailureReason.UNREADABLE)


def starts(source: Source) -> Iterator[str]:
    """Where a look begins.

    Args:
        source: A source on the web.

    Returns:
        Addresses; of a search the first page of each query.
    """
    if source.kind is not SourceKind.SEARCH:
        yield from source.start
        return
    for query in source.queries:
        yield _fill(source, query, source.first_page)


def _fill(source: Source, query: str, page: int) -> str:
    return source.start[0].replace("{query}", quote(query, safe="")).replace("{page}", str(page))


def _following(source: Source, url: str) -> tuple[str, ...]:
    """The next page of the same query, up to the last that a look may see."""
    pattern = re.escape(source.start[0]).replace(r"\{query\}", "(?P<query>[^&/?#]*)")
    found = re.fullmatch(pattern.replace(r"\{page\}", r"(?P<page>\d{1,6})"), url)
    if found is None or int(found["page"]) + 1 >= source.first_page + source.pages:
        return ()
    return (_fill(source, unquote(found["query"]), int(found["page"]) + 1),)


def _whole_export(source: Source, body: bytes) -> Seen:
    listings: list[Listing] = []
    problems: list[Problem] = []
    for one in read_chat(source, BytesIO(body), "") if source.kind is SourceKind.CHAT else ():
        listings.append(one) if isinstance(one, Listing) else problems.append(one)
    return Seen(sight=VisitStatus.SEEN, listings=tuple(listings), problems=tuple(problems))
