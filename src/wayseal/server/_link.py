"""The way between a process that answers and the one that commits: jobs go there, verdicts come back.

1. Every job that was sent comes back once, as verdicts or as an error; where the other end is gone, as busy.
2. Nothing is opened in the process that commits, and nothing is committed in one that answers: ledger before light, as
   a verdict leaves only when it is durable.
3. Each end sends whatever waits in one message, so that a group costs two messages and not two for each job.
4. What goes over it is pickled: both ends are processes that one service started, over a socket without a name.
"""

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from typing import TypeVar

from wayseal.model.errors import WaysealError
from wayseal.server._logs import Log, where
from wayseal.vault._acts import Answer
from wayseal.vault._committer import Committer
from wayseal.vault._disclose import DiscloseJob
from wayseal.vault._show import Verdict
from wayseal.vault.errors import BusyError

S = TypeVar("S")
R = TypeVar("R")
Came = list[Verdict] | WaysealError | RuntimeError
Shows = Callable[[Sequence[list[Verdict] | WaysealError]], list[list[Answer] | WaysealError]]
_Numbered = tuple[int, Came]
AT_ONCE = 64
"""Verdicts that are shown together: whoever asked for few doesn't wait for all of a message."""
_END: list[tuple[int, DiscloseJob]] = []
_GONE = "the process that commits is gone"


class CommittingEnd:
    """Takes jobs from one process that answers, until that one ends."""

    def __init__(self, connection: "Connection[list[_Numbered], list[tuple[int, DiscloseJob]]]", log: Log) -> None:
        self._connection = connection
        self._log = log
        self._out: SimpleQueue[_Numbered | None] = SimpleQueue()

    def serve(self, committer: Committer[Verdict]) -> None:
        """Reads jobs until the other end is closed."""
        sender = threading.Thread(
            target=_send, args=(self._connection, self._out), name="wayseal-verdicts", daemon=True
        )
        sender.start()
        with suppress(EOFError, OSError):
            while jobs := self._connection.recv():
                for number, job in jobs:
                    self._take(committer, number, job)
        self._out.put(None)
        sender.join()
        self._connection.close()

    def _take(self, committer: Committer[Verdict], number: int, job: DiscloseJob) -> None:
        try:
            future = committer.submit(job)
        except WaysealError as error:
            self._out.put((number, error))
        else:
            future.add_done_callback(partial(self._done, number))

    def _done(self, number: int, future: "Future[list[Verdict]]") -> None:
        error = future.exception()
        if error is None:
            self._out.put((number, future.result()))
        elif isinstance(error, WaysealError):
            self._out.put((number, error))
        else:
            self._log.error("failed", **where(error))
            self._out.put((number, RuntimeError("the process that commits failed")))


class AnsweringEnd:
    """A committer that is in another process. Thread-safe.

    show: makes answers of verdicts.
    """

    def __init__(
        self,
        connection: "Connection[list[tuple[int, DiscloseJob]], list[_Numbered]]",
        show: Shows,
    ) -> None:
        self._connection = connection
        self._show = show
        self._numbers = itertools.count()
        self._waiting: dict[int, Future[list[Answer]]] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._out: SimpleQueue[tuple[int, DiscloseJob] | None] = SimpleQueue()
        self._sender = threading.Thread(target=_send, args=(connection, self._out), name="wayseal-jobs", daemon=True)
        self._sender.start()
        self._receiver = threading.Thread(target=self._receive, name="wayseal-shower", daemon=True)
        self._receiver.start()

    def submit(self, job: DiscloseJob) -> "Future[list[Answer]]":
        """See `Committer.submit`; that too much waits is said by the future."""
        future: Future[list[Answer]] = Future()
        with self._lock:
            if self._closed:
                raise BusyError(_GONE)
            number = next(self._numbers)
            self._waiting[number] = future
        self._out.put((number, job))
        return future

    @property
    def waiting(self) -> int:
        """How many jobs wait for their answers."""
        return len(self._waiting)

    def close(self) -> None:
        """Lets the other end go; whatever still waits is told busy."""
        self._out.put(None)
        self._sender.join()
        with suppress(OSError):
            self._connection.send(_END)
        self._receiver.join()

    def _receive(self) -> None:
        with suppress(EOFError, OSError):
            while came := self._connection.recv():
                for some in _portions(came):
                    self._answer(some)
        with self._lock:
            self._closed = True
            left = list(self._waiting.values())
            self._waiting.clear()
        for future in left:
            future.set_exception(BusyError(_GONE))
        self._connection.close()

    def _answer(self, some: Sequence[_Numbered]) -> None:
        came = [what for _, what in some]
        try:
            answers = iter(self._show([what for what in came if not isinstance(what, RuntimeError)]))
            results: list[list[Answer] | Exception] = [
                what if isinstance(what, RuntimeError) else next(answers) for what in came
            ]
        except Exception as error:
            results = [error] * len(some)
        for (number, _), result in zip(some, results, strict=True):
            future = self._waiting.pop(number)
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)


def _portions(numbered: Sequence[_Numbered]) -> Iterator[list[_Numbered]]:
    """What came, in its order, about `AT_ONCE` verdicts at a time."""
    some: list[_Numbered] = []
    size = 0
    for one in numbered:
        some.append(one)
        size += len(one[1]) if isinstance(one[1], list) else 1
        if size >= AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some


def _send(connection: "Connection[list[S], list[R]]", out: "SimpleQueue[S | None]") -> None:
    """Sends whatever waits, until None comes or the other end is gone (rule 3)."""
    with suppress(OSError):
        while (one := out.get()) is not None:
            some = [one]
            with suppress(Empty):
                while (more := out.get_nowait()) is not None:
                    some.append(more)
                out.put(None)
            connection.send(some)
