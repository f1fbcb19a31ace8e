"""Rules of `wayseal.journal.files`."""

import errno
import os
import threading
from pathlib import Path

import pytest

from wayseal.journal.files import lock_journal, read_journal
from wayseal.store.errors import JournalBusyError, StoreError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "j"


def test_it_is_for_its_owner_and_says_what_was_written(path: Path) -> None:
    before = os.umask(0)
    try:
        with lock_journal(path, new=True) as held:
            assert held.content == b""
            held.add(b"one\n")
            held.add(b"two\n")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_journal(path) == b"one\ntwo\n"
    with lock_journal(path, new=False) as held:
        assert held.content == b"one\ntwo\n"
        held.add(b"three\n")
    assert read_journal(path) == b"one\ntwo\nthree\n"


def test_one_writer_also_of_a_file_that_was_put_in_its_place(path: Path) -> None:
    with lock_journal(path, new=True) as held:
        for act, line in ((held.add, b"one\n"), (held.replace, b"two\n"), (held.add, b"three\n")):
            act(line)
            with pytest.raises(JournalBusyError) as caught, lock_journal(path, new=True):
                pass
            assert caught.value.exit_code == 4
    assert read_journal(path) == b"two\nthree\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["j"]


def test_nothing_written_leaves_no_file(path: Path) -> None:
    with lock_journal(path, new=True):
        assert path.exists()
    assert not path.exists()
    path.touch()
    with lock_journal(path, new=False):
        pass
    assert path.exists(), "it was there before"


def test_what_is_no_journal(tmp_path: Path, path: Path) -> None:
    with pytest.raises(StoreError, match="no file"):
        read_journal(tmp_path)
    with pytest.raises(FileNotFoundError), lock_journal(path, new=False):
        pass
    assert not path.exists()
    os.mkfifo(path)
    with pytest.raises(StoreError, match="no file"), lock_journal(path, new=False):
        pass


@pytest.mark.parametrize("what", ["add", "replace"])
def test_a_disk_that_refuses_leaves_what_was_there(path: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(b"one\n")
    sync = os.fsync

    def full(handle: int) -> None:
        if os.fstat(handle).st_size > 4:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(handle)

    with lock_journal(path, new=False) as held:
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            getattr(held, what)(b"two and more\n")
        assert read_journal(path) == b"one\n"
        monkeypatch.undo()
        held.add(b"three\n")
    assert read_journal(path) == b"one\nthree\n"
    assert [p.name for p in path.parent.iterdir()] == ["j"]


def test_what_a_crash_left_beside_is_no_hindrance(path: Path) -> None:
    path.with_name("j.new").write_bytes(b"half")
    with lock_journal(path, new=True) as held:
        held.replace(b"one\n")
    assert read_journal(path) == b"one\n"


def test_writers_at_once_lose_nothing(path: Path) -> None:
    """Some make the file, some find it, some put another in its place; one that gets the name gets the lock."""

    def work(number: int) -> None:
        for each in range(20):
            while True:
                try:
                    with lock_journal(path, new=True) as held:
                        if each % 3 == 0:
                            held.replace(held.content + b"%d.%d\n" % (number, each))
                        elif each % 3 == 1 or held.content:
                            held.add(b"%d.%d\n" % (number, each))
                        else:
                            continue
                except JournalBusyError:
                    continue
                break

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wanted = sorted(b"%d.%d" % (n, each) for n in range(3) for each in range(20))
    assert sorted(read_journal(path).splitlines()) == wanted
