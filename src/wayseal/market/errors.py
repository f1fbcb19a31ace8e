"""What the room raises."""

from wayseal.model.errors import WaysealError


class MarketError(WaysealError):
    """Something about the market's watch is not as it has to be."""
