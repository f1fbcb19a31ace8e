"""One folded text beside what was seen, for extraction.

1. Patterns are tried on the folded copy, and on one of the same length in which numbers are plain digits; what they
   find is placed in the text as it was seen.
2. Runs of digits are put plain as a whole: Chinese digits, and the letters o, l and i where enough digits stand beside
   them. A run of Chinese digits alone is a number from five on: 一一 and 三三 are words.
"""

import re
import unicodedata
from dataclasses import dataclass

from wayseal.market.reading._fold import Folded
from wayseal.market.reading._hints import CHINESE_DIGITS, DIGIT_LETTERS, MIXED_DIGITS
from wayseal.market.reading._tables import Ints

PLAIN_DIGITS = str.maketrans(CHINESE_DIGITS, "00123456789123456789" + "1")
_PLAIN = PLAIN_DIGITS | str.maketrans(DIGIT_LETTERS, "011")
_MIXED = re.compile(rf"(?<![a-z@_])[0-9{CHINESE_DIGITS}{DIGIT_LETTERS}]{{5,}}(?![a-z_])")
_DIGIT = re.compile(r"[0-9]")
_CHINESE = re.compile(f"[{CHINESE_DIGITS}]")
_LETTERS = re.compile(f"[{DIGIT_LETTERS}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One text.

    Attributes:
        raw: As it was seen.
        text: Folded.
        plain: Folded, with plain digits (rule 2).
        hints: What patterns can't do without and is in `text` (`_hints`).
        begins: Where the stretch of each folded character begins in `raw`.
        ends: Where it ends.
    """

    raw: str
    text: str
    plain: str
    hints: int
    begins: Ints
    ends: Ints

    def place(self, start: int, end: int) -> tuple[int, int]:
        """A stretch of the folded text in the text as it was seen."""
        return int(self.begins[start]), int(self.ends[end - 1])

    def spelled(self, start: int, end: int) -> str:
        """What was seen in a stretch, in compatibility form, without what is invisible: where case matters."""
        first, last = self.place(start, end)
        wide = unicodedata.normalize("NFKC", self.raw[first:last])
        return "".join(char for char in wide if "!" <= char <= "~")


def view(raw: str, text: str, hints: int, folded: Folded, index: int) -> View:
    """One of folded texts. text: its folded copy."""
    start, end = folded.bounds[index], folded.bounds[index + 1]
    return View(
        raw=raw,
        text=text,
        plain=_MIXED.sub(_put_plain, text) if hints & MIXED_DIGITS else text,
        hints=hints,
        begins=folded.begins[start:end],
        ends=folded.ends[start:end],
    )


def _put_plain(found: re.Match[str]) -> str:
    run = found.group()
    digits, chinese, letters = (len(kind.findall(run)) for kind in (_DIGIT, _CHINESE, _LETTERS))
    if digits + chinese < 5 or 2 * letters > digits + chinese:
        return run
    return run.translate(_PLAIN)
