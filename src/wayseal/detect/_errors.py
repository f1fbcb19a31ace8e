"""What detection raises."""

from pathlib import Path
from typing import ClassVar

from wayseal.model.errors import WaysealError


class DetectError(WaysealError):
    """Something that detection was given can't be used; names file, place and key, never a value of a log."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, file: Path | None = None) -> None:
        self.message = message
        self.file = file
        super().__init__(message if file is None else f"{file}: {message}")


class TemplateError(DetectError):
    """A file of explanation templates can't be understood; names template and key."""


class NoSuchPairError(DetectError):
    """No account, no waybill or no read is what was asked for; never says what that was."""
