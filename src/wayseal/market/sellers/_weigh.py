"""What each signal is worth, in nats (rules 1 and 2).

A weight is the log of how much likelier the signal is between two shops of one seller than between two of different
ones. Weights are rounded, and no more than an order: an address that only one can answer is worth more than a picture
that can be taken from another's shop, and that more than a text, which is copied more often still. They were set on one
seed of the benchmark's first worlds, and measured on other seeds and on worlds that were written afterwards.

What linking is given, and what it tells.

Inner loops of linking: plain loops over arrays, compiled where numba is on.

How many use something at the same time who have nothing to do with each other (rule 3).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from wayseal.market.types import Handle, HandleKind
from wayseal.model.runtime import kernel


class Signal(StrEnum):
    """A common trait of two offers."""

    PERSON = "person"
    """A person says so."""
    SHOP = "shop"
    """The site's own id of whoever offers."""
    HANDLE = "handle"
    """A handle; which kind, the link's detail says."""
    QR = "qr"
    """What a QR code leads to."""
    LINK = "link"
    """A place in the web; less than a handle, as it may be anybody's."""
    PICTURE = "picture"
    MIRROR = "mirror"
    """A picture, mirrored left to right."""
    TEXT = "text"
    STYLE = "style"
    """How it is written: how addresses are introduced, what stands between phrases, the name, the words."""
    RHYTHM = "rhythm"
    """When: one begins where the other ends. Less than nothing where both stand side by side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An offer as linking needs it.

    Attributes:
        id: The record's id of it.
        shop: The site's own id of whoever offers it, as `SOURCE/ID`; "" if the source doesn't say.
        at: When it was first seen, or put there if the source says; microseconds.
        last_at: When it was last seen.
        capture: Id of the capture behind it.
        text: All that is said of it.
        handles: Addresses out of text, QR codes and pictures.
        pictures: (hash, hash of the mirror) of each picture, 64 bits.
        name: Under which it is offered; "" if the source doesn't say.
    """

    id: str
    shop: str
    at: int
    last_at: int
    capture: str
    text: str = field(repr=False)
    handles: tuple[Handle, ...] = ()
    pictures: tuple[tuple[int, int], ...] = ()
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A sign for (weight > 0) or against two offers being one seller's (rule 6).

    Attributes:
        a: An offer's id.
        b: Another's.
        signal: What they have in common.
        weight: In nats.
        captures: Behind `a` and behind `b`.
        detail: Kind of handle, bits between pictures, likeness of texts; never a value.
    """

    a: str
    b: str
    signal: Signal
    weight: float
    captures: tuple[str, str]
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """A person says that two offers are one seller's."""

    a: str
    b: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A person says that two offers are not one seller's."""

    a: str
    b: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """Who is taken for one.

    Attributes:
        id: Made of the earliest offer: it stays when others join.
        offers: Ids, earliest first.
        shops: The sites' own ids, earliest first.
        links: What holds them together, between shops; for each two that were joined, all their links.
    """

    id: str
    offers: tuple[str, ...]
    shops: tuple[str, ...]
    links: tuple[Link, ...]


U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]


@kernel
def sketch(grams: U32, starts: I64, factors: U64, offsets: U64, out: U32) -> None:
    """MinHash of each text's grams into out[text, hash]; all ones where a text has none."""
    for text in range(len(starts) - 1):
        for number in range(len(factors)):
            least = np.uint64(0xFFFFFFFF)
            factor, offset = factors[number], offsets[number]
            for place in range(starts[text], starts[text + 1]):
                value = (factor * np.uint64(grams[place]) + offset) >> np.uint64(32)
                least = min(least, value)
            out[text, number] = least


@kernel
def alike(grams: U32, rarity: F32, starts: I64, pairs: I64, out: F64) -> None:
    """Weighted Jaccard of two texts' sorted grams, and what they share, in out[pair, 0] and out[pair, 1]."""
    for row in range(len(pairs)):
        i, end_i = starts[pairs[row, 0]], starts[pairs[row, 0] + 1]
        j, end_j = starts[pairs[row, 1]], starts[pairs[row, 1] + 1]
        shared, other = 0.0, 0.0
        while i < end_i and j < end_j:
            if grams[i] == grams[j]:
                shared += rarity[i]
                i += 1
                j += 1
            elif grams[i] < grams[j]:
                other += rarity[i]
                i += 1
            else:
                other += rarity[j]
                j += 1
        while i < end_i:
            other += rarity[i]
            i += 1
        while j < end_j:
            other += rarity[j]
            j += 1
        out[row, 0] = shared / (shared + other) if shared > 0 else 0.0
        out[row, 1] = shared


