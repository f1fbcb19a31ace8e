"""Values that are personal data by their looks (obligation 5)."""

import re

from wayseal.model.numbers import clean_waybill

MOST = 512
_MOBILE = re.compile(r"(?:\+|00)?(?:86)?1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[1-9][0-9]{8,10}")
_CARD = re.compile(r"[0-9]{17}[0-9X]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def looks_personal(value: str) -> bool:
    """Whether a value has the shape of a Chinese phone number, of an identity card (its check digit right), or "@"."""
    plain = clean_waybill(value)
    if "@" in plain or _MOBILE.fullmatch(plain) or _LANDLINE.fullmatch(plain):
        return True
    return bool(_CARD.fullmatch(plain)) and _card_is_valid(plain)


def waybill_of(value: str) -> str | None:
    """The clean number, or None where this can't be one: empty, too long, without a digit, other scripts, personal."""
    plain = clean_waybill(value)
    fits = plain.isascii() and plain.isalnum() and len(plain) <= MOST and any(c.isdigit() for c in plain)
    return plain if fits and not looks_personal(value) else None


def usable(value: str) -> bool:
    """Whether a value can stand in a filter: not empty, not too long, printable."""
    return bool(value.strip()) and len(value.encode("utf-8", "replace")) <= MOST and value.isprintable()


def _card_is_valid(plain: str) -> bool:
    total = sum(w * int(d) for w, d in zip(_WEIGHTS, plain[:17], strict=True))
    return plain[17] == "10X98765432"[total % 11]
