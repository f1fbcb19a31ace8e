"""Texts as linking sees them: bare characters without footers, pairs of them, how rare each is, MinHash.

A footer is a stretch of `LONG` characters and more that `CROWD` shops and more, who have nothing to do with each other,
began to use in the same fortnight (rule 3). Handles and other runs of Latin letters and digits are left out: they have
signals of their own, and whoever changes nothing but his address writes the same text.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wayseal.market.sellers._kernels import F32, F64, I64, U32, U64, alike, sketch
from wayseal.market.sellers._shared import CROWD
from wayseal.market.sellers._weigh import LEAST_LIKE

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
