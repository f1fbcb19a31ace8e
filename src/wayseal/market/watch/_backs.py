"""Who is back (rule 4)."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final

from wayseal.market.watch._shops import NO_LONGER, SILENCE, ShopMemory
from wayseal.model.times import HOUR_US

YOUNG: Final = 10 * 24 * HOUR_US
"""A shop may turn out to be a come-back so long after it was first seen: when its first words weren't enough."""
OVERLAP: Final = 8 * HOUR_US
"""Old and new may have been seen at once so long: sites are looked at at times of their own."""
COPIED: Final = 21 * 24 * HOUR_US
"""What anybody can copy, a text or a picture, tells of a come-back only so soon after the old shop was seen last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """A come-back. shop: where the seller is now; was: the shop that was gone, the same if it opened again."""

    shop: str
    was: str


def find_backs(
    shops: Iterable[ShopMemory],
    others_of: Callable[[str], Iterable[ShopMemory]],
    told: Callable[[str, int], bool],
    bound_to: Callable[[str], Collection[str]],
    now: int,
) -> tuple[Back, ...]:
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
            found.append(Back(shop=shop.shop, was=shop.shop))
        elif now - shop.first_at <= YOUNG and not told(shop.shop, shop.first_at):
            before = _before(shop, tuple(others_of(shop.shop)), bound_to)
            if before:
                found.append(Back(shop=shop.shop, was=max(before, key=lambda one: (one.last_at, one.shop)).shop))
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
