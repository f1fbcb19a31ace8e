"""The outermost layer: every request gets an id, an end, a line in the log and a place in the metrics.

1. A request's id is ours; what a client sends as one is not used, so that nothing of it gets into logs.
2. Whatever breaks inside becomes a problem without details; the log gets the error's type and place.
3. While the service stops, nothing new begins and what began is finished; beyond `most` at once, new ones are told to
   come again.
4. Nothing that is answered may be kept by a cache, unless the route says so.
5. An answer that comes before the end of a body says that the connection ends.

How long work may take, with one timer for all of it, and not one for each:

6. Work that takes longer is cancelled at its time and gives TimeoutError, as under `asyncio.timeout`: that it was
   cancelled from outside is told from it, and no cancellation of ours is left on the task.
7. All work has the same time, so it ends in the order in which it began: the timer waits for the oldest alone.
"""

import asyncio
import itertools
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeVar

from wayseal.database import DatabaseError
from wayseal.server._metrics import Metrics
from wayseal.server._problems import ProblemError, Rule, problem_of
from wayseal.service.log import Log, where

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
        """Await `work` in this very task; TimeoutError where it takes too long (rule 6)."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None  # noqa: S101
        one = _Work(task, loop.time() + self._seconds)
        self._running[one] = None
        if self._loop is not loop:
            self._loop = loop
            loop.call_at(one.ends, self._cancel_late, loop)
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

    def _cancel_late(self, loop: asyncio.AbstractEventLoop) -> None:
        """Cancels what is over, and sets the timer for what comes next (rule 7)."""
        now = loop.time()
        while self._running:
            one = next(iter(self._running))
            if one.ends > now:
                loop.call_at(one.ends, self._cancel_late, loop)
                return
            del self._running[one]
            one.over = True
            one.task.cancel()
        self._loop = None


Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
_PROCESS = secrets.token_hex(6)
"""First part of request ids: another one in each process that ever was. What follows is counted."""
NOWHERE = "none"
"""The route of what has none, in metrics and logs."""


class RunningRequests:
    """How many requests are being answered, and whether new ones may begin (rule 3)."""

    def __init__(self, most: int) -> None:
        self.now = 0
        self.stopping = False
        self._most = most

    def refusal(self, *, taken: bool) -> ProblemError | None:
        """Why a request may not begin. taken: its headers came before the service was told to stop."""
        if self.stopping and not taken:
            return ProblemError(Rule.STOPPING, retry_after=5, headers={"Connection": "close"})
        if self.now >= self._most:
            return ProblemError(Rule.BUSY, retry_after=1)
        return None


class _Answer:
    """Sends an answer on, with the headers that all have, and remembers its status."""

    def __init__(self, send: Send, state: Mapping[str, Any]) -> None:
        self._send = send
        self._state = state
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message["headers"] = list(message["headers"])
            headers.append((b"x-request-id", self._state["request"].encode()))
            headers.append((b"x-content-type-options", b"nosniff"))
            if b"cache-control" not in dict(headers):
                headers.append((b"cache-control", b"no-store"))
            if (pending := self._state.get("body_pending")) is not None and pending():
                headers.append((b"connection", b"close"))
        await self._send(message)


class RequestMiddleware:
    """Rules 1 to 4 around `app`, which gets scope["state"]["request"], and leaves "route" and "client" there."""

    def __init__(self, app: App, *, running: RunningRequests, metrics: Metrics, log: Log, seconds: float) -> None:
        self._app = app
        self._running = running
        self._metrics = metrics
        self._log = log
        self._deadlines = Deadlines(seconds)
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, the start and end of the service, or a WebSocket, which has no business here."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        state = scope.setdefault("state", {})
        state["request"] = request = f"{_PROCESS}{next(self._numbers):08x}"
        answer = _Answer(send, state)
        self._running.now += 1
        try:
            problem = await self._answer(scope, receive, answer)
            if problem is not None and not answer.status:
                await problem.response(scope)(scope, receive, answer)
        finally:
            self._running.now -= 1
            took = time.perf_counter() - began
            method, route = _method(scope), state.get("route", NOWHERE)
            self._metrics.request(method, route, answer.status, took)
            self._log.info(
                "request",
                request=request,
                method=method,
                route=route,
                status=answer.status,
                ms=round(took * 1000, 2),
                client=state.get("client"),
                rule=state.get("rule"),
            )

    async def _answer(self, scope: Scope, receive: Receive, answer: _Answer) -> ProblemError | None:
        """Answers, or says why not."""
        # What is measured includes this request itself.
        always = scope["path"] in {"/healthz", "/readyz"}
        refusal = None if always else self._running.refusal(taken="taken" in scope["state"])
        if refusal is not None:
            return self._record_refusal(scope, refusal)
        try:
            await self._deadlines.within(self._app(scope, receive, answer))
        except ProblemError as problem:
            return self._record_refusal(scope, problem)
        except TimeoutError:
            return self._record_refusal(scope, ProblemError(Rule.TIMEOUT, retry_after=1))
        except Exception as error:
            return self._record_refusal(scope, self._translate(scope, error))
        return None

    def _translate(self, scope: Scope, error: Exception) -> ProblemError:
        """Rule 2: what is said of an error, which the log gets where it is ours."""
        problem = problem_of(error)
        if problem.status >= 500:
            if isinstance(error, DatabaseError):
                self._metrics.database_failed()
            self._log.error("failed", request=scope["state"]["request"], rule=problem.name, **where(error))
        return problem

    def _record_refusal(self, scope: Scope, problem: ProblemError) -> ProblemError:
        scope["state"]["rule"] = problem.name
        self._metrics.refused(problem.name)
        return problem


def _method(scope: Scope) -> str:
    method = scope["method"]
    return method if method in {"GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"
