"""A connection before anybody is known: what nobody may do to hold others up (`service.connection`).

What is no HTTP gets an answer with the headers of every other.
"""

from collections.abc import Sequence
from typing import Any

import uvicorn

from wayseal.service.connection import GuardedProtocol

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
