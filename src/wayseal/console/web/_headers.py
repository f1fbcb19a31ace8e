"""The outermost layer: headers that every answer has, errors too, and a line in the log that names nobody.

What nobody may do to hold others up, before anybody is known, says `service.connection`; what is no HTTP gets an answer
with the headers of every other.

1. The policy of content has no exception: nothing inline, nothing from elsewhere, no frame.
2. Pages are kept by no cache; files of ours, whose address holds their digest, by any.
3. What breaks inside becomes a page without details; the log gets the error's type and place.
4. A line of the log has the route as it is declared: no id, no token, no login, no address.
5. At most `MOST` requests are begun at a time; a further one is told to come again. One whose end hasn't come takes up
   a connection (`service.connection`), and none of these places.
"""

import itertools
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

import uvicorn
from starlette.requests import ClientDisconnect

from wayseal.service.connection import GuardedProtocol
from wayseal.service.log import Log, where

HEAD_SECONDS, WRITE_SECONDS = 15.0, 60.0
MOST_CONNECTIONS = 800
_TEXT = b"This can't be read.\n"


class Connection(GuardedProtocol):
    """A connection of the console. headers: of every answer."""

    def __init__(self, config: uvicorn.Config, *args: Any, headers: Sequence[tuple[bytes, bytes]], **more: Any) -> None:
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


Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
MOST = 500
_YEAR = b"max-age=31536000"
_PLAIN = b"text/plain; charset=utf-8"
_PROCESS = secrets.token_hex(4)


def headers_of(secure: bool) -> list[tuple[bytes, bytes]]:
    """Return what every answer has. secure: browsers come by https."""
    return [*HEADERS, *([(b"strict-transport-security", _YEAR)] if secure else [])]


class HeadersLayer:
    """Rules 1 to 5 around `app`."""

    def __init__(self, app: App, *, secure: bool, log: Log, most: int = MOST) -> None:
        self._app = app
        self._log = log
        self._headers = headers_of(secure)
        self._numbers = itertools.count(1)
        self._most, self._begun = most, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; a WebSocket has no business here."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)

    def _uncounted(self, scope: Scope, receive: Receive) -> Receive:
        """Return what gives a body, and a place away while none of it is there (rule 5)."""
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
                headers = [*message["headers"], *self._headers, (b"x-request-id", request.encode())]
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                message["headers"] = headers
            await send(message)

        async def say(code: int, text: bytes) -> None:
            await answer({"type": "http.response.start", "status": code, "headers": [(b"content-type", _PLAIN)]})
            await send({"type": "http.response.body", "body": text})

        told: dict[str, str] = {}
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
            told = where(error)
            if status == 0:
                # The page of errors itself broke, or the database while it was asked who this is.
                await say(500, b"Something broke here. It was noted.\n")
        finally:
            self._begun -= 1
        told |= state.get("told", {})
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
