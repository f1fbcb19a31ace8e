"""What fetching raises: of this machine alone. Whatever a site does is a value."""

from typing import ClassVar

from wayseal.market.errors import MarketError


class FetchError(MarketError):
    """Something is missing here without which a source can't be looked at."""

    exit_code: ClassVar[int] = 2
