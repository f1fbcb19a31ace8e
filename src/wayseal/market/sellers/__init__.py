"""Who sells: offers linked by what they have in common, so that a shop that was closed is known when it is back.

1. Evidence adds up, in nats, against a prior: two shops out of all that are watched are hardly ever one seller's. From
   `THRESHOLD` on they are told as one; `_weigh` says what each signal is worth, and why.
2. Signals in order of weight: the site's own shop, a handle (invite, phone, QQ, WeChat, payment, QR code), a near-same
   picture or its mirror, a near-same text; style and rhythm tip what others brought up (but see 8).
3. What many use at the same time who have other contacts of their own links nobody: an agency's footer and its handle,
   a stock picture, a text that all copy. Footers are learnt: stretches of text that so many share.
4. Pictures and texts alone make no chains: who joins several shops that way must resemble their centre, and such a
   group has an end.
5. A person's word comes first: what was joined stays together, what was split stays apart, and either can be undone.
6. Each link names its signal, its weight, two offers and the captures behind them. No value of a handle is in it.
7. Pure: no clock, no randomness; the same offers give the same sellers, in whichever order they come to `link_all`.
8. Where it is known which shops are gone, a shop that begins is one of their sellers' the likelier the sooner it began
   after them and the fewer went about then. How alike two write is worth what strangers leave of it. Together they
   link whom nothing else links, where that is likely against all others who went and against somebody new.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np

from wayseal.market.sellers import _weigh
from wayseal.market.sellers._book import Book, Groups, Union
from wayseal.market.sellers._index import PictureIndex, TextIndex, bare, flatten, learn_footers, strip
from wayseal.market.sellers._style import LEAST_NATS, MOST_NATS, Followed, Styles, Wording, find_followed
from wayseal.market.sellers._weigh import (
    CROWD,
    F64,
    FURTHER,
    MOVES,
    NEEDED,
    SHOWN,
    Join,
    Link,
    Offer,
    Seller,
    Signal,
    Split,
    rhythm,
    succession,
    total,
)
from wayseal.market.types import HandleKind

__all__ = ["Join", "Link", "Offer", "Seller", "Sellers", "Signal", "Split", "link_all"]
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
        """Weigh a pair; when and how both write is looked at here, where it can tip anything."""
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
        """Check if one began where the other is known to have gone."""
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
        """Weigh what a pair has in common, without time and style."""
        return self._total({signal: fact for signal, fact in self._facts[pair].items() if signal not in _FOLLOWS})

    def is_strong(self, pair: Pair) -> bool:
        """Check if they share what only one seller has."""
        return not IDENTITY.isdisjoint(self._facts[pair])

    def links(self, pair: Pair) -> tuple[Link, ...]:
        """List the links of a pair, the heaviest first; none below `SHOWN` nats in all."""
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


Word = Join | Split
Sound = Callable[[Sequence[str]], Sequence[str]]
"""Texts as they are compared: what only looks different is the same in them."""
_SIGNALS = {HandleKind.QR: Signal.QR, HandleKind.LINK: Signal.LINK, HandleKind.SHOP: Signal.SHOP}


class Sellers:
    """Offers and who is taken for one seller. Made by `link_all`; grows with `add`."""

    def __init__(self, offers: Iterable[Offer], words: Sequence[Word], sound: Sound, ended: Iterable[str]) -> None:
        self._sound = sound
        ordered = sorted({offer.id: offer for offer in offers}.values(), key=lambda offer: (offer.at, offer.id))
        self._book = Book()
        self._book.find_hosts(ordered)
        for offer in ordered:
            self._book.add(offer)
        self._book.relate(range(len(self._book.handles.keys)))
        self._pairs = Pairs(self._book, self._wording)
        texts = [bare(text) for text in sound([offer.text for offer in ordered])]
        self._footers = learn_footers(flatten(texts), *self._who_and_when())
        for number, text in enumerate(strip(texts, self._footers)):
            self._book.add_text(text, number)
        self._texts = TextIndex(self._book.texts.keys)
        self._pictures = PictureIndex(self._book.pictures.keys)
        self._words = tuple(words)
        self._book.end(ended)
        for _ in self._find_all():
            pass
        self._pairs.learn()
        self._regroup()

    def _who_and_when(self) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], ...]:
        related = [self._book.related.find(shop) for shop in self._book.shop_of]
        return np.array(related, np.int64), np.array([offer.at for offer in self._book.offers], np.int64)

    def add(self, offer: Offer) -> tuple[Link, ...]:
        """Takes in one offer; one that is known is seen again.

        Footers are those that were learnt from all offers at the start, so now and then all want linking anew.

        Args:
            offer: The offer.

        Returns:
            What it has in common with others in other shops, where that is `SHOWN` nats or more; heaviest pair first.
        """
        if offer.id in self._book:
            self._book.see(offer.id, offer.last_at)
            return ()
        number, handles, pictures = self._book.add(offer)
        self._groups.grow(len(self._book.shops))
        self._book.relate(handles)
        shop = self._book.shop_of[number]
        self._pairs.styles.take(shop)
        found = dict.fromkeys(self._find_new(number, handles, pictures))
        weighed = sorted(((self._pairs.weigh(pair), pair) for pair in found if shop in pair), reverse=True)
        self._join(weighed)
        pairs = dict.fromkeys([*(pair for _, pair in weighed), *self._follow([shop])])
        return tuple(link for pair in pairs for link in self._pairs.links(pair))

    def see(self, offer: str, at: int) -> None:
        """An offer was seen again: how long shops stand side by side counts (rule 3). KeyError: it isn't known."""
        self._book.see(offer, at)

    def end(self, offers: Iterable[str]) -> tuple[Link, ...]:
        """Shops of these offers were looked for, and weren't there: who began since may be theirs (rule 8).

        Args:
            offers: One of each shop; one that is seen again is there again.

        Returns:
            What they have in common with shops that began since, as `add` tells it.

        Raises:
            KeyError: One isn't known.
        """
        ended = self._book.end(offers)
        first = min((self._book.shops[shop].last for shop in ended), default=0) - _weigh.MOVES
        since = [number for number, shop in enumerate(self._book.shops) if ended and shop.first >= first]
        pairs = {(min(a, b), max(a, b)) for a in ended for b in since if a != b}
        weighed = sorted(((self._pairs.weigh(pair), pair) for pair in pairs if pair in self._pairs), reverse=True)
        self._join(weighed)
        found = dict.fromkeys([*(pair for _, pair in weighed), *self._follow(since)])
        return tuple(link for pair in found for link in self._pairs.links(pair))

    def judge(self, words: Sequence[Word]) -> None:
        """Takes all that people said, in their order; what isn't among it any more is undone (rule 5)."""
        self._words = tuple(words)
        self._regroup()

    def seller_of(self, offer: str) -> Seller:
        """The seller of an offer. KeyError: it isn't known."""
        return self._seller(self._groups.find(self._book.shop_of[self._book.place(offer)]))

    def id_of(self, offer: str) -> str:
        """The id of an offer's seller. KeyError: the offer isn't known."""
        return self._id(self._groups.find(self._book.shop_of[self._book.place(offer)]))

    def all(self) -> tuple[Seller, ...]:
        """All sellers, by their earliest offer."""
        found = [self._seller(group) for group, members in enumerate(self._groups.members) if members]
        return tuple(sorted(found, key=lambda seller: self._book.place(seller.offers[0])))

    def _seller(self, group: int) -> Seller:
        shops = [self._book.shops[shop] for shop in self._groups.members[group]]
        offers = sorted(
            (self._book.offers[number] for shop in shops for number in shop.offers), key=lambda one: (one.at, one.id)
        )
        names = dict.fromkeys(offer.shop for offer in offers if offer.shop)
        pairs = (pair for shop in self._groups.members[group] for pair in self._joined.get(shop, ()))
        links = [link for pair in pairs for link in self._pairs.links(pair)]
        links += [self._spoken(word) for word in self._words if isinstance(word, Join) and self._is_in(word, group)]
        return Seller(
            id=self._id(group),
            offers=tuple(offer.id for offer in offers),
            shops=tuple(names),
            links=tuple(links),
        )

    def _id(self, group: int) -> str:
        firsts = (self._book.offers[self._book.shops[shop].offers[0]] for shop in self._groups.members[group])
        first = min(firsts, key=lambda offer: (offer.at, offer.id))
        return f"seller-{hashlib.sha256(first.id.encode()).hexdigest()[:12]}"

    def _spoken(self, word: Join) -> Link:
        a, b = (self._book.offers[self._book.place(id_)] for id_ in (word.a, word.b))
        return Link(a=a.id, b=b.id, signal=Signal.PERSON, weight=_weigh.NEEDED, captures=(a.capture, b.capture))

    def _is_in(self, word: Join, group: int) -> bool:
        return word.a in self._book and self._groups.find(self._book.shop_of[self._book.place(word.a)]) == group

    def _find_all(self) -> Iterator[Pair]:
        for handle in range(len(self._book.handles.keys)):
            yield from self._of_handle(handle)
        for picture in range(len(self._book.pictures.keys)):
            yield from self._of_picture(picture, self._pictures.near(picture), above=picture)
        for text in range(len(self._book.texts.keys)):
            yield from self._of_text(text, self._texts.near(text), above=text)

    def _find_new(self, number: int, handles: Iterable[int], pictures: Iterable[int]) -> Iterator[Pair]:
        for handle in handles:
            yield from self._of_handle(handle, self._book.shop_of[number])
        for picture in pictures:
            yield from self._of_picture(picture, self._pictures.add(picture, self._book.pictures.keys[picture]))
        stripped = strip([bare(self._sound([self._book.offers[number].text])[0])], self._footers)[0]
        text, new = self._book.add_text(stripped, number)
        if new:
            yield from self._of_text(text, self._texts.add(text, stripped))

    def _of_handle(self, handle: int, alone: int | None = None) -> Iterator[Pair]:
        """Pairs that a handle makes; with `alone`, those of that shop."""
        users = self._book.handles.shops[handle]
        if len(users) < 2 or (crowd := self._book.crowd_of_handle(handle)) >= CROWD:
            return
        kind = self._book.handles.keys[handle][0]
        signal = _SIGNALS.get(kind, Signal.HANDLE)
        weight = _weigh.handle(kind, len(users), crowd)
        thing = handle if crowd < 2 else SHARED
        if alone is None:
            yield from self._pairs.share(users, signal, weight, kind.value, thing)
        else:
            others = {shop: offer for shop, offer in users.items() if shop != alone}
            yield from self._pairs.compare({alone: users[alone]}, others, signal, weight, kind.value, thing)

    def _of_picture(self, picture: int, near: Sequence[tuple[int, int, bool]], above: int = -1) -> Iterator[Pair]:
        """Pairs that a picture makes, with near-same ones of higher numbers than `above`."""
        uses = self._book.pictures.shops
        everybody = {shop for other, _, _ in near for shop in uses[other]} | set(uses[picture])
        if len(everybody) < 2 or (crowd := self._book.crowd_of(everybody)) >= CROWD:
            return
        family = self._pictures.family(picture) if crowd < 2 else SHARED
        weight = _weigh.picture(0, crowd, mirrored=False)
        yield from self._pairs.share(uses[picture], Signal.PICTURE, weight, "0", family)
        for other, bits, mirrored in (one for one in near if one[0] > above):
            signal = Signal.MIRROR if mirrored else Signal.PICTURE
            weight = _weigh.picture(bits, crowd, mirrored=mirrored)
            yield from self._pairs.compare(uses[picture], uses[other], signal, weight, str(bits), family)

    def _of_text(self, text: int, near: Sequence[tuple[int, float, float]], above: int = -1) -> Iterator[Pair]:
        """Pairs that a text makes, with near-same ones of higher numbers than `above`."""
        uses = self._book.texts.shops
        everybody = {shop for other, _, _ in near for shop in uses[other]} | set(uses[text])
        if len(everybody) < 2 or (crowd := self._book.crowd_of(everybody)) >= CROWD:
            return
        weight = _weigh.text(1.0, self._texts.information(text), crowd)
        yield from self._pairs.share(uses[text], Signal.TEXT, weight, "1.00", 0)
        for other, likeness, information in (one for one in near if one[0] > above):
            weight = _weigh.text(likeness, information, crowd)
            yield from self._pairs.compare(uses[text], uses[other], Signal.TEXT, weight, f"{likeness:.2f}", 0)

    def _wording(self, some: Sequence[int], others: Sequence[int]) -> F64:
        """How alike the first texts of shops are; NaN where one has none."""
        firsts = [[min(self._book.shops[shop].texts, default=-1) for shop in shops] for shops in (some, others)]
        found = self._texts.likeness(*([max(one, 0) for one in numbers] for numbers in firsts))
        rows, columns = (np.array(numbers) < 0 for numbers in firsts)
        found[rows] = found[:, columns] = np.nan
        return found

    def _regroup(self) -> None:
        self._pairs.forget_followed()
        self._groups = Groups(lambda a, b: (min(a, b), max(a, b)) in self._pairs, len(self._book.shops))
        self._joined: defaultdict[int, dict[Pair, None]] = defaultdict(dict)
        for word in self._words:
            if word.a in self._book and word.b in self._book:
                a, b = (self._book.shop_of[self._book.place(id_)] for id_ in (word.a, word.b))
                if isinstance(word, Join):
                    self._groups.join(a, b, _weigh.NEEDED, strong=True)
                elif self._groups.find(a) != self._groups.find(b):
                    self._groups.keep_apart(a, b)
        self._join(sorted(((self._pairs.weigh(pair), pair) for pair in self._pairs), key=lambda one: (-one[0], one[1])))
        self._follow(range(len(self._book.shops)))

    def _join(self, weighed: Iterable[tuple[float, Pair]]) -> None:
        """Joins pairs that come to enough, those by what only one seller has first."""
        enough = [(sum_, pair) for sum_, pair in weighed if sum_ >= _weigh.NEEDED]
        for strong in (True, False):
            for sum_, pair in enough:
                if self._pairs.is_strong(pair) is not strong or not (strong or self._may_join(pair)):
                    continue
                if self._groups.join(*pair, sum_, strong=strong):
                    self._joined[pair[0]][pair] = None

    def _may_join(self, pair: Pair) -> bool:
        """Check if one took no other's place as well, or more than time and style says so (rule 8)."""
        old, new = self._pairs.in_turn(*pair)
        known = self._groups.find(new)
        if known == self._groups.find(old) or self._pairs.weigh_common(pair) >= _weigh.NEEDED:
            return True
        first = self._book.shops[new].first
        return all(self._book.shops[one].first >= first for one in self._groups.members[known])

    def _follow(self, shops: Iterable[int]) -> list[Pair]:
        """Joins shops to those whose place they took, by time and style alone, in turn."""
        found = []
        for shop in sorted(shops, key=lambda one: (self._book.shops[one].first, one)):
            followed = find_followed(shop, self._book, self._groups, self._pairs.styles, self._pairs.beside(shop))
            if followed is not None:
                pair = self._pairs.note_followed(shop, followed)
                if self._groups.join(*pair, followed.total, strong=False):
                    self._joined[pair[0]][pair] = None
                    found.append(pair)
        return found


def link_all(
    offers: Iterable[Offer], words: Sequence[Word] = (), sound: Sound = list, ended: Iterable[str] = ()
) -> Sellers:
    """Links all offers (rules 1 to 8).

    Args:
        offers: In any order; of equal ids the last one counts.
        words: What people said.
        sound: What texts are compared by, such as `market.reading.sound_out`; else they are taken as they are.
        ended: Offers whose shops were looked for since, and weren't there; one of each shop.

    Returns:
        Who is taken for one seller, ready to take in more.
    """
    return Sellers(offers, words, sound, ended)
