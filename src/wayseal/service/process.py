"""Secrets that came by the environment are taken out of it, once they were read.

1. They go out of `os.environ`, so that no process which is started from here inherits them.
2. They go out of the memory that Linux shows as `/proc/PID/environ`, which holds what a process was started with and
   whose reader needs nothing but the same account. What is in the process's own memory stays there.

How a service hears that it is to end, and what it does again and again meanwhile.
"""

import ctypes
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Self

from wayseal.model.runtime import Closing

_STAT = Path("/proc/self/stat")
_START = 47
"""Place of `env_start` behind the name of the process in `stat`; `env_end` follows it."""


def forget(names: Iterable[str]) -> None:
    """Takes variables out of the environment of this process (rules 1 and 2).

    Args:
        names: Of the variables.
    """
    gone = {name.encode() for name in names if os.environ.pop(name, None) is not None}
    if not gone:
        return
    # Where the system doesn't tell, or isn't Linux, rule 1 is all that can be done.
    with suppress(OSError, ValueError, IndexError):
        fields = _STAT.read_text("utf-8").rpartition(")")[2].split()
        start, end = int(fields[_START]), int(fields[_START + 1])
        if start:
            _overwrite(start, ctypes.string_at(start, end - start), gone)


def _overwrite(start: int, block: bytes, names: set[bytes]) -> None:
    place = start
    for variable in block.split(b"\0"):
        if variable.partition(b"=")[0] in names:
            ctypes.memset(place, 0, len(variable))
        place += len(variable) + 1


SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def handle_signals(act: Callable[[], None]) -> Iterator[None]:
    """SIGTERM and SIGINT call `act` meanwhile; afterwards they do what they did before.

    Args:
        act: Is called where a signal is handled: it logs nothing and waits for nothing.

    Returns:
        What a `with` opens.
    """

    def handle(sig: int, frame: FrameType | None) -> None:
        act()

    before = {sig: signal.signal(sig, handle) for sig in SIGNALS}
    try:
        yield
    finally:
        for sig, handler in before.items():
            signal.signal(sig, handler)


class Repeated(Closing):
    """Calls something every so many seconds in a thread of its own, while it is open; of 0 seconds, never.

    Args:
        act: What; it raises nothing.
        seconds: Between two calls.
        name: The thread's.
        at_once: The first call comes at once.
    """

    def __init__(self, act: Callable[[], None], seconds: float, name: str, *, at_once: bool = False) -> None:
        self._act, self._seconds, self._first, self._ending = act, seconds, 0 if at_once else seconds, threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        """Begins."""
        if self._seconds:
            self._thread.start()
        return self

    def close(self) -> None:
        """Ends, behind the call that runs."""
        self._ending.set()
        if self._seconds:
            self._thread.join()

    def _run(self) -> None:
        wait = self._first
        while not self._ending.wait(wait):
            self._act()
            wait = self._seconds
