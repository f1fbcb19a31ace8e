"""Reports, lists and mapping files on disk, whole or not at all; and progress on the terminal."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Protocol

import typer

from wayseal.cli._options import OutputFormat
from wayseal.cli._texts import current_lang
from wayseal.model.times import EPOCH, micros
from wayseal.page import numbers

MOST_WIDE = 120
BYTE_ORDER_MARK = "\ufeff"
"""Begins a CSV file: without it spreadsheets of a Chinese system take it for GB18030."""


def takes_escapes(stream: IO[str]) -> bool:
    """Check if a stream is a terminal for colours and redrawing: not with `TERM=dumb`, nor if `NO_COLOR` is set."""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")


def print_lines(lines: Iterable[str]) -> None:
    """Print each."""
    for line in lines:
        typer.echo(line)


def print_json(content: object) -> None:
    """Print a result for programs; a text is JSON already."""
    typer.echo(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=1))


def print_result(format: OutputFormat, content: object, lines: Iterable[str]) -> None:
    """Print a result for programs, or its lines, which are only made where they are printed."""
    if format is OutputFormat.JSON:
        print_json(content)
    else:
        print_lines(lines)


class Render(Protocol):
    """A report on something, ready to be written in a format and a language."""

    def __call__(self, format: str, lang: str, *, color: bool = False, width: int = 88) -> str:
        """The report. color, width: for text."""
        ...


def write_report(render: Render, format: str, out: Path | None, *, quiet: bool) -> None:
    """Writes a report to a file, whose place is then said, or to the screen as wide as that is."""
    if out is None:
        width = min(shutil.get_terminal_size((88, 24)).columns, MOST_WIDE)
        typer.echo(render(format, current_lang(), color=takes_escapes(sys.stdout), width=width), nl=False)
        return
    mark = BYTE_ORDER_MARK if format == "csv" else ""
    write_text(out, mark + render(format, current_lang()))
    if not quiet:
        typer.echo(str(out), err=True)


def write_text(path: Path, text: str) -> None:
    """Write a file through a neighbour that takes its place when it is complete.

    Where something other than a file stands (a pipe, /dev/stdout) it is written to as it is. OSError names the path.
    """
    with output_file(path) as file:
        file.write(text.encode())


def write_private(path: Path, text: str) -> None:
    """Write a new file for its owner alone; one that is there is left as it is, and OSError says so."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise


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


def clock_time(us: int) -> str:
    """A moment as reports show it: local, to the minute."""
    return numbers.clock(EPOCH + timedelta(microseconds=us))


def now_us() -> int:
    """Now, to the second."""
    return micros(datetime.now(UTC).replace(microsecond=0).isoformat())


ProgressCallback = Callable[[str, int, int], None]


def no_progress(_stage: str, _done: int, _total: int) -> None:
    """Draw nothing."""


@contextmanager
def progress_bars(quiet: bool) -> Iterator[ProgressCallback]:
    """Yield a callback `(stage, done, total)` that draws one bar a stage on standard error.

    Nothing is drawn with `quiet`, and where standard error is no terminal that can redraw a line the bars are left out
    too: logs of scheduled runs stay readable.
    """
    if quiet or not takes_escapes(sys.stderr):
        yield no_progress
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:>24}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: dict[str, TaskID] = {}

        def update(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total or None)
            progress.update(tasks[stage], completed=done, total=total or None)

        yield update
