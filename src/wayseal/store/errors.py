"""What the store raises."""

from pathlib import Path
from typing import ClassVar

from wayseal.model.errors import WaysealError


class StoreError(WaysealError):
    """A file or a setting that can't be read as it stands; names the file and, where known, line and column.

    `line` is a line of a text file or a row of a Parquet file, both from 1; `column` a column's or a key's name.
    The text never holds a value out of the file.
    """

    exit_code: ClassVar[int] = 3

    def __init__(
        self,
        message: str,
        *,
        file: Path | None = None,
        line: int | None = None,
        column: str | None = None,
    ) -> None:
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        place = "" if file is None else str(file)
        if line is not None:
            place = f"{place}:{line}" if place else f"line {line}"
        if column is not None:
            place = f"{place}: {column}" if place else column
        super().__init__(f"{place}: {message}" if place else message)


class JournalBusyError(StoreError):
    """Another process writes to a record of acts; names the file."""

    exit_code: ClassVar[int] = 4
