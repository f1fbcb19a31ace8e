"""Phones as they are looked up: one clean spelling of each, and a keyed tag of it (a blind index).

1. The index holds tags alone: without the key nobody can try the ten thousand million numbers against it.
2. However a number is written (full-width digits, +86, 0086, spaces, dashes, brackets), it has one tag.
3. A number with an extension has two tags: its own, and one with the extension, which a look-up with it goes by.
4. New tags are made with the active key; look-ups ask for the tags of every version that is left.

What is no number in mainland China keeps its digits, with a plus sign where it was written with its country's code.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from wayseal.vault.keyring import Keyring
from wayseal.vault.keyring.keys import IndexKey

_MOBILE = re.compile("1[3-9][0-9]{9}")
_FIXED = re.compile("0(?:10|2[0-9])[0-9]{8}|0[3-9][0-9]{2}[0-9]{7,8}")
_SERVICE = re.compile("[48]00[0-9]{7}")
_LOCAL = re.compile("(?![48]00)[2-9][0-9]{6,7}")
_PLAIN = 11
"""Digits of a mobile number."""
COMMON = re.compile(r"(?:(1[3-9][0-9]{9})|(0[0-9]{2,3})-?([0-9]{7,8}))(?:[-转]([0-9]{1,6}))?")
"""What most fields hold: one number, perhaps with an extension. It says what the long way would, sooner."""
_FEWEST, _MOST = 5, 15
"""Digits of what counts as a number when it has no known form."""
_EXTENSION = 6
"""Most digits of an extension."""
MOST_NUMBERS = 8
"""Numbers of one field that get tags; whatever follows them can't be looked up."""
_DIGITS = re.compile("[0-9]+")
_SOFT = re.compile(r"[ \-.·()]*")
_TURN = re.compile(r"[ ,]*(?:-|转|轉|分机|分機|ext\.?|x|#|\*)[ :]*", re.IGNORECASE)
_PREFIXES = ("0", "86", "0086")
_SPELLING = dict.fromkeys(map(ord, "‐‑‒–—―−－ー"), "-") | dict.fromkeys(
    [0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF]
)


class Number(NamedTuple):
    """One phone number: digits, with a plus sign in front of another country's, and the extension or nothing."""

    digits: str
    extension: str = ""


class _Group(NamedTuple):
    """Digits without a break, and what stands before them."""

    before: str
    plus: str
    digits: str

    def goes_on(self) -> bool:
        """Check whether it may belong to the number before it."""
        return not self.plus and _SOFT.fullmatch(self.before) is not None


def phone_tags(keyring: Keyring, phone: str, version: int | None = None) -> list[tuple[int, bytes]]:
    """Tags to be stored for a field with phones: (version of the key, 16 bytes); none where there is no number.

    version: of the key; None: the active one. KeyringError where there is none (any more).
    """
    key = keyring.key(IndexKey, version)
    if len(phone) == _PLAIN and _MOBILE.fullmatch(phone):
        return [(key.version, _tag(key, phone))]
    spellings = [s for n in numbers(phone) for s in ((n.digits, _whole(n)) if n.extension else (n.digits,))]
    return [(key.version, _tag(key, spelling)) for spelling in dict.fromkeys(spellings)]


def lookup_tags(keyring: Keyring, phone: str) -> list[tuple[int, bytes]]:
    """Tags that a phone may be stored under, by every key that is left (rules 3 and 4); none where it is no number."""
    wanted = asked_numbers(phone)
    return [(key.version, _tag(key, spelling)) for key in keyring.keys(IndexKey) for spelling in wanted]


def asked_numbers(phone: str) -> list[str]:
    """The different numbers that a look-up asks for, each in its one spelling."""
    return list(dict.fromkeys(map(_whole, numbers(phone))))


def numbers(text: str) -> list[Number]:
    """The phone numbers in a text, in their one spelling (rule 2), at most `MOST_NUMBERS`."""
    if found := COMMON.fullmatch(text):
        mobile, area, local, extension = found.groups("")
        if mobile or _FIXED.fullmatch(area + local):
            return [Number(mobile or area + local, extension)]
    return scanned(text)


def scanned(text: str) -> list[Number]:
    """The same of any text, group of digits by group of digits."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_SPELLING)
    return list(islice(_numbers(text), MOST_NUMBERS))


def _numbers(text: str) -> Iterator[Number]:
    groups = _group_digits(text)
    place = 0
    while place < len(groups):
        digits, place = _next(groups, place)
        if digits:
            extension = _extension(groups[place : place + 2])
            place += bool(extension)
            yield Number(digits, extension)


def _group_digits(text: str) -> list[_Group]:
    """Every group of digits, in one pass: a caller chose the text, so nothing may look at it again and again."""
    groups, end = [], 0
    for found in _DIGITS.finditer(text):
        between = text[end : found.start()]
        opened = between.rstrip(" (")
        plus = opened[-1:] == "+"
        before = opened[:-1] if plus else between
        groups.append(_Group(before[before.rfind("+") + 1 :], "+" if plus else "", found[0]))
        end = found.end()
    return groups


def _next(groups: list[_Group], place: int) -> tuple[str, int]:
    """The number that begins at a group, or nothing, and the place behind it."""
    plus, digits = groups[place].plus, groups[place].digits
    place += 1
    while not (known := _known(plus, digits)) and place < len(groups):
        group = groups[place]
        alone = _MOBILE.fullmatch(group.digits) and digits not in _PREFIXES
        if alone or not group.goes_on() or len(digits) + len(group.digits) > _MOST:
            break
        digits += group.digits
        place += 1
    if known:
        return known, place
    if digits.startswith("00"):
        plus, digits = "+", digits[2:]
    return (plus + digits if _FEWEST <= len(digits) <= _MOST else ""), place


def _known(plus: str, digits: str) -> str:
    """A number of mainland China in its one spelling, or nothing."""
    abroad = plus or digits.startswith("00")
    if not abroad and (_FIXED.fullmatch(digits) or _LOCAL.fullmatch(digits)):
        return digits
    inner = digits.removeprefix("00") if abroad else digits
    if inner.startswith("86") and len(inner) > 10:
        inner = inner[2:]
    elif abroad:
        return ""
    if _SERVICE.fullmatch(inner) or _FIXED.fullmatch(inner):
        return inner
    if _MOBILE.fullmatch(inner.removeprefix("0")):
        return inner.removeprefix("0")
    return "0" + inner if inner is not digits and _FIXED.fullmatch("0" + inner) else ""


def _extension(after: list[_Group]) -> str:
    """The extension that follows a number; one that goes on is the beginning of another number."""
    if not after or after[0].plus or len(after[0].digits) > _EXTENSION or not _TURN.fullmatch(after[0].before):
        return ""
    return "" if len(after) > 1 and after[1].goes_on() else after[0].digits


def _whole(number: Number) -> str:
    return f"{number.digits}x{number.extension}" if number.extension else number.digits


def _tag(key: IndexKey, spelling: str) -> bytes:
    return key.tag(b"phone\0" + spelling.encode())
