"""Waybill numbers: their one clean spelling, and which courier's format a number has.

Formats overlap (fifteen digits that start with 43 fit two couriers), so a number has ranked candidates, never one
answer. The formats stand in the project's reference on protection; S10 is the Universal Postal Union's standard.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import log10
from string import ascii_uppercase

from wayseal.model.messages import N_

_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_S10_SHAPE = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}")
# Letters of other scripts are left alone: such a number is nobody's, and a reader should see it as it was written.
_DROPPED = frozenset("._·•。")
_DROPPED_CATEGORIES = frozenset({"Zs", "Zl", "Zp", "Pd", "Cf"})
_DROPPED_CONTROLS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2212")
_ASCII_DROPPED = {ord(c): None for c in " -._\t\n\v\f\r\x1c\x1d\x1e\x1f"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFormat:
    """One courier's number format.

    Attributes:
        courier: Its code.
        name: Its name, in English; catalogues have it in other languages.
        pattern: Matches a clean number whole.
        rarity: How many of the random strings of the same length and alphabet it lets through, as −log10; the higher,
            the more a match says.
        reason: Names the format.
    """

    courier: str
    name: str
    pattern: re.Pattern[str]
    rarity: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A courier whose format a number has.

    Attributes:
        courier: Its code.
        name: Its name, in English; catalogues have it in other languages.
        reason: Names the format and never the number.
    """

    courier: str
    name: str
    reason: str


def _format(courier: str, name: str, pattern: str, rarity: float, reason: str) -> NumberFormat:
    return NumberFormat(
        courier=courier,
        name=name,
        pattern=re.compile(pattern),
        rarity=rarity,
        reason=reason,
    )


FORMATS: tuple[NumberFormat, ...] = (
    _format("yunexpress", N_("YunExpress"), r"YT[0-9]{16}", 13.1, "YT and 16 digits"),
    _format("yto", N_("YTO"), r"YT[0-9]{13}", 10.4, "YT and 13 digits"),
    _format("jt", N_("J&T"), r"JT[0-9]{13}", 10.4, "JT and 13 digits"),
    _format("deppon", N_("Deppon"), r"DPK[0-9]{12}", 11.3, "DPK and 12 digits"),
    _format("sf", N_("SF"), r"SF[0-9A-Z][0-9]{12}", 9.8, "SF, a letter or digit, 12 digits"),
    _format("jd", N_("JD"), r"JD[0-9A-Z]{2}[0-9]{11}", 9.2, "JD, two letters or digits, 11 digits"),
    _format("ems", N_("EMS"), r"P[A-Z][0-9]{11}", 7.8, "P, a letter, 11 digits"),
    _format("cainiao", N_("Cainiao"), r"621[0-9]{12}", 3.0, "621 and 12 digits"),
    _format("sto", N_("STO"), r"(?:77|43)[0-9]{12,15}", 1.7, "77 or 43 and 12 to 15 digits"),
    _format("zto", N_("ZTO"), r"7[3-68][0-9]{12}", 1.3, "73 to 76 or 78 and 12 digits"),
    _format("yunda", N_("Yunda"), r"5[0-9]{12}", 1.0, "5 and 12 digits"),
    _format("yunda", N_("Yunda"), r"[34][0-9]{14}", 0.7, "3 or 4 and 14 digits"),
    _format("ems", N_("EMS"), r"[981][0-9]{12}", 0.5, "9, 8 or 1 and 12 digits"),
)

_SHAPE = re.compile(r"(?=(?:[A-Z]*[0-9]){8})[A-Z0-9]{8,40}")
_PERSONAL = re.compile(r"(?:00)?(?:86)?0?1[3-9][0-9]{9}|0[0-9]{9,11}|[48]00[0-9]{7}|[0-9]{17}[0-9X]")
"""Phones, and the number of an identity card: no courier of `FORMATS` has such numbers."""

_S10 = NumberFormat(
    courier="s10",
    name=N_("UPU S10 international mail"),
    pattern=_S10_SHAPE,
    rarity=12.0,
    reason="two letters, eight digits, a right check digit, a country",
)


_LEARNT, _FEWEST, _PART, _TELLS = 16, 20, 0.01, 0.5
"""Formats that are learnt at most, how many numbers and what part of all have to have one, and its least rarity."""
Formats = tuple[NumberFormat, ...]


def clean_waybill(text: str) -> str:
    """The one spelling of a waybill number that all rooms compare: ASCII where Unicode allows it, upper case.

    Full-width and other scripts' digits become ASCII; spaces, dashes, dots, underscores and zero-width characters are
    dropped. Never fails; cleaning a clean number changes nothing.

    Args:
        text: The number as it was written.

    Returns:
        The number; "" if nothing remains.
    """
    if text.isascii():
        return text.upper().translate(_ASCII_DROPPED)
    wide = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())
    return unicodedata.normalize("NFKC", "".join(map(_clean_char, wide)))


