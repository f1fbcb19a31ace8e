"""Files that captures are written to: only at their end, durable before anybody is told, whole records or none.

1. What can't be added whole is cut off again, and nobody was told of it.
2. A file is locked as long as it is written to: one that isn't, and that no list knows, is what a crash left.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from wayseal.market.capture._lists import SUFFIX
from wayseal.market.capture._members import members
from wayseal.market.capture._records import info_record, metadata_record, resource_record
from wayseal.market.capture.errors import CaptureChangedError, CaptureError
from wayseal.store.durable import MODE, sync_folder


class OpenFile:
    """A file that is written to, and locked (rules 1 and 5). offset: where its next record begins."""

    def __init__(self, day: Path, name: str) -> None:
        self.day = day
        self.path = day / name
        self.offset = 0
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        begun = self.path.with_name(f"{name}.begun")
        self._handle = os.open(begun, flags, MODE)
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        self.add(info_record(name))
        begun.rename(self.path)  # whoever sees the name finds the lock held (rule 2)
        sync_folder(day)

    def add(self, data: bytes) -> None:
        """Adds whole records, durably; OSError leaves what was there."""
        with self._adding() as write:
            write(data)

    def stream(self, file: BinaryIO, *, content: bytes, **described: Any) -> None:
        """Adds a file of any size and its description. CaptureChangedError: it isn't what it was."""
        checked = _Checked(file)
        with self._adding() as write:
            beside = resource_record(_Writer(write), checked, **described)  # type: ignore[arg-type]
            if checked.digest.hexdigest() != described["sha256"]:
                raise CaptureChangedError("the file was changed while it was read")
            write(metadata_record(described["url"], described["at"], content, beside))

    def close(self) -> None:
        """Lets go of it."""
        os.close(self._handle)

    def _adding(self) -> "_Adding":
        if os.fstat(self._handle).st_size != self.offset:
            raise CaptureError("another process writes to this file", file=self.path)
        return _Adding(self, self._handle)


class _Adding:
    """Writes at the end of a file; what isn't finished is cut off again."""

    def __init__(self, held: OpenFile, handle: int) -> None:
        self._held, self._handle, self._at = held, handle, held.offset

    def __enter__(self) -> Callable[[bytes], None]:
        return self._write

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            try:
                os.fsync(self._handle)
            except OSError:
                os.ftruncate(self._handle, self._held.offset)
                raise
            self._held.offset = self._at
        else:
            os.ftruncate(self._handle, self._held.offset)

    def _write(self, data: bytes) -> None:
        while data:
            done = os.pwrite(self._handle, data, self._at)
            self._at += done
            data = data[done:]


class _Writer:
    """What warcio writes to."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self.write = write

    def flush(self) -> None:
        """Nothing waits."""


class _Checked:
    """A file whose bytes are hashed as they are read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, place: int, whence: int = 0) -> int:
        return self._file.seek(place, whence)


def put_aside(path: Path, handle: int) -> int:
    """Cuts what stands behind the last whole record, and keeps it beside; how many bytes that were."""
    with path.open("rb") as file:
        end = sum(one.length for one in members(file) if one.whole)
        size = os.fstat(handle).st_size
        if end == size:
            return 0
        file.seek(end)
        with path.with_name(path.name.removesuffix(SUFFIX) + ".cut").open("ab") as beside:
            while part := file.read(1 << 20):
                beside.write(part)
            beside.flush()
            os.fsync(beside.fileno())
    os.ftruncate(handle, end)
    os.fsync(handle)
    sync_folder(path.parent)
    return size - end
