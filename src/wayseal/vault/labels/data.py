"""What a label says: texts that are masked already, and a sealed payload.

1. A label can't be made of a text that isn't masked: the mask of GB/T 41833-2022 must find nothing more to hide in it.
   What is refused is named by its field, never told.
2. What stands in for a person's own (a pseudonym, a pick-up point, a virtual number) is printed as it is; each such
   kind of field is named, one by one.
3. Goods have no place on a label, and neither has a phone in any text beside.
4. A field that the purpose opened whole is masked before it is printed; what the mask hides of an address goes into the
   payload, sealed. Where a pick-up point stands in for the address, nothing of that is on the label, sealed or not.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import takewhile
from types import MappingProxyType
from typing import Final

from wayseal.model.fields import NUMBER, Field, FieldKind
from wayseal.model.messages import N_
from wayseal.model.records import Disclosed
from wayseal.vault.errors import LabelError
from wayseal.vault.labels.payload import Content, DayKey
from wayseal.vault.masks import HIDDEN, clean, mask, region

LONGEST: Final = 64
"""Characters of a route and of an outlet's name."""
_NUMBER = re.compile(rf"[0-9A-Z]{{1,{NUMBER}}}")
_PHONE = re.compile(r"(?:[0-9][ -]?){7}")


class Side(StrEnum):
    """Whose data it is."""

    RECIPIENT = "recipient"
    SENDER = "sender"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A recipient or sender as printed. stands_in: kinds of fields that aren't the person's own (obligation 2)."""

    name: str = field(repr=False)
    phone: str = field(repr=False)
    address: str = field(repr=False)
    stands_in: Collection[FieldKind] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelData:
    """A label before it is laid out. LabelError where a text may not be printed (obligations 1 to 3).

    Attributes:
        waybill: The number, letters A to Z and digits.
        recipient: Who gets the parcel.
        sender: Who sent it; None: the label doesn't say.
        route: Code of the destination, or its place.
        outlet: The outlet that prints.
        printed: The time of printing, as it is printed.
        payload: What `DayKey.seal` made for this number.
    """

    waybill: str
    recipient: Party
    sender: Party | None = None
    route: str
    outlet: str
    printed: str
    payload: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not _NUMBER.fullmatch(self.waybill):
            raise LabelError("has other characters than letters A to Z and digits", key="waybill")
        for side, party in ((Side.RECIPIENT, self.recipient), (Side.SENDER, self.sender)):
            if party is not None:
                for kind, text in _texts(party):
                    if not text.isprintable() or (kind not in party.stands_in and mask(text, kind) != text):
                        raise LabelError("isn't masked as GB/T 41833-2022 asks", key=f"{side}_{kind}")
        for key in ("route", "outlet", "printed"):
            text = getattr(self, key)
            if len(text) > LONGEST or not text.isprintable() or (key != "printed" and _PHONE.search(text)):
                raise LabelError(N_("needs at most {most} printable characters, and no phone"), key=key, most=LONGEST)


def _texts(party: Party) -> tuple[tuple[FieldKind, str], ...]:
    return (FieldKind.NAME, party.name), (FieldKind.PHONE, party.phone), (FieldKind.ADDRESS, party.address)


def label_of(
    shown: Disclosed,
    key: DayKey,
    *,
    printed: str,
    route: str = "",
    alias: str = "",
    stand_ins: Mapping[FieldKind, str] = MappingProxyType({}),
) -> LabelData:
    """The label of what a purpose disclosed (obligation 4).

    Args:
        shown: What was disclosed of the waybill.
        key: The key of the outlet that prints, and of the day.
        printed: The time, as it is to be printed.
        route: Code of the destination; empty: province, city and district of the address, as far as they are known.
        alias: What to call the recipient, for the delivery device alone.
        stand_ins: What the recipient has printed instead of the own (obligation 2).

    Returns:
        The label, with its payload sealed.
    """
    address = "" if FieldKind.ADDRESS in stand_ins else clean(shown.values.get(Field.RECIPIENT_ADDRESS, ""))
    recipient, sender = _party(shown, Side.RECIPIENT, stand_ins), _party(shown, Side.SENDER, {})
    seen = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(address, recipient.address, strict=False)))
    # A prefix that ends within a hidden stretch of the purpose's own mask holds nothing that could be sealed.
    door = "" if HIDDEN in address else address[seen:]
    place = region(address)
    return LabelData(
        waybill=shown.waybill,
        recipient=recipient,
        sender=sender if any(text for _, text in _texts(sender)) else None,
        route=route or (place if HIDDEN not in place and len(place) <= LONGEST else ""),
        outlet=key.outlet,
        printed=printed,
        payload=key.seal(shown.waybill, Content(door=door, alias=alias)),
    )


def _party(shown: Disclosed, side: Side, stand_ins: Mapping[FieldKind, str]) -> Party:
    own = {kind: _masked(shown.values.get(Field(f"{side}_{kind}"), ""), kind) for kind in _PRINTED}
    texts = {**own, **stand_ins}
    return Party(
        name=texts[FieldKind.NAME],
        phone=texts[FieldKind.PHONE],
        address=texts[FieldKind.ADDRESS],
        stands_in=frozenset(stand_ins),
    )


_ROUNDS = 8
_PRINTED = (FieldKind.NAME, FieldKind.PHONE, FieldKind.ADDRESS)


def _masked(text: str, kind: FieldKind) -> str:
    """The mask of a mask may hide more of an address: what is printed is what none hides more of."""
    for _ in range(_ROUNDS):
        if (shown := mask(text, kind)) == text:
            return text
        text = shown
    return HIDDEN
