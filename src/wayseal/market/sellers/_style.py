"""How somebody writes, apart from what: traits, what each says of two shops, and what others leave of it (rule 2).

Traits are what stays when all else is written anew: what a text opens with, what stands between phrases, how an
address is introduced and spelled, how thickly words are disguised, under which name. Two who have a trait in common
are one seller's the likelier the fewer have it, and two who differ the less likely the better sellers keep it. How well
they keep it is learnt from those who are known to be back, by an address of theirs, and wrote all anew.

Traits may go together in a trade. So the sum is never worth more than what strangers leave of it: how few of them come
so close, where the tail of those is taken for exponential, as it is of most things that add up.

Whose place a new shop took that has nothing in common with any other but how it is written (rule 8).
"""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from wayseal.market.sellers._book import Book, Groups, Union
from wayseal.market.sellers._weigh import DAY, F64, I64, MOVES, PRIOR, Offer, successions_anew
from wayseal.market.types import Handle, HandleKind

MOST: Final = 6
"""Texts of a shop that are looked at."""
SAMPLE: Final = 128, 1024
"""So many shops, held against so many others, tell how alike strangers write; more tell the same."""
FEWEST: Final = 40
"""Shops without whom nobody can say that."""
MOST_NATS, LEAST_NATS = 9.0, -6.0
_SAME = math.log(0.5)
"""Half of those who come back come so close to how they wrote before."""
_TAIL = 0.005
_MEDIAN = math.log(2)
"""Of an exponential tail, in means; a few of the seller's own among the others move the mean, and hardly this."""
_BEFORE = re.compile(r"([^\W_]{0,5}|[^\w\s]{1,2})([\W_]{0,2})$")
_SCHEME = re.compile(r"(https?://|@)$")
_IN_WORDS = re.compile(r"(?<=[一-鿿])[^\w\s](?=[一-鿿])")
_HAN = re.compile(r"[一-鿿]")
_ENDS = 6
TRAITS: Final = (
    *("opens", "between", "closes", "lead", "joint", "spelled", "disguised", "name"),
    *map("label {}".format, HandleKind),
)
_KEPT: Final = np.array([0.2 if trait == "name" else 0.8 for trait in TRAITS])
_ALIKE, _ALIKE_KEPT = 0.05, 0.5
"""So few strangers come closest in their words; so many who are back do before anybody was seen to be."""
_WEIGHT = 5.0
"""How well each trait is kept before anybody was seen to come back, and for how many of them that counts."""
ADDRESS: Final = np.array([trait.startswith(("label", "joint", "spelled", "name")) for trait in TRAITS])
I32 = npt.NDArray[np.int32]


def traits_of(offers: Sequence[Offer]) -> dict[str, str]:
    """How somebody writes in what they offer: of each trait the most common."""
    found: Counter[tuple[str, str]] = Counter()
    for offer in offers[:MOST]:
        if offer.name:
            found["name", unicodedata.normalize("NFKC", offer.name).casefold()] += 1
        text = offer.text[:1000]
        if text:
            found.update(_of_text(text))
            places = [(place, handle) for handle in offer.handles if (place := _place(text, handle)) is not None]
            found.update(one for place, handle in places for one in _of_address(text, place, handle))
            said = _HAN.findall(text[: min((_told(text, place)[1] for (place, _), _ in places), default=0)])
            found.update([("closes", "".join(said[-2:]))] if said else [])
    out: dict[str, str] = {}
    for (trait, value), _ in sorted(found.items(), key=lambda one: (-one[1], one[0])):
        out.setdefault(trait, value)
    return out


def _place(text: str, handle: Handle) -> tuple[int, int] | None:
    """Where an address stands; None: not in the text."""
    if handle.at is not None:
        return handle.at if handle.at[0] < len(text) else None
    at = text.casefold().find(handle.value.casefold())
    return None if at < 0 else (at, at + len(handle.value))


def _of_text(text: str) -> Iterable[tuple[str, str]]:
    yield "opens", "" if text[0].isalnum() else text[0]
    signs = Counter(sign for sign in unicodedata.normalize("NFKC", text) if not sign.isalnum())
    if signs:
        yield "between", min(signs, key=lambda sign: (-signs[sign], sign))
    han = len(_HAN.findall(text))
    if han:
        yield "disguised", str(min(3, round(20 * len(_IN_WORDS.findall(text)) / han)))


def _of_address(text: str, place: tuple[int, int], handle: Handle) -> Iterable[tuple[str, str]]:
    """Find what stands before an address, and whether it is spelled as it is."""
    at, end = place
    plain = text[at:end].casefold().endswith(handle.value.casefold()[-_ENDS:])
    yield "spelled", "plain" if plain else "hidden"
    before, start = _told(text, at)
    if before is not None:
        yield f"label {handle.kind}", before[1].casefold()
        yield "joint", before[2]
        yield "lead", "".join(sign for sign in text[max(0, start - 2) : start] if not sign.isalnum())


