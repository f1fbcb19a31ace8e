"""One writer, many readers: advisory locks of the operating system, which die with their process."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from wayseal.ledger._manifest import refuse_backup, refuse_shard
from wayseal.ledger.errors import LedgerBusyError
from wayseal.store.durable import MODE

WRITER = "lock"
READERS = "readers.lock"


@contextlib.contextmanager
def writer_lock(ledger: Path, *, backup: bool = False) -> Iterator[None]:
    """Holds the ledger for writing; LedgerBusyError names the process that has it.

    LedgerError where it is a shard of a set; BackupRefusedError where it is a backup, unless `backup` says that this is
    known.
    """
    refuse_shard(ledger)
    if not backup:
        refuse_backup(ledger)
    handle = _locked(ledger / WRITER)
    try:
        if not backup:
            refuse_backup(ledger)
        os.truncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def _locked(path: Path) -> int:
    """A handle that holds the lock. Its last holder may have removed the file (`discard`): then it is made anew."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(handle)
            raise LedgerBusyError("process {holder} is writing to it", file=path.parent, holder=holder) from None
        except BaseException:
            os.close(handle)
            raise
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        os.close(handle)


def find_holder(ledger: Path) -> str:
    """The number of the process that writes to the ledger, "" if none does."""
    try:
        handle = os.open(ledger / WRITER, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
    else:
        return ""
    finally:
        os.close(handle)


def share_with_readers(ledger: Path) -> int:
    """A handle that keeps superseded files from being removed until it is closed; -1 for a copy without a lock."""
    try:
        handle = os.open(ledger / READERS, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
    except BaseException:
        os.close(handle)
        raise
    return handle


@contextlib.contextmanager
def no_readers(ledger: Path) -> Iterator[bool]:
    """Says whether nobody reads; while it is held, nobody starts to."""
    handle = os.open(ledger / READERS, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)
