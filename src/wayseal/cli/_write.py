"""Reports and mapping files on disk: whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write a file through a neighbour that takes its place when it is complete.

    Where something other than a file stands (a pipe, /dev/stdout) it is written to as it is. OSError names the path.
    """
    direct = path.exists() and not path.is_file()
    place = path if direct else path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        place.write_text(text, encoding="utf-8")
        if not direct:
            place.replace(path)
    except OSError as error:
        if not direct:
            with suppress(OSError):
                place.unlink()
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
