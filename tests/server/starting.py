"""Processes of the service in no time: forked from one that has loaded and compiled everything already.

Loading costs each process three seconds of CPU. What a process does after that is the same, and so is what it holds
and whose signals it hears. Deep runs start each anew, as in operation.
"""

import os
import secrets
import signal
import stat
from collections.abc import Callable, Iterable, Mapping
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

from tests.forking import forked
from wayseal.server import _middleware, serve
from wayseal.server.serve import compile_kernels, run
from wayseal.server.settings import read_settings

compile_kernels()


class Started:
    """A process of the service, with what tests use of `subprocess.Popen`."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._process = forked(_serve, dict(environment), log)
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        """How it ended; None where it still runs."""
        return self._process.exitcode

    def wait(self, seconds: float = 60) -> int:
        """How it ended, within so many seconds."""
        self._process.join(seconds)
        status = self._process.exitcode
        if status is None:
            raise TimeoutError("the service doesn't end")
        return status

    def send_signal(self, sig: int) -> None:
        """Sends it a signal."""
        os.kill(self.pid, sig)

    def kill(self) -> None:
        """Ends it at once."""
        self.send_signal(signal.SIGKILL)


class Forks:
    """Stands in for the context that a service takes its processes from."""

    def __init__(self) -> None:
        self._pipes: list[Connection] = []

    def Pipe(self, *, duplex: bool) -> tuple[Connection, Connection]:  # noqa: N802 - as in multiprocessing
        """A pipe."""
        ends = Pipe(duplex=duplex)
        self._pipes += ends
        return ends

    def Process(self, target: Callable[..., None], args: tuple[Any, ...]) -> ForkProcess:  # noqa: N802
        """A process that holds, like one that is started anew, no more than it was given."""
        return get_context("fork").Process(target=self._run, args=(target, args))

    def _run(self, target: Callable[..., None], args: tuple[Any, ...]) -> None:
        kept = set(_files(args))
        for end in self._pipes:
            if not end.closed and end.fileno() not in kept:
                end.close()
        for file in map(int, os.listdir("/proc/self/fd")):  # noqa: PTH208
            try:
                if file not in kept and stat.S_ISSOCK(os.fstat(file).st_mode):
                    os.close(file)
            except OSError:
                # The one that this list was read with.
                continue
        _unlike_others()
        target(*args)


def _files(parts: Iterable[Any]) -> Iterable[int]:
    for part in parts:
        if isinstance(part, (list, tuple)):
            yield from _files(part)
        elif hasattr(part, "fileno"):
            yield part.fileno()


def _serve(environment: dict[str, str], log: Path) -> None:
    errors = os.open(log, os.O_WRONLY | os.O_APPEND)
    os.dup2(errors, 2)
    os.close(errors)
    os.environ.clear()
    os.environ.update(environment)
    vars(serve)["get_context"] = lambda method: Forks()
    _unlike_others()
    run(read_settings(os.environ))


def _unlike_others() -> None:
    """What each process draws as it is loaded."""
    _middleware._PROCESS = secrets.token_hex(6)
