"""What is known: offers, the shops they stand in, and who uses which handle, picture and text.

Groups of shops: who is joined with whom (rules 4 and 5), by the heaviest links first.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

from wayseal.market.sellers._weigh import CROWD, I64, Offer, count_crowd
from wayseal.market.types import HandleKind

K = TypeVar("K")
MOST_SHOPS = 200
"""Shops that use one handle; more are no seller's, whatever else they have."""
_COMPANION = 0.8


@dataclass(slots=True, kw_only=True)
class Shop:
    """A shop, or an offer by itself where the source doesn't say whose it is. handles, …: their numbers."""

    name: str
    first: int
    last: int
    offers: list[int] = field(default_factory=list)
    handles: set[int] = field(default_factory=set)
    pictures: set[int] = field(default_factory=set)
    texts: set[int] = field(default_factory=set)


class Uses(Generic[K]):
    """Things by number, and for each the shops that use it, with the offer in which each used it first."""

    def __init__(self) -> None:
        self.numbers: dict[K, int] = {}
        self.keys: list[K] = []
        self.shops: list[dict[int, int]] = []

    def add(self, key: K, shop: int, offer: int) -> tuple[int, bool]:
        """The thing's number, and whether the shop is new to it."""
        number = self.numbers.setdefault(key, len(self.keys))
        if number == len(self.keys):
            self.keys.append(key)
            self.shops.append({})
        known = shop in self.shops[number]
        self.shops[number].setdefault(shop, offer)
        return number, not known


