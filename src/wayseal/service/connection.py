"""A connection before anybody is known: what nobody may do to hold others up.

1. The address and headers of a request come within `head_seconds` and `MOST_HEAD` bytes; nothing behind a body counts
   as a header. What doesn't is cut off. Of headers that come all at once, as most do, no timer is set.
2. Whoever leaves an answer unread for `write_seconds` is cut off.
3. Beyond `most_connections` one goes that waits for a request or for more of one, and not whoever comes: of the address
   that has most of these, the one from which nothing came for longest. Whoever comes goes where all others are being
   answered.
"""

import asyncio
import itertools
from collections import Counter
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD = 65_536
_PLACES = itertools.count(1)


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with rules 1 to 3."""

    def __init__(
        self,
        config: uvicorn.Config,
        *args: Any,
        head_seconds: float,
        write_seconds: float,
        most_connections: int,
        **more: Any,
    ) -> None:
        super().__init__(config, *args, **more)
        self._head_seconds, self._write_seconds, self._most = head_seconds, write_seconds, most_connections
        self._heading: asyncio.TimerHandle | None = None
        """Runs while a head is to come."""
        self._writing: asyncio.TimerHandle | None = None
        self._in_head, self._head = False, 0
        """Whether a head has begun, and bytes that came and didn't end one."""
        self._place, self._address = 0, ""
        """Among those that began to wait for a request, or for more of one, on all connections."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Waits for a request, and makes room (rules 1 and 3)."""
        super().connection_made(transport)
        self._place, self._address = next(_PLACES), self.client[0] if self.client else ""
        self._expect_head()
        if len(self.connections) > self._most:
            waiting = [one for one in self.connections if isinstance(one, GuardedProtocol) and one.waits()]
            many = Counter(one._address for one in waiting)
            min(waiting, key=lambda one: (-many[one._address], one._place), default=self).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Timers go with it."""
        self._stop_heading()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Rule 1, of size and of time."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._in_head and self._heading is None:
            self._expect_head()
        if self._heading is not None:
            self._head += len(data)
            if self._head > MOST_HEAD:
                self.transport.abort()

    def on_message_begin(self) -> None:
        """Another request."""
        self._in_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Rule 1."""
        if not self._in_head:
            raise ValueError("a header behind the body")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """They are all there."""
        self._stop_heading()
        self._in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """It doesn't wait since long (rule 3)."""
        self._place = next(_PLACES)
        super().on_body(body)

    def on_response_complete(self) -> None:
        """It waits for a request again (rule 3)."""
        super().on_response_complete()
        self._place = next(_PLACES)

    def pause_writing(self) -> None:
        """Rule 2."""
        super().pause_writing()
        if self._writing is None:
            self._writing = self.loop.call_later(self._write_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads."""
        super().resume_writing()
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def waits(self) -> bool:
        """Check if nothing of it is being answered, or it isn't there as a whole (rule 3)."""
        return self.cycle is None or bool(self.cycle.response_complete or self.cycle.more_body)

    def _expect_head(self) -> None:
        self._head = 0
        self._heading = self.loop.call_later(self._head_seconds, self.transport.abort)

    def _stop_heading(self) -> None:
        if self._heading is not None:
            self._heading.cancel()
            self._heading = None
