"""The service's side of a connection: who showed a certificate, and what nobody may do to hold others up.

1. The hash that requests carry is of the certificate that this very connection proved to hold the key of.
2. Headers that don't end, in time or in size, end the connection. Nothing that comes behind a body counts as a header.
   Where a body ends is said in one way: by one length, or by one encoding, which is chunked.
3. A request runs once its body is there, or is too long to be kept for a stranger (`PREFIX`), or late. So whoever sends
   slowly takes up a connection, and no place among the requests that are being answered. Of a longer body no more is
   read before somebody asks for it, who knows by then whose it is: the rest waits with whoever sends it.
4. Where an answer came before the end of the body, the connection ends after it.
5. One request at a time: the next may begin when the last was answered. Whoever doesn't read an answer is cut off.
6. Beyond `most_connections` the one that has waited longest without a request goes, and not whoever comes.
"""

import asyncio
import hashlib
import itertools
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_SECONDS = 10.0
"""How long a connection may take until its first request's headers are there."""
WRITE_SECONDS = 30.0
"""How long a client may leave what was sent to it unread."""
LINGER_SECONDS = 1.0
"""How long an answer that came too early has until the connection ends: what ends with unread bytes loses it."""
MOST_HEADER_BYTES = 65_536
"""Bytes of address and headers of one request, after which the connection ends."""
PREFIX = 16_384
"""Bytes of a body that are kept before it is known whose it is, and that are read at once until then."""
AT_ONCE = 65_536
"""Bytes that are read at once of a body that somebody asked for."""

