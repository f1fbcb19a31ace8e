"""Errors of the room.

What captures raise.

What fetching raises: of this machine alone. Whatever a site does is a value.

What sources raise.
"""

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
    """The lesson of decisions is not put in force; says why."""

    exit_code: ClassVar[int] = 3


class CaptureError(MarketError):
    """A capture that can't be kept or read as it was asked; names files, never what was seen."""

    exit_code: ClassVar[int] = 3


class CaptureChangedError(CaptureError):
    """A capture is no longer what was seen."""

    exit_code: ClassVar[int] = 7


class FetchError(MarketError):
    """Something is missing here without which a source can't be looked at."""

    exit_code: ClassVar[int] = 2


class SourceError(MarketError):
    """A source's file, or the files that it names, that can't be read as they stand; tells file, line and key."""

    exit_code: ClassVar[int] = 3
