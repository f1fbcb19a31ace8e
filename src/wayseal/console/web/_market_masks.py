"""Bystanders in what the market's watch saw: numbers that are somebody's are hidden in what people see.

1. What is hidden keeps its length, so that places in a text stay what they are.
2. The sellers' own handles and what was read as a waybill number stay: they are what somebody looks for.
"""

import re
from collections.abc import Collection

_SPAN = tuple[int, int]
_GAP = r"[ \-.·]?"
_PERSONAL = re.compile(
    rf"(?<![0-9０-９])(?:\d(?:{_GAP}\d){{16}}{_GAP}[\dXxＸｘ]|\d(?:{_GAP}\d){{14}}|[1１](?:{_GAP}\d){{10}})(?![0-9０-９])"
)
_SHOWN = 3
_DOT = "•"


def hide(text: str, keep: Collection[_SPAN] = ()) -> str:
    """A text as people see it. keep: places that stay (rule 2)."""

    def hidden(found: re.Match[str]) -> str:
        if any(begin <= found.start() and found.end() <= end for begin, end in keep):
            return found[0]
        seen = 0
        out = []
        for char in found[0]:
            signs = char.isalnum()
            out.append(_DOT if signs and seen >= _SHOWN else char)
            seen += signs
        return "".join(out)

    return _PERSONAL.sub(hidden, text)
