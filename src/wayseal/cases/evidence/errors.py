"""Errors of evidence packs."""

from typing import ClassVar

from wayseal.model.errors import WaysealError


class EvidenceError(WaysealError):
    """A pack can't be made or read as it was asked; names files of the pack, never what is in them."""

    exit_code: ClassVar[int] = 3


class NotAPackError(EvidenceError):
    """A file that is no evidence pack, or one that was cut off."""


class PackRefusedError(EvidenceError):
    """A file that may be a pack but is not safe to read, or that two readers would read differently."""


class PackVersionError(EvidenceError):
    """A pack of another version."""

    exit_code: ClassVar[int] = 6


class ItemChangedError(EvidenceError):
    """An item is no longer what was taken in."""

    exit_code: ClassVar[int] = 7


class DocumentError(EvidenceError):
    """A document can't be set; names the package that is missing."""

    exit_code: ClassVar[int] = 2
