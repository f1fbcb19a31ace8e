"""Checks of a vault's input: bounded, printable, clean. Errors name the field, never what stood in it."""

import re
import unicodedata

from wayseal.model.fields import ID, NUMBER, PURPOSE, REASON, VALUE, Field
from wayseal.model.numbers import clean_waybill
from wayseal.vault.errors import VaultError

_LOWER = re.compile("[a-z_]{1,40}")
_SEALABLE = re.compile(rf"[0-9A-Z]{{1,{NUMBER}}}")


def new_waybill(text: str) -> str:
    """The one spelling of a number under which something is to be sealed; VaultError where nothing may be.

    A number stands in addresses, file names and lists for as long as its parcel is kept: with a slash in it, for one,
    it could be sealed over HTTP and not be erased.
    """
    number = clean_waybill(text)
    if not _SEALABLE.fullmatch(number):
        raise VaultError(
            "a waybill number has 1 to {most} letters A to Z and digits; spaces, dots, dashes and underscores don't "
            "count",
            key="waybill",
            most=NUMBER,
        )
    return number


def waybill(text: str) -> str:
    """The one spelling of a number that is asked for; VaultError where it has none or is too long."""
    number = clean_waybill(text)
    if not number or len(number) > NUMBER or not number.isprintable():
        raise VaultError("no number of 1 to {most} characters", key="waybill", most=NUMBER)
    return number


def identifier(name: str, text: str) -> str:
    """An id as it was given: 1 to 128 printable characters without space at its ends."""
    if not _code(text, ID):
        raise VaultError("no id of 1 to {most} printable characters", key=name, most=ID)
    return text


def optional(name: str, text: str | None) -> str | None:
    """An id, or nothing."""
    return None if text is None else identifier(name, text)


def purpose(text: str) -> str:
    """A purpose's code; whether there is one by it is the policy's to say."""
    if not _code(text, PURPOSE):
        raise VaultError("no code of 1 to {most} printable characters", key="purpose", most=PURPOSE)
    return text


def code(name: str, text: str) -> str:
    """A code that stands in the log: lower-case letters and underscores."""
    if not _LOWER.fullmatch(text):
        raise VaultError("needs 1 to 40 lower-case letters or underscores, such as request", key=name)
    return text


def reason(text: str) -> str:
    """Why somebody asks: 1 to 200 characters, of which one is not a space."""
    if not text.strip() or len(text) > REASON or not _plain(text):
        raise VaultError("1 to {most} characters are needed, without control characters", key="reason", most=REASON)
    return text


def value(field: Field, text: str) -> str:
    """Check a value to be sealed, and return it: 1 to 1,000 characters."""
    if not text.strip() or len(text) > VALUE or not _plain(text):
        raise VaultError("1 to {most} characters are needed, without control characters", key=field, most=VALUE)
    return text


def _plain(text: str) -> bool:
    # isprintable() is quick and refuses more than we do; only what it refuses is looked at closely.
    return text.isprintable() or all(unicodedata.category(c) not in {"Cc", "Cs"} or c in "\n\t" for c in text)


def _code(text: str, most: int) -> bool:
    return 0 < len(text) <= most and text.isprintable() and text == text.strip()
