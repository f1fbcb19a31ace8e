"""What captures raise."""

from typing import ClassVar

from wayseal.market.errors import MarketError


class CaptureError(MarketError):
    """A capture that can't be kept or read as it was asked; names files, never what was seen."""

    exit_code: ClassVar[int] = 3


class CaptureChangedError(CaptureError):
    """What is kept is no longer what was seen."""

    exit_code: ClassVar[int] = 7
