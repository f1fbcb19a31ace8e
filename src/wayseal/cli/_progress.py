"""Progress bars on the terminal for the rooms' plain callbacks."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wayseal.cli._output import takes_escapes

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
