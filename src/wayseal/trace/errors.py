"""Errors of scopes and canaries."""

from typing import ClassVar

from wayseal.model.errors import WaysealError


class ScopeError(WaysealError):
    """The source can't be used as it was given; names no account and no session."""

    exit_code: ClassVar[int] = 3


class CanaryError(WaysealError):
    """A canary that can't be planned, or a register that can't be read; names option, file or line, never a value."""

    exit_code: ClassVar[int] = 3


class RegisterBusyError(CanaryError):
    """Another process writes to the register."""

    exit_code: ClassVar[int] = 4
