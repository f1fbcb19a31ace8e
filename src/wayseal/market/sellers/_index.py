"""Texts and pictures laid out so that near-same ones are found: all pairs at once, or those of one more.

Texts as linking sees them: bare characters without footers, pairs of them, how rare each is, MinHash.

A footer is a stretch of `LONG` characters and more that `CROWD` shops and more, who have nothing to do with each other,
began to use in the same fortnight (rule 3). Handles and other runs of Latin letters and digits are left out: they have
signals of their own, and whoever changes nothing but his address writes the same text.

Near-same pictures: hashes that differ in few bits, and those of mirrored ones.

Of eight bits that differ, one of nine bands is left whole: so no pair is missed, and few are compared.
"""

import itertools
import re
import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from wayseal.market.sellers._book import Union
from wayseal.market.sellers._weigh import (
    CROWD,
    F32,
    F64,
    I64,
    LEAST_LIKE,
    PICTURE_BITS,
    U32,
    U64,
    agreeing,
    alike,
    near,
    sketch,
)

LONG = 12
"""Characters of the shortest footer."""
FORTNIGHT = 14 * 86_400_000_000
HASHES = 96
_BAND = 3
_MOST_CHARACTERS = 2000
_MOST_IN_BUCKET = 64
_KNOWN_BEFORE = 1000
"""Texts that are taken to have been seen before the first one, so that few texts don't make all of it rare."""
_RUNS = re.compile("[0-9a-z]{5,}")
_rng = np.random.default_rng(20_260_101)
FACTORS: U64 = _rng.integers(1, 1 << 63, HASHES, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
OFFSETS: U64 = _rng.integers(1, 1 << 63, HASHES, dtype=np.uint64)


class Flat(NamedTuple):
    """Many texts as one array of code points; text n is codes[starts[n]:starts[n + 1]]."""

    codes: U32
    starts: I64


def bare(text: str) -> str:
    """A text's letters, digits and Han characters in one spelling, without handles."""
    folded = unicodedata.normalize("NFKC", text[:_MOST_CHARACTERS]).casefold()
    return _RUNS.sub("", "".join(filter(str.isalnum, folded)))


def flatten(texts: Sequence[str]) -> Flat:
    """Texts as arrays."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=starts[1:])
    return Flat(codes, starts)


def learn_footers(flat: Flat, groups: I64, at: I64) -> U32:
    """Hashes of stretches that belong to footers, sorted. groups: of each text, who it is by; at: since when."""
    stretches, owner, _ = _stretches(flat)
    if not len(stretches):
        return np.zeros(0, np.uint32)
    fortnight = (at - at.min()) // FORTNIGHT
    key = (
        stretches.astype(np.uint64) << np.uint64(32)
        | (fortnight[owner].astype(np.uint64) & np.uint64(0xFFF)) << np.uint64(20)
        | groups[owner].astype(np.uint64) & np.uint64(0xFFFFF)
    )
    when = _once(key) >> np.uint64(20)
    firsts = np.flatnonzero(np.concatenate(([True], when[1:] != when[:-1])))
    counts = np.diff(np.append(firsts, len(when)))
    common = (when[firsts[counts >= CROWD]] >> np.uint64(12)).astype(np.uint32)
    return np.sort(common)


def strip(texts: Sequence[str], footers: U32) -> list[str]:
    """Bare texts without footers."""
    if not len(footers):
        return list(texts)
    flat = flatten(texts)
    stretches, owner, places = _stretches(flat)
    hit = footers[np.minimum(np.searchsorted(footers, stretches), len(footers) - 1)] == stretches
    touched = np.unique(owner[hit])
    covered = np.zeros(len(flat.codes) + 1, np.int32)
    np.add.at(covered, places[hit], 1)
    np.add.at(covered, places[hit] + LONG, -1)
    inside = np.cumsum(covered[:-1]) > 0
    out = list(texts)
    for text in touched.tolist():
        first, last = flat.starts[text], flat.starts[text + 1]
        kept = flat.codes[first:last][~inside[first:last]]
        out[text] = kept.tobytes().decode("utf-32-le", "surrogatepass")
    return out


def _stretches(flat: Flat) -> tuple[U32, I64, I64]:
    """Each stretch of LONG characters within a text: hash, text, place."""
    count = len(flat.codes) - LONG + 1
    if count <= 0:
        return np.zeros(0, np.uint32), np.zeros(0, np.int64), np.zeros(0, np.int64)
    rolled = np.zeros(count, np.uint64)
    with np.errstate(over="ignore"):
        for step in range(LONG):
            rolled = rolled * np.uint64(0x100000001B3) + flat.codes[step : step + count].astype(np.uint64)
        rolled *= np.uint64(0x9E3779B97F4A7C15)
    owner = np.repeat(np.arange(len(flat.starts) - 1), np.diff(flat.starts))[:count]
    places = np.flatnonzero(np.arange(count) + LONG <= flat.starts[owner + 1])
    return (rolled[places] >> np.uint64(32)).astype(np.uint32), owner[places], places


def _once(values: U64) -> U64:
    values = np.sort(values)
    return values[np.concatenate(([True], values[1:] != values[:-1]))]


def pairs_of(text: str) -> U32:
    """The pairs of characters in one text, hashed, sorted, each once."""
    found = split_pairs(flatten([text]))
    return found.codes


def split_pairs(flat: Flat) -> Flat:
    """The pairs of characters in each text, hashed, sorted, each once."""
    texts = len(flat.starts) - 1
    owner = np.repeat(np.arange(texts), np.diff(flat.starts))
    within = owner[:-1] == owner[1:] if len(owner) else np.zeros(0, bool)
    codes = flat.codes.astype(np.uint64)
    with np.errstate(over="ignore"):
        mixed = (codes[:-1] * np.uint64(0x9E3779B97F4A7C15)) ^ (codes[1:] * np.uint64(0xC2B2AE3D27D4EB4F))
        mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    key = owner[:-1][within].astype(np.uint64) << np.uint64(32) | mixed[within] >> np.uint64(32)
    key = _once(key) if len(key) else key
    starts = np.searchsorted(key >> np.uint64(32), np.arange(texts + 1, dtype=np.uint64))
    return Flat((key & np.uint64(0xFFFFFFFF)).astype(np.uint32), starts.astype(np.int64))


class Rarity:
    """How rare each pair of characters is, in nats, by the texts that were seen."""

    def __init__(self, grams: Flat) -> None:
        self._seen = len(grams.starts) - 1 + _KNOWN_BEFORE
        self._values, counts = np.unique(grams.codes, return_counts=True)
        self._nats = np.log(self._seen / (counts + 1.0)).astype(np.float32)

    def of(self, grams: U32) -> F32:
        """Of each."""
        if not len(self._values):
            return np.full(len(grams), np.log(self._seen / 2.0), np.float32)
        place = np.minimum(np.searchsorted(self._values, grams), len(self._values) - 1)
        return np.where(self._values[place] == grams, self._nats[place], np.float32(np.log(self._seen / 2.0)))


def sketches(grams: Flat) -> U32:
    """MinHash of each text."""
    out = np.empty((len(grams.starts) - 1, HASHES), np.uint32)
    with np.errstate(over="ignore"):
        sketch(grams.codes, grams.starts, FACTORS, OFFSETS, out)
    return out


def candidates(made: U32) -> I64:
    """Pairs (n, 2) of texts that may be alike: they agree in a whole band of hashes."""
    found = [np.zeros(0, np.uint64)]
    alive = np.flatnonzero(made[:, 0] != np.uint32(0xFFFFFFFF))
    for band in range(0, HASHES, _BAND):
        with np.errstate(over="ignore"):
            key = made[alive, band].astype(np.uint64)
            for step in range(1, _BAND):
                key = key * np.uint64(0x9E3779B97F4A7C15) + made[alive, band + step].astype(np.uint64)
        order = np.argsort(key, kind="stable")
        key, places = key[order], alive[order].astype(np.uint64)
        for step in range(1, _MOST_IN_BUCKET):
            same = np.flatnonzero(key[step:] == key[:-step])
            if not len(same):
                break
            found.append(places[same] << np.uint64(32) | places[same + step])
    joined = np.concatenate(found)
    joined = _once(joined) if len(joined) else joined
    return np.stack([joined >> np.uint64(32), joined & np.uint64(0xFFFFFFFF)], axis=1).astype(np.int64)


def compare(grams: Flat, rarity: F32, pairs: I64) -> F64:
    """Likeness and shared information of each pair (n, 2)."""
    out = np.zeros((len(pairs), 2))
    alike(grams.codes, rarity, grams.starts, pairs, out)
    return out


def near_texts(grams: Flat, rarity: F32, made: U32) -> tuple[I64, F64]:
    """All pairs of texts that are alike enough to be evidence, and how."""
    pairs = candidates(made)
    measured = compare(grams, rarity, pairs)
    kept = measured[:, 0] >= LEAST_LIKE
    return pairs[kept], measured[kept]


_EDGES = np.linspace(0, 64, PICTURE_BITS + 2).astype(int).tolist()
_MASKS: U64 = np.array([((1 << high) - 1) ^ ((1 << low) - 1) for low, high in itertools.pairwise(_EDGES)], np.uint64)


def near_pictures(hashes: U64, mirrors: U64) -> I64:
    """All pairs of pictures that are near-same, each once: rows of (earlier, later, bits, whether mirrored)."""
    count = len(hashes)
    both = np.concatenate([hashes, mirrors])
    found = [np.zeros((0, 2), np.int64)]
    for band, mask in enumerate(_MASKS):
        key = both & mask
        order = np.argsort(key, kind="stable")
        key = key[order]
        groups = np.append(np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1]))), len(key))
        found.append(_near_in(both, order, groups, count, _MASKS[:band]))
    pairs = np.concatenate(found)
    bits = np.bitwise_count(both[pairs[:, 0]] ^ both[pairs[:, 1]]).astype(np.int64)
    mirrored = (pairs[:, 1] >= count).astype(np.int64)
    rows = np.stack([pairs[:, 0], pairs[:, 1] - count * mirrored, bits, mirrored], axis=1)
    rows = rows[np.lexsort((rows[:, 3], rows[:, 1], rows[:, 0]))]
    fresh = np.ones(len(rows), bool)
    fresh[1:] = (rows[1:, :2] != rows[:-1, :2]).any(axis=1)
    return rows[fresh]


def _near_in(both: U64, order: I64, groups: I64, plain: int, earlier: U64) -> I64:
    room = np.empty((1 << 16, 2), np.int64)
    with np.errstate(over="ignore"):
        found = near(both, order, groups, PICTURE_BITS, plain, earlier, room)
        if found > len(room):
            room = np.empty((found, 2), np.int64)
            near(both, order, groups, PICTURE_BITS, plain, earlier, room)
    return room[:found]


def near_one(hashes: U64, hash_: int, mirror: int) -> list[tuple[int, int, bool]]:
    """(place, bits, mirrored) of all pictures that are near-same to one."""
    out: dict[int, tuple[int, int, bool]] = {}
    for value, mirrored in ((mirror, True), (hash_, False)):
        bits = np.bitwise_count(hashes ^ np.uint64(value))
        for place in np.flatnonzero(bits <= PICTURE_BITS).tolist():
            out[place] = (place, int(bits[place]), mirrored)
    return [out[place] for place in sorted(out)]


_AGREE = int(0.3 * HASHES)


class Rows:
    """Pairs of things, found by either. rows: (a, b, …) of each."""

    def __init__(self, rows: np.ndarray[tuple[int, int], np.dtype[Any]], count: int) -> None:
        turned = rows.copy()
        turned[:, 0], turned[:, 1] = rows[:, 1], rows[:, 0]
        both = np.concatenate([rows, turned])
        self._rows = both[np.argsort(both[:, 0], kind="stable")]
        self._starts = np.searchsorted(self._rows[:, 0], np.arange(count + 1))

    def of(self, number: int) -> np.ndarray[tuple[int, int], np.dtype[Any]]:
        """Rows (b, …) of one thing."""
        if number + 1 >= len(self._starts):
            return self._rows[:0, 1:]
        return self._rows[self._starts[number] : self._starts[number + 1], 1:]


class PictureIndex:
    """Pictures by number. keys: (hash, hash of the mirror) of each."""

    def __init__(self, keys: Sequence[tuple[int, int]]) -> None:
        self._count = len(keys)
        self._hashes: U64 = np.array([key[0] for key in keys], np.uint64)
        self._mirrors: U64 = np.array([key[1] for key in keys], np.uint64)
        self._families = Union()
        rows = near_pictures(self._hashes, self._mirrors)
        self._near = Rows(rows, self._count)
        for a, b in rows[:, :2].tolist():
            self._families.join_two(a, b)

    def near(self, number: int) -> Sequence[tuple[int, int, bool]]:
        """(number, bits, mirrored) of those that are near-same."""
        return [(other, bits, bool(mirrored)) for other, bits, mirrored in self._near.of(number).tolist()]

    def family(self, number: int) -> int:
        """The same for pictures that near-same ones lead to."""
        return self._families.find(number)

    def add(self, number: int, key: tuple[int, int]) -> Sequence[tuple[int, int, bool]]:
        """Takes in one, if it is new; what is near-same to it."""
        found = [one for one in near_one(self._hashes[: self._count], *key) if one[0] != number]
        self._families.join((number, *(one[0] for one in found)))
        if number >= self._count:
            if self._count == len(self._hashes):
                room = np.zeros(self._count + 1024, np.uint64)
                self._hashes, self._mirrors = np.append(self._hashes, room), np.append(self._mirrors, room)
            self._hashes[self._count], self._mirrors[self._count] = key
            self._count += 1
        return found


class TextIndex:
    """Texts without footers by number."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._grams = split_pairs(flatten(texts))
        self._more: list[U32] = []
        self._rarity = Rarity(self._grams)
        rarity = self._rarity.of(self._grams.codes)
        sums = np.concatenate(([0.0], np.cumsum(rarity, dtype=np.float64)))
        self._information = [float(one) for one in np.diff(sums[self._grams.starts])]
        self._sketches = sketches(self._grams)
        self._first = self._count = len(texts)
        self._near = Rows(np.concatenate(near_texts(self._grams, rarity, self._sketches), axis=1), len(texts))

    def information(self, number: int) -> float:
        """Nats in a text."""
        return self._information[number]

    def near(self, number: int) -> Sequence[tuple[int, float, float]]:
        """(number, likeness, shared information) of those that are alike."""
        return [(int(other), likeness, shared) for other, likeness, shared in self._near.of(number).tolist()]

    def likeness(self, some: Sequence[int], others: Sequence[int]) -> F64:
        """How alike each of some texts is to each of others, as Jaccard of pairs of characters, rare ones more."""
        parts = [self._of(number) for number in (*some, *others)]
        starts = np.concatenate(([0], np.cumsum([len(part) for part in parts]))).astype(np.int64)
        flat = Flat(np.concatenate([np.zeros(0, np.uint32), *parts]), starts)
        rows, columns = np.indices((len(some), len(others))).reshape(2, -1)
        measured = compare(flat, self._rarity.of(flat.codes), np.stack([rows, len(some) + columns], axis=1))
        return measured[:, 0].reshape(len(some), len(others))

    def add(self, number: int, text: str) -> Sequence[tuple[int, float, float]]:
        """Takes in one, if it is new; what is alike to it."""
        grams = self._of(number) if number < self._count else pairs_of(text)
        made = sketches(Flat(grams, np.array([0, len(grams)], np.int64)))[0]
        agree = np.zeros(self._count, np.int64)
        agreeing(self._sketches, self._count, made, agree)
        places = np.flatnonzero(agree >= _AGREE) if len(grams) else np.zeros(0, np.int64)
        found = self._compare(grams, places[places != number])
        if number >= self._count:
            self._append(grams, made)
        return found

    def _of(self, number: int) -> U32:
        if number >= self._first:
            return self._more[number - self._first]
        return self._grams.codes[self._grams.starts[number] : self._grams.starts[number + 1]]

    def _compare(self, grams: U32, places: I64) -> list[tuple[int, float, float]]:
        if not len(places):
            return []
        parts = [grams, *(self._of(place) for place in places.tolist())]
        starts = np.concatenate(([0], np.cumsum([len(part) for part in parts]))).astype(np.int64)
        flat = Flat(np.concatenate(parts), starts)
        pairs = np.stack([np.zeros(len(places), np.int64), np.arange(1, len(places) + 1)], axis=1)
        measured = compare(flat, self._rarity.of(flat.codes), pairs)
        return [
            (place, likeness, information)
            for place, (likeness, information) in zip(places.tolist(), measured.tolist(), strict=True)
            if likeness >= LEAST_LIKE
        ]

    def _append(self, grams: U32, made: U32) -> None:
        if self._count == len(self._sketches):
            self._sketches = np.concatenate([self._sketches, np.zeros((1024, HASHES), np.uint32)])
        self._sketches[self._count] = made
        self._count += 1
        self._more.append(grams)
        self._information.append(float(self._rarity.of(grams).sum()))
