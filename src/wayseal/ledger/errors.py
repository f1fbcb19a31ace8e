"""Errors of the ledger."""

from typing import ClassVar

from wayseal.model.errors import WaysealError


class LedgerError(WaysealError):
    """The ledger is damaged, missing or of another version; names the file, never a value."""

    exit_code: ClassVar[int] = 6


class LedgerVersionError(LedgerError):
    """The ledger is of a layout that this version doesn't read."""


class LedgerChangedError(LedgerError):
    """The ledger, or a proof out of it, is not what was signed or what its tree says; names what differs."""

    exit_code: ClassVar[int] = 7


class NoSuchReadError(LedgerError):
    """No read, or more than one, fits what was asked for; never says what that was."""

    exit_code: ClassVar[int] = 3


class BackupRefusedError(LedgerError):
    """A folder is not what a backup, a restoration or a writer may use; names it and says what it is."""

    exit_code: ClassVar[int] = 3


class LedgerBusyError(LedgerError):
    """Another process is writing to the ledger; names the ledger and the process."""

    exit_code: ClassVar[int] = 4


class LedgerStorageError(LedgerError):
    """The disk is full, read-only or refuses; the ledger is as it was before."""

    exit_code: ClassVar[int] = 5


class TooYoungError(LedgerError):
    """A purge would remove what the law wants kept; names the latest day that it may have, never a value."""

    exit_code: ClassVar[int] = 12
