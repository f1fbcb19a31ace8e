"""Errors of detection."""

from typing import ClassVar

from wayseal.model.errors import WaysealError


class DetectError(WaysealError):
    """Something that detection was given can't be used; names file, place and key, never a value of a log."""

    exit_code: ClassVar[int] = 3


class TemplateError(DetectError):
    """A file of explanation templates can't be understood; names template and key."""


class NoSuchPairError(DetectError):
    """No account, no waybill or no read is what was asked for; never says what that was."""


class TooManyReadsError(DetectError):
    """More reads were asked for than a list can hold."""


class ContractError(DetectError):
    """A contract that can't be used as it stands; names the file and, where known, the line and the key.

    The text never holds a value out of the file.
    """


class RightsError(DetectError):
    """A file that says what rights permit can't be understood; names the right by its place, and the key."""
