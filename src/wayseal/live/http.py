"""The list of blocked accounts over HTTP, for gateways: to fetch, to ask about one account, to say what they enforce.

1. Nobody gets anything without a token of the list's own file (`service.tokens`), but whether the service runs. The
   token `metrics` opens metrics alone, and no other does.
2. Who waits is answered at once when the list changes (`TICK`), and at the end of the wait otherwise.
3. Answers name rules and entries, never accounts. Where the list can't be read it is a 503, and the gateway fails as it
   does.
4. A gateway that asks about single accounts enforces the version of the answer; what it does where it gets none it says
   with `X-Wayseal-Fails`, and both are recorded where they change.
5. An answer about an account may be given again by a cache of nginx up to the end of the second in which it was made,
   so that a change counts within one; one about an account that is slowed down may not.
"""

import asyncio
import json
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from wayseal.live.blocks import Blocks
from wayseal.live.errors import ActError
from wayseal.model.errors import WaysealError
from wayseal.model.times import SECOND_US, now_us
from wayseal.service.tokens import TokenFile
from wayseal.store.blocked import BlockedFile, BlockedList, Enforcer, Fails, Measure, Refusal

METRICS: Final = "metrics"
"""The name under which a token opens the metrics, and nothing else."""
TICK: Final = 0.05
"""Seconds between two looks at the file while somebody waits."""
MOST_WAIT: Final = 60
"""The longest wait, seconds."""
MOST_WAITING: Final = 1000
MOST_BYTES: Final = 4096
MOST_LISTS: Final = 100
"""Lists that are remembered, so that a gateway gets what changed since one of them."""
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_STATUS = {Measure.BLOCK: 403, Measure.STEP_UP: 401, Measure.SLOW_DOWN: 429}
_STEP_UP = {"WWW-Authenticate": 'Bearer error="insufficient_user_authentication"'}
Handler = Callable[[Request, str], Awaitable[Response]]


def create_app(
    blocks: Blocks,
    tokens: TokenFile,
    *,
    metrics: Callable[[], bytes] | None = None,
    trouble: Callable[[], Sequence[str]] = tuple,
) -> Starlette:
    """The service over a record of blocks.

    Args:
        blocks: The record; its list is read anew whenever it changes, whoever changed it.
        tokens: Whose requests are answered.
        metrics: Their text for Prometheus; None: there are none.
        trouble: Words for why whatever runs beside isn't ready; none: it is.

    Returns:
        The app: `/v1/blocked`, `/v1/blocked/check`, `/v1/blocked/enforced`, `/metrics`, `/healthz`, `/readyz`.
    """
    service = _Service(blocks, metrics, trouble)

    def guarded(handler: Handler, *, measures: bool = False) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            kind, _, token = request.headers.get("authorization", "").partition(" ")
            gateway = tokens.find(token.strip()) if kind.lower() == "bearer" else None
            if gateway is None:
                return _problem(401, "token", {"WWW-Authenticate": "Bearer"})
            if (gateway == METRICS) is not measures:
                return _problem(403, "token")
            try:
                found = await handler(request, gateway)
            except (WaysealError, OSError):
                return _problem(503, "list", {"Retry-After": "1"})
            # Who waited may have lost the token meanwhile.
            return found if tokens.find(token.strip()) == gateway else _problem(401, "token")

        return answer

    return Starlette(
        routes=[
            Route("/v1/blocked", guarded(service.blocked), methods=["GET"]),
            Route("/v1/blocked/check", guarded(service.check), methods=["GET"]),
            Route("/v1/blocked/enforced", guarded(service.enforced), methods=["POST"]),
            *([Route("/metrics", guarded(service.measured, measures=True), methods=["GET"])] if metrics else []),
            Route("/healthz", service.healthy, methods=["GET"]),
            Route("/readyz", service.ready, methods=["GET"]),
        ]
    )


