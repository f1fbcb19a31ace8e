"""How long work may take, for many at once: one timer for all of it, and not one for each.

1. Work that takes longer is cancelled at its time and gives TimeoutError, as under `asyncio.timeout`: that it was
   cancelled from outside is told from it, and no cancellation of ours is left on the task.
2. All work has the same time, so it ends in the order in which it began: the timer waits for the oldest alone.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")


class _Work:
    """A running task, and its end; cancelling: how often the task had been cancelled before."""

    __slots__ = ("cancelling", "ends", "over", "task")

    def __init__(self, task: "asyncio.Task[Any]", ends: float) -> None:
        self.task = task
        self.cancelling = task.cancelling()
        self.ends = ends
        self.over = False


class Deadlines:
    """Gives each work so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: dict[_Work, None] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        """Where the timer is set; None: nowhere."""

    async def within(self, work: Awaitable[T]) -> T:
        """Await `work` in this very task; TimeoutError where it takes too long (rule 1)."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None  # noqa: S101
        one = _Work(task, loop.time() + self._seconds)
        self._running[one] = None
        if self._loop is not loop:
            self._loop = loop
            loop.call_at(one.ends, self._look, loop)
        try:
            return await work
        except asyncio.CancelledError as error:
            if one.over and task.cancelling() - 1 <= one.cancelling:
                raise TimeoutError from error
            raise
        finally:
            self._running.pop(one, None)
            if one.over:
                task.uncancel()

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Cancels what is over, and sets the timer for what comes next (rule 2)."""
        now = loop.time()
        while self._running:
            one = next(iter(self._running))
            if one.ends > now:
                loop.call_at(one.ends, self._look, loop)
                return
            del self._running[one]
            one.over = True
            one.task.cancel()
        self._loop = None
