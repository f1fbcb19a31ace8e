"""Who is back (rule 4)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from wayseal.market.watch._shops import AWAY, ShopMemory, ShopState
from wayseal.model.times import HOUR_US

YOUNG: Final = 10 * 24 * HOUR_US
"""A shop may turn out to be a come-back so long after it was first seen: when its first words weren't enough."""
OVERLAP: Final = 8 * HOUR_US
"""Old and new may have been seen at once so long: sites are looked at at times of their own."""
COPIED: Final = 8 * 24 * HOUR_US
"""What anybody can copy, a text or a picture, tells of a come-back only so soon after the old shop was seen last."""
_NO_LONGER: Final = AWAY | {ShopState.QUIET, ShopState.MISSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """A come-back. shop: where the seller is now; was: the shop that was gone, the same if it opened again."""

    shop: str
    was: str


def find_backs(
    shops: Iterable[ShopMemory],
    others_of: Callable[[str], Iterable[ShopMemory]],
    told: Callable[[str, int], bool],
    bound: Callable[[str, str], bool],
    now: int,
) -> tuple[Back, ...]:
    """Come-backs among shops that were seen by a look.

    Args:
        shops: What was seen, as it is known now.
        others_of: Other shops of a shop's seller.
        told: Whether a come-back to a shop was told since a time.
        bound: Whether what only one seller has leads from a shop to another.
        now: The time (µs).

    Returns:
        Those that weren't told yet; each shop at most once, with the old shop that was seen last.
    """
    found = []
    for shop in shops:
        if shop.returned_at == now and not told(shop.shop, shop.gone_at or 0):
            found.append(Back(shop=shop.shop, was=shop.shop))
        elif now - shop.first_at <= YOUNG and not told(shop.shop, shop.first_at):
            before = [other for other in others_of(shop.shop) if _gave_way(other, shop)]
            last = max(before, key=lambda one: (one.last_at, one.shop), default=None)
            if last is not None and (shop.first_at - last.last_at <= COPIED or bound(shop.shop, last.shop)):
                found.append(Back(shop=shop.shop, was=last.shop))
    return tuple(found)


def _gave_way(old: ShopMemory, new: ShopMemory) -> bool:
    """The old shop was seen before the new one, and no longer once the new one was there."""
    return old.state in _NO_LONGER and old.first_at < new.first_at and old.last_at <= new.first_at + OVERLAP
