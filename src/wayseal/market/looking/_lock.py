"""One process looks at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wayseal.market.errors import RecordBusyError, RecordDiskError


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Holds a watch's lock. RecordBusyError: another process does; RecordDiskError: the folder can't be written."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        raise RecordDiskError("the folder can't be written", file=path.parent) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RecordBusyError("another process looks at the market from this folder", file=path) from None
        yield
    finally:
        os.close(handle)
