"""Errors in the chosen language.

1. An error's text is English, in code and logs. What a person reads in Chinese is found by its wording: the text is
   matched against the wordings of `_words.errors`, and what stood in their blanks is said in Chinese too where it is
   itself a wording.
2. A place (file, line, column) before the wording stays as it is.
3. What has no line in the catalogue is said in English rather than not at all.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from wayseal.cli._options import Lang

_PLACE = re.compile(r": ")
_LINE = re.compile(r"line (\d+)")


class _Wording(NamedTuple):
    pattern: re.Pattern[str]
    weight: int
    chinese: str


def language(words: Sequence[str], environment: Mapping[str, str]) -> Lang:
    """The language in which a command line asks to be answered, before it is understood, and if it never is."""
    lang = environment.get("WAYSEAL_LANG", "")
    for at, word in enumerate(words):
        if word == "--":
            break
        if word == "--lang" and at + 1 < len(words):
            lang = words[at + 1]
        elif word.startswith("--lang="):
            lang = word.removeprefix("--lang=")
    return Lang.ZH if lang == Lang.ZH else Lang.EN


def translate(text: str, lang: str) -> str:
    """An English error in the language (rules 1 to 3)."""
    return text if lang != Lang.ZH else _translate_to_chinese(text) or text


def _translate_to_chinese(text: str) -> str | None:
    """An English text in Chinese; None where it is no wording. The wording that says most of it counts."""
    starts = [0, *(found.end() for found in _PLACE.finditer(text))]
    found = [(w.weight, -start, start, w) for start in starts for w in _wordings() if w.pattern.fullmatch(text, start)]
    if not found:
        return None
    _, _, start, wording = max(found, key=lambda each: each[:2])
    match = wording.pattern.fullmatch(text, start)
    blanks = [translate(value, Lang.ZH) for value in match.groups()] if match else []
    place = _LINE.sub(r"第 \1 行", text[: start - 2]) if text.startswith("line ") else text[: max(start - 2, 0)]
    return (f"{place}：" if start else "") + wording.chinese.format(*blanks)


@cache
def _wordings() -> tuple[_Wording, ...]:
    from wayseal.cli._words.errors import ERRORS

    return tuple(
        _Wording(
            pattern=re.compile("(.*?)".join(re.escape(part) for part in english.split("{}")), re.DOTALL),
            weight=len(english.replace("{}", "")),
            chinese=chinese,
        )
        for english, chinese in ERRORS.items()
    )
