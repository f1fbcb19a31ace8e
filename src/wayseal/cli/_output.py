"""Reports, lists and mapping files on disk: whole or not at all."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Protocol

import typer

MOST_WIDE = 120
BYTE_ORDER_MARK = "\ufeff"
"""Begins a CSV file: without it spreadsheets of a Chinese system take it for GB18030."""


def takes_escapes(stream: IO[str]) -> bool:
    """Whether a stream is a terminal for colours and redrawing: not with `TERM=dumb`, nor if `NO_COLOR` is set."""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")


class Render(Protocol):
    """A report on something, ready to be written in a format and a language."""

    def __call__(self, format: str, lang: str, *, color: bool = False, width: int = 88) -> str:
        """The report. color, width: for text."""
        ...


def write_report(render: Render, format: str, lang: str, out: Path | None, *, quiet: bool) -> None:
    """Writes a report to a file, whose place is then said, or to the screen as wide as that is."""
    if out is None:
        width = min(shutil.get_terminal_size((88, 24)).columns, MOST_WIDE)
        typer.echo(render(format, lang, color=takes_escapes(sys.stdout), width=width), nl=False)
        return
    mark = BYTE_ORDER_MARK if format == "csv" else ""
    write_text(out, mark + render(format, lang))
    if not quiet:
        typer.echo(str(out), err=True)


def write_text(path: Path, text: str) -> None:
    """Write a file through a neighbour that takes its place when it is complete.

    Where something other than a file stands (a pipe, /dev/stdout) it is written to as it is. OSError names the path.
    """
    with output_file(path) as file:
        file.write(text.encode())


@contextmanager
def output_file(path: Path | None) -> Iterator[IO[bytes]]:
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
