"""The register on disk: one JSON Lines file, for its owner alone, that is only ever added to.

1. It is made with mode 0600: it names who is under watch.
2. What is added is durable before anything is said of it. A line that a crash cut off stays, ended by a line break, so
   that it swallows nothing of what comes after.
3. One writer: a second one ends with RegisterBusyError. The lock is the system's, and dies with its process.
"""

import fcntl
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from wayseal.trace.canary._errors import CanaryError, RegisterBusyError
from wayseal.trace.canary._lines import HEADER, NO_REGISTER, bytes_of, parse
from wayseal.trace.canary._types import Watch

MODE = 0o600


def read_register(path: Path) -> Watch:
    """What a register says. CanaryError if it is none; OSError if it can't be read."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        return parse(_content(handle, path), path)
    finally:
        os.close(handle)


class Writer:
    """A register that is held for writing. watch: what it says so far."""

    def __init__(self, handle: int, path: Path, content: bytes) -> None:
        self._handle = handle
        self._start = b"" if content else bytes_of([HEADER])
        if content and not content.endswith(b"\n"):
            self._start = b"\n"
        self.watch = parse(content, path) if content else Watch()

    def add(self, lines: Sequence[Mapping[str, object]]) -> None:
        """Adds lines, and makes them durable (rule 2); OSError leaves what was there."""
        size = os.fstat(self._handle).st_size
        data = self._start + bytes_of(lines)
        try:
            while data:
                data = data[os.write(self._handle, data) :]
            os.fsync(self._handle)
        except OSError:
            os.ftruncate(self._handle, size)
            raise
        self._start = b""


@contextmanager
def writing(path: Path, *, new: bool) -> Iterator[Writer]:
    """Holds a register for writing (rules 1 and 3). new: it may be made."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK | (os.O_CREAT if new else 0)
    there = path.exists()
    handle = os.open(path, flags, MODE)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RegisterBusyError("another process is writing to it", file=path) from None
        content = _content(handle, path)
        if not content and not new:
            raise CanaryError(NO_REGISTER, file=path)
        yield Writer(handle, path, content)
        if not there:
            _durable(path.parent)
    finally:
        empty = not os.fstat(handle).st_size
        if empty and not there:
            path.unlink()
        os.close(handle)


def _content(handle: int, path: Path) -> bytes:
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        raise CanaryError(NO_REGISTER, file=path)
    parts, at = [], 0
    while part := os.pread(handle, 1 << 20, at):
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def _durable(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
