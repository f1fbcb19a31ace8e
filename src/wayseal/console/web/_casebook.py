"""The casebook that pages stand on: opened once, found when detection makes it, and let go where it is no longer.

1. It is opened when a page first needs it; what keeps it from being opened is told, and tried again after a while.
2. A casebook that was moved away, or that another file took the place of, is let go: nothing is written into what
   nobody can find.
3. It is made by the first act that needs one, in a ledger that is there.
"""

import threading
import time
from contextlib import ExitStack
from pathlib import Path

from wayseal.cases import CasebookError, Cases, has_casebook, open_cases
from wayseal.cases.errors import CasebookDiskError, NoSuchCaseError
from wayseal.cases.types import FILE

AGAIN = 5.0
"""Seconds until it is tried again."""
_Mark = tuple[int, int] | None


class CasebookHolder:
    """Holds the casebook of a ledger. folder: where it lies, or will."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._cases: Cases | None = None
        self._mark: _Mark = None
        self._failed: tuple[float, CasebookError] | None = None

    def look(self) -> Cases | None:
        """The casebook; None: there is none yet. CasebookError: why it can't be opened."""
        return self._open(new=False)

    def need(self) -> Cases:
        """The same, made where there is none (rule 3). CasebookError."""
        made = self._open(new=True)
        if made is None:
            raise CasebookDiskError("the ledger isn't there", file=self.folder.parent)
        return made

    def close(self) -> None:
        """Lets it go."""
        with self._lock:
            self._let_go()

    def _open(self, *, new: bool) -> Cases | None:
        with self._lock:
            if self._cases is not None and self._find_mark() != self._mark:
                self._let_go()
            if self._cases is None and self._failed is not None and time.monotonic() < self._failed[0]:
                raise self._failed[1]
            if self._cases is None:
                self._failed = None
                try:
                    self._cases = self._enter(new=new)
                except CasebookError as error:
                    self._failed = time.monotonic() + AGAIN, error
                    raise
            return self._cases

    def _enter(self, *, new: bool) -> Cases | None:
        try:
            if not self.folder.exists() and not (new and self.folder.parent.exists()):
                return None
            if not new and not has_casebook(self.folder):
                return None
            cases = self._stack.enter_context(open_cases(self.folder, new=new))
        except NoSuchCaseError:
            return None
        except OSError:
            raise CasebookDiskError("it can't be read or written", file=self.folder / FILE) from None
        self._mark = self._find_mark()
        return cases

    def _let_go(self) -> None:
        self._cases, self._mark, self._failed = None, None, None
        self._stack.close()

    def _find_mark(self) -> _Mark:
        """Which file it is; None: there is none, as where it lies in PostgreSQL."""
        try:
            found = (self.folder / FILE).stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
