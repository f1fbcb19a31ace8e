"""What the room raises."""

from wayseal.model.errors import WaysealError


class MarketError(WaysealError):
    """Something about the market's watch is not as it has to be."""


class PictureError(MarketError):
    """A picture that isn't looked at: of no kind that is read here, too large, or broken."""

    exit_code = 3
