"""A file of lines that is only ever added to: what every record of acts is kept in.

1. It is made with mode 0600: such records say who did what, and about whom.
2. What is added is durable before `add` returns. What can't be added leaves the file as it was.
3. One writer: a second one ends with JournalBusyError. The lock is the system's, and dies with its process.
4. A file that is put in its place is at any moment the old one or the new one, whole, and the lock goes over to it.
5. A file in which nothing was written is not left behind.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wayseal.store.durable import MODE, naming, sync_folder
from wayseal.store.errors import JournalBusyError, StoreError

_PART = 1 << 20
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK


def read_journal(path: Path) -> bytes:
    """All that is in it. StoreError if this is no file; OSError if it can't be read."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        return _content(handle, path)
    finally:
        os.close(handle)


class LockedJournal:
    """A journal that is held for writing. content: what was in it when it was taken."""

    def __init__(self, handle: int, path: Path, *, new: bool) -> None:
        self._handle = handle
        self._path = path
        self._named = not new
        self.content = _content(handle, path)

    def add(self, data: bytes) -> None:
        """Adds bytes, and makes them durable (rule 2); OSError leaves what was there."""
        size = os.fstat(self._handle).st_size
        with naming(self._path):
            try:
                _put(self._handle, data)
                if not self._named:
                    sync_folder(self._path.parent)
                    self._named = True
            except OSError:
                os.ftruncate(self._handle, size)
                raise

    def replace(self, data: bytes) -> None:
        """Puts a file with these bytes in its place (rule 4); OSError leaves what was there."""
        beside = self._path.with_name(self._path.name + ".new")
        beside.unlink(missing_ok=True)
        handle = os.open(beside, _FLAGS | os.O_CREAT | os.O_EXCL, MODE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _put(handle, data)
            beside.replace(self._path)
        except BaseException:
            os.close(handle)
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise
        os.close(self._handle)
        self._handle = handle
        sync_folder(self._path.parent)
        self._named = True

    def close(self, *, new: bool) -> None:
        """Lets go of it. new: it was made for this, and goes if it is empty (rule 5)."""
        try:
            if new and not os.fstat(self._handle).st_size:
                self._path.unlink(missing_ok=True)
        finally:
            os.close(self._handle)


@contextmanager
def lock_journal(path: Path, *, new: bool) -> Iterator[LockedJournal]:
    """Holds a journal for writing (rules 1 and 3). new: it may be made.

    JournalBusyError: another process writes to it; StoreError: this is no file; OSError: it can't be opened.
    """
    there = path.exists()
    handle = _locked(path, _FLAGS | (os.O_CREAT if new else 0))
    try:
        held = LockedJournal(handle, path, new=not there)
    except BaseException:
        os.close(handle)
        raise
    try:
        yield held
    finally:
        held.close(new=not there)


def _locked(path: Path, flags: int) -> int:
    """A handle that holds the lock of the file that has the name now; another may have taken it meanwhile."""
    while True:
        handle = os.open(path, flags, MODE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise JournalBusyError("another process is writing to it", file=path) from None
        except BaseException:
            os.close(handle)
            raise
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        os.close(handle)


def _content(handle: int, path: Path) -> bytes:
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        raise StoreError("this is no file", file=path)
    parts, offset = [], 0
    with naming(path):
        while part := os.pread(handle, _PART, offset):
            parts.append(part)
            offset += len(part)
    return b"".join(parts)


def _put(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]
    os.fsync(handle)
