"""Errors of this room."""

from typing import ClassVar

from wayseal.model.errors import WaysealError


class ProofError(WaysealError):
    """A file that is no proof of Wayseal's; names the field that isn't as it should be, never what is in it."""

    exit_code: ClassVar[int] = 3


class ProofFailsError(ProofError):
    """A proof that doesn't hold: what it shows is not what was signed."""

    exit_code: ClassVar[int] = 7


class StampError(ProofError):
    """A time stamp that can't be had or read, or that is of something else."""


class StampFailsError(StampError):
    """A time stamp that doesn't hold: of other content, or signed by nobody who is trusted."""

    exit_code: ClassVar[int] = 7
