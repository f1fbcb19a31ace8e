"""Whatever tests and the code under test open is closed again: whoever forgets fails, on every Python.

1. What nobody closed says so when it is collected (ResourceWarning): files, sockets, event loops, the databases of
   `database`, and SQLite's connections, which before Python 3.13 say nothing by themselves. All is collected
   after each file of tests, so it is the file's last test that fails. `python -X tracemalloc=20 -m pytest FILE` then
   says where it was opened.
2. What is never collected is looked for at the end of a process's tests: threads of ours, processes, and handles of
   files in the folders of tests.
"""

import gc
import multiprocessing
import sqlite3
import sys
import threading
import warnings
from functools import partial
from pathlib import Path
from typing import Any


class _Connection(sqlite3.Connection):
    """Says what one of Python 3.13 says."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._open = True

    def close(self) -> None:
        super().close()
        self._open = False

    def __del__(self) -> None:
        if getattr(self, "_open", False):
            warnings.warn(f"unclosed database in {self!r}", ResourceWarning, stacklevel=2, source=self)


def watch_connections() -> None:
    """Has SQLite's connections say that they weren't closed."""
    if sys.version_info < (3, 13):
        setattr(sqlite3, "connect", partial(sqlite3.connect, factory=_Connection))  # noqa: B010 (a type of its own)


def collect() -> None:
    """Rule 1. What is still there is left alone from now on until the end: looking through it took most of the time."""
    gc.collect()
    gc.freeze()


def collect_all() -> None:
    """Rule 1 at the end, with what outlived a file of tests."""
    gc.unfreeze()
    gc.collect()


def left_open(folder: Path) -> list[str]:
    """Rule 2: what still runs, or is open in a folder."""
    gc.collect()
    threads = [thread.name for thread in threading.enumerate() if thread.name.startswith("wayseal")]
    processes = [repr(process) for process in multiprocessing.active_children()]
    return [*threads, *processes, *open_files(folder)]


def open_files(folder: Path) -> list[str]:
    """Files in a folder that this process has open."""
    found = []
    for handle in Path("/proc/self/fd").iterdir():
        # The one through which the folder is listed is gone by now.
        try:
            place = handle.readlink()
        except FileNotFoundError:
            continue
        if place.is_relative_to(folder):
            found.append(str(place))
    return found
