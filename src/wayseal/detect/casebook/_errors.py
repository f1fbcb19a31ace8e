"""What keeping and reading a casebook raises."""

from typing import ClassVar

from wayseal.model import WaysealError


class CasebookError(WaysealError):
    """A casebook, or its secret, that is missing, damaged or of another version; names the file, never a value."""

    exit_code: ClassVar[int] = 6


class CasebookChangedError(CasebookError):
    """A line of a casebook is not what was written, or one is missing; names the line."""

    exit_code: ClassVar[int] = 7


class NoSuchCaseError(CasebookError):
    """No case, or no account of a case, fits what was asked for; names the case, never an account."""

    exit_code: ClassVar[int] = 3


class CasebookUsageError(CasebookError):
    """An act without who did it, why, or what was said; names the field."""

    exit_code: ClassVar[int] = 2


class CasebookBusyError(CasebookError):
    """Another process writes to the casebook."""

    exit_code: ClassVar[int] = 4
