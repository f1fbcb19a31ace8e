"""Reports, lists and mapping files on disk: whole or not at all."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


def write_text(path: Path, text: str) -> None:
    """Write a file through a neighbour that takes its place when it is complete.

    Where something other than a file stands (a pipe, /dev/stdout) it is written to as it is. OSError names the path.
    """
    with writing(path) as file:
        file.write(text.encode())


@contextmanager
def writing(path: Path | None) -> Iterator[IO[bytes]]:
    """A file to write bytes to, as `write_text` does; None: standard output. What fails leaves the old file."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    direct = path.exists() and not path.is_file()
    place = path if direct else path.with_name(f".{path.name}.{os.getpid()}.part")
    done = False
    try:
        with place.open("wb") as file:
            yield file
        if not direct:
            place.replace(path)
        done = True
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    finally:
        if not direct and not done:
            with suppress(OSError):
                place.unlink()
