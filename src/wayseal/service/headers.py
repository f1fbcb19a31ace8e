"""The outermost layer of a web: headers that every answer has, errors too, and a line in the log that names nobody.

What nobody may do to hold others up, before anybody is known, says `service.connection`; what is no HTTP gets an answer
with the headers of every other.

1. Every answer has them. What says nothing of caches is kept by none.
2. What breaks inside becomes a page without details; the log gets the error's type and place.
3. A line of the log has the route as it is declared: no id, no token, no login, no address.
4. At most `MOST` requests are begun at a time; a further one is told to come again. One whose end hasn't come takes up
   a connection (`service.connection`), and none of these places.
5. Without a log there is no line, and no request has an id.
"""

import itertools
import secrets
import time
from collections.abc import Sequence
from typing import Any

import uvicorn
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wayseal.service.connection import GuardedProtocol
from wayseal.service.log import Log, where

HEAD_SECONDS, WRITE_SECONDS = 15.0, 60.0
MOST, MOST_CONNECTIONS = 500, 800
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_YEAR = b"max-age=31536000"
_PLAIN = b"text/plain; charset=utf-8"
_PROCESS = secrets.token_hex(4)
_TEXT = b"This can't be read.\n"
Headers = Sequence[tuple[bytes, bytes]]


class Connection(GuardedProtocol):
    """A connection that answers what is no HTTP with the headers of every answer, too."""

    def __init__(self, config: uvicorn.Config, *args: Any, headers: Headers, **more: Any) -> None:
        super().__init__(
            config,
            *args,
            head_seconds=HEAD_SECONDS,
            write_seconds=WRITE_SECONDS,
            most_connections=MOST_CONNECTIONS,
            **more,
        )
        lines = [b": ".join(header) for header in headers]
        kind = (b"content-type: text/plain; charset=utf-8", b"content-length: %d" % len(_TEXT), b"connection: close")
        self._nonsense = b"\r\n".join(
            [b"HTTP/1.1 400 Bad Request", *lines, b"cache-control: no-store", *kind, b"", _TEXT]
        )

    def send_400_response(self, msg: str) -> None:
        """Uvicorn answers by itself there, before anything of ours is asked."""
        del msg
        self.transport.write(self._nonsense)
        self.transport.close()


def make_headers(policy: str, *, secure: bool, referrer: str = "same-origin") -> Headers:
    """What every answer has. policy: of content; secure: browsers come by https; referrer: its policy."""
    own = ((b"content-security-policy", policy.encode()), (b"referrer-policy", referrer.encode()))
    return (*own, *_HEADERS, *([(b"strict-transport-security", _YEAR)] if secure else []))


class HeadersLayer:
    """The rules around `app`; afterwards the state of the scope says as `told` what broke."""

    def __init__(self, app: ASGIApp, *, headers: Headers, log: Log | None, most: int = MOST) -> None:
        self._app = app
        self._log = log
        self._headers = headers
        self._numbers = itertools.count(1)
        self._most, self._begun = most, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; a WebSocket has no business here."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)

    def _uncounted(self, scope: Scope, receive: Receive) -> Receive:
        """Return what gives a body, and a place away while none of it is there (rule 4)."""
        pending = scope["method"] not in ("GET", "HEAD")

        async def take() -> Message:
            nonlocal pending
            if not pending:
                return await receive()
            self._begun -= 1
            try:
                message = await receive()
            finally:
                self._begun += 1
            pending = bool(message.get("more_body"))
            return message

        return take

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, request = time.monotonic(), f"{_PROCESS}-{next(self._numbers)}"
        state = scope.setdefault("state", {})
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message["headers"], *self._headers]
                if self._log is not None:
                    headers.append((b"x-request-id", request.encode()))
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                message["headers"] = headers
            await send(message)

        async def say(code: int, text: bytes) -> None:
            await answer({"type": "http.response.start", "status": code, "headers": [(b"content-type", _PLAIN)]})
            await send({"type": "http.response.body", "body": text})

        full = self._begun >= self._most
        self._begun += 1
        try:
            await (
                say(503, b"Many are here just now. Try again in a moment.\n")
                if full
                else self._app(scope, self._uncounted(scope, receive), answer)
            )
        except ClientDisconnect:
            pass  # nobody is there to be told
        except Exception as error:
            state["told"] = where(error) | state.get("told", {})
            if status == 0:
                # The page of errors itself broke, or the database while it was asked who this is.
                await say(500, b"Something broke here. It was noted.\n")
        finally:
            self._begun -= 1
        if self._log is not None:
            told = state.get("told", {})
            level = self._log.error if told else self._log.info
            level(
                "request",
                request=request,
                method=scope["method"],
                route=state.get("route", "none"),
                status=status,
                ms=round(1000 * (time.monotonic() - began)),
                **told,
            )
