"""What pages stand on beside the console's own database: opened once, found when it is made, let go where it is gone.

1. It is opened when a page first needs it; what keeps it from being opened is told, and tried again after a while.
2. What was moved away, or whose place another file took, is let go: nothing is written into what nobody can find.
"""

import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")
AGAIN = 5.0
"""Seconds until it is tried again."""
_Mark = tuple[int, int] | None


class Holder(Generic[T]):
    """Holds what lies in a file, or in a database in its stead. wrong: what opening it raises."""

    def __init__(self, file: Path, wrong: type[Exception]) -> None:
        self._file, self._wrong = file, wrong
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._held: T | None = None
        self._mark: _Mark = None
        self._failed: tuple[float, Exception] | None = None

    def look(self) -> T | None:
        """What is held; None: there is none yet. Raises why it can't be opened."""
        return self._open(new=False)

    def close(self) -> None:
        """Lets it go."""
        with self._lock:
            self._let_go()

    def _enter(self, stack: ExitStack, *, new: bool) -> T | None:
        """Opens it, to be closed by the stack; None: there is none. new: it is made where there is none."""
        raise NotImplementedError

    def _open(self, *, new: bool) -> T | None:
        with self._lock:
            if self._held is not None and self._find_mark() != self._mark:
                self._let_go()
            if self._held is None and self._failed is not None and time.monotonic() < self._failed[0]:
                raise self._failed[1]
            if self._held is None:
                self._failed = None
                try:
                    self._held = self._enter(self._stack, new=new)
                except self._wrong as error:
                    self._failed = time.monotonic() + AGAIN, error
                    raise
                if self._held is not None:
                    self._mark = self._find_mark()
            return self._held

    def _let_go(self) -> None:
        self._held, self._mark, self._failed = None, None, None
        self._stack.close()

    def _find_mark(self) -> _Mark:
        """Which file it is; None: there is none, as where it lies in PostgreSQL."""
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