@kernel
def near(hashes: U64, order: I64, groups: I64, most: int, plain: int, earlier: U64, out: I64) -> int:
    """Pairs in which no more than `most` bits differ, out of groups of `order`; how many there are.

    The first `plain` hashes are pictures, the others their mirrors; of a picture and a mirror, that of the later one
    counts. earlier: masks of bands; who is the same in one of them was a pair there. Fills out[pair] with both places
    as long as there is room.
    """
    found = 0
    for group in range(len(groups) - 1):
        for x in range(groups[group], groups[group + 1]):
            for y in range(x + 1, groups[group + 1]):
                a, b = min(order[x], order[y]), max(order[x], order[y])
                if a >= plain or (b >= plain and b - plain <= a):
                    continue
                w = hashes[a] ^ hashes[b]
                v = w - ((w >> np.uint64(1)) & np.uint64(0x5555555555555555))
                v = (v & np.uint64(0x3333333333333333)) + ((v >> np.uint64(2)) & np.uint64(0x3333333333333333))
                v = (v + (v >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
                if (v * np.uint64(0x0101010101010101)) >> np.uint64(56) > most:
                    continue
                new = True
                for mask in earlier:
                    if w & mask == 0:
                        new = False
                        break
                if new:
                    if found < len(out):
                        out[found, 0], out[found, 1] = a, b
                    found += 1
    return found


@kernel
def agreeing(sketches: U32, count: int, wanted: U32, out: I64) -> None:
    """In how many hashes each of the first `count` sketches agrees with one."""
    for row in range(count):
        same = 0
        for number in range(len(wanted)):
            if sketches[row, number] == wanted[number]:
                same += 1
        out[row] = same


PRIOR: Final = -8.0
"""Log odds that two shops are one seller's before anything is known: one pair out of 3,000."""
THRESHOLD: Final = math.log(0.95 / 0.05)
"""Log odds from which they are told as one."""
NEEDED: Final = THRESHOLD - PRIOR
"""Nats that take a pair over the threshold."""
SHOWN: Final = 4.0
"""Nats from which links of a pair are kept, so that a person sees who may belong together."""

SHOP: Final = 14.0
_HANDLES: Final = {
    HandleKind.INVITE: 14.0,
    HandleKind.PHONE: 14.0,
    HandleKind.PAYMENT: 14.0,
    HandleKind.QQ: 13.5,
    HandleKind.WECHAT: 13.5,
    HandleKind.TELEGRAM: 13.0,
    HandleKind.EMAIL: 13.0,
    HandleKind.QR: 12.5,
    HandleKind.SHOP: 14.0,
    HandleKind.LINK: 7.0,
}
FURTHER: Final = 2.0
"""Each further handle of a pair, or picture: they mostly move together."""
PICTURE_BITS: Final = 8
"""Bits of 64 in which near-same pictures may differ; other ones differ in 30."""
LEAST_LIKE: Final = 0.5
"""Likeness of texts from which it is evidence."""
_MOST_TEXT = 11.5
_ENOUGH_TEXT = 60.0
_BESIDE = -4.0
AFTER: Final = 1.5
DAY: Final = 86_400_000_000
_SUCCESSION = 30 * DAY
_SIDE_BY_SIDE = 3 * DAY
MOVES: Final = DAY // 3
"""A shop may have been seen so long after the one began that takes its place: sites are looked at at their times."""
_BACK, _BACK_ANEW = 0.25, 0.1
_GO = 0.01 * 2
"""Of all shops, in the two days that count most."""
_LEAST_SUCCESSION = -2.0


def handle(kind: HandleKind, degree: int, crowd: int) -> float:
    """One handle that two shops share.

    degree: how many shops have it; crowd: how many at one time who have others of their own, and none together.
    """
    return _HANDLES[kind] - math.log(max(1.0, degree / 4)) - 3.5 * max(0, crowd - 1)


def picture(bits: int, crowd: int, *, mirrored: bool) -> float:
    """A picture that two shops share, in all but so many bits. crowd: how many at one time, otherwise unrelated."""
    return 12.0 - 0.25 * bits - (0.5 if mirrored else 0.0) - 3.0 * max(0, crowd - 1)


def text(likeness: float, information: float, crowd: int) -> float:
    """Two texts without footers.

    likeness: Jaccard of pairs of characters, rare ones counting more; information: nats in what they share, as if pairs
    were independent: a few common words are no evidence, however alike; crowd: how many have it at one time.
    """
    grade = min(1.0, (likeness - 0.35) / 0.35) * min(1.0, information / _ENOUGH_TEXT)
    return _MOST_TEXT * grade - 3.0 * max(0, crowd - 1)


def rhythm(first: tuple[int, int], second: tuple[int, int], *, contacts: bool) -> float:
    """When two shops stood there, as (from, to). contacts: both have handles, and none together."""
    earlier, later = sorted((first, second))
    overlap = min(earlier[1], later[1]) - later[0]
    if overlap >= _SIDE_BY_SIDE:
        return _BESIDE if contacts else 0.0
    return AFTER if 0 <= later[0] - earlier[1] + DAY <= _SUCCESSION else 0.0


def succession(gap: int, others: F64 | I64, known: int) -> float:
    """A shop began so long after another one was seen last that is known to be gone.

    One new shop in four is somebody's who was there before (rule 8): that is shared out among all that went, the more
    to each the sooner it went before, and set against the prior of any two.

    others: gaps to all that are known to be gone; known: how many shops are known. As nobody knows who went before the
    first look, one in a hundred is taken to go a day.
    """
    mine = _returns(np.array([gap]))
    return max(_LEAST_SUCCESSION, float(_shares(mine, _returns(others), known)[0]) + _odds(_BACK) - PRIOR)


def successions_anew(gaps: F64, known: int) -> F64:
    """The same of a shop that has nothing in common with any before, for each of those whose sellers are nowhere now.

    Of such shops one in ten is somebody's who was there before. gaps: to all of those.
    """
    mine = _returns(gaps)
    return _shares(mine, mine, known) + _odds(_BACK_ANEW) - PRIOR


def _shares(mine: F64, others: F64, known: int) -> F64:
    """Logs of shares."""
    return np.asarray(np.log(mine / np.maximum(mine, max(float(others.sum()), _GO * known))), np.float64)


def _odds(share: float) -> float:
    return math.log(share / (1 - share))


def _returns(gaps: F64 | I64) -> F64:
    """Density of coming back after a gap: half are back within two days, and few after weeks."""
    return np.asarray(1.0 / (1.0 + np.maximum(0.0, gaps) / (2 * DAY)) ** 2, np.float64)


def total(weights: Iterable[tuple[Signal, float]]) -> float:
    """Sum up a pair's links: each signal once; of picture and mirror the better one."""
    best: dict[Signal, float] = {}
    for signal, weight in weights:
        kind = Signal.PICTURE if signal is Signal.MIRROR else signal
        best[kind] = max(weight, best.get(kind, weight))
    return sum(best.values())


CROWD = 4
"""So many at one time: what they share is nobody's."""
_LEAST = DAY // 2
"""So long a message stands at least."""
_MOVES = DAY
"""So long both may stand there while somebody moves from one to the other."""


def count_crowd(spans: Iterable[tuple[int, int, int]]) -> int:
    """How many different groups stood there at one time, at most `CROWD`. spans: (group, from, to) of each use."""
    rows = list(spans)
    if len({group for group, _, _ in rows}) < 2:
        return len(rows[:1])
    begins_at = [(first, 1, group) for group, first, _ in rows]
    events = sorted(begins_at + [(max(to - _MOVES, first + _LEAST), 0, group) for group, first, to in rows])
    alive: dict[int, int] = {}
    most = 0
    for _, begins, group in events:
        if begins:
            alive[group] = alive.get(group, 0) + 1
            most = max(most, len(alive))
            if most >= CROWD:
                break
        elif alive[group] == 1:
            del alive[group]
        else:
            alive[group] -= 1
    return most
