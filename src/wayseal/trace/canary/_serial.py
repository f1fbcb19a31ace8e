"""A waybill number as a serial in a family of numbers that differ in nothing else.

1. The serial is the last run of digits; what stands before and after it, and its width, make the family.
2. A valid number of UPU S10 has its eight digits as serial; the check digit follows from them.
3. A number without digits has no serial. A serial that needs more digits than the family has makes no number.
"""

import re
from dataclasses import dataclass

from wayseal.model.numbers import s10_is_valid

_LAST_DIGITS = re.compile(r"(.*?)([0-9]+)([^0-9]*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What numbers of one kind share (rules 1 and 2)."""

    prefix: str
    width: int
    suffix: str
    checked: bool


def split(number: str) -> tuple[Family, int] | None:
    """Family and serial of a clean number; None if it has no digits (rule 3)."""
    if s10_is_valid(number):
        return Family(prefix=number[:2], width=8, suffix=number[11:], checked=True), int(number[2:10])
    found = _LAST_DIGITS.fullmatch(number)
    if found is None or not number.isascii():
        return None
    before, digits, after = found.groups()
    return Family(prefix=before, width=len(digits), suffix=after, checked=False), int(digits)


def join(family: Family, serial: int) -> str | None:
    """The number of a serial; None where it has no place in the family (rule 3)."""
    digits = f"{serial:0{family.width}d}"
    if serial < 0 or len(digits) > family.width:
        return None
    if not family.checked:
        return f"{family.prefix}{digits}{family.suffix}"
    tried = (f"{family.prefix}{digits}{check}{family.suffix}" for check in range(10))
    return next(number for number in tried if s10_is_valid(number))
