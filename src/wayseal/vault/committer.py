"""Group commit: one thread takes whatever waits and commits it in one transaction.

1. A future is done only when its job is durable; one that failed left nothing behind.
2. What one job is refused for never fails another: a group that the database refuses is tried again job by job.
3. Jobs that nobody can wait for are not taken: beyond `MOST_WAITING` asks `submit` says busy at once.
4. After `close` no job is taken; those that were taken are finished.
5. While one group is shown, the next is decided and written: the first waits for the processor, the second for the
   disk.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Protocol, TypeVar

from wayseal.database import DatabaseGoneError
from wayseal.model.errors import WaysealError
from wayseal.model.records import Answer
from wayseal.vault.errors import BusyError, VaultError
from wayseal.vault.requests import Decided, DiscloseJob

R = TypeVar("R")
W = TypeVar("W")
MOST = 1024
"""Asks in one group: bounds how long the first waits for the last."""
MOST_WAITING = 20_000


Outcomes = Sequence[list[Decided] | Exception]
"""What came of each job of a group."""
_Waiting = tuple[DiscloseJob, Future[list[Answer]]]


class Commits(Protocol):
    """How a group becomes durable."""

    def __call__(self, jobs: Sequence[DiscloseJob], *, now: int) -> list[list[Decided] | VaultError]:
        """Commit jobs and return the outcome of each, once it is durable; raise where nothing is."""


class Committer:
    """Takes disclosures from many threads and makes them durable together.

    show: answers to a group that is durable: a list for each job, or an error.
    seen: told how many asks each group had.
    """

    def __init__(
        self,
        commit: Commits,
        show: Callable[[Outcomes], list[list[Answer] | Exception]],
        *,
        seen: Callable[[int], None] = lambda asks: None,
    ) -> None:
        self._durable = commit
        self._shows = show
        self._seen = seen
        self._queue: deque[_Waiting] = deque()
        self._waiting = 0
        self._wake = threading.Condition()
        self._closed = False
        self._done: SimpleQueue[tuple[Outcomes, list[Future[list[Answer]]]] | None] = SimpleQueue()
        self._shower = threading.Thread(target=self._show, name="wayseal-shower", daemon=True)
        self._shower.start()
        self._thread = threading.Thread(target=self._work, name="wayseal-committer", daemon=True)
        self._thread.start()

    def submit(self, job: DiscloseJob) -> "Future[list[Answer]]":
        """A future that holds the answers when they are durable (rule 1); BusyError (rules 3 and 4)."""
        future: Future[list[Answer]] = Future()
        with self._wake:
            if self._closed:
                raise BusyError("the vault is stopping")
            if self._waiting + len(job.asks) > MOST_WAITING:
                raise BusyError("too many requests wait")
            self._waiting += len(job.asks)
            self._queue.append((job, future))
            self._wake.notify()
        return future

    @property
    def waiting(self) -> int:
        """How many asks wait."""
        return self._waiting

    def close(self) -> None:
        """Finishes what was taken, and stops (rule 4)."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join()
        self._done.put(None)
        self._shower.join()

    def _work(self) -> None:
        while (group := self._next()) is not None:
            if not group:
                continue
            self._seen(sum(len(job.asks) for job, _ in group))
            self._commit(group)

    def _next(self) -> list[_Waiting] | None:
        with self._wake:
            while not self._queue:
                if self._closed:
                    return None
                self._wake.wait()
            group = next_group(self._queue, lambda one: len(one[0].asks))
            self._waiting -= sum(len(job.asks) for job, _ in group)
            # Whoever went away before it began wants nothing any more.
            return [one for one in group if one[1].set_running_or_notify_cancel()]

    def _commit(self, group: list[_Waiting]) -> None:
        done = outcomes(self._durable, [job for job, _ in group], now=time.time_ns() // 1000)
        self._done.put((done, [future for _, future in group]))

    def _show(self) -> None:
        while (one := self._done.get()) is not None:
            done, futures = one
            for future, answers in zip(futures, finished(self._shows, done), strict=True):
                if isinstance(answers, Exception):
                    future.set_exception(answers)
                else:
                    future.set_result(answers)


def outcomes(commit: Commits, jobs: Sequence[DiscloseJob], *, now: int) -> Outcomes:
    """Commit jobs and return the outcome of each, durable where it is no error (rule 2)."""
    try:
        return commit(jobs, now=now)
    except DatabaseGoneError as error:
        return [error] * len(jobs)
    except Exception as error:
        if len(jobs) == 1:
            return [error]
        return [outcomes(commit, [job], now=now)[0] for job in jobs]


def finished(finish: Callable[[Outcomes], list[list[R] | Exception]], done: Outcomes) -> list[list[R] | Exception]:
    """Finish a group that is durable; where that fails, return an error in each place."""
    try:
        return finish(done)
    except Exception as error:
        return [error if isinstance(error, WaysealError) else VaultError("it can't be shown")] * len(done)


def next_group(waiting: deque[W], asks: Callable[[W], int]) -> list[W]:
    """Takes the next group off what waits: at most `MOST` asks, and at least one job."""
    group = [waiting.popleft()]
    size = asks(group[0])
    while waiting and size + asks(waiting[0]) <= MOST:
        group.append(waiting.popleft())
        size += asks(group[-1])
    return group
