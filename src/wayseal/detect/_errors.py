"""What detection raises."""

from typing import ClassVar

from wayseal.model.errors import WaysealError


class DetectError(WaysealError):
    """Something that detection was given can't be used; names file, place and key, never a value of a log."""

    exit_code: ClassVar[int] = 3


class TemplateError(DetectError):
    """A file of explanation templates can't be understood; names template and key."""


class NoSuchPairError(DetectError):
    """No account, no waybill or no read is what was asked for; never says what that was."""
