"""Two texts side by side, line by line: what both have, and what one of them has."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

_MOST = 250_000
"""Pairs of lines that are compared; longer texts stand beside each other line by line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """A line of each text; None: that text has none here. same: both say it."""

    left: str | None
    right: str | None
    same: bool


def compare_texts(left: str, right: str) -> tuple[SideBySide, ...]:
    """Lines of two texts, those beside each other that belong together."""
    one, other = left.split("\n"), right.split("\n")
    if len(one) * len(other) > _MOST:
        return tuple(SideBySide(left=a, right=b, same=a == b) for a, b in zip_longest(one, other))
    return tuple(
        SideBySide(
            left=one[i + at] if i + at < j else None,
            right=other[k + at] if k + at < m else None,
            same=kind == "equal",
        )
        for kind, i, j, k, m in SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
        for at in range(max(j - i, m - k))
    )
