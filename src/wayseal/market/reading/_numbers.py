"""Waybill numbers in a text.

1. What may be one has a courier's format (`model.numbers`), and is no phone and no number of an identity card; marks
   and spaces inside are dropped, and Chinese digits and letters that stand for digits are read.
2. Nothing inside a link, a handle or a longer name is one.
"""

import re
from collections.abc import Sequence

from wayseal.market.reading._view import View
from wayseal.market.types import Handle, NumberCandidate
from wayseal.model.numbers import Formats, clean_waybill, couriers_of, looks_like_waybill

_RUN = re.compile(r"(?<![a-z0-9@_/.])[a-z]{0,4}[0-9](?:[ .-]?[a-z0-9]){9,24}(?![a-z0-9_])")
AS_WRITTEN, READ = 1.0, 0.9
"""Probabilities: of a number whose digits are written as digits, and of one that took reading."""


def find_numbers(view: View, handles: Sequence[Handle], own: Formats = ()) -> list[NumberCandidate]:
    """What may be waybill numbers in a text. own: formats that were learnt, beside those of couriers."""
    found: dict[str, NumberCandidate] = {}
    taken = [handle.at for handle in handles if handle.at is not None]
    for match in _RUN.finditer(view.plain):
        number = clean_waybill(match.group())
        if not looks_like_waybill(number):
            continue
        couriers = couriers_of(number, own)
        place = view.place(*match.span())
        if not couriers or any(start < place[1] and place[0] < end for start, end in taken):
            continue
        same = match.group() == view.text[match.start() : match.end()]
        found.setdefault(
            number,
            NumberCandidate(number=number, couriers=couriers, probability=AS_WRITTEN if same else READ, at=place),
        )
    return list(found.values())
