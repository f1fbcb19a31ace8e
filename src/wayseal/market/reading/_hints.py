"""What a text has of what patterns can't do without, found for all texts at once, so that few patterns are tried.

1. A hint is a bit. It says that a character, or one of some characters right before one of others, stands in the folded
   text; that a run of characters is long enough; or that something was dropped between two characters.
2. Hints never say too little: where a pattern finds something, its hints are there. They may say too much, and the
   pattern then finds nothing. So they save time and change no reading. `AMOUNT` alone is a condition of its own: what
   has none of those characters is no amount, whatever a pattern finds (两rmb).
3. What a finder needs stands beside its patterns (`NEEDS`); this module knows characters and bits alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wayseal.market.reading._fold import Bounds, Folded
from wayseal.market.reading._tables import Codes, Ints
from wayseal.model.jit import kernel

DIGITS, LETTERS = "0123456789", "abcdefghijklmnopqrstuvwxyz"
CHINESE_DIGITS, DIGIT_LETTERS = "零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖幺", "oli"
"""What is read as a digit beside digits."""
SPACES = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
"""What a pattern's `\\s` is."""

(
    MIXED_DIGITS, PHONE, NUMBER, NAME,
    AMOUNT, DIGIT, SIGN, COIN, FOR_ONE, PER, COUNTED, DAY, TIMES,
    LINK, MENTION, SITE, SERVICE,
    PLACE, LED_FROM, LED_TO, DRAWN, END, COURIER, FRESH,
) = (1 << bit for bit in range(24))  # fmt: skip
"""Bits. The first four are runs: of five digits or more, not all of them plain; of eleven with marks between; of ten
letters, digits and marks with eight digits among them; of 34 letters and digits."""
_MIXED_FROM, _PHONE_FROM, _NUMBER_FROM, _DIGITS_OF_NUMBER, _NAME_FROM = 5, 11, 10, 8, 34
_DIGIT, _CHINESE, _DIGIT_LETTER, _LETTER, _MARK = 1, 2, 4, 8, 16
_READ_AS_DIGIT, _WORD = _DIGIT | _CHINESE | _DIGIT_LETTER, _DIGIT | _DIGIT_LETTER | _LETTER
_CLASSES = (
    (DIGITS, _DIGIT),
    (CHINESE_DIGITS, _CHINESE),
    (LETTERS, _LETTER),
    (DIGIT_LETTERS, _DIGIT_LETTER),
    (" .-", _MARK),
)
_CODES = 0x110000


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What sets a hint: any of some characters; with `after`, only right after one of those (rule 1)."""

    hint: int
    any_of: str
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HintTables:
    """By code point: hints that it sets alone, as the first and as the second of two, and its class in runs."""

    alone: Ints
    first: Ints
    second: Ints
    classes: npt.NDArray[np.uint8]


def need_words(hint: int, words: Iterable[str]) -> Need:
    """What one of some words needs: how any of them begins (two characters)."""
    known = list(words)
    return Need(hint=hint, any_of="".join({word[1] for word in known}), after="".join({word[0] for word in known}))


def lay_out_hints(needs: Iterable[Need]) -> HintTables:
    """Tables for `find_hints`."""
    alone, first, second = (np.zeros(_CODES, np.int32) for _ in range(3))
    for need in needs:
        if need.after:
            first[_codes(need.after)] |= np.int32(need.hint)
            second[_codes(need.any_of)] |= np.int32(need.hint)
        else:
            alone[_codes(need.any_of)] |= np.int32(need.hint)
    classes = np.zeros(_CODES, np.uint8)
    for chars, sort in _CLASSES:
        classes[_codes(chars)] = sort
    return HintTables(alone=alone, first=first, second=second, classes=classes)


def find_hints(folded: Folded, tables: HintTables) -> list[int]:
    """The hints of each text."""
    hints = np.zeros(len(folded.bounds) - 1, np.int32)
    _find(
        folded.codes, folded.begins, folded.ends, folded.bounds,
        tables.alone, tables.first, tables.second, tables.classes, hints,
    )  # fmt: skip
    found: list[int] = hints.tolist()
    return found


def _codes(chars: str) -> npt.NDArray[np.int64]:
    return np.array([ord(char) for char in set(chars)], np.int64)


@kernel
def _find(
    codes: Codes,
    begins: Ints,
    ends: Ints,
    bounds: Bounds,
    alone: Ints,
    first: Ints,
    second: Ints,
    classes: npt.NDArray[np.uint8],
    hints: Ints,
) -> None:
    """Fills the last one."""
    for text in range(len(bounds) - 1):
        start, end = bounds[text], bounds[text + 1]
        found = _find_runs(codes, start, end, classes)
        for at in range(start, end):
            found |= int(alone[codes[at]])
            if at > start:
                both = int(first[codes[at - 1]] & second[codes[at]])
                if begins[at] <= ends[at - 1]:
                    both &= ~DRAWN
                found |= both
        hints[text] = found


@kernel
def _find_runs(codes: Codes, start: int, end: int, classes: npt.NDArray[np.uint8]) -> int:
    """The hints of runs."""
    found = digits = unlike = spaced = word = run = of_run = 0
    for at in range(start, end):
        sort = classes[codes[at]]
        like_digit = sort & _READ_AS_DIGIT != 0
        if like_digit:
            digits += sort & _DIGIT_LETTER == 0
            unlike += sort & _DIGIT == 0
            spaced += 1
            of_run += 1
            if digits >= _MIXED_FROM and unlike > 0:
                found |= MIXED_DIGITS
            if spaced >= _PHONE_FROM:
                found |= PHONE
        else:
            digits = unlike = 0
            if sort != _MARK:
                spaced = 0
        word = word + 1 if sort & _WORD != 0 else 0
        run = run + 1 if sort != 0 else 0
        of_run = of_run if sort != 0 else 0
        if word >= _NAME_FROM:
            found |= NAME
        if run >= _NUMBER_FROM and of_run >= _DIGITS_OF_NUMBER:
            found |= NUMBER
    return found
