"""What can be seen at a site at a time: offers that are open, newest first, as their faces are then."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from wayseal_sim.market._grammars import GRAMMARS
from wayseal_sim.market._types import Face, MarketWorld, Offer, Shop
from wayseal_sim.types import DAY, HOUR, LOCAL, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """An offer as it is seen. posted_at: since when it is there; stock: numbers in stock, 0 where it isn't said."""

    shop: Shop
    offer: Offer
    face: Face
    shop_name: str
    posted_at: int
    stock: int


class Shelves:
    """The offers of all sites."""

    def __init__(self, world: MarketWorld) -> None:
        self._world = world
        self._sites = {name: _Site(world, name) for name in {shop.site for shop in world.shops}}

    def views(self, site: str, at: int, query: str = "") -> "Views":
        """All offers of a site that are open, of which a query finds some; "": all."""
        here = self._sites.get(site)
        if here is None:
            return Views(self, None, np.zeros(0, np.int64), at)
        return Views(self, here, here.open_at(at, query), at)

    def shop(self, site: str, shop_id: str, at: int) -> tuple[View, ...]:
        """A shop's offers; none if it isn't open."""
        here = self._sites.get(site)
        place = here.by_id.get(shop_id) if here else None
        return self._of(place, at) if place is not None else ()

    def offer(self, site: str, key: str, at: int) -> View | None:
        """An offer; None if its shop isn't open."""
        here = self._sites.get(site)
        place = here.by_key.get(key) if here else None
        return next((v for v in self._of(place, at) if v.offer.key == key), None) if place is not None else None

    def _of(self, place: int, at: int) -> tuple[View, ...]:
        shop = self._world.shops[place]
        span = next((span for span in shop.spans if span.since <= at < span.until), None)
        return tuple(self.view(shop, offer, span.since, at) for offer in shop.offers) if span else ()

    def view(self, shop: Shop, offer: Offer, since: int, at: int) -> View:
        """An offer as it is seen at a time at which its shop is open."""
        name, face = shop.name(at), offer.face(at)
        return View(
            shop=shop, offer=offer, face=face, shop_name=name, posted_at=since, stock=self._stock(offer.weight, at)
        )

    def _stock(self, weight: float, at: int) -> int:
        """An offer's part of the day's curve: all that are open at noon share it."""
        world = self._world
        day = (at - world.plan.begins) // DAY
        if not weight or not 0 <= day < world.plan.days or not world.weights[day]:
            return 0
        hour = ((at + LOCAL) % DAY) / HOUR
        return round(float(world.stocks[day].at(hour)) * weight / world.weights[day])


class Views:
    """Offers of a site at a time; each is looked at only when it is asked for."""

    def __init__(self, shelves: Shelves, site: "_Site | None", rows: Ints, at: int) -> None:
        self._shelves, self._site, self._rows, self._at = shelves, site, rows, at

    def __len__(self) -> int:
        return len(self._rows)

    def part(self, start: int, many: int) -> tuple[View, ...]:
        """`many` of them from a place on."""
        return tuple(self._views(self._rows[start : start + many]))

    def _views(self, rows: Ints) -> Iterator[View]:
        site = self._site
        if site is None:
            return
        for row in rows.tolist():
            shop, offer = site.offers[row]
            yield self._shelves.view(shop, offer, int(site.since[row]), self._at)


class _Site:
    """Offers of one site by when they are open, newest first."""

    def __init__(self, world: MarketWorld, name: str) -> None:
        places = [k for k, shop in enumerate(world.shops) if shop.site == name]
        rows = [
            (span.since, span.until, shop, offer, GRAMMARS[world.sellers[shop.seller].trade].tags)
            for shop in (world.shops[k] for k in places)
            for span in shop.spans
            for offer in shop.offers
        ]
        rows.sort(key=lambda row: (-row[0], row[3].key))
        self.since = np.array([row[0] for row in rows], np.int64)
        self._until = np.array([row[1] for row in rows], np.int64)
        self.offers = [(row[2], row[3]) for row in rows]
        words = {tag for row in rows for tag in row[4]}
        self._found = {word: np.array([word in row[4] for row in rows]) for word in sorted(words)}
        self.by_id = {world.shops[k].id: k for k in places}
        self.by_key = {offer.key: k for k in places for offer in world.shops[k].offers}

    def open_at(self, at: int, query: str) -> Ints:
        """Rows that are open, of which a query finds some."""
        there = (self.since <= at) & (at < self._until)
        if query:
            there &= self._found.get(query, np.zeros(len(there), np.bool_))
        return np.flatnonzero(there)
