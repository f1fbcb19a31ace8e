"""What the tests of `wayseal detect` share: a place where notices arrive, and rights that are taken from root."""

import ctypes
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DAC = 1 << 1 | 1 << 2
"""Rights to write and to read where modes forbid it."""
_VERSION_3 = 0x20080522


class Notices:
    """A web server of this machine. heard: bodies of what was posted. fails: so many answers before are 503."""

    def __init__(self, status: int = 200, *, port: int = 0, fails: int = 0) -> None:
        heard: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                heard.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(503 if len(heard) <= fails else status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self.heard = heard
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> "Notices":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def address(self, secret: str = "s3cr3t-token") -> str:
        return f"json://user:{secret}@127.0.0.1:{self.port}/hook/{secret}"


@contextmanager
def as_anybody() -> Iterator[None]:
    """Without root's right to pass by the modes of files; this thread alone. Others never had it."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    head = ctypes.create_string_buffer(struct.pack("Ii", _VERSION_3, 0))
    data = ctypes.create_string_buffer(24)
    assert libc.capget(head, data) == 0
    before = data.raw
    words = list(struct.unpack("6I", before))
    words[0] &= ~DAC
    assert libc.capset(head, ctypes.create_string_buffer(struct.pack("6I", *words))) == 0
    try:
        yield
    finally:
        assert libc.capset(head, ctypes.create_string_buffer(before)) == 0
