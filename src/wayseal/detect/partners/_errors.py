"""What goes wrong before a partner can be checked."""

from pathlib import Path

from wayseal.detect._errors import DetectError


class ContractError(DetectError):
    """A contract that can't be used as it stands; names the file and, where known, the line and the key.

    The text never holds a value out of the file.
    """

    def __init__(self, message: str, *, file: Path, line: int | None = None, key: str = "") -> None:
        place = "" if line is None else f"{file}:{line}"
        rest = f"{key}: {message}" if key else message
        super().__init__(f"{place}: {rest}" if place else rest, file=None if place else file)
        self.message = message
        self.file = file
        self.line = line
        self.key = key
