"""What a watch is put together from, and what it tells of a look."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from wayseal.market.log import Market
from wayseal.market.looking._gather import Ask, Keep
from wayseal.market.looking._pages import Pages
from wayseal.market.looking._plan import Planned
from wayseal.market.numbers.types import Own
from wayseal.market.sources import Source
from wayseal.market.types import Hindrance, Reading, Sight


class ReadTexts(Protocol):
    """Who reads texts: `market.reading.Reader`."""

    def read_many(self, texts: Sequence[str]) -> list[Reading]:
        """What texts say."""

    def read(self, text: str) -> Reading:
        """What a text says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the watch is put together from.

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
    """What came of a look.

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
    """

    planned: Planned
    at: int
    sight: Sight
    hindrance: Hindrance | None
    failure: str = ""
    seen: int = 0
    new: int = 0
    changed: int = 0
    backs: tuple[tuple[str, str], ...] = ()
    numbers: frozenset[str] = field(default=frozenset(), repr=False)
    canaries: int = 0

    @property
    def ours(self) -> int:
        """How many numbers of the courier's own."""
        return len(self.numbers)