class Union:
    """Sets that grow together."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def find(self, one: int) -> int:
        """The name of a set."""
        root = one
        while (parent := self._parent.get(root, root)) != root:
            root = parent
        while one != root:
            self._parent[one], one = root, self._parent[one]
        return root

    def join_two(self, a: int, b: int) -> None:
        """Makes one set of two."""
        a, b = self.find(a), self.find(b)
        if a != b:
            self._parent[max(a, b)] = min(a, b)

    def join(self, some: Iterable[int]) -> None:
        """Makes one set of those of `some`."""
        first: int | None = None
        for one in some:
            first = one if first is None else first
            self.join_two(first, one)


class Book:
    """Offers and what is in them, texts excepted: those need footers first."""

    def __init__(self) -> None:
        self.offers: list[Offer] = []
        self.shop_of: list[int] = []
        self.shops: list[Shop] = []
        self.handles: Uses[tuple[HandleKind, str]] = Uses()
        self.pictures: Uses[tuple[int, int]] = Uses()
        self.texts: Uses[str] = Uses()
        self.related = Union()
        """Shops that a handle of theirs makes one seller's."""
        self._places: dict[str, int] = {}
        self._shop_numbers: dict[str, int] = {}
        self._hosts: set[str] = set()
        self._ended: dict[int, int] = {}
        self._went: tuple[I64, I64] | None = None

    def __contains__(self, id_: str) -> bool:
        return id_ in self._places

    def place(self, id_: str) -> int:
        """An offer's number; KeyError."""
        return self._places[id_]

    def find_hosts(self, offers: Sequence[Offer]) -> None:
        """Shops in which many offer who have handles of their own: an agency's, whose offers stand by themselves."""
        by_shop: defaultdict[str, list[Offer]] = defaultdict(list)
        for offer in offers:
            if offer.shop and offer.handles:
                by_shop[offer.shop].append(offer)
        self._hosts = {name for name, some in by_shop.items() if len(some) >= CROWD and _hosts(some)}

    def add(self, offer: Offer) -> tuple[int, list[int], list[int]]:
        """An offer's number, and the handles and pictures that are new to its shop."""
        number = len(self.offers)
        self.offers.append(offer)
        self._places[offer.id] = number
        shop = self._shop(offer)
        self.shop_of.append(shop)
        mine = self.shops[shop]
        mine.offers.append(number)
        mine.first, mine.last = min(mine.first, offer.at), max(mine.last, offer.last_at)
        handles, pictures = [], []
        for handle in offer.handles:
            one, new = self.handles.add((handle.kind, handle.value), shop, number)
            mine.handles.add(one)
            handles += [one] * new
        for picture in offer.pictures:
            one, new = self.pictures.add(picture, shop, number)
            mine.pictures.add(one)
            pictures += [one] * new
        return number, handles, pictures

    def add_text(self, text: str, number: int) -> tuple[int, bool]:
        """The number of an offer's text without footers, and whether it is new to its shop."""
        shop = self.shop_of[number]
        one, new = self.texts.add(text, shop, number)
        self.shops[shop].texts.add(one)
        return one, new

    def see(self, id_: str, at: int) -> None:
        """An offer was seen again."""
        shop = self.shops[self.shop_of[self._places[id_]]]
        shop.last = max(shop.last, at)
        if self._ended.pop(self.shop_of[self._places[id_]], None) is not None:
            self._went = None

    def end(self, ids: Iterable[str]) -> list[int]:
        """Shops of these offers were looked for, and weren't there; those that weren't known to be gone."""
        shops = {self.shop_of[self._places[id_]] for id_ in ids}
        new = sorted(shops - set(self._ended))
        self._ended |= {shop: self.shops[shop].last for shop in new}
        self._went = None
        return new

    def has_ended(self, shop: int) -> bool:
        """Check if it was looked for and wasn't there."""
        return shop in self._ended

    def ended_until(self, at: int) -> I64:
        """When each shop that is gone was seen last, of those by a time."""
        lasts, _ = self._in_turn()
        return lasts[: np.searchsorted(lasts, at, "right")]

    def ended_between(self, since: int, until: int) -> list[int]:
        """Shops that are gone and were seen last in a stretch of time, in turn."""
        lasts, shops = self._in_turn()
        return list(map(int, shops[np.searchsorted(lasts, since) : np.searchsorted(lasts, until, "right")]))

    def _in_turn(self) -> tuple[I64, I64]:
        if self._went is None:
            rows = sorted((last, shop) for shop, last in self._ended.items())
            both = np.array(rows, np.int64).reshape(-1, 2)
            self._went = both[:, 0], both[:, 1]
        return self._went

    def bound_to(self, shop: int) -> set[int]:
        """Shops that a handle makes one seller's with it, and itself."""
        users = (self.handles.shops[one] for one in self.shops[shop].handles)
        return {shop}.union(*(some for some in users if len(some) <= CROWD * CROWD))

    def _shop(self, offer: Offer) -> int:
        name = offer.shop if offer.shop not in self._hosts else ""
        number = self._shop_numbers.setdefault(name, len(self.shops)) if name else len(self.shops)
        if number == len(self.shops):
            self.shops.append(Shop(name=name, first=offer.at, last=offer.last_at))
        return number

    def relate(self, handles: Iterable[int]) -> None:
        """Takes note of whom handles make one seller's."""
        for handle in handles:
            if self.handles.keys[handle][0] is not HandleKind.LINK and self.crowd_of_handle(handle) < CROWD:
                self.related.join(self.handles.shops[handle])

    def crowd_of_handle(self, handle: int) -> int:
        """How many use a handle at one time who have others of their own: from `CROWD` on it is nobody's (rule 3).

        Handles that nearly all of its users have as well come with it: an agency has several addresses, and so has a
        seller. Who has others beside them is somebody; who has none may be any of those.
        """
        users = self.handles.shops[handle]
        if len(users) < 2:
            return len(users)
        if len(users) > MOST_SHOPS:
            return CROWD
        counts = Counter(one for shop in users for one in self.shops[shop].handles)
        together = {one for one, count in counts.items() if count >= _COMPANION * len(users)}
        own = {shop: self.shops[shop].handles - together for shop in users}
        local = Union()
        for shop, others in own.items():
            local.join([-1 - shop, *others])
        spans = [(local.find(-1 - shop), self.shops[shop].first, self.shops[shop].last) for shop in users if own[shop]]
        return count_crowd(spans)

    def crowd_of(self, users: Iterable[int]) -> int:
        """How many of these shops stood there at one time who are not known to be related (rule 3)."""
        spans = [(self.related.find(shop), self.shops[shop].first, self.shops[shop].last) for shop in users]
        return count_crowd(spans)


