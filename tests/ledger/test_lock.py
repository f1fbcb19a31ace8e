"""Locks of a ledger, where the file system doesn't do as it should."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from tests.ledger.helpers import put, read, write
from wayseal import ledger
from wayseal.ledger._lock import find_holder, no_readers, share_with_readers, writer_lock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    put(write(tmp_path, "accesses", [read(1, "u", "YT1")]), tmp_path / "L")
    return tmp_path / "L"


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_file_system_without_locks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written and nothing read there, and no handle is left open."""

    def refuse(_handle: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    before = open_files()
    for attempt in (
        lambda: writer_lock(path).__enter__(),
        lambda: no_readers(path).__enter__(),
        lambda: share_with_readers(path),
        lambda: find_holder(path),
        lambda: ledger.open_ledger(path),
    ):
        with pytest.raises(OSError, match="No locks available"):
            attempt()
        assert open_files() == before
