"""Text that lies in a file of its own while it is read: a sheet of a workbook, standard input."""

import os
import sys
import tempfile
import weakref
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

_CHUNK = 1 << 20


class LaidOut:
    """Such a file. Only its owner can read it, and it goes with the last reference to this.

    path: where it lies. origin: the file that it was made of; itself for standard input.
    """

    def __init__(self, chunks: Iterable[bytes], origin: Path | None = None) -> None:
        handle, name = tempfile.mkstemp(prefix="wayseal-")
        self._remove = weakref.finalize(self, _remove, name)
        with os.fdopen(handle, "wb") as file:
            file.writelines(chunks)
        self.path = Path(name)
        self.origin = origin or self.path

    @classmethod
    def of_input(cls) -> Self:
        """What standard input holds; OSError as it comes."""
        return cls(iter(lambda: sys.stdin.buffer.read(_CHUNK), b""))


def _remove(name: str) -> None:
    with suppress(OSError):
        Path(name).unlink()
