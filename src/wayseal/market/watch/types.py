"""Targets, what happens to them, and what is told."""

from dataclasses import dataclass
from enum import StrEnum

from wayseal.market.types import Hindrance, Sight

HOUR = 3_600_000_000
DAY = 24 * HOUR


class State(StrEnum):
    """How a shop or an offer stands."""

    SEEN = "seen"
    ASKED = "asked"
    """Its site was asked to remove it."""
    REMOVED = "removed"
    """It is gone after it was asked for."""
    GONE = "gone"
    """It is gone by itself."""
    BACK = "back"
    """It was removed or gone, and is seen again."""


AWAY = frozenset({State.REMOVED, State.GONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """When something is gone, and how often is looked.

    Attributes:
        misses: In a row, until something is gone (rule 2).
        ways: Ways of looking in which it was missed until then.
        hours: Between the first of them and the last.
        blind_after: Looks in a row that couldn't see, until that is told.
        every: Hours between looks at what is there.
        missed_every: Hours until the next look at what was missed.
        away: (days since it is gone, hours between looks), ascending; after the last one nobody looks any more.
        jitter: Share of an interval by which a look may be earlier or later.
    """

    misses: int = 3
    ways: int = 2
    hours: float = 6.0
    blind_after: int = 3
    every: float = 12.0
    missed_every: float = 3.0
    away: tuple[tuple[float, float], ...] = ((3.0, 4.0), (14.0, 24.0), (90.0, 72.0), (365.0, 168.0))
    jitter: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A shop or an offer that is followed. Its key is "" for the source as a whole.

    Attributes:
        source: The source's name.
        key: The site's own id.
        state: How it stands.
        since: Since when.
        first_seen: When it was first seen.
        last_seen: When it was last seen.
        last_look: When it was last looked at, whatever came of it.
        ways: Ways in which it can be looked at.
        missed: Ways in which it was missed since it was last seen, one a miss.
        missed_at: When it was first missed since then.
        gone_at: When it was last seen before it was found to be gone; 0: never.
        blind: Looks in a row that couldn't see.
        looks: Looks that could see, in all.
        next_way: Which of `ways` comes next.
    """

    source: str
    key: str
    state: State
    since: int
    first_seen: int
    last_seen: int
    last_look: int
    ways: tuple[str, ...]
    missed: tuple[str, ...] = ()
    missed_at: int = 0
    gone_at: int = 0
    blind: int = 0
    looks: int = 1
    next_way: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One look at a target. way: how it was looked for."""

    at: int
    way: str
    sight: Sight
    hindrance: Hindrance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalAsked:
    """Its site was asked to remove it."""

    at: int


class News(StrEnum):
    """What is told of a target."""

    GONE = "gone"
    REMOVED = "removed"
    BACK = "back"
    BLIND = "blind"
    """It can't be seen any more: login, captcha, another shape."""
    SIGHTED = "sighted"
    """It can be seen again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to tell. hindrance: why nothing can be seen."""

    source: str
    key: str
    at: int
    news: News
    hindrance: Hindrance | None = None
