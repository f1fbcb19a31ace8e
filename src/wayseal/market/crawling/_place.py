"""A watch's folder: where what lies, and all of it opened for looking.

    sources/        a TOML file a source
    market.sqlite   the record, unless it lies in PostgreSQL
    captures/       WARC files, by day
    sites/          what is remembered of sites (pauses, budgets, robots.txt) and of pages that may be unchanged
    imports/        exports and pictures that were brought in
    watch.lock      held by whoever looks

1. One process looks at a time. Others read, and decide, meanwhile.
2. What they decide counts from the next look on, however long the process has been looking; what of it teaches the
   reading, once somebody puts that in force.
"""

import random
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from wayseal.market.capture import Captures
from wayseal.market.crawling._folder import CAPTURES, SITES, SOURCES, Pages, holding
from wayseal.market.crawling._visit import Parts
from wayseal.market.crawling._watch import Watch
from wayseal.market.crawling.learning import reader_of
from wayseal.market.fetching import Fetcher, Means
from wayseal.market.log import open_market
from wayseal.market.log.reads import Reads
from wayseal.market.numbers import Own
from wayseal.market.sources import load_sources
from wayseal.market.types import Reading
from wayseal.merkle import SigningKey
from wayseal.model.numbers import Formats
from wayseal.model.times import now_us


@contextmanager
def opened_watch(
    folder: Path,
    *,
    url: str | None = None,
    own: Own | None = None,
    canaries: Collection[str] = (),
    key: SigningKey | None = None,
    now: Callable[[], int] = now_us,
    sleep: Callable[[float], None] = time.sleep,
    read_lines: bool = True,
) -> Iterator[Watch]:
    """A watch over the sources of a folder, while it looks (rule 1).

    Args:
        folder: The watch's folder.
        url: Address of a PostgreSQL database that holds the record instead of a file.
        own: The courier's own numbers.
        canaries: Numbers that nobody but chosen accounts can know.
        key: Signs the lists of captures.
        now: The time (µs).
        sleep: Waits between requests; what it raises ends the look.
        read_lines: Whether lines in pictures are read.

    Yields:
        It.

    Raises:
        SourceError: A source has a mistake.
        RecordBusyError: Another process looks.
        MarketError: The record can't be opened.
    """
    sources = {source.name: source for source in load_sources(folder / SOURCES)}
    with holding(folder), open_market(folder, url) as market, Captures(folder / CAPTURES, key=key) as captures:
        parts = Parts(
            market=market,
            sources=sources,
            ask=Fetcher(folder / SITES, Means(now=now, sleep=sleep)),
            keep=captures,
            reader=_Reading(Reads(market), own.formats if own else ()),
            now=now,
            draw=random.SystemRandom().random,
            own=own,
            canaries=canaries,
            read_lines=read_lines,
            pages=Pages(folder / SITES, captures.body, now),
        )
        yield Watch(parts)


class _Reading:
    """Reads by what people have accepted when a look begins to read (rule 2)."""

    def __init__(self, reads: Reads, own: Formats) -> None:
        self._reads, self._own = reads, own
        self._heard, self._reader = _hear(reads), reader_of(reads, own)

    def read_many(self, texts: Sequence[str]) -> list[Reading]:
        """Read some texts."""
        heard = _hear(self._reads)
        if heard != self._heard:
            self._heard, self._reader = heard, reader_of(self._reads, self._own)
        return self._reader.read_many(texts)

    def read(self, text: str) -> Reading:
        """Read a text."""
        return self._reader.read(text)


def _hear(reads: Reads) -> tuple[object, ...]:
    """By what it is known that people said something else."""
    learnt = reads.learnt()
    return reads.words(), None if learnt is None else learnt.seq
