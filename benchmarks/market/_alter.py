"""Texts altered as sellers alter them: homophones, marks put in, traditional characters.

Of the Han characters a share is altered: half become another common character of the same reading, 30 % get a mark or
symbol after them, 20 % become a traditional form if there is one. Of all other characters a third of that share get a
mark. The tables are those by which texts are folded, read backwards, so this is what reading is made for; the marks
are drawn from more than it is told of. Copies to learn from are also spelled: of what is altered three in ten become
pinyin, and one in ten the first letter of it.
"""

import random
import unicodedata
from collections import defaultdict
from functools import cache

from wayseal.market.reading.learning import folding_tables

MARKS = (*"·.*-_~|、。,!+ ☆／#^♥", "\u200b", "\u0301", "\u0336", "\u20e3", "\ufe0f", "\u2060")
FIRST_HAN, LAST_HAN = 0x3400, 0x9FFF


def spell(text: str, share: float, rng: random.Random) -> str:
    """A text with a share of its Han characters altered, or spelled out where no letter or digit stands beside."""
    made = list(alter(text, share * 0.6, rng))
    for at, char in enumerate(made):
        sound = _reading(char)
        beside = "".join(made[max(0, at - 1) : at] + made[at + 1 : at + 2])
        if sound and rng.random() < share * 0.4 and not any(one.isascii() and one.isalnum() for one in beside):
            made[at] = sound[0].upper() if rng.random() < 0.25 else sound
    return "".join(made)


def _reading(char: str) -> str:
    known, at = folding_tables(), ord(char) - FIRST_HAN
    return known.names[known.syllables[at]] if 0 <= at < len(known.syllables) else ""


def alter(text: str, share: float, rng: random.Random) -> str:
    """A text with a share of its Han characters altered."""
    homophones, traditional = _tables()
    made = []
    for char in text:
        is_han = FIRST_HAN <= ord(char) <= LAST_HAN
        if rng.random() >= (share if is_han else share / 3):
            made.append(char)
            continue
        way = rng.random() if is_han else 0.6
        if way < 0.5:
            made.append(rng.choice(homophones.get(char) or [char]))
        elif way < 0.8:
            made.append(char + rng.choice(MARKS))
        else:
            made.append(rng.choice(traditional.get(char) or [char]))
    return "".join(made)


@cache
def _tables() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    known = folding_tables()
    by_sound: defaultdict[int, list[str]] = defaultdict(list)
    traditional: defaultdict[str, list[str]] = defaultdict(list)
    for code in range(FIRST_HAN, LAST_HAN + 1):
        char = chr(code)
        if _is_common(char):
            by_sound[int(known.syllables[code - FIRST_HAN])].append(char)
        target = int(known.into[code])
        if target != code and target < 0x110000 and unicodedata.category(char) == "Lo" and _is_big5(char):
            traditional[chr(target)].append(char)
    return {char: found for found in by_sound.values() for char in found}, dict(traditional)


def _is_common(char: str) -> bool:
    """Whether a character is in GB 2312."""
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _is_big5(char: str) -> bool:
    try:
        char.encode("big5")
    except UnicodeEncodeError:
        return False
    return True
