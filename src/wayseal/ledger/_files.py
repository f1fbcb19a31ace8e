"""Files that are hashed while they are written, made durable, and errors of the disk in plain words."""

import contextlib
import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

from wayseal.ledger.errors import LedgerStorageError
from wayseal.model.errors import disk_says
from wayseal.model.messages import N_
from wayseal.store.durable import MODE, sync_folder

_CHUNK = 1 << 20
FOLDER_MODE = 0o700
"""A ledger says who read what: nobody but its owner can open it."""


class HashingFile(io.RawIOBase):
    """A new file that knows the SHA-256 of what was written to it.

    It is open only while something is put into it: an ingest may write more files at once than a
    process may have open.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE))
        self._path = path
        self._digest = hashlib.sha256()
        self._waiting = bytearray()
        self.size = 0

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: object) -> int:
        """Takes all of `data`; returns its size."""
        view = memoryview(data).cast("B")  # type: ignore[arg-type]
        self._waiting += view
        self.size += len(view)
        if len(self._waiting) >= _CHUNK:
            self._put()
        return len(view)

    def _put(self, *, durable: bool = False) -> None:
        self._digest.update(self._waiting)
        with self._path.open("ab") as file:
            file.write(self._waiting)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        self._waiting.clear()

    def seal(self) -> str:
        """Makes the file durable and returns its SHA-256 in hex."""
        self._put(durable=True)
        return self._digest.hexdigest()


def make_folder(path: Path, ledger: Path) -> None:
    """Makes a folder below the ledger, and those between, for its owner alone."""
    if path != ledger:
        make_folder(path.parent, ledger)
        path.mkdir(FOLDER_MODE, exist_ok=True)


def sync_folders(path: Path, ledger: Path) -> None:
    """Makes names durable in a folder below the ledger, and in all folders up to the ledger's own."""
    sync_folder(path)
    if path != ledger:
        sync_folders(path.parent, ledger)


@contextlib.contextmanager
def storage_errors(ledger: Path, *, backup: bool = False) -> Iterator[None]:
    """Turns what the system says about the disk into LedgerStorageError. backup: it is a backup that is written to."""
    try:
        yield
    except OSError as error:
        text = N_("can't be written ({reason}); the ledger is as it was before")
        if backup:
            text = N_("can't be written ({reason}); the backup is as it was before")
        raise LedgerStorageError(text, file=ledger, reason=disk_says(error)) from error