def _hosts(offers: Sequence[Offer]) -> bool:
    counts = Counter((handle.kind, handle.value) for offer in offers for handle in offer.handles)
    everywhere = {key for key, count in counts.items() if count * 3 >= len(offers)}
    numbers: dict[tuple[HandleKind, str], int] = {}
    local = Union()
    spans = []
    for offer in offers:
        own = [(handle.kind, handle.value) for handle in offer.handles if (handle.kind, handle.value) not in everywhere]
        if own:
            places = [numbers.setdefault(key, len(numbers)) for key in own]
            local.join(places)
            spans.append((places[0], offer.at, offer.last_at))
    crowd = count_crowd([(local.find(one), first, last) for one, first, last in spans])
    return len(spans) * 2 > len(offers) and crowd >= CROWD


MOST_WEAK = 24
"""Shops that pictures and texts alone hold together."""
SMALL = 3
"""So many that pictures and texts brought in: a centre tells nothing yet."""

Alike = Callable[[int, int], bool]
"""Whether anything speaks for two shops being one seller's."""


class Groups:
    """Disjoint groups of shops, by number. alike: rule 4 asks it whether a shop resembles a group's centre."""

    def __init__(self, alike: Alike, count: int) -> None:
        self._alike = alike
        self._of: list[int] = []
        self._weak: list[int] = []
        self._strength: list[float] = []
        self._centre: list[int] = []
        self._apart: list[set[int]] = []
        self.members: list[list[int]] = []
        self.grow(count)

    def grow(self, count: int) -> None:
        """There are so many shops now; each new one is a group of its own."""
        for shop in range(len(self._of), count):
            self._of.append(shop)
            self._weak.append(0)
            self._strength.append(0.0)
            self._centre.append(shop)
            self._apart.append(set())
            self.members.append([shop])

    def find(self, shop: int) -> int:
        """The number of a shop's group."""
        return self._of[shop]

    def keep_apart(self, a: int, b: int) -> None:
        """Two shops may never come into one group."""
        a, b = self.find(a), self.find(b)
        self._apart[a].add(b)
        self._apart[b].add(a)

    def join(self, a: int, b: int, weight: float, *, strong: bool) -> bool:
        """Joins the groups of two shops where they may be; whether they are in one now.

        strong: by what only one seller has, or by a person's word; else rule 4 holds.
        """
        mine, others = self.find(a), self.find(b)
        if mine == others:
            self._strengthen(mine, (a, b), weight)
            return True
        if others in self._apart[mine]:
            return False
        if not strong and not self._resemble(mine, others, a, b):
            return False
        if len(self.members[mine]) < len(self.members[others]):
            mine, others = others, mine
        self._absorb(mine, others, weak=not strong)
        self._strengthen(mine, (a, b), weight)
        return True

    def _resemble(self, mine: int, others: int, a: int, b: int) -> bool:
        if self._weak[mine] + self._weak[others] + 1 >= MOST_WEAK:
            return False
        return all(
            self._weak[group] < SMALL or self._alike(self._centre[group], shop)
            for group, shop in ((mine, b), (others, a))
        )

    def _absorb(self, mine: int, others: int, *, weak: bool) -> None:
        for shop in self.members[others]:
            self._of[shop] = mine
        self._weak[mine] += self._weak[others] + weak
        self.members[mine] += self.members[others]
        self.members[others] = []
        if self._strength[self._centre[others]] > self._strength[self._centre[mine]]:
            self._centre[mine] = self._centre[others]
        for other in self._apart[others]:
            self._apart[other].discard(others)
            self._apart[other].add(mine)
        self._apart[mine] |= self._apart[others]

    def _strengthen(self, group: int, shops: Iterable[int], weight: float) -> None:
        for shop in shops:
            self._strength[shop] += weight
            if self._strength[shop] > self._strength[self._centre[group]]:
                self._centre[group] = shop
