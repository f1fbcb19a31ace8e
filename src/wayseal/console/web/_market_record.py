"""The market's record that pages stand on: opened when a page first needs it, let go where it is no longer.

1. A look makes no record: where none lies yet, pages say so, and what to do.
2. A file that was moved away, or that another one took the place of, is let go.
3. What keeps it from being opened is told, and tried again after a while.
"""

import threading
import time
from contextlib import ExitStack
from pathlib import Path

from wayseal.market.errors import MarketError, RecordDiskError
from wayseal.market.log import Market, open_market

FILE = "market.sqlite"
AGAIN = 5.0
"""Seconds until it is tried again."""
_Mark = tuple[int, int] | None


class MarketHolder:
    """Holds the record of a folder, or of a database that has it instead. folder: where SQLite's file lies."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.folder = folder
        self._url = url
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._market: Market | None = None
        self._mark: _Mark = None
        self._failed: tuple[float, MarketError] | None = None

    def look(self) -> Market | None:
        """The record; None: there is none yet (rule 1). MarketError: why it can't be opened."""
        with self._lock:
            if self._market is not None and self._find_mark() != self._mark:
                self._let_go()
            if self._market is None and self._failed is not None and time.monotonic() < self._failed[0]:
                raise self._failed[1]
            if self._market is None:
                self._failed = None
                try:
                    self._market = self._enter()
                except MarketError as error:
                    self._failed = time.monotonic() + AGAIN, error
                    raise
            return self._market

    def close(self) -> None:
        """Lets it go."""
        with self._lock:
            self._let_go()

    def _enter(self) -> Market | None:
        try:
            if self._url is None and not (self.folder / FILE).is_file():
                return None
        except OSError:
            raise RecordDiskError("it can't be read or written", file=self.folder / FILE) from None
        market = self._stack.enter_context(open_market(self.folder, self._url))
        self._mark = self._find_mark()
        return market

    def _let_go(self) -> None:
        self._market, self._mark, self._failed = None, None, None
        self._stack.close()

    def _find_mark(self) -> _Mark:
        """Which file it is; None: there is none, as where it lies in PostgreSQL."""
        try:
            found = (self.folder / FILE).stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
