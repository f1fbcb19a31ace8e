"""What one look brings: answers or files, kept and parsed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from wayseal.market.fetching import Fetched, Missed, Validators
from wayseal.market.looking._pages import Pages
from wayseal.market.sources import Seen, Source, files_of, parse_apart, read_export, starts
from wayseal.market.sources.errors import SourceError
from wayseal.market.sources.types import Problem
from wayseal.market.types import Capture, Hindrance, Listing, Sight
from wayseal.store.durable import file_digest

MOST_PAGES = 1000
_GONE = frozenset({404, 410})


class Ask(Protocol):
    """Who asks sites: `market.fetching.Fetcher`."""

    def fetch(self, source: Source, url: str, known: Validators | None = None) -> Fetched | Missed:
        """An answer, or why there is none."""


class Keep(Protocol):
    """Who keeps what came: `market.capture.Captures`."""

    def keep(self, source: Source, fetched: Fetched, text: str = "") -> Capture:
        """Keeps an answer; durable when it returns."""

    def keep_file(self, source: Source, file: Path, name: str, at: int) -> Capture:
        """Keeps a file; durable when it returns."""


@dataclass(slots=True, kw_only=True)
class Gathered:
    """What a look at a whole source brought.

    Attributes:
        captures: What was kept.
        unchanged: Ids of captures that stand, as their page is still the same.
        found: Each offer with the id of its capture.
        hindrance: The first thing that kept from seeing; None: all was seen.
        complete: All there is was seen.
        problems: What is wrong with parts of it.
    """

    captures: list[Capture] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    found: list[tuple[Listing, str]] = field(default_factory=list)
    hindrance: Hindrance | None = None
    complete: bool = True
    problems: list[Problem] = field(default_factory=list)

    @property
    def sight(self) -> Sight:
        """Unseen unless something was seen and nothing hindered."""
        return Sight.SEEN if self.hindrance is None else Sight.UNSEEN


@dataclass(frozen=True, slots=True, kw_only=True)
class OnePage:
    """What one address showed.

    Attributes:
        sight: Whether it could be seen.
        hindrance: Why not.
        listings: Offers on it.
        capture: What was kept of it, now or when it was the same; None: no answer came.
        seen: All that it showed.
        unchanged: It is what it was, so the site says: nothing was kept anew.
    """

    sight: Sight
    hindrance: Hindrance | None
    listings: tuple[Listing, ...] = ()
    capture: Capture | None = None
    seen: Seen | None = None
    unchanged: bool = False


def look_at_page(source: Source, url: str, ask: Ask, keep: Keep, pages: Pages | None = None) -> OnePage:
    """One address of a source: kept, parsed, and whether it says that nothing is there any more."""
    before = None if pages is None else pages.known(source, url)
    answer = ask.fetch(source, url, None if before is None else before.validators)
    if isinstance(answer, Missed):
        return OnePage(sight=Sight.UNSEEN, hindrance=answer.hindrance)
    if answer.status in _GONE:
        return OnePage(sight=Sight.GONE, hindrance=None, capture=keep.keep(source, answer))
    if answer.unchanged and before is not None and not answer.hops:
        return _shown(parse_apart(source, before.body, before.media_type, answer.url), before.capture, unchanged=True)
    if answer.hindrance is not None or answer.unchanged:
        hindrance = answer.hindrance or Hindrance.ERROR_PAGE
        return OnePage(sight=Sight.UNSEEN, hindrance=hindrance, capture=keep.keep(source, answer))
    seen = parse_apart(source, answer.shown, answer.shown_type, answer.url)
    kept = keep.keep(source, answer, seen.text)
    if pages is not None and seen.sight is Sight.SEEN:
        pages.note(source, answer, kept)
    return _shown(seen, kept, unchanged=False)


def _shown(seen: Seen, capture: Capture, *, unchanged: bool) -> OnePage:
    return OnePage(
        sight=seen.sight,
        hindrance=seen.hindrance,
        listings=seen.listings,
        capture=capture,
        seen=seen,
        unchanged=unchanged,
    )


def gather(source: Source, ask: Ask, keep: Keep, pages: Pages | None = None) -> Gathered:
    """All pages of a source on the web, as far as it says that they are to be followed."""
    out = Gathered()
    keys: set[str] = set()
    for first in starts(source):
        waiting, done = [first], set[str]()
        while waiting and len(done) < min(source.pages, MOST_PAGES):
            url = waiting.pop(0)
            if url in done:
                continue
            done.add(url)
            page = look_at_page(source, url, ask, keep, pages)
            if page.unchanged and page.capture is not None:
                out.unchanged.append(page.capture.id)
            elif page.capture is not None:
                out.captures.append(page.capture)
            if page.sight is not Sight.SEEN or page.seen is None or page.capture is None:
                # A list that isn't there any more isn't a list without offers.
                out.hindrance = out.hindrance or page.hindrance or Hindrance.CHANGED
                out.complete = False
                break
            out.problems += page.seen.problems
            fresh = [one for one in page.listings if one.key not in keys]
            keys.update(one.key for one in fresh)
            out.found += [(one, page.capture.id) for one in fresh]
            if fresh:
                waiting += page.seen.next_pages
        out.complete = out.complete and not [url for url in waiting if url not in done]
    return out


def gather_files(source: Source, keep: Keep, at: int, known: frozenset[str]) -> Gathered:
    """Files of a source that weren't taken in yet. known: SHA-256 of those that were."""
    out = Gathered()
    try:
        for file, digest in _new_files(source, known):
            name = file.name if source.file is None else _name(file, source.file.parent)
            capture = keep.keep_file(source, file, name, at)
            if capture.sha256 != digest:
                continue
            out.captures.append(capture)
            for one in read_export(source, file):
                if isinstance(one, Listing):
                    out.found.append((one, capture.id))
                else:
                    out.problems.append(one)
    except (SourceError, OSError):
        out.hindrance, out.complete = Hindrance.UNREACHABLE, False
    return out


def _new_files(source: Source, known: frozenset[str]) -> Iterator[tuple[Path, str]]:
    for file in files_of(source):
        digest = file_digest(file)
        if digest not in known:
            yield file, digest


def _name(file: Path, beside: Path) -> str:
    try:
        return str(file.resolve().relative_to(beside.resolve()))
    except ValueError:
        return file.name
