"""What an answer, or a file, shows of a source."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from wayseal.market.types import Hindrance, Listing, Sight


class Flaw(StrEnum):
    """What is wrong with a part of what came; the rest is taken all the same."""

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
    """What an answer shows.

    Attributes:
        sight: Seen; gone, where the site itself says so; or unseen.
        hindrance: Why it can't be told, if so.
        listings: Offers, in the order in which they stand.
        next_pages: Addresses of further pages; how many are followed is up to whoever asks.
        problems: What is wrong with parts of it.
        text: What a person would have read; empty for what is no page.
    """

    sight: Sight
    hindrance: Hindrance | None = None
    listings: tuple[Listing, ...] = ()
    next_pages: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    text: str = ""

    def __repr__(self) -> str:
        """Without what was seen."""
        return f"Seen({self.sight}, {self.hindrance}, {len(self.listings)} listings, {len(self.problems)} problems)"


def unseen(hindrance: Hindrance, problems: Sequence[Problem] = (), text: str = "") -> Seen:
    """What can't be told."""
    return Seen(sight=Sight.UNSEEN, hindrance=hindrance, problems=tuple(problems), text=text)
