"""What sources raise."""

from typing import ClassVar

from wayseal.market.errors import MarketError


class SourceError(MarketError):
    """A source's file, or the files that it names, that can't be read as they stand; tells file, line and key."""

    exit_code: ClassVar[int] = 3
