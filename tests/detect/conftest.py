"""What the tests of detection share."""

from tests.detect.watched import small, watched

__all__ = ["small", "watched"]
