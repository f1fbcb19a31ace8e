"""What planning and keeping canaries raises."""

from pathlib import Path
from typing import ClassVar

from wayseal.model import WaysealError


class CanaryError(WaysealError):
    """A canary that can't be planned, or a register that can't be read; names option, file or line, never a value."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, file: Path | None = None, line: int | None = None) -> None:
        place = "" if file is None else f"{file}: " if line is None else f"{file}:{line}: "
        super().__init__(place + message)


class RegisterBusyError(CanaryError):
    """Another process writes to the register."""

    exit_code: ClassVar[int] = 4