_PLACES = itertools.count(1)


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol with rules 1 to 6.

    It leaves in scope["state"]: "certificate_sha256" (hexadecimal); "late" where a body took too long; "taken" where
    the request began before the service was told to stop; "body_pending", which tells whether more of the body is to
    come, where it wasn't there as the request began.
    """

    def __init__(
        self, config: uvicorn.Config, *args: Any, body_seconds: float, most_connections: int, **more: Any
    ) -> None:
        super().__init__(config, *args, **more)
        self._body_seconds = body_seconds
        self._most = most_connections
        self._timer: asyncio.TimerHandle | None = None
        """Ends what takes too long: headers or a body."""
        self._writing: asyncio.TimerHandle | None = None
        self._in_headers = False
        self._encoded = False
        """Whether the request's headers said how its body is encoded."""
        self._head = 0
        """Bytes that came while headers weren't complete."""
        self._held: tuple[Any, Any] | None = None
        """A request whose body isn't there, and what will answer it (rule 3)."""
        self._lingers = False
        self._waits_since = 0
        """Its place among those that began to wait for a request, on all connections."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Looks at the certificate, once a connection, and makes room (rules 1 and 6)."""
        super().connection_made(transport)
        transport.set_protocol(_Reader(self))
        shown = transport.get_extra_info("ssl_object")
        certificate = None if shown is None else shown.getpeercert(binary_form=True)
        if certificate:
            self.app_state = {**self.app_state, "certificate_sha256": hashlib.sha256(certificate).hexdigest()}
        self._waits_since = next(_PLACES)
        self._expect_headers()
        if len(self.connections) > self._most:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Timers go with the connection."""
        self._stop_timer()
        self.resume_writing()
        self._held = None
        super().connection_lost(exc)
        if self.cycle is not None:
            # What refers to each other waits for the collector, and a thousand connections a second don't.
            self.cycle.body.clear()
            self.cycle.scope["state"].pop("body_pending", None)
            self.cycle.transport, self.cycle = self.transport, None  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Rule 2. Headers that come all at once, as most do, need no timer."""
        if self._lingers or self.transport.is_closing():
            return
        if self._timer is not None and self._held is None:
            self._head += len(data)
            if self._head - len(data) > MOST_HEADER_BYTES:
                self.transport.abort()
                return
        super().data_received(data)
        if self._timer is None and self._in_headers:
            self._expect_headers()
        elif self._timer is None and self._held is not None:
            self._expect_body()

    def on_message_begin(self) -> None:
        """Another request on this connection (rule 5)."""
        self._stop_timer()
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.abort()
            raise ValueError("a request before the last one was answered")
        self._in_headers, self._encoded = True, False
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Rule 2."""
        if not self._in_headers:
            raise ValueError("a header behind the body")
        if name.lower() == b"transfer-encoding":
            if self._encoded or value.lower() != b"chunked":
                raise ValueError("a body whose end others could see elsewhere")
            self._encoded = True
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """They are all there."""
        self._stop_timer()
        self._in_headers = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Rule 3: what is too long to be kept for a stranger is read by whoever finds out who it is."""
        super().on_body(body)
        if self._held is not None and len(self.cycle.body) > PREFIX:
            self.flow.pause_reading()
            self._start()

    def on_message_complete(self) -> None:
        """The body is there."""
        super().on_message_complete()
        self._start()

    def on_response_complete(self) -> None:
        """It waits for a request again (rule 6)."""
        super().on_response_complete()
        self._waits_since = next(_PLACES)

    def shutdown(self) -> None:
        """The service stops: a request that has begun is finished."""
        super().shutdown()
        if self._held is not None:
            self._held[0].scope["state"]["taken"] = True

    def send_400_response(self, msg: str) -> None:
        """What is no request, or breaks rule 2; where rule 5 was broken, the connection is gone already."""
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def most_at_once(self) -> int:
        """How many bytes may be read now (rule 3)."""
        asked = self.cycle is not None and self._held is None and not self.cycle.response_complete
        return AT_ONCE if asked else PREFIX

    def linger(self) -> None:
        """Rule 4: takes no more, and ends."""
        if not self._lingers:
            self._lingers = True
            self.cycle.body.clear()
            self._unset_keepalive_if_required()
            self._stop_timer()
            self._timer = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def pause_writing(self) -> None:
        """Rule 5."""
        super().pause_writing()
        if self._writing is None:
            self._writing = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads."""
        super().resume_writing()
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        """Rule 3."""
        self._held = (cycle, app)

    def _expect_body(self) -> None:
        assert self._held is not None  # noqa: S101
        cycle, _ = self._held
        self._timer = self.loop.call_later(self._body_seconds, self._start_late)
        if cycle.waiting_for_100_continue:
            cycle.waiting_for_100_continue = False
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _start_late(self) -> None:
        if self._held is not None:
            self._held[0].scope["state"]["late"] = True
            self._start()

    def _start(self) -> None:
        if self._held is not None:
            (cycle, app), self._held = self._held, None
            self._stop_timer()
            if cycle.more_body:
                cycle.scope["state"]["body_pending"] = lambda: cycle.more_body
                cycle.transport = _EarlyAnswer(self, cycle)
            super()._start_asgi_task(cycle, app)

    def _make_room(self) -> None:
        """Rule 6; whoever comes goes where all others are being answered."""
        waiting = [one for one in self.connections if isinstance(one, Protocol) and one._waits()]
        min(waiting, key=lambda one: one._waits_since, default=self).transport.abort()

    def _waits(self) -> bool:
        return self._held is not None or self.cycle is None or bool(self.cycle.response_complete)

    def _expect_headers(self) -> None:
        self._head = 0
        self._timer = self.loop.call_later(HEADER_SECONDS, self.transport.abort)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _Reader(asyncio.BufferedProtocol):
    """Reads for a connection no more at once than it may keep; by itself the loop reads up to 256,000 bytes."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._room = bytearray()

    def get_buffer(self, sizehint: int) -> bytearray:
        """Room for what comes, which is there already: none is held while nothing does."""
        self._room = bytearray(self._protocol.most_at_once())
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        """So much came."""
        room, self._room = self._room, bytearray()
        self._protocol.data_received(bytes(memoryview(room)[:nbytes]))

    def connection_lost(self, exc: Exception | None) -> None:
        """It ended."""
        self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        """The client doesn't read."""
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """The client reads."""
        self._protocol.resume_writing()


class _EarlyAnswer:
    """The transport of a request that began before its body was there; its end is rule 4's while more is to come."""

    def __init__(self, protocol: Protocol, cycle: Any) -> None:
        self._protocol = protocol
        self._cycle = cycle

    def __getattr__(self, name: str) -> Any:
        return getattr(self._protocol.transport, name)

    def close(self) -> None:
        """Ends the connection."""
        if self._cycle.more_body:
            self._protocol.linger()
        else:
            self._protocol.transport.close()
