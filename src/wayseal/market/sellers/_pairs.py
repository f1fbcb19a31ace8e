"""What speaks for two shops being one seller's: the best of each signal (rules 1, 2 and 6)."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from wayseal.market.sellers._book import Book, Union
from wayseal.market.sellers._follow import Followed
from wayseal.market.sellers._style import LEAST_NATS, MOST_NATS, Styles, Wording
from wayseal.market.sellers._types import Link, Signal
from wayseal.market.sellers._weigh import FURTHER, MOVES, NEEDED, SHOWN, rhythm, succession, total

Pair = tuple[int, int]
IDENTITY = frozenset({Signal.SHOP, Signal.HANDLE, Signal.QR})
"""What only one seller has."""
SHARED = -1
"""The number of all things that others use at the same time: together they count as one."""
_LOOSE = 16
_MOST = 256
_FURTHER_ONES = 2
_FOLLOWS = frozenset({Signal.STYLE, Signal.RHYTHM})
"""What says of two shops that have nothing in common that one follows the other."""
_NEAR = frozenset({Signal.TEXT, Signal.PICTURE, Signal.MIRROR})
"""What a seller takes along and another may copy."""


class Fact:
    """One signal of a pair. a, b: numbers of offers in the first and the second shop. things: all that they share."""

    __slots__ = ("a", "b", "detail", "things", "weight")

    def __init__(self, weight: float, a: int, b: int, detail: str, thing: int = 0) -> None:
        self.weight, self.a, self.b, self.detail = weight, a, b, detail
        self.things = {thing}


class Pairs:
    """Pairs of shops that have something in common."""

    def __init__(self, book: Book, wording: Wording) -> None:
        self._book = book
        self._facts: dict[Pair, dict[Signal, Fact]] = {}
        self._beside: defaultdict[int, set[int]] = defaultdict(set)
        self.styles = Styles(book, wording)

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
        self._beside[p].add(q)
        self._beside[q].add(p)
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
        if facts.keys() <= _FOLLOWS:
            return self._total(facts)
        facts.pop(Signal.STYLE, None)
        facts.pop(Signal.RHYTHM, None)
        if not IDENTITY.isdisjoint(facts) and (sum_ := self._total(facts)) >= NEEDED:
            return sum_
        p, q = (self._book.shops[shop] for shop in pair)
        near, identity = not _NEAR.isdisjoint(facts), not IDENTITY.isdisjoint(facts)
        follows = (near or identity) and self._follows(*pair)
        weight = self._rhythm(*pair, follows=follows)
        if weight and (follows or not identity):
            facts[Signal.RHYTHM] = Fact(weight, p.offers[-1], q.offers[0], "")
        sum_ = self._total(facts)
        if near and follows and NEEDED - MOST_NATS < sum_ < NEEDED - LEAST_NATS:
            old, new = self.in_turn(*pair)
            weight = round(float(self.styles.weigh(new, [old], address=Signal.TEXT in facts)[0]), 6)
            if weight:
                facts[Signal.STYLE] = Fact(weight, p.offers[0], q.offers[0], "")
            sum_ += weight
        return sum_

    def beside(self, shop: int) -> Collection[int]:
        """Shops that have something in common with one."""
        return self._beside.get(shop, ())

    def note_followed(self, new: int, found: Followed) -> Pair:
        """One took another's place, and writes like that."""
        pair = min(new, found.old), max(new, found.old)
        p, q = (self._book.shops[shop] for shop in pair)
        known = self._facts.setdefault(pair, {})
        known[Signal.STYLE] = Fact(found.style, p.offers[0], q.offers[0], "")
        known[Signal.RHYTHM] = Fact(found.time, p.offers[-1], q.offers[0], "")
        return pair

    def forget_followed(self) -> None:
        """Pairs with nothing in common are found anew when all are joined anew."""
        for pair in [pair for pair, facts in self._facts.items() if facts.keys() <= _FOLLOWS]:
            del self._facts[pair]

    def learn(self) -> None:
        """Learns how well who comes back keeps a way of writing: of those with an address in common, and no text."""
        shared = (pair for pair, facts in self._facts.items() if IDENTITY & facts.keys() and Signal.TEXT not in facts)
        found = (self.in_turn(*pair) for pair in shared)
        known = Union()
        for pair in self._facts:
            known.join_two(*pair)
        self.styles.learn((pair for pair in found if self._follows(*pair)), known)

    def _follows(self, a: int, b: int) -> bool:
        """Whether one began where the other is known to have gone."""
        old, new = self.in_turn(a, b)
        return self._book.has_ended(old) and self._book.shops[old].last <= self._book.shops[new].first + MOVES

    def _rhythm(self, a: int, b: int, *, follows: bool) -> float:
        before, after = (self._book.shops[shop] for shop in self.in_turn(a, b))
        if follows:
            gaps = after.first - self._book.ended_until(after.first + MOVES)
            return succession(after.first - before.last, gaps, len(self._book.shops))
        contacts = bool(before.handles and after.handles)
        return rhythm((before.first, before.last), (after.first, after.last), contacts=contacts)

    def in_turn(self, a: int, b: int) -> Pair:
        """The one that began first, and the other."""
        shops = self._book.shops
        return (a, b) if (shops[a].first, shops[a].last) <= (shops[b].first, shops[b].last) else (b, a)

    def _total(self, facts: Mapping[Signal, Fact]) -> float:
        return total((signal, _worth(fact)) for signal, fact in facts.items())

    def weigh_common(self, pair: Pair) -> float:
        """What a pair has in common comes to, without time and style."""
        return self._total({signal: fact for signal, fact in self._facts[pair].items() if signal not in _FOLLOWS})

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


def _worth(fact: Fact) -> float:
    return fact.weight + FURTHER * min(len(fact.things) - 1, _FURTHER_ONES)
