"""What came, parsed by its source's kind: pure functions of bytes."""

import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from urllib.parse import quote, unquote

from wayseal.market.apart import ApartError, apart
from wayseal.market.sources._exports import read_chat
from wayseal.market.sources._markup import parse_feed, parse_html, parse_json_answer
from wayseal.market.sources.source import Problem, Seen, Source, SourceKind, unseen
from wayseal.market.types import FailureReason, Listing, VisitStatus

_WAYS = {
    SourceKind.PAGE: parse_html,
    SourceKind.SEARCH: parse_html,
    SourceKind.FEED: parse_feed,
    SourceKind.JSON: parse_json_answer,
}


def parse(source: Source, body: bytes, media_type: str, url: str) -> Seen:
    """What an answer shows, or an export in memory; `read_export` reads those of any size.

    Args:
        source: Whose answer it is.
        body: Its bytes, unpacked.
        media_type: As the answer said, with its parameters.
        url: Where it came from, after redirects.

    Returns:
        Offers, and what hinders from telling; never an exception for what stands in the bytes.
    """
    way = _WAYS.get(source.kind)
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
