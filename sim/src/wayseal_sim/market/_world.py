"""Makes a market: sellers live, what their shops show is put into words, sites get their traps.

1. Same plan, seed and numbers: same market.
2. A trap never outlasts half a day, and days without one are the rule; what changes for good changes once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from wayseal_sim._market import draw_stock
from wayseal_sim.market._lives import live_all
from wayseal_sim.market._plan import SITES, Form, MarketPlan, Spell, Trap
from wayseal_sim.market._texts import draw_contact, draw_footer
from wayseal_sim.market._types import KnownNumber, MarketWorld, Picture, Shop
from wayseal_sim.market._wording import in_words
from wayseal_sim.types import DAY, HOUR, stream

_SHARED, _FOOTERS, _SHOPS, _STOCKS, _SPELLS, _LAYOUTS = 302, 303, 304, 305, 306, 307
_MIDDLEMEN = 3
_NOT_FOR = {Form.JSON: (Trap.LAYOUT, Trap.EMPTY), Form.FEED: (Trap.LAYOUT,)}


def generate_market(plan: MarketPlan, seed: int, numbers: Sequence[KnownNumber] = ()) -> MarketWorld:
    """Makes a market.

    Args:
        plan: Its size and habits.
        seed: Draws all that the plan leaves open.
        numbers: Numbers that a simulated courier's sources sold (`known_numbers`); they come up as samples of sellers
            of numbers from the time of their sale on. Without them all numbers are invented.

    Returns:
        The market with all that is hidden about it.
    """
    shared = tuple(draw_contact(stream(seed, _SHARED, k)) for k in range(_MIDDLEMEN))
    footers = tuple(draw_footer(stream(seed, _FOOTERS, k))[0] for k in range(plan.agencies))
    crowd = live_all(plan, seed, shared, _by_seller(numbers))
    pictures: dict[str, Picture] = {}
    shops, shown = [], []
    for place, draft in enumerate(crowd.shops):
        seller = crowd.sellers[draft.seller]
        footer = footers[seller.agency] if seller.agency >= 0 else ""
        shop, there = in_words(stream(seed, _SHOPS, place), draft, seller, footer, plan.odd, pictures)
        shops.append(shop)
        shown += [replace(number, shop=place) for number in there]
    return MarketWorld(
        plan=plan,
        seed=seed,
        sellers=tuple(crowd.sellers),
        shops=tuple(shops),
        comebacks=tuple(sorted(crowd.comebacks, key=lambda c: (c.back_at, c.after))),
        shown=tuple(shown),
        pictures=MappingProxyType(pictures),
        footers=footers,
        stocks=tuple(draw_stock(stream(seed, _STOCKS, day)) for day in range(plan.days)),
        weights=_weights(plan, shops),
        spells=_spells(plan, seed),
        layouts=_layouts(plan, seed),
    )


def _by_seller(numbers: Sequence[KnownNumber]) -> tuple[tuple[KnownNumber, ...], ...]:
    """Known numbers by who sold them, in order of name."""
    groups: dict[str, list[KnownNumber]] = {}
    for number in numbers:
        groups.setdefault(number.seller, []).append(number)
    return tuple(tuple(groups[name]) for name in sorted(groups))


def _weights(plan: MarketPlan, shops: Sequence[Shop]) -> tuple[float, ...]:
    """Of each day, the weights of all stocked offers that are open at noon."""
    noons = plan.begins + DAY * np.arange(plan.days) + DAY // 2
    total = np.zeros(plan.days)
    for shop in shops:
        weight = shop.offers[0].weight
        for span in shop.spans if weight else ():
            total += weight * ((span.since <= noons) & (noons < span.until))
    return tuple(total.tolist())


def _spells(plan: MarketPlan, seed: int) -> tuple[Spell, ...]:
    """Traps by site and day; one more site or trap leaves the others as they were."""
    out = list(plan.traps)
    for k, site in enumerate(SITES):
        if site.form is Form.CHAT:
            continue
        kinds = [trap for trap in Trap if trap not in _NOT_FOR.get(site.form, ())]
        for day in range(plan.days):
            rng = stream(seed, _SPELLS, k, day)
            if rng.random() < plan.spells:
                since = plan.begins + day * DAY + int(rng.uniform(0, 18) * HOUR)
                until = since + int(rng.uniform(1, 12) * HOUR)
                trap = kinds[int(rng.integers(len(kinds)))]
                out.append(Spell(site=site.name, trap=trap, since=since, until=until))
    return tuple(sorted(out, key=lambda spell: (spell.since, spell.site, spell.trap)))


def _layouts(plan: MarketPlan, seed: int) -> Mapping[str, int]:
    """When pages change for good: in the middle half of the days."""
    out = {}
    for k, site in enumerate(SITES):
        if site.name in plan.layouts:
            share = stream(seed, _LAYOUTS, k).uniform(0.25, 0.75)
            out[site.name] = plan.begins + int(share * plan.days * DAY)
    return MappingProxyType(out)
