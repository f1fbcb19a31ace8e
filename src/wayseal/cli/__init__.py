"""The command line: rooms are put together here and nowhere else."""

import os
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wayseal.cli._main import app

__all__ = ["app", "main"]
STOPPED = "wayseal: interrupted; nothing that was finished is lost"


def main() -> None:
    """The `wayseal` command. Ctrl-C ends it with one line and 130, while it loads too."""
    try:
        _load()()
    except KeyboardInterrupt:
        print(STOPPED, file=sys.stderr)
        sys.exit(130)


def __getattr__(name: str) -> object:
    """`app`, the commands: loaded when they are first asked for."""
    if name != "app":
        raise AttributeError(name)
    from wayseal.cli._main import app as commands

    return commands


def _load() -> Callable[[], None]:
    """The command itself; loading takes a second, in which an interrupt would surface anywhere in foreign code."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    from wayseal.cli._main import main as run

    signal.signal(signal.SIGINT, before)
    return run


def _stop(_number: int, _frame: object) -> None:
    os.write(2, f"{STOPPED}\n".encode())
    os._exit(130)
