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

_PLAIN = str.maketrans("零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖幺oli", "00123456789123456789" + "1" + "011")
_MIXED = re.compile(r"(?<![a-z@_])[0-9零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖幺oli]{5,}(?![a-z_])")
_DIGIT = re.compile(r"[0-9]")
_CHINESE = re.compile(r"[零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖幺]")
_LETTERS = re.compile(r"[oli]")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One text.

    Attributes:
        raw: As it was seen.
        text: Folded.
        plain: Folded, with plain digits (rule 2).
        begins: Where the stretch of each folded character begins in `raw`.
        ends: Where it ends.
    """

    raw: str
    text: str
    plain: str
    begins: list[int]
    ends: list[int]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """A stretch of the folded text in the text as it was seen."""
        return self.begins[start], self.ends[end - 1]

    def spelled(self, start: int, end: int) -> str:
        """What was seen in a stretch, in compatibility form, without what is invisible: where case matters."""
        first, last = self.place(start, end)
        wide = unicodedata.normalize("NFKC", self.raw[first:last])
        return "".join(char for char in wide if "!" <= char <= "~")


def view(raw: str, folded: Folded, index: int) -> View:
    """One of folded texts."""
    start, end = int(folded.bounds[index]), int(folded.bounds[index + 1])
    text = folded.text(index)
    return View(
        raw=raw,
        text=text,
        plain=_MIXED.sub(_put_plain, text),
        begins=folded.begins[start:end].tolist(),
        ends=folded.ends[start:end].tolist(),
    )


def _put_plain(found: re.Match[str]) -> str:
    run = found.group()
    digits, chinese, letters = (len(kind.findall(run)) for kind in (_DIGIT, _CHINESE, _LETTERS))
    if digits + chinese < 5 or 2 * letters > digits + chinese:
        return run
    return run.translate(_PLAIN)
