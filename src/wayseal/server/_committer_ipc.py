"""The way between a process that answers and the one that commits: jobs go there, verdicts come back.

1. Every job that was sent comes back once, as verdicts or as an error; where the other end is gone, as busy.
2. Nothing is opened in the process that commits, and nothing is committed in one that answers: ledger before light, as
   a verdict leaves only when it is durable.
3. Each end sends whatever waits in one message, so that a group costs two messages and not two for each job.
4. What goes over it is pickled: both ends are processes that one service started, over a socket without a name.
5. No end has threads: handing over between threads of one interpreter cost more than what there is to do.
"""

import asyncio
import itertools
import pickle
import selectors
import socket
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, cast

from wayseal.model.errors import WaysealError
from wayseal.model.records import Answer
from wayseal.service.log import Log, where
from wayseal.vault.committer import MOST_WAITING, Commits, Outcomes, finished, next_group, outcomes
from wayseal.vault.errors import BusyError
from wayseal.vault.requests import DiscloseJob, Verdict

JobResult = tuple[int, list[Verdict] | Exception]
"""What came of a job, under the number that its sender gave it."""
Shows = Callable[[Sequence[list[Verdict] | Exception]], list[list[Answer] | Exception]]
AT_ONCE = 64
"""Verdicts that are shown together: whoever asked for few doesn't wait for all of a message."""
_SIZE = 4
"""Bytes of a message's length, before it."""
_PIECE = 1 << 20


