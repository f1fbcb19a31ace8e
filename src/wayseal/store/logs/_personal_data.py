"""Values that are personal data by their looks (obligation 5)."""

import re

from wayseal.model.numbers import clean_waybill

MOST = 512
_MOBILE = re.compile(r"(?:\+|00)?(?:86)?1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[1-9][0-9]{8,10}")
_CARD = re.compile(r"[0-9]{17}[0-9X]")
_PLAIN = re.compile("[A-Z]{1,4}[0-9]{6,30}|[1-9][0-9]{11}|[1-79][0-9]{12}|[1-9][0-9]{13,14}").fullmatch
"""Most numbers: clean as they are, and no phone number or identity card."""
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def looks_personal(value: str) -> bool:
    """True if a value has the shape of a Chinese phone number, of an identity card (its check digit right), or "@"."""
    plain = clean_waybill(value)
    if "@" in plain or _MOBILE.fullmatch(plain) or _LANDLINE.fullmatch(plain):
        return True
    return bool(_CARD.fullmatch(plain)) and _card_is_valid(plain)


def plain_waybill(value: str | None) -> str | None:
    """The number, if it is clean as it stands and like most; None says nothing."""
    return value if value and _PLAIN(value) else None


def waybill_of(value: str) -> str | None:
    """The clean number, or None where this can't be one: empty, too long, without a digit, other scripts, personal."""
    if plain_waybill(value):
        return value
    plain = clean_waybill(value)
    fits = plain.isascii() and plain.isalnum() and len(plain) <= MOST and any(c.isdigit() for c in plain)
    return plain if fits and not looks_personal(value) else None


def usable(value: str) -> bool:
    """True if a value can stand in a filter: not empty, not too long, printable."""
    return bool(value.strip()) and len(value.encode("utf-8", "replace")) <= MOST and value.isprintable()


def _card_is_valid(plain: str) -> bool:
    total = sum(w * int(d) for w, d in zip(_WEIGHTS, plain[:17], strict=True))
    return plain[17] == "10X98765432"[total % 11]
