"""Errors of the store."""

from typing import ClassVar

from wayseal.model.errors import WaysealError


class StoreError(WaysealError):
    """A file or a setting that can't be read as it stands; names the file and, where known, line and column.

    The text never holds a value out of the file.
    """

    exit_code: ClassVar[int] = 3


class JournalBusyError(StoreError):
    """Another process writes to a record of acts; names the file."""

    exit_code: ClassVar[int] = 4
