"""What is sealed under a number, in which form it is shown, and how long what is asked may be."""

from enum import StrEnum
from typing import Final

NUMBER: Final = 64
"""Longest waybill number, characters."""
ID: Final = 128
"""Longest id of an actor, a client, an outlet."""
VALUE: Final = 1000
"""Longest value of a sealed field."""
PURPOSE: Final = 40
"""Longest code of a purpose."""
REASON: Final = 200
"""Longest reason."""
MOST_AT_ONCE: Final = 1000
"""Most waybills, events or records in one request."""


class FieldKind(StrEnum):
    """The kinds of fields; masks go by them."""

    NAME = "name"
    PHONE = "phone"
    ADDRESS = "address"
    GOODS = "goods"


class Field(StrEnum):
    """One sealed field of a waybill."""

    SENDER_NAME = "sender_name"
    SENDER_PHONE = "sender_phone"
    SENDER_ADDRESS = "sender_address"
    RECIPIENT_NAME = "recipient_name"
    RECIPIENT_PHONE = "recipient_phone"
    RECIPIENT_ADDRESS = "recipient_address"
    GOODS = "goods"

    @property
    def kind(self) -> FieldKind:
        """The field's kind."""
        return _KINDS[self]


_KINDS = {
    Field.SENDER_NAME: FieldKind.NAME,
    Field.SENDER_PHONE: FieldKind.PHONE,
    Field.SENDER_ADDRESS: FieldKind.ADDRESS,
    Field.RECIPIENT_NAME: FieldKind.NAME,
    Field.RECIPIENT_PHONE: FieldKind.PHONE,
    Field.RECIPIENT_ADDRESS: FieldKind.ADDRESS,
    Field.GOODS: FieldKind.GOODS,
}


class Form(StrEnum):
    """How a field is shown."""

    FULL = "full"
    MASKED = "masked"
    REGION = "region"
    """Of an address, province, city and district alone."""
