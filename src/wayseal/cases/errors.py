"""Errors of the room of cases."""

from typing import ClassVar

from wayseal.model.errors import WaysealError
from wayseal.model.messages import N_


class CasebookError(WaysealError):
    """A casebook, or its secret, that is missing, damaged or of another version; names the file, never a value."""

    exit_code: ClassVar[int] = 6


class CasebookChangedError(CasebookError):
    """A line of a casebook is not what was written, or one is missing; names the line."""

    exit_code: ClassVar[int] = 7


class NoSuchCaseError(CasebookError):
    """No case, or nothing in a case, fits what was asked for; names the case, never an account."""

    exit_code: ClassVar[int] = 3


class ReadOnlyError(CasebookError):
    """Something would have to be recorded in a casebook that can't be written."""

    exit_code: ClassVar[int] = 5


class CasebookUsageError(CasebookError):
    """An act without who did it, why, or what was said; names the field."""

    exit_code: ClassVar[int] = 2


class CasebookBusyError(CasebookError):
    """Another process writes to the casebook, and for longer than anybody waits."""

    exit_code: ClassVar[int] = 4


class CasebookDiskError(CasebookError):
    """The casebook's disk is full, or can't be read or written; or its database is away."""

    exit_code: ClassVar[int] = 5


class CaseStateError(CasebookError):
    """A request that doesn't go with how the case stands now; names the case and the state."""

    exit_code: ClassVar[int] = 3


class UndoError(CasebookError):
    """An act can't be taken back: it is another's, too old, overtaken by others, or of a kind that can't."""

    exit_code: ClassVar[int] = 3


class RewardError(CasebookError):
    """Rules of rewards that can't be used, or a reward that they don't know; names file, line and key."""

    exit_code: ClassVar[int] = 3


class TrainingError(CasebookError):
    """Courses that can't be used, or an act of training that can't be; names file, line and key, never an account."""

    exit_code: ClassVar[int] = 3


class StaleError(CasebookError):
    """Somebody changed it in between: nothing is written, and both texts are here, so that none is lost.

    Attributes:
        version: The version that stands now.
        theirs: The text that stands now.
        mine: The text that was refused.

    """

    exit_code: ClassVar[int] = 4

    def __init__(self, *, id: str, version: int, theirs: str, mine: str) -> None:  # noqa: A002
        super().__init__(
            N_("{id} was changed meanwhile and is at version {version}: nothing was written"), id=id, version=version
        )
        self.version = version
        self.theirs = theirs
        self.mine = mine
