"""Words of texts as whole numbers, by which they are found: both databases order numbers alike, texts each in its way.

1. Latin letters and digits are words: up to `LONGEST` of their signs make a number, so that words with one beginning
   lie in one range. Words with a digit are also found from each later sign on: numbers by their last digits.
2. Other scripts, which set no spaces, are found by pairs of neighbouring signs, and the last one by itself.
3. What is asked for has to fit with each of its words; the last signs of a word may be missing.
"""

import re
import unicodedata

Span = tuple[int, int]
"""From a number up to another one, which is not within."""
LONGEST = 12
_MOST_SIGNS = 40
"""Of a word; what is longer is found by its beginning."""
_MOST_ASKED = 8
_LEAST_TAIL = 3
_BASE = 38
_PLACES = {sign: place for place, sign in enumerate("0123456789abcdefghijklmnopqrstuvwxyz", start=1)}
_RUNS = re.compile(r"[0-9a-z]+|[^\W_0-9a-z]+")
_WIDTH = 21
"""Bits of a sign."""


def terms_of(text: str) -> frozenset[int]:
    """The numbers by which a text is found (rules 1 and 2)."""
    found: set[int] = set()
    for run in words_of(text):
        if not run.isascii():
            found.update(_pair(run[place : place + 2]) for place in range(len(run)))
        elif len(run) > 1 or run.isdigit():
            word = run[:_MOST_SIGNS]
            tails = range(1, len(word) - _LEAST_TAIL + 1) if any(map(str.isdigit, word)) else ()
            found.update(_word(word[place:]) for place in (0, *tails))
    return frozenset(found)


def spans_of(text: str) -> tuple[Span, ...]:
    """Where the words that are asked for lie (rule 3), the narrowest first; none: nothing can be found by them."""
    spans: set[Span] = set()
    for run in words_of(text):
        if run.isascii():
            if len(run) > 1 or run.isdigit():
                first = _word(run)
                spans.add((first, first + _BASE ** max(0, LONGEST - len(run))))
        elif len(run) == 1:
            last = -(ord(run) << _WIDTH)
            spans.add((last - (1 << _WIDTH), last))
        else:
            spans.update((_pair(run[place : place + 2]),) * 2 for place in range(len(run) - 1))
    narrow = sorted(((low, max(high, low + 1)) for low, high in spans), key=lambda one: (one[1] - one[0], one))
    return tuple(narrow[:_MOST_ASKED])


def folded(text: str) -> str:
    """A text as it is compared: neither width nor case of letters counts."""
    return unicodedata.normalize("NFKC", text).casefold()


def words_of(text: str) -> list[str]:
    """Its words, as they are compared."""
    return _RUNS.findall(folded(text))


def _word(word: str) -> int:
    number = 0
    for sign in word[:LONGEST]:
        number = number * _BASE + _PLACES[sign]
    return number * int(_BASE ** max(0, LONGEST - len(word)))


def _pair(signs: str) -> int:
    return -(((ord(signs[0]) << _WIDTH) | (ord(signs[1]) if len(signs) > 1 else 0)) + 1)
