"""Mutual TLS: whose certificate a connection showed, told to whoever answers its requests.

1. The hash that requests carry is of the certificate that this very connection proved to hold the key of.
2. Headers that don't end, in time or in size, end the connection.
"""

import asyncio
import hashlib

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_SECONDS = 10.0
"""How long a connection may take until its first request's headers are there."""
MOST_HEADER_BYTES = 65_536
"""Bytes of address and headers of one request, after which the connection ends."""


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, which also puts "certificate_sha256" (hexadecimal) into scope["state"] (rule 1)."""

    _deadline: asyncio.TimerHandle | None = None
    _begun = False
    """Whether a request has begun whose headers aren't complete."""
    _head = 0
    """Bytes that came while headers weren't complete."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Looks at the certificate, once a connection."""
        super().connection_made(transport)
        shown = transport.get_extra_info("ssl_object")
        certificate = None if shown is None else shown.getpeercert(binary_form=True)
        if certificate:
            self.app_state = {**self.app_state, "certificate_sha256": hashlib.sha256(certificate).hexdigest()}
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Rule 2's timer goes with the connection."""
        self._relax()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Rule 2. Headers that come all at once, as most do, need no timer."""
        if self._deadline is not None:
            self._head += len(data)
            if self._head - len(data) > MOST_HEADER_BYTES:
                self.transport.abort()
                return
        super().data_received(data)
        if self._begun and self._deadline is None:
            self._expect()

    def on_message_begin(self) -> None:
        """Another request on this connection."""
        self._relax()
        self._begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """They are all there."""
        self._relax()
        self._begun = False
        super().on_headers_complete()

    def _expect(self) -> None:
        self._head = 0
        self._deadline = self.loop.call_later(HEADER_SECONDS, self.transport.abort)

    def _relax(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
