"""The root of every error that Wayseal raises on purpose, and what a verification finds without raising it.

Each room has one subclass of its own as the root of its tree. An error carries a message (a text and what fills its
blanks) and a place (file, line, column or key), and is worded at the edge, in the reader's language. It never holds a
value that could be personal data.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Self

from wayseal.model.messages import N_, Message, Translate

_LINE = N_("line {line}")
_PLACED = N_("{place}: {text}")


class WaysealError(Exception):
    """Something that a person can act on; the command line prints its text and exits with `exit_code`.

    Exit codes are public interface: 2 wrong usage, 3 bad input, 4 the ledger is busy, 5 the disk or
    a file can't be read or written, 6 the ledger is damaged or of another version, 7 it is not what was signed, 8 a
    checkpoint of another ledger, 9 signed by an unknown key, 10 a report that isn't reproduced.

    Attributes:
        message: What is wrong. Its English text is the same for every error of the kind.
        file: The file in which it is wrong.
        line: A line of a text file or a row of a Parquet file, both from 1.
        key: The name of a column, a key or a field.

    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        text: "str | Message",
        *,
        file: Path | str | None = None,
        line: int | None = None,
        key: str | None = None,
        **values: object,
    ) -> None:
        """Takes what is wrong and where.

        Args:
            text: English, with named blanks; or a message that is ready.
            file: The file in which it is wrong.
            line: Its line or row, from 1.
            key: The column, key or field.
            **values: What fills the blanks; a message or an error among them is put into the reader's language, too.

        """
        super().__init__(text)
        self.message = text if isinstance(text, Message) else Message(text, values)
        self.file = file
        self.line = line
        self.key = key

    def __str__(self) -> str:
        """The error in English, after its place."""
        return self.worded(str)

    def worded(self, translate: Translate) -> str:
        """The error in a reader's language, after its place.

        Args:
            translate: Puts a text into the language.

        Returns:
            A line.
        """
        place = "" if self.file is None else str(self.file)
        if self.line is not None:
            place = f"{place}:{self.line}" if place else Message(_LINE, {"line": self.line}).fill(translate)
        place = ": ".join(part for part in (place, self.key) if part)
        text = self.message.fill(translate)
        return Message(_PLACED, {"place": place, "text": text}).fill(translate) if place and text else place or text

    def at(self, *, file: Path | str | None = None, line: int | None = None, key: str | None = None) -> Self:
        """The same error, its place told more closely by whoever knows it; what is known already stays.

        Args:
            file: The file in which it is wrong.
            line: Its line or row, from 1.
            key: The column, key or field.

        Returns:
            Itself.
        """
        self.file = file if self.file is None else self.file
        self.line = line if self.line is None else self.line
        self.key = key if self.key is None else self.key
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should be, found by a verification that goes on; whoever shows it has the words.

    Attributes:
        code: What it is.
        where: Path of the file at fault, or the row (`entries/17`, `nodes/1/3`, `checkpoints/300`; of several entries
            the first), or a given checkpoint's name.
        values: What the words need (first, last, column, reason, …).

    """

    code: StrEnum
    where: str
    values: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """The command's exit code if nothing worse was found."""
        return _EXIT_CODES.get(self.code, 7)


_EXIT_CODES = {"checkpoint-origin": 8, "checkpoint-key": 9}


def exit_code_of(findings: Iterable[Finding]) -> int:
    """Find the exit code of a verification: what was changed goes before a checkpoint that can't be used.

    Args:
        findings: All that were made.

    Returns:
        0 where all is as it should be, else as `WaysealError` lists them.
    """
    return min((found.exit_code for found in findings), default=0)


def disk_says(error: OSError) -> Message:
    """The system's own words for what is wrong; libraries wrap them in theirs."""
    return Message(os.strerror(error.errno)) if error.errno else Message("the disk refuses")


SYSTEM = (
    N_("No such file or directory"),
    N_("Permission denied"),
    N_("Operation not permitted"),
    N_("No space left on device"),
    N_("Disk quota exceeded"),
    N_("File too large"),
    N_("Input/output error"),
    N_("Read-only file system"),
    N_("File exists"),
    N_("Is a directory"),
    N_("Not a directory"),
    N_("Directory not empty"),
    N_("File name too long"),
    N_("Too many open files"),
    N_("Device or resource busy"),
    N_("Cannot allocate memory"),
    N_("Text file busy"),
    N_("Invalid cross-device link"),
    N_("Bad file descriptor"),
    N_("Invalid argument"),
    N_("Operation not supported"),
    N_("Too many levels of symbolic links"),
    N_("Stale file handle"),
    N_("Broken pipe"),
)
"""What systems say most of the time, for the catalogues."""
