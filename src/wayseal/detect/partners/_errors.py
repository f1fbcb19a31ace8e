"""What goes wrong before a partner can be checked."""

from pathlib import Path
from typing import ClassVar

from wayseal.model import WaysealError


class ContractError(WaysealError):
    """A contract that can't be used as it stands; names the file and, where known, the line and the key.

    The text never holds a value out of the file.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, file: Path, line: int | None = None, key: str = "") -> None:
        self.message = message
        self.file = file
        self.line = line
        self.key = key
        place = str(file) if line is None else f"{file}:{line}"
        super().__init__(": ".join(part for part in (place, key, message) if part))
