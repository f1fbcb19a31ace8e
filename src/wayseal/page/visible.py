"""Ids come from logs and may be hostile: make every character of them visible, and long ones short."""

import itertools
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_KEPT = "\n\t\u200c\u200d"
"""Lines, and what joins letters and emoji."""
_MARKS = frozenset({"Mn", "Me"})
_MARKS_IN_A_ROW = 2


def visible(text: str) -> str:
    """`text` with nothing in it that hides, reorders or breaks: such characters become ‹U+202E›.

    Spaces at the ends and runs of spaces become ‹U+0020›, so that two ids that differ look different. Never raises.
    """
    if text.isascii() and text.isprintable() and text.strip() == text and "  " not in text:
        return text or '""'
    return "".join(_pieces(text))


def written(text: str) -> str:
    """A text that somebody wrote, lines kept; what hides, or turns what stands around it, is made visible."""
    return "".join(
        char if char in _KEPT or unicodedata.category(char) not in _HIDDEN else f"‹U+{ord(char):04X}›" for char in text
    )


def _pieces(text: str) -> Iterator[str]:
    marks = 0
    for index, char in enumerate(text):
        category = unicodedata.category(char)
        marks = marks + 1 if category in _MARKS else 0
        if char == " ":
            alone = 0 < index < len(text) - 1 and text[index - 1] != " " and text[index + 1] != " "
            yield " " if alone else "‹U+0020›"
        elif category in _HIDDEN or category == "Zs" or marks > _MARKS_IN_A_ROW or (marks and not index):
            yield f"‹U+{ord(char):04X}›"
        else:
            yield char


def cells(text: str) -> int:
    """Width of `text` in terminal cells: 2 for wide and full-width characters, 0 for combining marks."""
    if text.isascii():
        return len(text)
    return sum(map(_cells_of, text))


@lru_cache(maxsize=4096)
def _cells_of(char: str) -> int:
    if unicodedata.category(char) in _MARKS:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def shorten(text: str, width: int) -> str:
    """`text` in at most `width` cells: both ends kept, an ellipsis for what lies between."""
    if cells(text) <= width:
        return text
    tail = _fit(text[::-1], (width - 1) // 3)[::-1]
    return f"{_fit(text, width - 1 - cells(tail))}…{tail}"


def _fit(text: str, width: int) -> str:
    """The beginning of `text` that takes at most `width` cells."""
    used = itertools.accumulate(map(_cells_of, text))
    return text[: sum(cells <= width for cells in used)]
