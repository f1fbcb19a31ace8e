"""What the room raises."""

from typing import ClassVar

from wayseal.model.errors import WaysealError


class MarketError(WaysealError):
    """Something about the market's watch is not as it has to be."""


class RemovalError(MarketError):
    """Something can't be done with a request for removal; names the reason, never whom it is about."""

    exit_code: ClassVar[int] = 2


class RecordError(MarketError):
    """The market's record is missing, damaged, of another version, or can't be written; names the file."""

    exit_code: ClassVar[int] = 6


class RecordBusyError(RecordError):
    """Another process writes to the market's record, and for longer than anybody waits."""

    exit_code: ClassVar[int] = 4


class RecordDiskError(RecordError):
    """The disk of the market's record is full, or can't be read or written; or its database is away."""

    exit_code: ClassVar[int] = 5


class EntryError(RecordError):
    """A line that can't be recorded: of no such kind, or without what its kind needs; names the key, never a value."""

    exit_code: ClassVar[int] = 2