class Frames:
    """Messages out of a stream of bytes, each with its length before it."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[Any]:
        """Take data, and yield what is complete now."""
        self._held += data
        while len(self._held) >= _SIZE:
            end = _SIZE + int.from_bytes(self._held[:_SIZE], "big")
            if len(self._held) < end:
                return
            yield pickle.loads(memoryview(self._held)[_SIZE:end])  # noqa: S301 (rule 4)
            del self._held[:end]


def frame(message: object) -> bytes:
    """A message as `Frames` reads it."""
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return len(data).to_bytes(_SIZE, "big") + data


class _Job(NamedTuple):
    """One that waits, and where it came from."""

    end: socket.socket
    number: int
    job: DiscloseJob


class CommitterEnd:
    """Commits what comes from processes that answer, until all of them are gone.

    seen: told how many asks each group has.
    """

    def __init__(
        self,
        ends: Sequence[socket.socket],
        commit: Commits,
        finish: Callable[[Outcomes], list[list[Verdict] | Exception]],
        seen: Callable[[int], None],
        log: Log,
    ) -> None:
        self._commit, self._finish, self._seen, self._log = commit, finish, seen, log
        self._waiting: deque[_Job] = deque()
        self._frames = {end: Frames() for end in ends}
        self._selector = selectors.DefaultSelector()
        for end in ends:
            self._selector.register(end, selectors.EVENT_READ)

    def serve(self) -> None:
        """Returns when all ends are closed and what they sent is done."""
        with self._selector:
            while self._frames or self._waiting:
                self._read()
                if self._waiting:
                    self._commit_group(next_group(self._waiting, lambda one: len(one.job.asks)))

    def _read(self) -> None:
        """Takes whatever is there; waits for it where there is nothing else to do."""
        if not self._frames:
            return
        for key, _ in self._selector.select(0 if self._waiting else None):
            end = key.fileobj
            assert isinstance(end, socket.socket)  # noqa: S101
            try:
                data = end.recv(_PIECE)
            except OSError:
                data = b""
            if not data:
                self._drop_end(end)
                continue
            for message in self._frames[end].feed(data):
                self._waiting.extend(_Job(end, number, job) for number, job in message)

    def _drop_end(self, end: socket.socket) -> None:
        if self._frames.pop(end, None) is not None:
            self._selector.unregister(end)
            end.close()

    def _commit_group(self, group: Sequence[_Job]) -> None:
        """Commits a group, and sends what came of it (rules 1 to 3)."""
        self._seen(sum(len(one.job.asks) for one in group))
        done = outcomes(self._commit, [one.job for one in group], now=time.time_ns() // 1000)
        out: dict[socket.socket, list[JobResult]] = defaultdict(list)
        for one, result in zip(group, finished(self._finish, done), strict=True):
            out[one.end].append((one.number, self._hide_unexpected(result)))
        for end, came in out.items():
            if end in self._frames:
                try:
                    end.sendall(frame(came))
                except OSError:
                    self._drop_end(end)

    def _hide_unexpected(self, result: list[Verdict] | Exception) -> list[Verdict] | Exception:
        """Keep here what nobody expected: its text could be anything, and its type unknown over there."""
        if isinstance(result, Exception) and not isinstance(result, WaysealError):
            self._log.error("failed", **where(result))
            return RuntimeError("the process that commits failed")
        return result


class WorkerEnd(asyncio.Protocol):
    """Has disclosures committed by another process. For one event loop.

    show: makes answers of verdicts, and waits for nothing.
    """

    def __init__(self, end: socket.socket, show: Shows) -> None:
        self._end = end
        self._show = show
        self._frames = Frames()
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[list[Answer]]] = {}
        self._asks = 0
        self._out: list[tuple[int, DiscloseJob]] = []
        self._opening: asyncio.Task[None] | None = None
        self._transport: asyncio.WriteTransport | None = None
        self._gone = False

    async def disclose(self, job: DiscloseJob) -> list[Answer]:
        """The answers, once they are durable; BusyError where too much waits, or the other end is gone."""
        if self._gone or self._asks + len(job.asks) > MOST_WAITING:
            raise BusyError("too many requests wait, or the process that commits is gone")
        loop = asyncio.get_running_loop()
        number = next(self._numbers)
        future: asyncio.Future[list[Answer]] = loop.create_future()
        self._waiting[number] = future
        self._out.append((number, job))
        if len(self._out) == 1:
            loop.call_soon(self._flush)
        self._asks += len(job.asks)
        try:
            return await future
        finally:
            self._asks -= len(job.asks)

    @property
    def waiting(self) -> int:
        """How many asks wait."""
        return self._asks

    def close(self) -> None:
        """Lets the other end go; in the loop, where there is one. Whoever still waits is told busy."""
        if self._transport is None:
            self._end.close()
        elif not self._transport.is_closing():
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self._transport = cast(asyncio.WriteTransport, transport)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Shows what came, portion by portion, so that the loop can do other things in between."""
        loop = asyncio.get_running_loop()
        for message in self._frames.feed(data):
            for some in split_results(message):
                loop.call_soon(self._answer, some)

    def connection_lost(self, exc: Exception | None) -> None:
        """Rule 1."""
        self._gone = True
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(BusyError("the process that commits is gone"))
        self._waiting.clear()

    def _flush(self) -> None:
        """Rule 3."""
        if self._transport is not None:
            if self._out:
                self._transport.write(frame(self._out))
                self._out = []
        elif self._opening is None:
            self._opening = asyncio.get_running_loop().create_task(self._open())

    async def _open(self) -> None:
        try:
            await asyncio.get_running_loop().create_unix_connection(lambda: self, sock=self._end)
        except OSError as error:
            self.connection_lost(error)

    def _answer(self, some: Sequence[JobResult]) -> None:
        try:
            results = self._show([what for _, what in some])
        except Exception as error:
            results = [error] * len(some)
        for (number, _), result in zip(some, results, strict=True):
            future = self._waiting.pop(number, None)
            if future is None or future.done():
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)


def split_results(came: Sequence[JobResult]) -> Iterator[list[JobResult]]:
    """Split results, in order, into about `AT_ONCE` verdicts at a time."""
    some: list[JobResult] = []
    size = 0
    for one in came:
        some.append(one)
        size += len(one[1]) if isinstance(one[1], list) else 1
        if size >= AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some
