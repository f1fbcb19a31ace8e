"""A web site of this machine that misbehaves in every way that is wanted."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

from wayseal.market.fetching import Means
from wayseal.market.sources import Source, parse_source
from wayseal.model.times import SECOND_US, micros

Headers = dict[str, str]
Answer = tuple[int, Headers, bytes]
START = micros("2026-03-02T08:00Z")


@dataclass(slots=True)
class Site:
    """url: where it answers; answers: by path; asked: what it was asked, with headers."""

    url: str
    answers: dict[str, Answer | Callable[["Handler"], None]]
    asked: list[tuple[str, Headers]] = field(default_factory=list)

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@dataclass
class Clock:
    """Time that passes by sleeping alone."""

    at: int = START
    slept: list[float] = field(default_factory=list)

    def now(self) -> int:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.at += int(seconds * SECOND_US)

    def means(self, **more: object) -> Means:
        return Means(now=self.now, sleep=self.sleep, random=Random(7), **more)  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        site = self.site
        site.asked.append((self.path, dict(self.headers)))
        try:
            answer = site.answers.get(self.path, (404, {}, b"nothing"))
            if callable(answer):
                answer(self)
            else:
                status, headers, body = answer
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
        except OSError:
            pass

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def serving(**answers: Answer | Callable[[Handler], None]) -> Iterator[Site]:
    """A site that runs; `page` answers at /page, `robots` at /robots.txt."""
    by_path = {("/robots.txt" if name == "robots" else f"/{name}"): one for name, one in answers.items()}
    handler = type("Bound", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = False
    handler.site = site = Site(f"http://127.0.0.1:{server.server_address[1]}", by_path)  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def source(site: Site, **more: str) -> Source:
    """A source of the site; more: further keys, as they stand in TOML."""
    keys = {
        "name": '"here"',
        "kind": '"feed"',
        "contact": '"security@courier.example"',
        "start": f'"{site.url}/page"',
        "allow_inside": "true",
        "pause": "2.0",
        "jitter": "0.0",
        **more,
    }
    return parse_source("".join(f"{key} = {value}\n" for key, value in keys.items()))


def endless(chunk: bytes, pause: float, most: int, headers: Headers | None = None) -> Callable[[Handler], None]:
    """An answer that goes on and on; most: chunks after which the server itself gives up."""

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        with suppress(OSError):
            for _ in range(most):
                handler.wfile.write(chunk)
                time.sleep(pause)

    return answer


def bomb(size: int) -> bytes:
    """So many zero bytes, packed a thousandfold."""
    return gzip.compress(bytes(size))
