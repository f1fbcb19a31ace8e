"""Rules of masks as data: a row says what it takes, what is shown of it, an example, and why; code runs the rows.

Obligations (code and tests cite the numbers):
1. A mask never fails, whatever the text.
2. What no row takes is hidden whole; a row that is in doubt hides more, not less.
3. What is hidden stands as stars whose number tells nothing of it, but for the middle of a phone number.
4. A mask of a mask shows nothing that the first mask hid.
5. Each row's example is what the code does, and the documentation shows the rows as they are: tests run both.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

HIDDEN: Final = "***"
"""Stands for a whole value, or for a stretch of one, that isn't shown."""

Mask = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskRule:
    r"""A row. pattern: a regular expression on cleaned text; show: what comes out, `\1` being its first group.

    In rows of addresses `show` is one of `keep`, `hide`, `hide door` (fewer words may be read behind it),
    `hide on` (with all that follows) and `region`. says: in words, English; catalogues have it in other languages.
    """

    id: str
    pattern: str
    show: str
    example: str
    masked: str
    says: str


def first_match(rows: Iterable[MaskRule]) -> Callable[[str], str | None]:
    """The rows as a function: what the first row that takes a whole text shows of it, None if none does."""
    steps = [(re.compile(row.pattern).fullmatch, _compile_template(row.show)) for row in rows]

    def run(text: str) -> str | None:
        for match, show in steps:
            if found := match(text):
                return show(found)
        return None

    return run


def _compile_template(template: str) -> Callable[[re.Match[str]], str]:
    """A template as a function; the shapes that occur often need no loop."""
    parts = re.split(r"\\(\d)", template)
    if len(parts) == 1:
        return lambda _: template
    if len(parts) == 3 and not parts[0]:
        end = parts[2]
        return lambda found: found[1] + end
    if len(parts) == 5 and parts[2] and not parts[0]:
        middle, last = parts[2], parts[4]
        return lambda found: found[1] + middle + found[2] + last
    pieces = [(int(part), "") if at % 2 else (0, part) for at, part in enumerate(parts)]
    return lambda found: "".join((found[group] or "") if group else text for group, text in pieces)
