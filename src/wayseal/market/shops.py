"""States of shops, when they are looked at again, and who is back: pure rules, without clock or network.

1. What couldn't be seen changes nothing: an error page, a login, a captcha, another shape is never "gone".
2. A shop is gone only after `MISSES` looks, hours apart, that each missed it in two ways: a whole list without it, and
   its own page that says it isn't there. Where a source has no page of it, silence makes it quiet, and never gone.
3. What is gone or removed is looked at again: after hours, then days, for a year.
4. Who is back is told once: the shop itself, or another one of its seller that began when the old one was no longer
   seen. A second shop beside the first one is no come-back.
"""

from collections.abc import Callable, Collection, Iterable
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
    """The known state of a shop."""

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
    """A look's finding on a shop. A look that couldn't see says nothing and is none of these (rule 1)."""

    LISTED = "listed"
    """It, or an offer of it, was there: in a list, on its own page, in a chat."""
    MISSED_BOTH = "missed_both"
    """A whole list was without it, and its own page said that it isn't there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopMemory:
    """The memory of a shop.

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
    """Check if a shop that spoke on so many of its days would hardly have been silent for so long."""
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


YOUNG: Final = 10 * 24 * HOUR_US
"""A shop may turn out to be a come-back so long after it was first seen: when its first words weren't enough."""
OVERLAP: Final = 8 * HOUR_US
"""Old and new may have been seen at once so long: sites are looked at at times of their own."""
COPIED: Final = 21 * 24 * HOUR_US
"""What anybody can copy, a text or a picture, tells of a come-back only so soon after the old shop was seen last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reappearance:
    """A come-back. shop: where the seller is now; was: the shop that was gone, the same if it opened again."""

    shop: str
    was: str


def find_reappearances(
    shops: Iterable[ShopMemory],
    others_of: Callable[[str], Iterable[ShopMemory]],
    told: Callable[[str, int], bool],
    bound_to: Callable[[str], Collection[str]],
    now: int,
) -> tuple[Reappearance, ...]:
    """Come-backs among shops that were seen by a look.

    Args:
        shops: What was seen, as it is known now.
        others_of: Other shops of a shop's seller.
        told: Whether a come-back to a shop was told since a time.
        bound_to: Shops to which what only one seller has leads from a shop.
        now: The time (µs).

    Returns:
        Those that weren't told yet; each shop at most once, with the old shop that was seen last, of those that are
        bound to it if there are such.
    """
    found = []
    for shop in shops:
        if shop.returned_at == now and not told(shop.shop, shop.gone_at or now - SILENCE):
            found.append(Reappearance(shop=shop.shop, was=shop.shop))
        elif now - shop.first_at <= YOUNG and not told(shop.shop, shop.first_at):
            before = _before(shop, tuple(others_of(shop.shop)), bound_to)
            if before:
                found.append(
                    Reappearance(shop=shop.shop, was=max(before, key=lambda one: (one.last_at, one.shop)).shop)
                )
    return tuple(found)


def _before(
    shop: ShopMemory, others: Iterable[ShopMemory], bound_to: Callable[[str], Collection[str]]
) -> list[ShopMemory]:
    """Shops whose place one may have taken. Whoever is bound to a shop that is still there opened a second one."""
    away = [other for other in others if _gave_way(other, shop)]
    if not away:
        return []
    names = bound_to(shop.shop)
    bound = [other for other in others if other.shop in names]
    if bound:
        return [other for other in away if other.shop in names]
    return [other for other in away if shop.first_at - other.last_at <= COPIED]


def _gave_way(old: ShopMemory, new: ShopMemory) -> bool:
    """The old shop was seen before the new one, and no longer once the new one was there."""
    return old.state in NO_LONGER and old.first_at < new.first_at and old.last_at <= new.first_at + OVERLAP


DAY = 24 * HOUR_US
YEAR = 365 * DAY
_AFTER = tuple(HOUR_US * hours for hours in (1, 3, 6, 12, 24)) + tuple(DAY * days for days in (2, 3, 5, 7))
_WEEKLY_UNTIL, _WEEK, _MONTH = 56 * DAY, 7 * DAY, 30 * DAY
_JITTER = 0.1


def next_visit(gone_at: int, now: int, drawn: float) -> int | None:
    """When to look again for what went.

    Args:
        gone_at: Since when it is gone (µs).
        now: The time (µs).
        drawn: Chance, from 0 to 1: looks come up to a tenth later.

    Returns:
        The time (µs); None: a year is over.
    """
    for after in (*_AFTER, *range(_AFTER[-1] + _WEEK, _WEEKLY_UNTIL, _WEEK), *range(_WEEKLY_UNTIL, YEAR + 1, _MONTH)):
        at = gone_at + int(after * (1 + _JITTER * drawn))
        if at > now:
            return at
    return None
