"""The market: how the stock of numbers grows over a day, and which number a purchase brings.

The curve is the 2013 newspaper report's: sales begin at 11:00 China time; 8 to 9 thousand numbers by 13:00, 18 to 25
thousand by 16:00, 20 to 30 thousand at 17:00. A purchase falls into the day in proportion to the stock on offer; which
of a source's numbers it brings depends on the delay since the source read them, which is log-normal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from wayseal_sim._calendar import Calendar
from wayseal_sim._errors import SimulateError
from wayseal_sim._leakers import Candidates
from wayseal_sim._scenario import Buyer, Scenario
from wayseal_sim.types import DAY, HOUR, Floats, Ints, Mask, stream

OPENS, CLOSES = 11.0, 22.0
BANDS = {13.0: (8_000, 9_000), 16.0: (18_000, 25_000), 17.0: (20_000, 30_000)}
_FEW_OUTLETS = 4
_TRIES = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Numbers on offer over one day: piecewise linear between `hours` (China time), in the report's size."""

    hours: tuple[float, ...]
    numbers: tuple[float, ...]

    def at(self, hour: Floats | float) -> Floats:
        """The stock at hours of the day; none outside the market's."""
        return np.asarray(np.interp(hour, self.hours, self.numbers, left=0.0, right=0.0))


def draw_stock(rng: np.random.Generator) -> Stock:
    """One day's curve within the report's bands; it never shrinks before 18:30 and sells off in the evening."""
    one, four, five = (float(rng.uniform(low, high)) for low, high in BANDS.values())
    five = max(four, five)
    return Stock(hours=(OPENS, *BANDS, 18.5, CLOSES), numbers=(0.0, one, four, five, five, 0.3 * five))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sales:
    """What was sold, (n,) each: from which pile, which of its candidates, when (UTC microseconds).

    outlets: the outlets of origin that the buyer kept to, if it did. stocks: the curve of each market day, the first
    of which begins at `opening`. asked, read, logged: of what is looked up to order: when it was ordered and looked up
    (NEVER: not so), and whether the log has it; empty where nobody does that.
    """

    pile: Ints
    item: Ints
    sold: Ints
    outlets: tuple[int, ...]
    stocks: tuple[Stock, ...]
    opening: int
    asked: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    read: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    logged: Mask = field(default_factory=lambda: np.zeros(0, np.bool_))


BUYER, OTHERS = 6, 12
"""Streams of randomness: the buyer's purchases, and those of others whose victims report."""


def sell(scenario: Scenario, calendar: Calendar, piles: Sequence[Candidates], seed: int, to: int = BUYER) -> Sales:
    """Sells `scenario.bought` different numbers to the buyer, or `scenario.reports` to OTHERS.

    The last pile is of unknown origin; the others sell equally often. What one buyer got another can get too.
    SimulateError if a source had too few.
    """
    rng = stream(seed, to)
    n, unknown = scenario.bought if to == BUYER else scenario.reports, len(piles) - 1
    stocks = tuple(draw_stock(rng) for _ in range(scenario.market_days))
    opening = calendar.end - scenario.market_days * DAY
    outlets = _few_outlets(rng, piles) if scenario.buyer in (Buyer.OUTLETS, Buyer.OUTLETS_UNSAID) else ()
    pile = rng.integers(0, max(1, unknown), n)
    pile = np.where((rng.random(n) < scenario.unknown_share) | (unknown == 0), unknown, pile)
    shelves = [_Shelf(scenario, p, outlets) for p in piles]
    taken: set[int] = set()
    what = "bought" if to == BUYER else "reports"
    item, sold = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for i, k in enumerate(pile.tolist()):
        for _ in range(_TRIES):
            at = opening + _moment(rng, stocks)
            j = shelves[k].choose(rng, at)
            if j >= 0 and int(piles[k].number[j]) not in taken:
                break
        else:
            raise SimulateError(
                "{name} must be fewer: a source read too few numbers that the buyer would take", name=what
            )
        taken.add(int(piles[k].number[j]))
        item[i], sold[i] = j, at
    return Sales(pile=pile, item=item, sold=sold, outlets=outlets, stocks=stocks, opening=opening)


def _moment(rng: np.random.Generator, stocks: Sequence[Stock]) -> int:
    """A moment on one of the days, in proportion to the stock on offer; microseconds from the first midnight."""
    day = int(rng.integers(len(stocks)))
    top = max(stocks[day].numbers)
    while True:
        hour = float(rng.uniform(OPENS, CLOSES))
        if rng.random() * top < stocks[day].at(hour):
            return day * DAY + int(hour * HOUR)


def _few_outlets(rng: np.random.Generator, piles: Sequence[Candidates]) -> tuple[int, ...]:
    """Outlets of origin, the likelier the more of the leakers' numbers (nobody: of all numbers) start there."""
    sources = piles[:-1] or piles
    outlet, count = np.unique(np.concatenate([p.origin for p in sources]), return_counts=True)
    if len(outlet) < _FEW_OUTLETS:
        raise SimulateError("buyer outlets needs a leaker who read parcels of more outlets")
    chosen = rng.choice(outlet, _FEW_OUTLETS, replace=False, p=count / count.sum())
    return tuple(sorted(chosen.tolist()))


class _Shelf:
    """A pile of candidates, ready to be sold from."""

    def __init__(self, scenario: Scenario, pile: Candidates, outlets: Sequence[int]) -> None:
        self._centre = np.log(scenario.delay_median_h)
        self._sigma = scenario.delay_sigma
        fits: Mask = np.isin(pile.origin, outlets) if outlets else np.ones(len(pile), np.bool_)
        chosen = np.flatnonzero(fits)
        self._index = chosen[np.argsort(pile.since[chosen], kind="stable")]
        self._since = pile.since[self._index]
        self._until = pile.until[self._index]

    def choose(self, rng: np.random.Generator, at: int) -> int:
        """One of the pile's candidates sold at that moment, by the density of its delay; -1 if there is none."""
        end = int(np.searchsorted(self._since, at))
        live = np.flatnonzero(self._until[:end] > at)
        delay = np.log((at - self._since[live]) / HOUR)
        z = (delay - self._centre) / self._sigma
        weight = np.cumsum(np.exp(-0.5 * z * z - delay))
        if not len(weight) or weight[-1] <= 0:
            return -1
        k = int(np.searchsorted(weight, rng.random() * weight[-1], side="right"))
        return int(self._index[live[min(k, len(live) - 1)]])