def _clean_char(char: str) -> str:
    if char in _DROPPED or char in _DROPPED_CONTROLS:
        return ""
    if unicodedata.category(char) in _DROPPED_CATEGORIES:
        return ""
    digit = unicodedata.decimal(char, None)
    return char if digit is None else str(digit)


_BETWEEN = re.compile(r"[\s,;，；、]+")


def split_numbers(text: str) -> list[str]:
    """Numbers as people type several: a line each, or with blanks, commas and the like between them."""
    return [one for one in _BETWEEN.split(text) if one]


def s10_is_valid(number: str) -> bool:
    """True if a clean number has the shape of UPU S10 and its check digit is right (mod 11; 10 → 0, 11 → 5).

    Args:
        number: The number, clean.

    Returns:
        Whether both hold.
    """
    if not _S10_SHAPE.fullmatch(number):
        return False
    total = sum(w * int(d) for w, d in zip(_S10_WEIGHTS, number[2:10], strict=True))
    check = 11 - total % 11
    return int(number[10]) == {10: 0, 11: 5}.get(check, check)


def looks_like_waybill(number: str) -> bool:
    """True if a clean number could be one of some courier's, and is neither a phone nor that of an identity card.

    Args:
        number: The number, clean.

    Returns:
        Whether it has 8 to 40 letters and digits, at least 8 digits among them, and no such other form.
    """
    return _SHAPE.fullmatch(number) is not None and _PERSONAL.fullmatch(number) is None


def learn_formats(numbers: Iterable[str]) -> Formats:
    """The formats that a courier's own numbers have, where `FORMATS` doesn't say as much of them.

    Letters at the start and the length make a format; of digits alone their first two, where nearly all numbers of
    that length begin with a few such. What could be a phone or the number of an identity card is never learnt.

    Args:
        numbers: A sample of them, clean.

    Returns:
        The most common first; courier `own`.
    """
    every = [number for number in numbers if looks_like_waybill(number)]
    groups: dict[tuple[str, int], list[str]] = {}
    for number in every:
        head = number[: len(number) - len(number.lstrip(ascii_uppercase))] or number[:2]
        groups.setdefault((head, len(number)), []).append(number)
    common = [(head, some) for (head, _), some in groups.items() if len(some) >= max(_FEWEST, _PART * len(every))]
    heads = Counter(len(some[0]) for head, some in common if head.isdigit())
    found = []
    for head, some in sorted(common, key=lambda one: (-len(one[1]), one[0])):
        widths = [10 if all(one[at].isdigit() for one in some) else 36 for at in range(len(head), len(some[0]))]
        alphabet = 10 if head.isdigit() and 36 not in widths else 36
        rarity = len(some[0]) * log10(alphabet) - sum(map(log10, widths))
        rarity -= log10(heads[len(some[0])]) if head.isdigit() else 0.0
        if rarity > max(rarity_of(some[0]), _TELLS):
            pattern = head + "".join("[0-9]" if width == 10 else "[0-9A-Z]" for width in widths)
            found.append(_format("own", N_("own numbers"), pattern, rarity, "as the ledger's own numbers"))
    return tuple(found[:_LEARNT])


def candidates(text: str, own: Formats = ()) -> tuple[Candidate, ...]:
    """The couriers whose format a number has.

    Args:
        text: The number as it was written; it is cleaned first.
        own: Learnt formats (`learn_formats`), beside `FORMATS`.

    Returns:
        The most telling format first: one that lets few random strings through says more than one that lets through
            many; equal ones stand in the order of `FORMATS`. () if it has none.
    """
    found = _fitting(clean_waybill(text), own)
    return tuple(Candidate(courier=f.courier, name=f.name, reason=f.reason) for f in found)


def _fitting(number: str, own: Formats) -> list[NumberFormat]:
    found = [f for f in (*FORMATS, *own) if f.pattern.fullmatch(number)]
    if s10_is_valid(number):
        found.append(_S10)
    return sorted(found, key=lambda f: -f.rarity)


def rarity_of(number: str, own: Formats = ()) -> float:
    """How much the most telling format says of a clean number, as `NumberFormat.rarity`; 0 if it has none, or S10's."""
    return max((one.rarity for one in _fitting(number, own) if one is not _S10), default=0.0)


def couriers_of(text: str, own: Formats = ()) -> tuple[str, ...]:
    """Codes of the couriers whose format a number has, each once.

    Args:
        text: The number as it was written.
        own: Learnt formats, beside `FORMATS`.

    Returns:
        In the order of `candidates`.
    """
    return tuple(dict.fromkeys(one.courier for one in candidates(text, own)))
