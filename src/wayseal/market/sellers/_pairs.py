"""What speaks for two shops being one seller's: the best of each signal (rules 1, 2 and 6)."""

from collections.abc import Iterator, Mapping

from wayseal.market.sellers._book import Book
from wayseal.market.sellers._style import measure
from wayseal.market.sellers._types import Link, Signal
from wayseal.market.sellers._weigh import FURTHER, NEEDED, SHOWN, rhythm, style, total

Pair = tuple[int, int]
IDENTITY = frozenset({Signal.SHOP, Signal.HANDLE, Signal.QR})
"""What only one seller has."""
SHARED = -1
"""The number of all things that others use at the same time: together they count as one."""
_LOOSE = 16
_MOST = 256
_FURTHER_ONES = 2


class Fact:
    """One signal of a pair. a, b: numbers of offers in the first and the second shop. things: all that they share."""

    __slots__ = ("a", "b", "detail", "things", "weight")

    def __init__(self, weight: float, a: int, b: int, detail: str, thing: int = 0) -> None:
        self.weight, self.a, self.b, self.detail = weight, a, b, detail
        self.things = {thing}


class Pairs:
    """Pairs of shops that have something in common."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._facts: dict[Pair, dict[Signal, Fact]] = {}
        self._styles: dict[int, tuple[float, ...]] = {}

    def __contains__(self, pair: Pair) -> bool:
        return pair in self._facts

    def __iter__(self) -> Iterator[Pair]:
        return iter(self._facts)

    def share(self, users: Mapping[int, int], signal: Signal, weight: float, detail: str, thing: int) -> Iterator[Pair]:
        """All that use one thing share it; of many, each with the first and the one before.

        users: shops with the offer of each; thing: its number, as several count more than one.
        """
        shops = sorted(users, key=lambda shop: (self._book.shops[shop].first, shop))
        for place, shop in enumerate(shops):
            before = shops[:place] if len(shops) <= _LOOSE else {*shops[:1], *shops[max(0, place - 1) : place]}
            for other in before:
                if other != shop:
                    yield self._add(other, shop, signal, weight, users[other], users[shop], detail, thing)

    def compare(
        self,
        mine: Mapping[int, int],
        others: Mapping[int, int],
        signal: Signal,
        weight: float,
        detail: str,
        thing: int,
    ) -> Iterator[Pair]:
        """Users of one thing share it with those of a near-same one; of many, the first ones stand for all."""
        if len(mine) * len(others) > _MOST:
            mine, others = dict(list(mine.items())[:_LOOSE]), dict(list(others.items())[:_LOOSE])
        for shop, offer in mine.items():
            for other, its in others.items():
                if shop != other:
                    yield self._add(shop, other, signal, weight, offer, its, detail, thing)

    def _add(self, p: int, q: int, signal: Signal, weight: float, a: int, b: int, detail: str, thing: int) -> Pair:
        if p > q:
            p, q, a, b = q, p, b, a
        facts = self._facts.setdefault((p, q), {})
        known = facts.get(signal)
        if known is None:
            facts[signal] = Fact(weight, a, b, detail, thing)
        else:
            known.things.add(thing)
            if known.weight < weight:
                known.weight, known.a, known.b, known.detail = weight, a, b, detail
        return p, q

    def weigh(self, pair: Pair) -> float:
        """What a pair comes to; when and how both write is looked at here, where it can tip anything."""
        facts = self._facts[pair]
        facts.pop(Signal.STYLE, None)
        facts.pop(Signal.RHYTHM, None)
        p, q = (self._book.shops[shop] for shop in pair)
        if IDENTITY.isdisjoint(facts):
            contacts = bool(p.handles and q.handles)
            if weight := rhythm((p.first, p.last), (q.first, q.last), contacts=contacts):
                facts[Signal.RHYTHM] = Fact(weight, p.offers[-1], q.offers[0], "")
        sum_ = self._total(facts)
        if IDENTITY.isdisjoint(facts) and NEEDED - 2.0 < sum_ < NEEDED + 2.0:
            weight = style(self._style(pair[0]), self._style(pair[1]))
            facts[Signal.STYLE] = Fact(weight, p.offers[0], q.offers[0], "")
            sum_ += weight
        return sum_

    def _total(self, facts: Mapping[Signal, Fact]) -> float:
        return total((signal, _worth(fact)) for signal, fact in facts.items())

    def is_strong(self, pair: Pair) -> bool:
        """Whether they share what only one seller has."""
        return not IDENTITY.isdisjoint(self._facts[pair])

    def links(self, pair: Pair) -> tuple[Link, ...]:
        """What speaks for a pair, the heaviest first; none below `SHOWN` nats in all."""
        facts = self._facts.get(pair, {})
        if self._total(facts) < SHOWN:
            return ()
        offers = self._book.offers
        found = [
            Link(
                a=offers[fact.a].id,
                b=offers[fact.b].id,
                signal=signal,
                weight=round(_worth(fact), 3),
                captures=(offers[fact.a].capture, offers[fact.b].capture),
                detail=fact.detail,
            )
            for signal, fact in facts.items()
        ]
        return tuple(sorted(found, key=lambda link: (-link.weight, link.signal)))

    def _style(self, shop: int) -> tuple[float, ...]:
        if shop not in self._styles:
            offers = self._book.shops[shop].offers
            self._styles[shop] = measure([self._book.offers[number].text for number in offers])
        return self._styles[shop]


def _worth(fact: Fact) -> float:
    return fact.weight + FURTHER * min(len(fact.things) - 1, _FURTHER_ONES)
