"""What other threads finish comes to the event loop many at a time: one wake-up for a group, and not one for each."""

import asyncio
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class Arrivals:
    """Futures of a loop for futures of threads."""

    def __init__(self) -> None:
        self._finished: deque[tuple[asyncio.Future[Any], Future[Any]]] = deque()
        self._called = False

    def of(self, theirs: "Future[T]") -> "asyncio.Future[T]":
        """A future of the running loop that gets what `theirs` gets; cancelling it leaves `theirs` alone."""
        loop = asyncio.get_running_loop()
        mine: asyncio.Future[T] = loop.create_future()
        theirs.add_done_callback(lambda done: self._finish(loop, mine, done))
        return mine

    def _finish(self, loop: asyncio.AbstractEventLoop, mine: "asyncio.Future[Any]", theirs: "Future[Any]") -> None:
        self._finished.append((mine, theirs))
        if not self._called:
            self._called = True
            with suppress(RuntimeError):  # The loop is closed: nobody waits any more.
                loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        # First, so that what finishes from now on calls again.
        self._called = False
        while self._finished:
            mine, theirs = self._finished.popleft()
            if mine.done():
                continue
            if (error := theirs.exception()) is not None:
                mine.set_exception(error)
            else:
                mine.set_result(theirs.result())
