"""Errors of the hotline; never with a receipt, a key or a word of a letter."""

from typing import ClassVar

from wayseal.model.errors import WaysealError


class HotlineError(WaysealError):
    """The root of what the hotline refuses."""

    exit_code: ClassVar[int] = 3


class KeyFileError(HotlineError):
    """The hotline's keys can't be read or used; names their file."""

    exit_code: ClassVar[int] = 5


class SealedError(HotlineError):
    """A letter or a file doesn't open: it was changed or cut, or belongs elsewhere."""

    exit_code: ClassVar[int] = 7


class NoKeyError(SealedError):
    """A letter is sealed under keys that aren't here: somebody swapped the public ones, or a private one is lost."""


class UnsignedError(SealedError):
    """A letter that is said to be staff's isn't signed by the team."""


class RiskyFileError(HotlineError):
    """A file is given out only to be opened on a machine apart. hazards: why, as codes of `hazards.Hazard`."""

    def __init__(self, hazards: tuple[str, ...]) -> None:
        super().__init__("something is risky about this file")
        self.hazards = hazards
