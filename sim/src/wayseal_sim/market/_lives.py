"""The lives of a market's sellers: they open shops, change them, close, are removed, and come back.

1. Each seller has a stream of randomness of their own, so one more seller changes nobody else.
2. Honest sellers close, rest and open again, too; two who have nothing to do with each other copy a text or a picture.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from wayseal_sim.market._appearances import (
    Appearance,
    changed,
    come_back,
    first_appearance,
    kept_of,
    new_picture,
)
from wayseal_sim.market._grammars import FORBIDDEN, GRAMMARS, HONEST, Trade
from wayseal_sim.market._labels import PAINTED_OVER
from wayseal_sim.market._plan import SITES, MarketPlan
from wayseal_sim.market._texts import Contact, draw_style
from wayseal_sim.market._types import Comeback, KnownNumber, Seller, Span
from wayseal_sim.types import DAY, HOUR, stream

Rng = np.random.Generator
_SELLERS = 301
_CHANGES_A_DAY = {True: 0.1, False: 0.02}
_LEAST_GAP = 2 * HOUR
_SHOWN_AT_ONCE = 8
_HONEST_BACK, _RESTS = 0.3, 0.25


@dataclass(slots=True, kw_only=True)
class ShopDraft:
    """A shop in the making: where, whose, when it is open, what it shows from when on; samples: known numbers."""

    site: str
    seller: int
    spans: list[Span] = field(default_factory=list)
    shown: list[tuple[int, Appearance]] = field(default_factory=list)
    samples: list[tuple[int, KnownNumber, str]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Crowd:
    """All sellers so far, and their shops; looks: what each seller showed first."""

    sellers: list[Seller] = field(default_factory=list)
    looks: list[Appearance] = field(default_factory=list)
    shops: list[ShopDraft] = field(default_factory=list)
    comebacks: list[Comeback] = field(default_factory=list)


def live_all(
    plan: MarketPlan, seed: int, shared: tuple[Contact, ...], numbers: tuple[tuple[KnownNumber, ...], ...]
) -> Crowd:
    """Sellers until there are as many shops as the plan wants; the first sellers are those of the known numbers."""
    crowd, nth = Crowd(), 0
    while len(crowd.shops) < plan.shops or nth < len(numbers):
        rng = stream(seed, _SELLERS, nth)
        given = numbers[nth] if nth < len(numbers) else ()
        _settle(rng, plan, crowd, shared, given)
        nth += 1
    return crowd


def _settle(
    rng: Rng, plan: MarketPlan, crowd: Crowd, shared: tuple[Contact, ...], given: tuple[KnownNumber, ...]
) -> None:
    honest = not given and rng.random() < plan.honest
    trade = Trade.NUMBERS if given else _trade(rng, HONEST if honest else FORBIDDEN)
    style = draw_style(rng, 0.0 if honest else plan.altered)
    look = first_appearance(rng, trade, style)
    look, copied = _copied(rng, plan, crowd, look)
    seller = Seller(
        id=f"seller-{len(crowd.sellers)}",
        trade=trade,
        style=style,
        contacts=look.contacts,
        agency=int(rng.integers(plan.agencies)) if plan.agencies and rng.random() < plan.through_agency else -1,
        shared=shared[int(rng.integers(len(shared)))] if rng.random() < plan.shared else None,
        copied=copied,
    )
    crowd.sellers.append(seller)
    crowd.looks.append(look)
    early = bool(given) or rng.random() < 0.55
    opens = plan.begins + int(rng.uniform(-20, -0.1) * DAY if early else rng.uniform(0, 0.95 * plan.days) * DAY)
    life = _Life(rng, plan, crowd, len(crowd.sellers) - 1, honest=honest, given=given)
    life.run(look, opens)
    if rng.random() < plan.two_shops:
        again = replace(look, contacts=look.contacts[:1], name=look.name + "二店")
        _Life(rng, plan, crowd, len(crowd.sellers) - 1, honest=honest, given=()).run(again, opens + DAY)


def _trade(rng: Rng, trades: tuple[Trade, ...]) -> Trade:
    weights = np.array([GRAMMARS[trade].weight for trade in trades])
    return trades[int(rng.choice(len(trades), p=weights / weights.sum()))]


def _copied(rng: Rng, plan: MarketPlan, crowd: Crowd, look: Appearance) -> tuple[Appearance, int]:
    """What somebody shows who takes a text or a picture of somebody else of the same trade, and whose; -1: nobody's."""
    text, picture = rng.random() < plan.copies, rng.random() < plan.copies
    others = [k for k, other in enumerate(crowd.looks) if other.trade is look.trade]
    if not others or not (text or picture):
        return look, -1
    whose = int(rng.choice(others))
    other = crowd.looks[whose]
    if text:
        look = replace(look, adverts=(other.adverts[0], *look.adverts[1:]))
    elif other.pictures:
        code = PAINTED_OVER if other.pictures[0].code else ""
        look = replace(look, pictures=(replace(other.pictures[0], code=code), *look.pictures[1:]))
    else:
        return look, -1
    return look, whose


