"""What was left open is told, on every Python; what runs no longer isn't."""

import gc
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.leaks import left_open, open_files
from wayseal.database import open_database
from wayseal.database._postgresql import PostgreSQL


def forgotten(make: Callable[[], object]) -> None:
    """Makes something that nobody closes."""
    make()
    gc.collect()


def test_a_connection_that_nobody_closed(tmp_path: Path) -> None:
    with pytest.warns(ResourceWarning, match="unclosed database"):
        forgotten(lambda: sqlite3.connect(tmp_path / "a.db"))
    gc.collect()  # the warning held it
    with closing(sqlite3.connect(tmp_path / "a.db")):
        assert open_files(tmp_path) == [str(tmp_path / "a.db")]
    gc.collect()
    assert open_files(tmp_path) == []


def test_a_database_that_nobody_closed(tmp_path: Path) -> None:
    with pytest.warns(ResourceWarning, match=r"a database \(sqlite\) was never closed"):
        forgotten(lambda: open_database(f"sqlite:///{tmp_path / 'a.db'}"))


def test_a_database_whose_thread_still_runs(tmp_path: Path) -> None:
    opened = open_database("postgresql://nobody@127.0.0.1:1/none")
    assert isinstance(opened, PostgreSQL)
    held, loop, thread = [opened], opened._loop, opened._thread
    assert "wayseal-postgresql" in left_open(tmp_path)
    del opened
    with pytest.warns(ResourceWarning, match=r"a database \(postgresql\) was never closed"):
        forgotten(held.pop)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_reading_that_ends_after_the_database_was_closed(tmp_path: Path) -> None:
    """Whoever still reads goes on, and its connection is closed afterwards."""
    database = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    database.write(lambda c: c.exec_driver_sql("CREATE TABLE t (a)"))
    reads, goes_on = threading.Event(), threading.Event()

    def work() -> None:
        def slowly(connection: object) -> None:
            reads.set()
            assert goes_on.wait(20)

        database.read(slowly)

    thread = threading.Thread(target=work)
    thread.start()
    assert reads.wait(20)
    database.close()
    assert open_files(tmp_path)
    goes_on.set()
    thread.join()
    assert open_files(tmp_path) == []
