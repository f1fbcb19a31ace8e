"""What the room raises."""

from typing import ClassVar

from wayseal.model.errors import WaysealError


class MarketError(WaysealError):
    """Something about the market's watch is not as it has to be."""


class RecordError(MarketError):
    """The record can't be read or written, or something that was to be recorded is not as it has to be."""

    exit_code: ClassVar[int] = 3


class RecordChangedError(MarketError):
    """The record is not what was written; names the line."""

    exit_code: ClassVar[int] = 7


class RecordBusyError(MarketError):
    """Another process writes to the record, and for longer than anybody waits."""

    exit_code: ClassVar[int] = 4


class OvertakenError(MarketError):
    """Somebody else decided about the same since whoever decides looked; nothing is recorded."""

    exit_code: ClassVar[int] = 4


class RecordDiskError(MarketError):
    """The record's disk refuses."""

    exit_code: ClassVar[int] = 5


class NoSuchThingError(MarketError):
    """No source, offer, seller, shop or request fits what was asked for; names the kind."""

    exit_code: ClassVar[int] = 3


class PictureError(MarketError):
    """A picture that isn't looked at: of no kind that is read here, too large, or broken."""

    exit_code: ClassVar[int] = 3


class RemovalError(MarketError):
    """A request for removal that can't be made, or that can't go on like this."""

    exit_code: ClassVar[int] = 2


class LearningError(MarketError):
    """What decisions teach is not put in force; says why."""

    exit_code: ClassVar[int] = 3
