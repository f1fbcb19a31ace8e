"""What a watch is put together from, and what it tells of a look.

What one look brings: answers or files, kept and parsed.

Which looks are due.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from wayseal.market.crawling._folder import Pages
from wayseal.market.errors import SourceError
from wayseal.market.fetching import Fetched, Missed, Validators
from wayseal.market.log import Market
from wayseal.market.numbers import Own
from wayseal.market.sources import Seen, Source, files_of, parse_apart, read_export, starts
from wayseal.market.sources.source import Problem, unseen
from wayseal.market.types import Capture, FailureReason, Listing, Reading, VisitStatus
from wayseal.model.times import SECOND_US
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
    """The yield of a look at a whole source.

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
    hindrance: FailureReason | None = None
    complete: bool = True
    problems: list[Problem] = field(default_factory=list)

    @property
    def sight(self) -> VisitStatus:
        """Unseen unless something was seen and nothing hindered."""
        return VisitStatus.SEEN if self.hindrance is None else VisitStatus.UNSEEN


@dataclass(frozen=True, slots=True, kw_only=True)
class OnePage:
    """One address, as it was seen.

    Attributes:
        seen: What it showed, or why it couldn't be seen.
        capture: What was kept of it, now or when it was the same; None: no answer came.
        unchanged: It is what it was, so the site says: nothing was kept anew.
    """

    seen: Seen
    capture: Capture | None = None
    unchanged: bool = False


def visit_page(source: Source, url: str, ask: Ask, keep: Keep, pages: Pages | None = None) -> OnePage:
    """One address of a source: kept, parsed, and whether it says that nothing is there any more."""
    before = None if pages is None else pages.known(source, url)
    answer = ask.fetch(source, url, None if before is None else before.validators)
    if isinstance(answer, Missed):
        return OnePage(seen=unseen(answer.hindrance))
    if answer.status in _GONE:
        return OnePage(seen=Seen(sight=VisitStatus.GONE), capture=keep.keep(source, answer))
    if answer.unchanged and before is not None and not answer.hops:
        seen = parse_apart(source, before.body, before.media_type, answer.url)
        return OnePage(seen=seen, capture=before.capture, unchanged=True)
    if answer.hindrance is not None or answer.unchanged:
        seen = unseen(answer.hindrance or FailureReason.ERROR_PAGE)
        return OnePage(seen=seen, capture=keep.keep(source, answer))
    seen = parse_apart(source, answer.shown, answer.shown_type, answer.url)
    kept = keep.keep(source, answer, seen.text)
    if pages is not None and seen.sight is VisitStatus.SEEN:
        pages.note(source, answer, kept)
    return OnePage(seen=seen, capture=kept)


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
            page = visit_page(source, url, ask, keep, pages)
            if page.unchanged and page.capture is not None:
                out.unchanged.append(page.capture.id)
            elif page.capture is not None:
                out.captures.append(page.capture)
            if page.seen.sight is not VisitStatus.SEEN or page.capture is None:
                # A list that isn't there any more isn't a list without offers.
                out.hindrance = out.hindrance or page.seen.hindrance or FailureReason.CHANGED
                out.complete = False
                break
            out.problems += page.seen.problems
            fresh = [one for one in page.seen.listings if one.key not in keys]
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
        for file in files_of(source):
            digest = file_digest(file)
            if digest in known:
                continue
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
        out.hindrance, out.complete = FailureReason.UNREACHABLE, False
    return out


def _name(file: Path, beside: Path) -> str:
    try:
        return str(file.resolve().relative_to(beside.resolve()))
    except ValueError:
        return file.name


_MOST_WAIT = 86_400 * SECOND_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A look that is to be made. target: the shop that is looked for; "": all that the source shows."""

    source: str
    at: int
    target: str = ""


def first_visit(source: Source, since: int, drawn: float) -> int:
    """When a source is looked at first: within its interval, so that not all begin at once."""
    return since + int(min(source.every, 600) * drawn * SECOND_US)


def visit_after(source: Source, planned_at: int, now: int, failed_since: int | None = None) -> int:
    """When a source is looked at next: by its interval from when it was due; what was slept through is let go.

    One whose looks fail is let alone for as long again as they have failed, for a day at most.
    """
    every = source.every * SECOND_US
    at = planned_at + every
    at = at if at > now else now + every - (now - planned_at) % every
    return at if failed_since is None else max(at, now + min(now - failed_since, _MOST_WAIT))


def due_visits(
    sources: Mapping[str, Source],
    next_of: Mapping[str, int],
    shops: Iterable[tuple[str, str, int]],
    now: int,
) -> tuple[Planned, ...]:
    """Looks that are due.

    Args:
        sources: By name.
        next_of: When each is due.
        shops: Shops that are gone, as (source, shop, when they are looked for next).
        now: The time (µs).

    Returns:
        They, the longest overdue first.
    """
    found = [Planned(source=name, at=at) for name, at in next_of.items() if at <= now and name in sources]
    found += [
        Planned(source=source, at=at, target=shop) for source, shop, at in shops if at <= now and source in sources
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.source, one.target)))


class ReadTexts(Protocol):
    """Who reads texts: `market.reading.Reader`."""

    def read_many(self, texts: Sequence[str]) -> list[Reading]:
        """Read some texts."""

    def read(self, text: str) -> Reading:
        """Read a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of the watch.

    Attributes:
        market: The record.
        sources: What is looked at, by name.
        ask: Asks sites.
        keep: Keeps what came.
        reader: Reads texts.
        now: The time (µs).
        draw: Chance, from 0 to 1.
        own: The courier's own numbers; None: none are known here.
        canaries: Numbers that nobody but chosen accounts can know.
        read_lines: Whether lines in pictures are read (about a second a picture).
        pages: What is remembered of pages; None: each is asked for in full.
    """

    market: Market
    sources: Mapping[str, Source]
    ask: Ask
    keep: Keep
    reader: ReadTexts
    now: Callable[[], int]
    draw: Callable[[], float]
    own: Own | None = None
    canaries: Collection[str] = ()
    read_lines: bool = True
    pages: Pages | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The result of a look.

    Attributes:
        planned: The look.
        at: When it was made (µs).
        sight: What it saw.
        hindrance: Why it couldn't see, if so.
        failure: Of a look that failed, what was raised and where.
        seen: Offers that were there.
        new: Offers that nobody knew.
        changed: Offers that say something else than before.
        backs: Come-backs, as (shop, the shop that was gone).
        numbers: Numbers of the courier's own, each once.
        canaries: How many of them are canaries.
        reread: Offers that read otherwise since people accepted something.
    """

    planned: Planned
    at: int
    sight: VisitStatus
    hindrance: FailureReason | None
    failure: str = ""
    seen: int = 0
    new: int = 0
    changed: int = 0
    backs: tuple[tuple[str, str], ...] = ()
    numbers: frozenset[str] = field(default=frozenset(), repr=False)
    canaries: int = 0
    reread: int = 0

    @property
    def ours(self) -> int:
        """How many numbers of the courier's own."""
        return len(self.numbers)
