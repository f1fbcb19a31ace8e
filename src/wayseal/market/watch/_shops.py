"""A shop's state, and what moves it (rules 1 and 2)."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from wayseal.model.times import HOUR_US

MISSES: Final = 2
APART: Final = 3 * HOUR_US
"""Misses closer together count as one."""
SILENCE: Final = 48 * HOUR_US
"""After so long nothing was said a shop without a page of its own is quiet."""
ODD: Final = 0.05
"""A silence that is less likely than this, as often as a shop spoke before, was more than a pause."""
_DAY: Final = 24 * HOUR_US


class ShopState(StrEnum):
    """What is known of a shop now."""

    SEEN = "seen"
    ASKED = "asked"
    """It is there, and the site was asked to remove it."""
    MISSED = "missed"
    """A look missed it in two ways; it may be gone."""
    GONE = "gone"
    REMOVED = "removed"
    """It is gone, and the site had been asked."""
    QUIET = "quiet"
    """Nothing was said for long where nothing else can be seen."""


AWAY: Final = frozenset({ShopState.GONE, ShopState.REMOVED})
NO_LONGER: Final = AWAY | {ShopState.QUIET, ShopState.MISSED}
"""It wasn't there when it was last looked for."""


class Evidence(StrEnum):
    """What a look says of a shop. A look that couldn't see says nothing and is none of these (rule 1)."""

    LISTED = "listed"
    """It, or an offer of it, was there: in a list, on its own page, in a chat."""
    MISSED_BOTH = "missed_both"
    """A whole list was without it, and its own page said that it isn't there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopMemory:
    """What is remembered of a shop.

    Attributes:
        shop: `SOURCE/ID`.
        state: What is known of it.
        since: Since when it has been in this state.
        first_at: When it was first seen.
        last_at: When it was last seen.
        asked_at: When its site was asked to remove it, unless it was gone since.
        misses: Looks in a row that missed it in both ways, hours apart.
        missed_at: The last of them.
        gone_at: Since when it is gone: the first of the misses.
        returned_at: When it was last seen again after it was gone.
        own_page: Whether it has a page that can say it isn't there.
        same_as: The shop that it is, seen in another view of its site; "": none.
    """

    shop: str
    state: ShopState
    since: int
    first_at: int
    last_at: int
    asked_at: int | None = None
    misses: int = 0
    missed_at: int | None = None
    gone_at: int | None = None
    returned_at: int | None = None
    own_page: bool = True
    same_as: str = ""


def first_seen(shop: str, at: int, *, own_page: bool) -> ShopMemory:
    """A shop that nobody knew."""
    return ShopMemory(shop=shop, state=ShopState.SEEN, since=at, first_at=at, last_at=at, own_page=own_page)


def advance(memory: ShopMemory, evidence: Evidence, at: int, *, heard: int = 0) -> ShopMemory:
    """A shop after a look that saw.

    Args:
        memory: What was known of it.
        evidence: What the look says.
        at: When it was made (µs); what is older than what is known, or known, changes nothing.
        heard: On how many days it had said something; where nothing but silence can be seen (rule 2).

    Returns:
        What is known now; `returned_at` is `at` if it was gone, or quiet beyond its habit, and is there again.
    """
    if at < max(memory.last_at, memory.missed_at or 0) or (evidence is Evidence.LISTED and at == memory.last_at):
        return memory
    if evidence is Evidence.LISTED:
        return _listed(memory, at, heard)
    return _missed(memory, at)


def _listed(memory: ShopMemory, at: int, heard: int) -> ShopMemory:
    away = memory.state in AWAY
    returned = away or (memory.state is ShopState.QUIET and _is_odd(memory, at, heard))
    state = ShopState.ASKED if memory.asked_at is not None else ShopState.SEEN
    return replace(
        memory,
        state=state,
        since=memory.since if state is memory.state else at,
        last_at=at,
        misses=0,
        missed_at=None,
        gone_at=memory.gone_at if away else None,
        returned_at=at if returned else memory.returned_at,
    )


def _is_odd(memory: ShopMemory, at: int, heard: int) -> bool:
    """Whether a shop that spoke on so many of its days would hardly have been silent for so long."""
    days = max(heard, (memory.last_at - memory.first_at) // _DAY + 1)
    chance = 1.0
    for silent in range((at - memory.last_at) // _DAY - 1):
        chance *= (days - heard + 1 + silent) / (days + 2 + silent)
    return chance < ODD


def _missed(memory: ShopMemory, at: int) -> ShopMemory:
    if memory.state in AWAY:
        return replace(memory, missed_at=at)
    if memory.missed_at is not None and at - memory.missed_at < APART:
        return memory
    misses = memory.misses + 1
    if misses < MISSES:
        return replace(memory, state=ShopState.MISSED, since=at, misses=misses, missed_at=at, gone_at=at)
    state = ShopState.GONE if memory.asked_at is None else ShopState.REMOVED
    return replace(
        memory, state=state, since=at, misses=misses, missed_at=at, gone_at=memory.gone_at or at, asked_at=None
    )


def ask(memory: ShopMemory, at: int) -> ShopMemory:
    """A shop whose site was asked to remove it. What is gone already stays so."""
    if memory.state in AWAY:
        return memory
    return replace(memory, state=ShopState.ASKED, since=at, asked_at=at)


def take_back(memory: ShopMemory, at: int) -> ShopMemory:
    """A shop whose site isn't asked to remove it any more: who asked withdrew it."""
    state = ShopState.SEEN if memory.state is ShopState.ASKED else memory.state
    return replace(memory, state=state, since=memory.since if state is memory.state else at, asked_at=None)


def fall_quiet(memory: ShopMemory, at: int) -> ShopMemory:
    """A shop without a page of its own, after a look that saw its source and nothing of it (rule 2)."""
    if memory.own_page or memory.state is ShopState.QUIET or at - memory.last_at < SILENCE:
        return memory
    return replace(memory, state=ShopState.QUIET, since=at)
