"""What a line that looks like a number may say: the spellings that its columns of probabilities hold.

A model of text says for each of some columns of a line how likely each character stands there, or none (a blank). A
spelling is the characters of a path through the columns, repeats and blanks left out (CTC). The likeliest path isn't
the likeliest spelling, and the second likeliest is what one needs where a 6 may be an 8.

1. Characters are put together: letters in upper case, digits in any width; whatever is neither letter, digit, space nor
   a dash is one sign that ends a number.
2. Look-alikes get a small share of each other, as models are surer than they are right.
3. A search with `BEAM` beams, over characters with a share that matters.
4. Spellings that differ in their spaces alone are one, with the likeliest spaces.
"""

import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BEAM = 24
KEPT = 12
SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ -"
END = "\u00b6"
"""Stands for all other characters."""
_LEAST = 5e-4
_MIXED = 1e-3
_ALIKE = ("68", "38", "08", "17", "56", "35", "49", "0O", "1I", "5S", "8B", "2Z", "06", "69", "89", "27", "1L", "0D")
_LEAST_DIGITS = 7

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


class Alphabet:
    """A model's characters: 0 is the blank."""

    def __init__(self, characters: Sequence[str]) -> None:
        """Puts them together (rule 1)."""
        self._characters = characters
        place = {sign: n for n, sign in enumerate(SIGNS, 1)}
        last = len(SIGNS) + 1
        folded = [_fold(c) for c in characters]
        group = np.array([0, *(place.get(c, last) for c in folded[1:])])
        self.signs = ["", *SIGNS, END]
        self._members = [np.flatnonzero(group == n) for n in range(last)]
        self._mix = _mix(self.signs)

    def likeliest(self, seen: Floats) -> tuple[str, float]:
        """The text of the likeliest path, and the mean probability of its characters.

        Args:
            seen: [columns, characters] probabilities.

        Returns:
            Both; "" and 0 if it is blank.
        """
        best, share = seen.argmax(1), seen.max(1)
        kept = (best != 0) & np.append(True, best[1:] != best[:-1])
        if not kept.any():
            return "", 0.0
        return "".join(self._characters[n] for n in best[kept]), float(share[kept].mean())

    def grouped(self, seen: Floats) -> Doubles:
        """[columns, signs] probabilities of the signs (rules 1 and 2)."""
        wide = seen.astype(np.float64)
        told = np.stack([wide[:, members].sum(axis=1) for members in self._members], axis=1)
        others = np.maximum(wide.sum(axis=1) - told.sum(axis=1), 0.0)
        mixed: Doubles = np.column_stack([told, others]) @ self._mix
        return mixed


def _fold(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character).upper()
    return "-" if folded in ("—", "–", "_", ".", "·") else folded


def _mix(signs: Sequence[str]) -> Doubles:
    matrix = np.eye(len(signs))
    place = {sign: n for n, sign in enumerate(signs)}
    for one, other in map(tuple, _ALIKE):
        for a, b in ((place[one], place[other]), (place[other], place[one])):
            matrix[a, b] += _MIXED
            matrix[a, a] -= _MIXED
    return matrix


def spellings(seen: Floats, alphabet: Alphabet, text: str) -> tuple[tuple[str, float], ...]:
    """What a line may say.

    Args:
        seen: [columns, characters] probabilities.
        alphabet: Whose characters those are.
        text: Of the likeliest path.

    Returns:
        (text, probability), the likeliest first, if it has digits enough for a number; else () .
    """
    if sum(c.isalnum() and c.isascii() for c in text) < _LEAST_DIGITS:
        return ()
    found = sorted(_search(alphabet.grouped(seen)).items(), key=lambda pair: -pair[1])
    told: dict[str, tuple[str, float]] = {}
    for path, share in found:
        spelling = "".join(alphabet.signs[n] for n in path)
        first, before = told.get(bare := spelling.replace(" ", ""), (spelling, 0.0))
        told[bare] = (first, before + share)
    return tuple(sorted(told.values(), key=lambda pair: (-pair[1], pair[0]))[:KEPT])


def _search(columns: Doubles) -> dict[tuple[int, ...], float]:
    """Prefixes and their probabilities after the last column (rule 3): those that end in a blank, and the others."""
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (1.0, 0.0)}
    for column in columns:
        blank = float(column[0])
        signs = np.flatnonzero(column[1:] >= _LEAST) + 1
        if len(signs) == 0:
            beams = {path: ((a + b) * blank, 0.0) for path, (a, b) in beams.items()}
            continue
        after: dict[tuple[int, ...], tuple[float, float]] = {}
        for path, (ended, open_) in beams.items():
            _add(after, path, (ended + open_) * blank, 0.0)
            for sign in signs.tolist():
                share = float(column[sign])
                if path and path[-1] == sign:
                    _add(after, path, 0.0, open_ * share)
                    _add(after, (*path, sign), 0.0, ended * share)
                else:
                    _add(after, (*path, sign), 0.0, (ended + open_) * share)
        best = sorted(after.items(), key=lambda pair: -sum(pair[1]))[:BEAM]
        beams = dict(best)
    return {path: a + b for path, (a, b) in beams.items()}


def _add(beams: dict[tuple[int, ...], tuple[float, float]], path: tuple[int, ...], ended: float, open_: float) -> None:
    before = beams.get(path, (0.0, 0.0))
    beams[path] = before[0] + ended, before[1] + open_
