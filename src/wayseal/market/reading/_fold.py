"""A folded copy of texts, with a map back to what was seen.

1. The copy is for reading; the text itself is never changed, and every place that is told is a place in it.
2. Folded: compatibility forms (NFKC) in lower case; marks, controls and invisible characters dropped; traditional
   characters as simplified ones; variants of the trade as what they stand for; symbols and spaces between two Han
   characters dropped, and between one and a letter that stands alone (面*D).
3. Each character of the copy knows the half-open stretch of the text that it stands for; stretches never go back.
4. All of it goes by tables and is linear: no text is too long, too deep or too odd.

What folding looks up: Unicode's forms, traditional → simplified, readings, and the variants of the trade.

`data/folding.npz` is made by `scripts/market_folding.py` and says what of; `data/variants.toml` is kept by hand.

Texts by their sound: what two spellings of one text have in common, whatever characters stand for its syllables.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from wayseal.market.errors import MarketError
from wayseal.model.arrays import Codes, Ints
from wayseal.model.messages import N_
from wayseal.model.runtime import kernel
from wayseal.model.schema import CLOSED, Name, TomlText

SPACE, SYMBOL, LETTER, HAN, LATIN, DIGIT = 1, 2, 3, 4, 5, 6
"""Sorts of characters after folding; 0: none of these."""
FIRST_HAN = 0x3400
MANY, DROPPED = 0x80000000, 0xFFFFFFFF
LONGEST_VARIANT = 6
_CODES = 0x110000


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantGroup:
    """Spellings of the trade of one sort. pairs: as it is written → what it stands for."""

    __pydantic_config__: ClassVar = CLOSED
    sort: Name
    source: Name
    date: Name
    pairs: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantsFile:
    """The tables of `variants.toml`."""

    __pydantic_config__: ClassVar = CLOSED
    group: tuple[VariantGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tables:
    """The tables of folding, by code point.

    Attributes:
        into: The one character that a character becomes; from `MANY` on, where in `long` several stand; or `DROPPED`.
        long: Number of characters, then the characters; one entry after the other.
        sorts: The sort of a folded character.
        syllables: The number of a character's reading, from `FIRST_HAN` on; 0: none is known.
        names: Readings by their number.
        pair_first: For a character that begins a variant of several, where in `pairs` they stand; −1: none.
        pairs: Length, characters, length and characters of what is meant, the longest first; 0 after a character's.
    """

    into: Codes
    long: Codes
    sorts: npt.NDArray[np.uint8]
    syllables: npt.NDArray[np.uint16]
    names: tuple[str, ...]
    pair_first: Ints
    pairs: Codes


@cache
def tables() -> Tables:
    """The tables that come with Wayseal."""
    place = resources.files(__package__).joinpath("data")
    with resources.as_file(place.joinpath("folding.npz")) as path, np.load(path) as file:
        data = {name: file[name] for name in file.files}
    into, long = _singles(data)
    variants = dict(_variants(place.joinpath("variants.toml").read_text("utf-8")))
    for seen, meant in variants.items():
        if len(seen) == 1:
            into[ord(seen)] = ord(meant) if len(meant) == 1 else MANY + len(long)
            if len(meant) > 1:
                long += [len(meant), *map(ord, meant)]
    single = into < MANY
    into[single] = into[into[single]]
    pair_first, pairs = _lay_out({seen: meant for seen, meant in variants.items() if len(seen) > 1})
    return Tables(
        into=into,
        long=np.array([*long, 0], np.uint32),
        sorts=np.repeat(data["sorts"], np.diff(np.append(data["sort_starts"], _CODES))),
        syllables=data["syllables"],
        names=tuple(data["syllable_names"].tolist()),
        pair_first=pair_first,
        pairs=pairs,
    )


def _singles(data: Mapping[str, npt.NDArray[np.generic]]) -> tuple[Codes, list[int]]:
    """Tabulate what characters become by themselves, as `into` and `long` have it."""
    codes, lengths = data["codes"], data["lengths"].astype(np.int64)
    starts = np.cumsum(lengths) - lengths
    into = np.arange(_CODES, dtype=np.uint32)
    one = lengths == 1
    into[codes[one]] = data["into"][starts[one]]
    into[codes[lengths == 0]] = DROPPED
    long: list[int] = []
    for code, start, length in zip(codes[lengths > 1], starts[lengths > 1], lengths[lengths > 1], strict=True):
        into[code] = MANY + len(long)
        long += [int(length), *data["into"][start : start + length].tolist()]
    return into, long


def _variants(text: str) -> Iterator[tuple[str, str]]:
    toml = TomlText(text, MarketError, example='"枓" = "料"')
    for place, group in enumerate(toml.read(VariantsFile).group):
        for seen, meant in group.pairs.items():
            if not 1 <= len(seen) <= LONGEST_VARIANT or not meant or (1 < len(seen) < len(meant)):
                raise toml.error(
                    N_("a variant has up to 6 characters, and stands for no more than it has"),
                    *("group", place, "pairs", seen),
                )
            yield seen, meant


def _lay_out(pairs: Mapping[str, str]) -> tuple[Ints, Codes]:
    """Variants of several characters, as `pair_first` and `pairs` have it."""
    first = np.full(_CODES, -1, np.int32)
    laid: list[int] = []
    for char in sorted({seen[0] for seen in pairs}):
        first[ord(char)] = len(laid)
        for seen in sorted((seen for seen in pairs if seen[0] == char), key=lambda seen: (-len(seen), seen)):
            laid += [len(seen), *map(ord, seen), len(pairs[seen]), *map(ord, pairs[seen])]
        laid.append(0)
    return first, np.array([*laid, 0], np.uint32)


Bounds = npt.NDArray[np.int64]
_UNDERLINE, _AT = ord("_"), ord("@")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Folded:
    """Texts, folded, one after the other.

    Attributes:
        codes: Code points.
        begins: Where the stretch of each one begins in its text.
        ends: Where it ends.
        bounds: Where each text begins in `codes`, and the end of the last.
    """

    codes: Codes
    begins: Ints
    ends: Ints
    bounds: Bounds

    def texts(self) -> list[str]:
        """The folded texts."""
        whole = self.codes.tobytes().decode("utf-32-le", "surrogatepass")
        bounds = self.bounds.tolist()
        return [whole[start:end] for start, end in pairwise(bounds)]


def fold(texts: Sequence[str]) -> Folded:
    """Folds texts."""
    known = tables()
    raw = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    bounds = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=bounds[1:])
    room = int(_room(raw, known.into, known.long))
    codes, begins, ends = np.empty(room, np.uint32), np.empty(room, np.int32), np.empty(room, np.int32)
    placed = _fold(raw, bounds, known.into, known.long, known.sorts, known.pair_first, known.pairs, codes, begins, ends)
    size = placed[-1]
    return Folded(codes=codes[:size], begins=begins[:size], ends=ends[:size], bounds=placed)


@kernel
def _room(raw: Codes, into: Codes, long: Codes) -> int:
    """How many characters the copy has at most."""
    size = 0
    for code in raw:
        target = into[code]
        if target < MANY:
            size += 1
        elif target != DROPPED:
            size += long[target - MANY]
    return size


@kernel
def _fold(
    raw: Codes,
    bounds: Bounds,
    into: Codes,
    long: Codes,
    sorts: npt.NDArray[np.uint8],
    pair_first: Ints,
    pairs: Codes,
    codes: Codes,
    begins: Ints,
    ends: Ints,
) -> Bounds:
    """Fills the last three; gives where each text begins in them."""
    placed = np.zeros(len(bounds), np.int64)
    size = 0
    for text in range(len(bounds) - 1):
        start = size
        for at in range(bounds[text], bounds[text + 1]):
            target, place = into[raw[at]], at - bounds[text]
            if target < MANY:
                codes[size], begins[size], ends[size] = target, place, place + 1
                size += 1
            elif target != DROPPED:
                first = target - MANY
                for step in range(long[first]):
                    codes[size], begins[size], ends[size] = long[first + 1 + step], place, place + 1
                    size += 1
        size = _close_gaps(codes, begins, ends, start, size, sorts)
        size = _resolve(codes, begins, ends, start, size, sorts, pair_first, pairs)
        placed[text + 1] = size
    return placed


@kernel
def _close_gaps(codes: Codes, begins: Ints, ends: Ints, start: int, size: int, sorts: npt.NDArray[np.uint8]) -> int:
    """Drops symbols and spaces between two Han characters, or one and a lone letter (rule 2); the new end."""
    out, at = start, start
    while at < size:
        after = at
        while after < size and (sorts[codes[after]] == SYMBOL or sorts[codes[after]] == SPACE):
            after += 1
        if after > at and out > start and after < size:
            before = sorts[codes[out - 1]]
            left = before == HAN or (before == LATIN and (out - 1 == start or not _joins(codes[out - 2], sorts)))
            right = sorts[codes[after]] == HAN
            if before == HAN and sorts[codes[after]] == LATIN:
                right = after + 1 == size or not _joins(codes[after + 1], sorts)
            if left and right:
                at = after
        for step in range(at, min(after + 1, size)):
            codes[out], begins[out], ends[out] = codes[step], begins[step], ends[step]
            out += 1
        at = after + 1
    return out


@kernel
def _resolve(
    codes: Codes,
    begins: Ints,
    ends: Ints,
    start: int,
    size: int,
    sorts: npt.NDArray[np.uint8],
    pair_first: Ints,
    pairs: Codes,
) -> int:
    """Puts what is meant in the place of variants of several characters (rule 2); the new end."""
    out, at, before = start, start, np.uint32(0)
    while at < size:
        found = _find_pair(codes, at, size, before, sorts, pair_first, pairs)
        if found < 0:
            before = codes[at]
            codes[out], begins[out], ends[out] = codes[at], begins[at], ends[at]
            out += 1
            at += 1
            continue
        length = int(pairs[found])
        meant = int(pairs[found + 1 + length])
        before, begin, end = codes[at + length - 1], begins[at], ends[at + length - 1]
        for step in range(meant):
            codes[out], begins[out], ends[out] = pairs[found + 2 + length + step], begin, end
            out += 1
        at += length
    return out


@kernel
def _find_pair(
    codes: Codes,
    at: int,
    size: int,
    before: np.uint32,
    sorts: npt.NDArray[np.uint8],
    pair_first: Ints,
    pairs: Codes,
) -> int:
    """Where in `pairs` the longest variant stands that begins here; −1: none. Letters are variants as whole words."""
    place = int(pair_first[codes[at]])
    if place < 0 or (sorts[codes[at]] == LATIN and _joins(before, sorts)):
        return -1
    while pairs[place] != 0:
        length = int(pairs[place])
        fits = at + length <= size
        if fits:
            for step in range(length):
                if codes[at + step] != pairs[place + 1 + step]:
                    fits = False
                    break
        if fits and at + length < size and sorts[codes[at + length - 1]] == LATIN:
            fits = not _joins(codes[at + length], sorts)
        if fits:
            return place
        place += 2 + length + int(pairs[place + 1 + length])
    return -1


@kernel
def _joins(code: np.uint32, sorts: npt.NDArray[np.uint8]) -> bool:
    """Check if a character beside letters makes them part of a longer word, name or number."""
    return bool(sorts[code] == LATIN or sorts[code] == DIGIT or code == _UNDERLINE or code == _AT)


_FIRST_SYLLABLE = 0x4E00


def sound_out(texts: Sequence[str]) -> list[str]:
    """Folded texts in which each Han character stands for its reading.

    Two texts that differ in homophones, marks, symbols and traditional characters alone sound the same.

    Args:
        texts: As they were seen.

    Returns:
        For each, its folded text; a Han character with a known reading is the one at U+4E00 and the reading's number.
    """
    folded, syllables = fold(texts), tables().syllables
    codes = np.array(folded.codes, np.uint32)
    place = codes.astype(np.int64) - FIRST_HAN
    known = (place >= 0) & (place < len(syllables))
    syllable = np.zeros(len(codes), np.uint32)
    syllable[known] = syllables[place[known]]
    sounded = np.where(syllable > 0, _FIRST_SYLLABLE + syllable, codes).astype(np.uint32)
    bounds = folded.bounds
    return [
        sounded[int(bounds[n]) : int(bounds[n + 1])].tobytes().decode("utf-32-le", "surrogatepass")
        for n in range(len(texts))
    ]
