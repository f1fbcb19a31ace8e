"""The service's side of a connection: who showed a certificate, and what nobody may do to hold others up.

1. The hash that requests carry is of the certificate that this very connection proved to hold the key of.
2. Heads that don't end and answers that nobody reads are cut off, and there are `most_connections`
   (`service.connection`). Where a body ends is said in one way: by one length, or by one encoding, which is chunked.
3. A request runs once its body is there, or is too long to be kept for a stranger (`PREFIX`), or late. So whoever sends
   slowly takes up a connection, and no place among the requests that are being answered. Of a longer body no more is
   read before somebody asks for it, who knows by then whose it is: the rest waits with whoever sends it.
4. Where an answer came before the end of the body, the connection ends after it.
5. One request at a time: the next may begin when the last was answered.
"""

import asyncio
import hashlib
from typing import Any

import uvicorn

from wayseal.service.connection import GuardedProtocol

HEADER_SECONDS = 10.0
"""How long a connection may take until its first request's headers are there."""
WRITE_SECONDS = 30.0
"""How long a client may leave what was sent to it unread."""
LINGER_SECONDS = 1.0
"""How long an answer that came too early has until the connection ends: what ends with unread bytes loses it."""
PREFIX = 16_384
"""Bytes of a body that are kept before it is known whose it is, and that are read at once until then."""
AT_ONCE = 65_536
"""Bytes that are read at once of a body that somebody asked for."""


class Protocol(GuardedProtocol):
    """uvicorn's protocol with rules 1 to 5.

    It leaves in scope["state"]: "certificate_sha256" (hexadecimal); "late" where a body took too long; "taken" where
    the request began before the service was told to stop; "body_pending", which tells whether more of the body is to
    come, where it wasn't there as the request began.
    """

    def __init__(
        self, config: uvicorn.Config, *args: Any, body_seconds: float, most_connections: int, **more: Any
    ) -> None:
        super().__init__(
            config,
            *args,
            head_seconds=HEADER_SECONDS,
            write_seconds=WRITE_SECONDS,
            most_connections=most_connections,
            **more,
        )
        self._body_seconds = body_seconds
        self._timer: asyncio.TimerHandle | None = None
        """Ends what takes too long: a body, or whoever lingers."""
        self._encoded = False
        """Whether the request's headers said how its body is encoded."""
        self._held: tuple[Any, Any] | None = None
        """A request whose body isn't there, and what will answer it (rule 3)."""
        self._lingers = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Looks at the certificate, once a connection (rule 1)."""
        super().connection_made(transport)
        transport.set_protocol(_Reader(self))
        shown = transport.get_extra_info("ssl_object")
        certificate = None if shown is None else shown.getpeercert(binary_form=True)
        if certificate:
            self.app_state = {**self.app_state, "certificate_sha256": hashlib.sha256(certificate).hexdigest()}

    def connection_lost(self, exc: Exception | None) -> None:
        """Timers go with the connection."""
        self._stop_timer()
        self._held = None
        super().connection_lost(exc)
        if self.cycle is not None:
            # What refers to each other waits for the collector, and a thousand connections a second don't.
            self.cycle.body.clear()
            self.cycle.scope["state"].pop("body_pending", None)
            self.cycle.transport, self.cycle = self.transport, None  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Rules 3 and 4."""
        if self._lingers:
            return
        super().data_received(data)
        if self._timer is None and self._held is not None:
            self._expect_body()

    def on_message_begin(self) -> None:
        """Another request on this connection (rule 5)."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.abort()
            raise ValueError("a request before the last one was answered")
        self._encoded = False
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Rule 2."""
        super().on_header(name, value)
        if name.lower() == b"transfer-encoding":
            if self._encoded or value.lower() != b"chunked":
                raise ValueError("a body whose end others could see elsewhere")
            self._encoded = True

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

    def shutdown(self) -> None:
        """The service stops: a request that has begun is finished."""
        super().shutdown()
        if self._held is not None:
            self._held[0].scope["state"]["taken"] = True

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, or breaks rule 2; where rule 5 was broken, the connection is gone already."""
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
