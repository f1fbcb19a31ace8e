"""What the tests of the stream share."""

from tests.live.played import played

__all__ = ["played"]