class _Service:
    def __init__(
        self, blocks: Blocks, metrics: Callable[[], bytes] | None, trouble: Callable[[], Sequence[str]]
    ) -> None:
        self._blocks, self._metrics, self._trouble = blocks, metrics, trouble
        self._file = BlockedFile(blocks.file, fails=Fails.CLOSED)
        self._enforcer = Enforcer(self._file)
        self._told: dict[tuple[str, str], int] = {}
        self._lists: dict[str, BlockedList] = {}
        self._waiting = 0

    async def blocked(self, request: Request, gateway: str) -> Response:
        """The list, once it is another one than the gateway has (rule 2)."""
        try:
            wait = float(request.query_params.get("wait", "0"))
        except ValueError:
            wait = math.nan
        if math.isnan(wait):
            return _problem(400, "wait")
        known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
        since = request.query_params.get("since", "")
        known.add(f'"{since}"')
        until = time.monotonic() + min(max(wait, 0.0), MOST_WAIT)
        self._waiting += 1
        try:
            while True:
                listed = self._current()
                tag = f'"{listed.tag}"'
                if tag not in known:
                    body = listed.changes(self._lists[since]) if since in self._lists else listed.to_bytes()
                    return Response(body, 200, _headers(ETag=tag), "application/json")
                left = until - time.monotonic()
                if left <= 0 or self._waiting > MOST_WAITING or await request.is_disconnected():
                    return Response(status_code=304, headers=_headers(ETag=tag))
                await asyncio.sleep(min(TICK, left))
        finally:
            self._waiting -= 1

    async def check(self, request: Request, gateway: str) -> Response:
        """Whether an account may read now; for `auth_request` and its like."""
        actor = request.headers.get("x-account", "")
        if not actor:
            return _problem(403, "account")
        verified = request.headers.get("x-verified-at", "")
        shown = (
            int(verified) * SECOND_US if verified.isascii() and verified.isdecimal() and len(verified) < 12 else None
        )
        now = now_us()
        refusal = self._enforcer.check(_utf8(actor), now, verified=shown)
        version = self._current().version
        await self._tell(gateway, version, request.headers.get("x-wayseal-fails", ""))
        slow = (entry := self._file.measure_for(_utf8(actor), now)) and entry.measure is Measure.SLOW_DOWN
        cached = "0" if slow else f"@{now // SECOND_US}"
        headers = _headers(**{"X-Wayseal-Version": str(version), "X-Accel-Expires": cached})
        if refusal is None:
            return Response(status_code=204, headers=headers)
        return _refused(refusal, headers)

    async def _tell(self, gateway: str, version: int, fails: str) -> None:
        """Rule 4."""
        if fails in set(Fails) and self._told.get((gateway, fails)) != version:
            self._told[gateway, fails] = version
            # Whether an account may read doesn't hang on whether this can be written.
            with suppress(WaysealError, OSError):
                await run_in_threadpool(self._blocks.enforced, gateway, version, fails, who=gateway)

    async def enforced(self, request: Request, gateway: str) -> Response:
        """A gateway says what it enforces: {"gateway", "version", "fails"}."""
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return _problem(413, "body")
        try:
            said: Any = json.loads(body)
            name, version, fails = said.get("gateway", gateway), said["version"], said["fails"]
            if not isinstance(name, str) or not isinstance(fails, str) or type(version) is not int:
                raise TypeError
            await run_in_threadpool(self._blocks.enforced, name, version, fails, who=gateway)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return _problem(422, "body")
        except ActError as error:
            return _problem(422, error.key or "body")
        return Response(status_code=204, headers=_headers())

    async def healthy(self, request: Request) -> Response:
        """The process answers."""
        return JSONResponse({"status": "ok"}, headers=_headers())

    async def ready(self, request: Request) -> Response:
        """The list can be read, and is the one that stands there now; nothing is wrong with what runs beside."""
        trouble = list(self._trouble())
        try:
            self._current()
            listed = self._file.trouble is None
        except WaysealError:
            listed = False
        trouble += [] if listed else ["list"]
        body = {"status": "not_ready", "trouble": trouble} if trouble else {"status": "ok"}
        return JSONResponse(body, 503 if trouble else 200, _headers())

    async def measured(self, request: Request, gateway: str) -> Response:
        """The metrics."""
        assert self._metrics is not None  # noqa: S101 (there is no route without)
        return Response(await run_in_threadpool(self._metrics), 200, _headers(), CONTENT_TYPE)

    def _current(self) -> BlockedList:
        listed = self._file.current()
        assert listed is not None  # noqa: S101 - it fails closed
        if listed.tag not in self._lists:
            self._lists = dict([*self._lists.items(), (listed.tag, listed)][-MOST_LISTS:])
        return listed


def _refused(refusal: Refusal, headers: dict[str, str]) -> Response:
    measure = refusal.entry.measure
    headers |= {"X-Wayseal-Measure": str(measure), "X-Wayseal-Entry": refusal.entry.id}
    if measure is Measure.STEP_UP:
        headers |= _STEP_UP
    if refusal.wait:
        headers["Retry-After"] = str(-int(-refusal.wait // 1))
    return _problem(_STATUS[measure], str(measure), headers)


def _problem(status: int, rule: str, headers: dict[str, str] | None = None) -> Response:
    body = {"type": f"urn:wayseal:rule:{rule}", "status": status, "rule": rule}
    return JSONResponse(body, status, _headers(**(headers or {})), "application/problem+json")


def _headers(**more: str) -> dict[str, str]:
    return {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **more}


def _utf8(text: str) -> str:
    """A header's text: HTTP has bytes, which are taken for UTF-8 where they are such."""
    try:
        return text.encode("latin-1").decode()
    except ValueError:
        return text
