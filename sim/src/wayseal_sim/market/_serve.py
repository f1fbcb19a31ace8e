"""The market's sites on this machine's loopback, a port each, under a clock that is set from outside.

1. Loopback only, on any free port; nobody else can ask.
2. The clock moves when it is told to: by `Clock.set`, or by `POST /_clock` on the control port; and by the seconds that
   an answer is slow. Load is counted by its seconds, so a day can be served in one real second.
3. A slow answer waits `patience` real seconds for each of its own; a body without end ends when its reader leaves.
"""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from wayseal_sim.market._plan import SITES, Form
from wayseal_sim.market._sites import Sites
from wayseal_sim.market._traps import Answer
from wayseal_sim.market._types import MarketWorld
from wayseal_sim.types import SECOND

_LOOPBACK = "127.0.0.1"
_MOST_ENDLESS = 1 << 28
_LARGEST_ORDER = 4_096


class Clock:
    """A clock that stands until it is set; UTC microseconds."""

    def __init__(self, at: int) -> None:
        """Takes what it shows first."""
        self._at = at
        self._lock = threading.Lock()

    def now(self) -> int:
        """What it shows."""
        return self._at

    def set(self, at: int) -> None:
        """Sets it, also backwards."""
        with self._lock:
            self._at = at

    def advance(self, seconds: float) -> None:
        """Moves it on."""
        with self._lock:
            self._at += int(seconds * SECOND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Sites that are up: the root of each by name, the control port's root, and the sites with their counts."""

    roots: Mapping[str, str]
    control: str
    sites: Sites


@contextmanager
def serve_market(world: MarketWorld, clock: Clock, *, patience: float = 1.0) -> Iterator[Served]:
    """Serves a market until the block is left.

    Args:
        world: The market.
        clock: What time it is there.
        patience: Real seconds for each second that an answer is slow.

    Yields:
        Where the sites are.
    """
    sites = Sites(world)
    servers = {
        site.name: _server(_SiteHandler, sites=sites, site=site.name, clock=clock, patience=patience)
        for site in SITES
        if site.form is not Form.CHAT
    }
    control = _server(_ControlHandler, sites=sites, clock=clock)
    everyone = [*servers.values(), control]
    threads = [threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True) for server in everyone]
    for thread in threads:
        thread.start()
    try:
        roots = {name: _root(server) for name, server in servers.items()}
        yield Served(roots=roots, control=_root(control), sites=sites)
    finally:
        for server, thread in zip(everyone, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


def _root(server: ThreadingHTTPServer) -> str:
    return f"http://{_LOOPBACK}:{server.server_address[1]}"


def _server(handler: type[BaseHTTPRequestHandler], **known: Any) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer((_LOOPBACK, 0), type(handler.__name__, (handler,), known))
    server.daemon_threads = True
    server.block_on_close = False
    return server


class _Handler(BaseHTTPRequestHandler):
    """What both kinds of port have in common: no log, no version of Python in a header."""

    protocol_version = "HTTP/1.1"
    server_version = "httpd"
    sys_version = ""
    sites: Sites
    clock: Clock

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Says nothing: who looks keeps the record."""

    def send(self, status: int, headers: tuple[tuple[str, str], ...], body: bytes, length: int) -> None:
        """Sends an answer whose header says `length`."""
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)


class _SiteHandler(_Handler):
    """One site's port."""

    site: str
    patience: float

    def do_GET(self) -> None:
        """Answers as the site does at the clock's time."""
        answer = self.sites.answer(self.site, self.path, dict(self.headers.items()), self.clock.now())
        with suppress(ConnectionError):
            self._send(answer)

    def _send(self, answer: Answer) -> None:
        if answer.delay_s:
            self.clock.advance(answer.delay_s)
            time.sleep(answer.delay_s * self.patience)
        if answer.endless:
            self.close_connection = True
            self._send_without_end(answer)
            return
        length = 2 * len(answer.body) + 1 if answer.cut else len(answer.body)
        self.close_connection = self.close_connection or answer.cut
        self.send(answer.status, answer.headers, answer.body, length)

    def _send_without_end(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        sent = 0
        while sent < _MOST_ENDLESS:
            self.wfile.write(answer.body or b" ")
            sent += max(1, len(answer.body))


class _ControlHandler(_Handler):
    """The control port: the clock and the counts, nothing of the truth."""

    def do_POST(self) -> None:
        """`POST /_clock` with {"at": microseconds} sets the clock."""
        length = self.headers.get("Content-Length", "")
        size = int(length) if length.isascii() and length.isdigit() else 0
        order = self.rfile.read(size) if self.path == "/_clock" and 0 < size <= _LARGEST_ORDER else b""
        try:
            at = json.loads(order)["at"]
        except (ValueError, TypeError, KeyError):
            at = None
        if not isinstance(at, int) or isinstance(at, bool):
            self.close_connection = True
            self.send(400, (), b"", 0)
            return
        self.clock.set(at)
        self._tell({"at": at})

    def do_GET(self) -> None:
        """`GET /_clock`: the time; `GET /_counts`: requests by site, and the most in one second."""
        match self.path:
            case "/_clock":
                self._tell({"at": self.clock.now()})
            case "/_counts":
                self._tell(counts_of(self.sites))
            case _:
                self.send(404, (), b"", 0)

    def _tell(self, said: object) -> None:
        body = json.dumps(said).encode()
        self.send(200, (("Content-Type", "application/json"),), body, len(body))


def counts_of(sites: Sites) -> dict[str, dict[str, int]]:
    """Of each site: requests in all, the most in one second, and those that robots.txt forbids."""
    out: dict[str, dict[str, int]] = {}
    for (site, _), many in list(sites.seconds.items()):
        row = out.setdefault(site, {"requests": 0, "most_a_second": 0, "forbidden": sites.forbidden[site]})
        row["requests"] += many
        row["most_a_second"] = max(row["most_a_second"], many)
    return out
