"""Who sends half a request, and how many: nobody else waits for them. Over real connections, in this process."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import httpx
import pytest
import uvicorn

from tests.console.world import World
from wayseal.console import Role
from wayseal.console.web import _headers
from wayseal.console.web._headers import HeadersLayer
from wayseal.console.web.app import Connection, create_router, headers_of
from wayseal.service import make_log

HALF = b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\nContent-Length: 90000\r\n\r\n"
FORM, FILES = b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=b"
PLACES = 4


@contextmanager
def served(world: World) -> Iterator[int]:
    """The console's port; it begins so few requests at a time."""
    app = HeadersLayer(create_router(world.site), secure=False, log=make_log(world.log), most=PLACES)
    http = partial(Connection, headers=headers_of(False))
    config = uvicorn.Config(app, http=http, ws="none", lifespan="off", log_config=None)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as place:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        try:
            yield place.getsockname()[1]
        finally:
            server.should_exit = server.force_exit = True
            thread.join()


def half(stack: ExitStack, port: int, *, of: bytes = FORM, sent: int = 1, source: str = "127.0.0.1") -> socket.socket:
    """A connection with a request of which not all came."""
    line = stack.enter_context(socket.create_connection(("127.0.0.1", port), 10, source_address=(source, 0)))
    line.sendall(HALF % of + b"a" * sent)
    return line


def gone(line: socket.socket) -> bool:
    line.setblocking(False)
    try:
        return line.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


@pytest.mark.parametrize(("of", "sent"), [(FORM, 0), (FORM, 1), (FORM, 80_000), (FILES, 1)])
def test_half_a_request_keeps_nobody_waiting(world: World, of: bytes, sent: int) -> None:
    world.person("ann", Role.ANALYST)
    cookies = dict(world.signed_in("ann").cookies)
    with served(world) as port, ExitStack() as stack, httpx.Client(trust_env=False, cookies=cookies) as client:
        for _ in range(3 * PLACES):
            half(stack, port, of=of, sent=sent)
        time.sleep(0.2)
        for _ in range(3):
            answer = client.get(f"http://127.0.0.1:{port}/account")
            assert answer.status_code == 200, answer.text


def test_of_many_connections_those_of_one_address_go_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_headers, "MOST_CONNECTIONS", 6)
    with served(world) as port, ExitStack() as stack:
        other = half(stack, port, source="127.0.0.2")
        lines = [half(stack, port) for _ in range(12)]
        time.sleep(0.3)
        ended = [gone(line) for line in lines]
        assert (gone(other), sum(ended), ended[-1]) == (False, 7, False)
        # Of these the one from which nothing came for longest.
        first, second, *_ = (line for line, was in zip(lines, ended, strict=True) if not was)
        first.setblocking(True)
        first.sendall(b"a")
        time.sleep(0.2)
        half(stack, port)
        time.sleep(0.2)
        assert (gone(first), gone(second), gone(other)) == (False, True, False)
