"""Whether a worker lives: it holds a lock on a file, which the system lets go of when it dies, however it dies."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_FOLDER = "workers"


@contextmanager
def living(folder: Path, worker: str) -> Iterator[None]:
    """Says meanwhile that a worker lives."""
    place = folder / _FOLDER
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = place / worker
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
        file.unlink(missing_ok=True)


def lives(folder: Path, worker: str) -> bool:
    """Whether a worker lives; the file of one that doesn't is removed."""
    file = folder / _FOLDER / worker
    try:
        with file.open("r") as looked:
            fcntl.flock(looked, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    with suppress(FileNotFoundError):
        file.unlink()
    return False
