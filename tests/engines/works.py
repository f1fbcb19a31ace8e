"""Functions that workers run: some end well, some don't."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from errno import ENOSPC
from pathlib import Path
from typing import Any

from wayseal.ledger import LedgerError


def square(number: int) -> int:
    return number * number


def sleep(seconds: int) -> int:
    time.sleep(seconds)
    return seconds


def spend(megabytes: int) -> int:
    """Writes and reads so much, and works a little."""
    path = Path(f"/dev/shm/wayseal-spend-{os.getpid()}")
    try:
        path.write_bytes(bytes(megabytes << 20))
        return sum(path.read_bytes()[:100_000])
    finally:
        path.unlink()


def die_once(task: tuple[Path, int]) -> int:
    """A worker that runs it for the first time is killed."""
    folder, number = task
    try:
        (folder / str(number)).touch(exist_ok=False)
    except FileExistsError:
        return number
    os.kill(os.getpid(), signal.SIGKILL)
    return -1


def die(_task: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(_task: int) -> None:
    raise LedgerError("{rows:,} rows are missing", file=Path("some/file"), rows=1234)


def fill(_task: int) -> None:
    raise OSError(ENOSPC, os.strerror(ENOSPC), "some/file")


def leak(_task: int) -> None:
    raise KeyError("13800138000")


class OneKilled:
    """A run by an engine in which the first task of each kind of work is run once in vain: its worker is killed."""

    def __init__(self, engine: Any, folder: Path) -> None:
        self._engine, self._folder = engine, folder

    def __call__(self, work: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        mark = self._folder / work.__name__
        calls = [(work, task, mark if place == 0 else None) for place, task in enumerate(tasks)]
        yield from self._engine(die_after_work, calls)


def die_after_work(task: tuple[Callable[[Any], Any], Any, Path | None]) -> Any:
    """Does the work; once it is done a worker is killed before it says so, if no other has been."""
    work, its, mark = task
    done = work(its)
    if mark is not None and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return done
