"""Shops that are joined with one that was gone (rule 5)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from wayseal.market.watch.types import AWAY, DAY, State, Target

_BEFORE = 2 * DAY
"""So much before the old shop was last seen the new one may begin: who knows that he is closed moves earlier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComeBack:
    """A seller whose shop was gone has another one.

    Attributes:
        shop: The new shop, or the one that returned, as `SOURCE/ID`.
        before: The shop that was gone last.
        since: When the new one was first seen, or the old one again.
        looks: Looks at it so far.
        removed: Whether the old one had been removed at somebody's request.
    """

    shop: str
    before: str
    since: int
    looks: int
    removed: bool


def find_come_backs(
    sellers: Iterable[Sequence[str]], targets: Mapping[str, Target], told: Collection[tuple[str, int]]
) -> tuple[ComeBack, ...]:
    """Come-backs that nobody has been told of.

    Args:
        sellers: The shops of each, as `SOURCE/ID`.
        targets: Shops as they stand.
        told: (shop, since) of come-backs that were told.

    Returns:
        One for each shop, by when it was there.
    """
    found = []
    for shops in sellers:
        known = [(shop, targets[shop]) for shop in shops if shop in targets]
        away = [(shop, target) for shop, target in known if target.state in AWAY]
        for shop, target in known:
            if target.state in AWAY:
                continue
            if target.state is State.BACK:
                found.append(_come_back(shop, target, shop, target))
            elif before := [one for one in away if target.first_seen >= one[1].gone_at - _BEFORE]:
                found.append(_come_back(shop, target, *max(before, key=lambda one: (one[1].gone_at, one[0]))))
    new = (one for one in found if (one.shop, one.since) not in told)
    return tuple(sorted(new, key=lambda one: (one.since, one.shop)))


def _come_back(shop: str, target: Target, before: str, old: Target) -> ComeBack:
    since = target.since if target.state is State.BACK else target.first_seen
    removed = old.state is State.REMOVED
    return ComeBack(shop=shop, before=before, since=since, looks=target.looks, removed=removed)