class _Life:
    """One line of shops, each the come-back of the one before."""

    def __init__(
        self, rng: Rng, plan: MarketPlan, crowd: Crowd, seller: int, *, honest: bool, given: tuple[KnownNumber, ...]
    ) -> None:
        self._rng, self._plan, self._crowd, self._seller = rng, plan, crowd, seller
        self._honest = honest
        self._waiting = sorted(given, key=lambda number: (number.sold_at, number.waybill))

    def run(self, look: Appearance, at: int) -> None:
        """From the first opening until the market ends or the seller has had enough."""
        plan, rng = self._plan, self._rng
        place = self._open(self._site())
        while True:
            shop = self._crowd.shops[place]
            look, span = self._span(shop, look, at)
            if span.ended == "resting":
                at = span.until + int(rng.uniform(1, 5) * DAY)
                if at < plan.ends:
                    continue
            if span.until >= plan.ends or not self._returns():
                return
            gap = max(_LEAST_GAP, int(rng.lognormal(np.log(plan.gap_days), 1.2) * DAY))
            at = span.until + gap
            way, new = come_back(rng, look)
            if at >= plan.ends:
                return
            before, site = place, shop.site
            if way != "reopened":
                place = self._open(site if rng.random() < 0.6 else self._site())
            kept = kept_of(look, new) + (("shop",) if place == before else ())
            self._crowd.comebacks.append(
                Comeback(
                    seller=self._seller, before=before, after=place, gone_at=span.until, back_at=at, way=way, kept=kept
                )
            )
            look = new

    def _site(self) -> str:
        return SITES[int(self._rng.choice(len(SITES), p=[site.share for site in SITES]))].name

    def _open(self, site: str) -> int:
        self._crowd.shops.append(ShopDraft(site=site, seller=self._seller))
        return len(self._crowd.shops) - 1

    def _returns(self) -> bool:
        return bool(self._rng.random() < (_HONEST_BACK if self._honest else self._plan.back))

    def _span(self, shop: ShopDraft, look: Appearance, at: int) -> tuple[Appearance, Span]:
        """The shop is open once; returns what it showed last."""
        rng, plan = self._rng, self._plan
        days = plan.honest_life_days if self._honest else plan.life_days
        # Who is there as the market begins has as long to go as anybody: an exponential life knows no age.
        until = max(at, plan.begins) + max(6 * HOUR, int(rng.exponential(days) * DAY))
        look = self._told(shop, look, at)
        shop.shown.append((at, look))
        moments: list[tuple[int, KnownNumber | None]] = [(at + int(gap), None) for gap in self._changes(until - at)]
        moments += [(number.sold_at, number) for number in self._waiting if at < number.sold_at < until]
        for moment, number in sorted(moments, key=lambda m: m[0]):
            if moment >= plan.ends:
                break
            look = self._told(shop, look, moment) if number else changed(rng, look)
            shop.shown.append((moment, look))
        over = until >= plan.ends
        span = Span(since=at, until=plan.ends, ended="") if over else self._ended(at, until)
        shop.spans.append(span)
        return look, span

    def _changes(self, length: int) -> list[float]:
        rate = _CHANGES_A_DAY[not self._honest]
        many = int(self._rng.poisson(rate * length / DAY))
        return sorted((self._rng.random(many) * length).tolist())

    def _ended(self, since: int, until: int) -> Span:
        rng = self._rng
        if self._honest:
            return Span(since=since, until=until, ended="resting" if rng.random() < _RESTS else "closed")
        if rng.random() >= self._plan.removed:
            return Span(since=since, until=until, ended="closed")
        asked = max(since, until - int(rng.lognormal(np.log(2), 0.8) * DAY))
        return Span(since=since, until=until, ended="removed", asked=asked)

    def _told(self, shop: ShopDraft, look: Appearance, at: int) -> Appearance:
        """What is shown once the known numbers that were sold by then are samples."""
        rng = self._rng
        while self._waiting and self._waiting[0].sold_at <= at:
            number = self._waiting.pop(0)
            where = "picture" if rng.random() < 0.7 else "text"
            if where == "picture":
                fresh = new_picture(rng, look.trade, number=number.waybill)
                look = replace(look, pictures=(fresh, *look.pictures)[:_SHOWN_AT_ONCE])
            else:
                look = replace(look, tests=(number.waybill, *look.tests)[:_SHOWN_AT_ONCE])
            shop.samples.append((at, number, where))
        return look
