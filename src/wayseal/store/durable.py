"""Small files that outlast a power cut, whole or not at all, for their owner alone; what a file is, by its hash.

OSError where the disk refuses.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

MODE: Final = 0o600


def file_digest(path: Path) -> str:
    """SHA-256 of a file, of any size, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Says of what the system refuses where that was: it names what it can't open, but not what it can't write."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def sync_folder(folder: Path) -> None:
    """Makes names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def lock_folder(folder: Path, *, wait: bool = True) -> Iterator[int]:
    """Nobody else who locks the folder is within meanwhile; its handle. BlockingIOError where not to wait."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield handle
    finally:
        os.close(handle)


def write_file(path: Path, content: bytes, *, new: bool = False, mode: int = MODE) -> None:
    """Writes a file, durably but for its name; what a crash left under that name goes. new: nothing may be there."""
    if not new:
        path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
    with naming(path), os.fdopen(handle, "wb") as file:
        if mode != MODE:
            os.fchmod(handle, mode)
        file.write(content)
        file.flush()
        os.fsync(handle)


def replace_file(path: Path, content: bytes, *, mode: int = MODE) -> None:
    """Swaps `path` for one with `content`, durably and at once or not at all. mode: who else may read it."""
    beside = path.with_name(path.name + ".new")
    write_file(beside, content, mode=mode)
    beside.replace(path)
    sync_folder(path.parent)
