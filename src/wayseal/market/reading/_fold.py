"""A folded copy of texts, with a map back to what was seen.

1. The copy is for reading; the text itself is never changed, and every place that is told is a place in it.
2. Folded: compatibility forms (NFKC) in lower case; marks, controls and invisible characters dropped; traditional
   characters as simplified ones; variants of the trade as what they stand for; symbols and spaces between two Han
   characters dropped, and between one and a letter that stands alone (面*D).
3. Each character of the copy knows the half-open stretch of the text that it stands for; stretches never go back.
4. All of it goes by tables and is linear: no text is too long, too deep or too odd.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from wayseal.market.reading._tables import DIGIT, DROPPED, HAN, LATIN, MANY, SPACE, SYMBOL, Codes, Ints, tables
from wayseal.model.jit import kernel

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
    """Whether a character beside letters makes them part of a longer word, name or number."""
    return bool(sorts[code] == LATIN or sorts[code] == DIGIT or code == _UNDERLINE or code == _AT)
