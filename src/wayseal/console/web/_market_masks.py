"""Bystanders in what the market's watch saw: numbers that are somebody's are hidden in what people see.

1. Each sign that is hidden becomes an asterisk, so that places in a text stay what they are.
2. The sellers' own handles and what was read as a waybill number stay: they are what somebody looks for.
"""

import re
from collections.abc import Iterable

_GAP = r"[ \-.·]?"
_BEFORE, _AFTER = r"(?<![0-9０-９])", r"(?![0-9０-９])"
_PERSONAL = re.compile(
    rf"{_BEFORE}(?:\d(?:{_GAP}\d){{16}}{_GAP}[\dXxＸｘ]|\d(?:{_GAP}\d){{14}}|[1１](?:{_GAP}\d){{10}}){_AFTER}"
)
_PHONE = 11
_SHOWN = {True: 3, False: 2}
"""Signs that stay of a phone number, and of another one."""


def hide(text: str, keep: Iterable[str] = ()) -> str:
    """A text as people see it, of the same length. keep: values that stay, in any spelling (rule 2)."""
    kept = {_plain(one) for one in keep}

    def hidden(found: re.Match[str]) -> str:
        plain = _plain(found[0])
        if plain in kept:
            return found[0]
        shown, seen, out = _SHOWN[len(plain) == _PHONE], 0, []
        for char in found[0]:
            signs = char.isalnum()
            out.append("*" if signs and seen >= shown else char)
            seen += signs
        return "".join(out)

    return _PERSONAL.sub(hidden, text)


def _plain(value: str) -> str:
    return "".join(str(int(one)) if one.isdecimal() else one.casefold() for one in value if one.isalnum())
