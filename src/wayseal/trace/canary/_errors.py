"""What planning and keeping canaries raises."""

from typing import ClassVar

from wayseal.model import WaysealError


class CanaryError(WaysealError):
    """A canary that can't be planned, or a register that can't be read; names option, file or line, never a value."""

    exit_code: ClassVar[int] = 3


class RegisterBusyError(CanaryError):
    """Another process writes to the register."""

    exit_code: ClassVar[int] = 4
