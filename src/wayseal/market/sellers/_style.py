"""How somebody writes, apart from what: habits, and how few others write like that (rule 2).

Habits are what stays when all else is written anew: how an address is introduced, what stands between phrases, what a
text opens with, phrases that come again. Two who share some say little by themselves: everybody in a trade writes a
bit alike. So a likeness is held against that with all others who are known: what it is worth goes by how few of them
come so close, and the tail of those is taken for exponential, as it is of most things that add up.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from wayseal.market.sellers._book import Book
from wayseal.market.sellers._kernels import F64
from wayseal.market.sellers._types import Offer

MOST = 6
"""Texts of a shop that are looked at."""
SAMPLE = 2048
"""So many others tell what is usual; more tell the same."""
_GROWN = 1.05
FEWEST = 40
"""Others without whom nobody can say what is usual."""
MOST_NATS, LEAST_NATS = 4.0, -1.5
"""Never enough without a text or a picture: of pairs that only write alike, more are strangers' than one seller's."""
_SAME = math.log(0.5)
"""Half of those who come back come so close to how they wrote before."""
_TAIL = 0.05
_APART = 0.25
"""What a habit that only one has takes away, as a share of what it adds where both have it."""
_PHRASE = re.compile(r"[^\W\d_]{3,12}")
_BEFORE = re.compile(r"([^\W_]{0,5})([\W_]{0,3})$")
_SCHEME = re.compile(r"(https?://|@)$")
Habit = tuple[str, str]
ADDRESS = frozenset({"label", "joint"})


def habits_of(offers: Sequence[Offer]) -> frozenset[Habit]:
    """What somebody does in what they offer."""
    found: set[Habit] = set()
    for offer in offers[:MOST]:
        text = unicodedata.normalize("NFKC", offer.text[:1000]).casefold()
        if not text:
            continue
        found.add(("opens", "" if text[0].isalnum() else text[0]))
        signs = Counter(sign for sign in text if not sign.isalnum())
        if signs:
            found.add(("between", signs.most_common(1)[0][0]))
        found.update(("after a line", text[at + 1 : at + 2]) for at in _lines(text))
        found.update(("phrase", phrase) for phrase in _PHRASE.findall(text))
        for handle in offer.handles:
            at = text.find(handle.value.casefold())
            before = _BEFORE.search(_SCHEME.sub("", text[max(0, at - 16) : at])) if at >= 0 else None
            if before is not None:
                found |= {("label", f"{handle.kind}{before[1]}"), ("joint", before[2])}
    return frozenset(found)


def _lines(text: str) -> Iterable[int]:
    return (at for at, sign in enumerate(text[:-1]) if sign == "\n" and not text[at + 1].isalnum())


class Styles:
    """Habits of all shops of a book, and what is usual: by all, or where they are many, by every so manyeth of them."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._of: list[frozenset[Habit]] = []
        self._counts: Counter[Habit] = Counter()
        self._worth: dict[bool, list[float]] = {False: [], True: []}
        self._step = 1
        self._who: dict[Habit, list[int]] = {}
        self._usual: dict[tuple[int, bool], Usual | None] = {}
        self._fresh = 0

    def take(self, shop: int) -> None:
        """A shop is new, or says more than before."""
        self.catch_up()
        for address in self._worth:
            self._usual.pop((shop, address), None)
        self._measure(shop)
        self._value(shop)

    def weigh(self, shop: int, other: int, *, address: bool) -> float:
        """What it says that two write as they do, in nats; 0 where there are too few others.

        address: only how addresses are told, where their texts are known to be alike.
        """
        self.catch_up()
        if (shop, address) not in self._usual:
            self._usual[shop, address] = self._usual_of(shop, address=address)
        known = self._usual[shop, address]
        return 0.0 if known is None else known.rare(self._likeness(shop, other, address=address))

    def catch_up(self) -> None:
        """Measures shops that came since; whoever has many does so before one more is waited for."""
        known, count = len(self._of), len(self._book.shops)
        if known == count:
            return
        if count > _GROWN * self._fresh:  # one more changes nothing of what is usual
            self._usual.clear()
            self._fresh = count
        for shop in range(known, count):
            self._of.append(frozenset())
            for worth in self._worth.values():
                worth.append(0.0)
            self._measure(shop)
        for shop in range(known, count):
            self._value(shop)
        if count > SAMPLE * self._step:
            while count > SAMPLE * self._step:
                self._step *= 2
            self._who.clear()
            for shop in range(0, count, self._step):
                self._note(shop, self._of[shop])

    def _measure(self, shop: int) -> None:
        offers = [self._book.offers[number] for number in self._book.shops[shop].offers]
        new = habits_of(offers) - self._of[shop]
        self._counts.update(new)
        self._of[shop] |= new
        if shop % self._step == 0:
            self._note(shop, new)

    def _note(self, shop: int, habits: Iterable[Habit]) -> None:
        for habit in habits:
            self._who.setdefault(habit, []).append(shop // self._step)

    def _value(self, shop: int) -> None:
        for address, worth in self._worth.items():
            worth[shop] = sum(map(self._nats, _chosen(self._of[shop], address=address)))

    def _nats(self, habit: Habit) -> float:
        return math.log((len(self._of) + 1) / self._counts[habit])

    def _likeness(self, a: int, b: int, *, address: bool) -> float:
        """How alike two write, in no unit: what they share, less of what only one has."""
        shared = sum(map(self._nats, _chosen(self._of[a] & self._of[b], address=address)))
        worth = self._worth[address]
        return shared - _APART * (worth[a] + worth[b] - 2 * shared)

    def _usual_of(self, shop: int, *, address: bool) -> "Usual | None":
        worth = np.array(self._worth[address][:: self._step])
        shared = np.zeros(len(worth))
        for habit in _chosen(self._of[shop], address=address):
            shared[self._who.get(habit, [])] += self._nats(habit)
        near: F64 = shared - _APART * (worth + self._worth[address][shop] - 2 * shared)
        rest = np.ones(len(near), bool)
        rest[[one // self._step for one in self._book.bound_to(shop) if one % self._step == 0]] = False
        return usual(near[rest])


def _chosen(habits: frozenset[Habit], *, address: bool) -> list[Habit]:
    """In an order of their own, so that sums are the same whenever they are made."""
    return sorted(one for one in habits if not address or one[0] in ADDRESS)


class Usual(NamedTuple):
    """How close others come to how somebody writes. most: the closest first; edge: where the tail of them begins."""

    most: F64
    tail: int
    edge: float
    excess: float

    def rare(self, likeness: float) -> float:
        """What a likeness is worth, in nats, by how many others come so close."""
        if likeness <= self.edge:
            share = (int(np.count_nonzero(self.most >= likeness)) + 1) / (len(self.most) + 1)
            return max(LEAST_NATS, _SAME - math.log(share))
        beyond = (likeness - self.edge) / self.excess
        return min(MOST_NATS, _SAME - math.log(self.tail / len(self.most)) + beyond)


def usual(others: F64) -> Usual | None:
    """What is usual among others; None: they are too few."""
    if len(others) < FEWEST:
        return None
    most = np.sort(others)[::-1]
    tail = max(8, int(len(most) * _TAIL))
    edge = float(most[tail])
    return Usual(most=most, tail=tail, edge=edge, excess=max(1e-6, float(np.mean(most[:tail] - edge))))
