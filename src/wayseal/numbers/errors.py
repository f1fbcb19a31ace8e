"""Errors of the numbers; never with an order, a phone or a secret."""

from typing import ClassVar

from wayseal.model.errors import WaysealError


class NumbersError(WaysealError):
    """The numbers can't be issued or moved as asked."""

    exit_code: ClassVar[int] = 3


class NumbersKeyError(NumbersError):
    """The key file is missing, open to others, or none."""


class RestoredError(NumbersError):
    """The database is older than what was given out: nothing is issued until `wayseal numbers restored` was run."""

    exit_code: ClassVar[int] = 6


class KeyTakenError(NumbersError):
    """The idempotency key stands for another block."""
