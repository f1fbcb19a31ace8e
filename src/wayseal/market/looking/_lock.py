"""One process looks at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wayseal.market.errors import RecordBusyError, RecordDiskError
from wayseal.market.looking._folders import LOCK


@contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Whoever looks from a folder holds it. RecordBusyError: another process does. RecordDiskError."""
    path = folder / LOCK
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