def _told(text: str, at: int) -> tuple[re.Match[str] | None, int]:
    """Find what introduces an address, and where that begins."""
    first = max(0, at - 16)
    before = _BEFORE.search(_SCHEME.sub("", text[first:at]))
    return before, at if before is None else first + before.start()


Wording = Callable[[Sequence[int], Sequence[int]], F64]
"""How alike the words of each of some shops are to those of each of others: from 0 to 1."""


class Styles:
    """Traits of all shops of a book, how well they are kept, and how alike strangers write."""

    def __init__(self, book: Book, wording: Wording) -> None:
        self._book, self._wording = book, wording
        self._count = 0
        self._values: I32 = np.full((1024, len(TRAITS)), -1, np.int32)
        """Of each shop the number of each trait's value; -1: it has none."""
        self._numbers: list[dict[str, int]] = [{} for _ in TRAITS]
        self._users: list[list[int]] = [[] for _ in TRAITS]
        self._known = np.zeros(len(TRAITS), np.int64)
        self._kept: F64 = _KEPT
        self._strangers: dict[bool, Strangers | None] = {False: None, True: None}
        self._alike, self._alike_kept = math.inf, _ALIKE_KEPT

    def take(self, shop: int) -> None:
        """A shop is new, or says more than before."""
        self.catch_up()
        self._measure(shop)

    def learn(self, returns: Iterable[tuple[int, int]], known: Union) -> None:
        """Learns how well traits are kept, and how alike strangers write.

        returns: old and new shops of sellers who wrote all anew; known: shops with anything in common.
        """
        self.catch_up()
        if self._count < FEWEST:
            return
        rows = np.array(list(returns), np.int64).reshape(-1, 2)
        old, new = self._values[rows[:, 0]], self._values[rows[:, 1]]
        both = (old >= 0) & (new >= 0)
        kept = (both & (old == new)).sum(axis=0)
        self._kept = (kept + _KEPT * _WEIGHT) / (both.sum(axis=0) + _WEIGHT)
        some, others = (np.arange(0, self._count, -(-self._count // most)) for most in SAMPLE)
        whose = np.array([known.find(shop) for shop in others.tolist()])
        strange = np.array([whose != known.find(one) for one in some.tolist()])
        words = self._wording(some.tolist(), others.tolist())
        if strange.sum() < FEWEST:
            return
        self._alike = float(np.nanquantile(words[strange], 1 - _ALIKE))
        again = [float(self._wording([b], [a])[0, 0]) for a, b in rows.tolist()]
        alike = sum(one > self._alike for one in again)
        self._alike_kept = (alike + _ALIKE_KEPT * _WEIGHT) / (len(again) + _WEIGHT)
        for address in (False, True):
            likenesses = [
                self._compare(one, others[rest], words[n, rest], address=address)
                for n, (one, rest) in enumerate(zip(some.tolist(), strange, strict=True))
            ]
            self._strangers[address] = measure_strangers(np.concatenate(likenesses))

    def weigh(self, shop: int, others: Sequence[int], *, address: bool) -> F64:
        """Weigh that one writes as each of others does, in nats; 0 where nobody can say how strangers write.

        address: only how addresses are told and under which name, where their texts are known to be alike.
        """
        self.catch_up()
        strangers = self._strangers[address]
        if strangers is None:
            return np.zeros(len(others))
        words = np.zeros(0) if address else self._wording([shop], others)[0]
        found = self._compare(shop, np.array(others, np.int64), words, address=address)
        return np.clip(np.minimum(found, strangers.leave(found)), LEAST_NATS, MOST_NATS)

    def catch_up(self) -> None:
        """Measures shops that came since; whoever has many does so before one more is waited for."""
        count = len(self._book.shops)
        if count > len(self._values):
            room = np.full((max(1024, count - len(self._values) + count // 4), len(TRAITS)), -1, np.int32)
            self._values = np.concatenate([self._values, room])
        for shop in range(self._count, count):
            self._measure(shop)
        self._count = count

    def _measure(self, shop: int) -> None:
        traits = traits_of([self._book.offers[number] for number in self._book.shops[shop].offers])
        for place, trait in enumerate(TRAITS):
            if trait not in traits:
                continue
            users, before = self._users[place], self._values[shop, place]
            number = self._numbers[place].setdefault(traits[trait], len(users))
            users += [0] * (number == len(users))
            users[number] += 1
            if before >= 0:
                users[before] -= 1
            self._known[place] += before < 0
            self._values[shop, place] = number

    def _likeness(self, shop: int, others: I64, *, address: bool) -> F64:
        """Weigh traits by themselves, in nats, as if none went with another."""
        mine = self._values[shop]
        chosen = np.flatnonzero((mine >= 0) & (ADDRESS | (not address)))
        theirs = self._values[np.ix_(others, chosen)]
        users = np.array([self._users[place][mine[place]] for place in chosen.tolist()], np.float64)
        share, kept = np.minimum(0.95, users / (self._known[chosen] + 1)), self._kept[chosen]
        said = np.where(theirs == mine[chosen], np.log(kept / share), np.log((1 - kept) / (1 - share)))
        return np.asarray(np.where(theirs >= 0, said, 0.0).sum(axis=1), np.float64)

    def _compare(self, shop: int, others: I64, words: F64, *, address: bool) -> F64:
        found = self._likeness(shop, others, address=address)
        if address:
            return found
        kept = self._alike_kept
        said = np.where(words > self._alike, math.log(kept / _ALIKE), math.log((1 - kept) / (1 - _ALIKE)))
        return found + np.where(np.isnan(words), 0.0, said)


class Strangers(NamedTuple):
    """How alike strangers write: likenesses, the closest last, and where their tail begins.

    Attributes:
        likenesses: Of pairs of shops that aren't known to be one seller's.
        edge: From where on they are the tail.
        tail: How many those are.
        excess: How far they go beyond, in the mean.
    """

    likenesses: F64
    edge: float
    tail: int
    excess: float

    def leave(self, found: F64) -> F64:
        """Bound the worth of likenesses, in nats, by how few strangers come so close."""
        many = len(self.likenesses)
        above = many - np.searchsorted(self.likenesses, found, "left")
        within = _SAME - np.log((above + 1) / (many + 1))
        beyond = _SAME - math.log(self.tail / many) + (found - self.edge) / self.excess
        return np.where(found <= self.edge, within, beyond)


def measure_strangers(likenesses: F64) -> Strangers:
    """How alike strangers write, of likenesses in any order."""
    found = np.sort(likenesses)
    tail = max(8, int(len(found) * _TAIL))
    edge = float(found[-tail - 1])
    excess = float(np.median(found[-tail:] - edge)) / _MEDIAN
    return Strangers(found, edge, tail, max(1.0, excess))


LATEST: Final = 21 * DAY
"""Who wrote like that and went longer ago is not looked for."""
LIKELY: Final = math.log(4) - PRIOR
"""Nats from which a shop is told to have taken another's place: it is four times as likely as that it didn't."""


class Followed(NamedTuple):
    """A shop whose place another took. style, time: nats by how both write, and when; total: less rivals."""

    old: int
    style: float
    time: float
    total: float


def find_followed(new: int, book: Book, groups: Groups, styles: Styles, beside: Collection[int]) -> Followed | None:
    """Who was there before, under another address; None: nobody is known, or not well enough.

    All who went stand against one another, and against that it is somebody new: a way of writing that two of them have
    tells of neither. beside: shops with which it has anything in common, which is weighed for itself: who takes a text
    takes a way of writing along.
    """
    first = book.shops[new].first
    if any(book.shops[one].first < first for one in groups.members[groups.find(new)]):
        return None  # it is known whose it is
    olds = [old for old in _away(new, book, groups) if old not in beside]
    if not olds:
        return None
    gaps = np.array([first - book.shops[old].last for old in olds], np.float64)
    time = successions_anew(gaps, len(book.shops))
    style = styles.weigh(new, olds, address=False)
    odds = np.exp(time + style + PRIOR)
    best = int(odds.argmax())
    total = float(np.log(odds[best] / (1 + odds.sum() - odds[best]))) - PRIOR
    if total < LIKELY:
        return None
    return Followed(olds[best], float(style[best]), float(time[best]), total)


def _away(new: int, book: Book, groups: Groups) -> list[int]:
    """Of each seller who was there and is nowhere any more, as far as is known, the shop that was there last."""
    first = book.shops[new].first
    went: defaultdict[int, list[int]] = defaultdict(list)
    for old in book.ended_between(first - LATEST, first + MOVES):
        if book.shops[old].first < first:
            went[groups.find(old)].append(old)
    return [olds[-1] for group, olds in went.items() if _is_away(groups.members[group], olds[-1], book)]


def _is_away(shops: Iterable[int], last: int, book: Book) -> bool:
    """Check if all of a seller's shops are gone, and none was seen after one of them."""
    return all(book.has_ended(one) and book.shops[one].last <= book.shops[last].last for one in shops)
