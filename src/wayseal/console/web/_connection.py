"""A connection before anybody is known: what nobody may do to hold others up.

1. The address and headers of a request come within `HEAD_SECONDS` and `MOST_HEAD` bytes; nothing behind a body counts
   as a header. What doesn't is cut off.
2. Whoever leaves an answer unread for `WRITE_SECONDS` is cut off.
3. Beyond `MOST_CONNECTIONS` the one goes that has waited longest without a request, and not whoever comes.
4. What is no HTTP gets an answer with the headers of every other.
"""

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS, WRITE_SECONDS = 15.0, 60.0
MOST_HEAD, MOST_CONNECTIONS = 65_536, 800
_PLACES = itertools.count(1)
_TEXT = b"This can't be read.\n"


class Connection(HttpToolsProtocol):
    """uvicorn's protocol with rules 1 to 4. headers: of every answer."""

    def __init__(self, config: uvicorn.Config, *args: Any, headers: Sequence[tuple[bytes, bytes]], **more: Any) -> None:
        super().__init__(config, *args, **more)
        lines = [b": ".join(header) for header in headers]
        kind = (b"content-type: text/plain; charset=utf-8", b"content-length: %d" % len(_TEXT), b"connection: close")
        self._nonsense = b"\r\n".join(
            [b"HTTP/1.1 400 Bad Request", *lines, b"cache-control: no-store", *kind, b"", _TEXT]
        )
        self._timer: asyncio.TimerHandle | None = None
        """Runs while a head is to come."""
        self._writing: asyncio.TimerHandle | None = None
        self._in_head, self._head = False, 0
        self._place = 0
        """Among those that began to wait for a request, on all connections."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Rules 1 and 3."""
        super().connection_made(transport)
        self._place = next(_PLACES)
        self._expect_head()
        if len(self.connections) > MOST_CONNECTIONS:
            waiting = [one for one in self.connections if isinstance(one, Connection) and one._waits()]
            min(waiting, key=lambda one: one._place, default=self).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Timers go with it."""
        self._stop_timer()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Rule 1, of size: counted is what came and didn't end a head."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._timer is not None:
            self._head += len(data)
            if self._head > MOST_HEAD:
                self.transport.abort()

    def on_message_begin(self) -> None:
        """Another request."""
        self._in_head = True
        if self._timer is None:
            self._expect_head()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Rule 1."""
        if not self._in_head:
            raise ValueError("a header behind the body")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """They are all there."""
        self._stop_timer()
        self._in_head = False
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """It waits for a request again."""
        self._place = next(_PLACES)
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Rule 4: uvicorn answers by itself there, before anything of ours is asked."""
        del msg
        self.transport.write(self._nonsense)
        self.transport.close()

    def pause_writing(self) -> None:
        """Rule 2."""
        super().pause_writing()
        if self._writing is None:
            self._writing = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads."""
        super().resume_writing()
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def _waits(self) -> bool:
        return self.cycle is None or bool(self.cycle.response_complete)

    def _expect_head(self) -> None:
        self._head = 0
        self._timer = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
