"""A keyring's file that is rotated while a service runs.

1. Its state is looked at once a second at most, and at once where a key is asked for that isn't there.
2. A new file that can't be read, or lacks keys of the last good one, changes nothing but `trouble`.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from wayseal.vault.errors import KeyringError
from wayseal.vault.keyring._keyring import Keyring

_EVERY = 1.0
"""Seconds between two looks."""


class KeyringFile:
    """The keyring in a file, as it is now. trouble: why a newer one isn't used, None if all is well."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Reads it; KeyringError where that fails. clock: seconds that only grow."""
        self.path = path
        self.trouble: str | None = None
        self._clock = clock
        self._lock = threading.Lock()
        self._seen = self._state()
        self._looked = clock()
        self._good = Keyring.load(path)

    def current(self) -> Keyring:
        """The newest good keyring (rule 1)."""
        if self._clock() - self._looked >= _EVERY:
            return self.refreshed()
        return self._good

    def refreshed(self) -> Keyring:
        """The same, looking now."""
        with self._lock:
            self._looked = self._clock()
            state = self._state()
            if state != self._seen or self.trouble is not None:
                self._take(state)
            return self._good

    def __repr__(self) -> str:
        """Where it lies, and what is wrong with it."""
        return f"KeyringFile({self.path.name!r}, trouble={self.trouble!r})"

    def _take(self, state: tuple[int, ...]) -> None:
        """Rule 2."""
        try:
            new = Keyring.load(self.path)
        except KeyringError as error:
            self.trouble = str(error)
            return
        if lost := new.lost_from(self._good):
            self.trouble = f"the new keyring lacks {', '.join(lost)} of the last one"
            return
        self._good, self._seen, self.trouble = new, state, None

    def _state(self) -> tuple[int, ...]:
        try:
            found = self.path.stat()
        except OSError:
            return ()
        return found.st_ino, found.st_dev, found.st_size, found.st_mtime_ns, found.st_ctime_ns
