"""Where a request ends, nobody can argue: what another reader could take for a second request is never run.

A proxy before the service that reads lengths in another way would hand on, as part of one client's request, what the
service takes for the next one. So whatever can be read in two ways is refused, and ends the connection.
"""

import re
import select
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
import sqlalchemy as sa

from tests.server.test_http_protocol import served
from tests.server.world import World, world
from wayseal.vault import tables as t

MOMENT = 0.02
"""Seconds for an answer to the first part, before the rest is sent."""
GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
OLD = b"GET /healthz HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
END = b"0\r\n\r\n"


def both(first: bytes, second: bytes, body: bytes = END) -> bytes:
    return GET + first + b"\r\n" + second + b"\r\n\r\n" + body


READ_IN_TWO_WAYS: dict[str, bytes] = {
    "both lengths": both(b"Content-Length: 5", b"Transfer-Encoding: chunked"),
    "both lengths, the other way round": both(b"Transfer-Encoding: chunked", b"Content-Length: 5"),
    "both lengths, none": both(b"Content-Length: 0", b"Transfer-Encoding: chunked"),
    "two lengths": both(b"Content-Length: 5", b"Content-Length: 0", b"abcde"),
    "two lengths that agree": both(b"Content-Length: 5", b"Content-Length: 5", b"abcde"),
    "two lengths in one": GET + b"Content-Length: 5, 5\r\n\r\nabcde",
    "two encodings": both(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"),
    "two encodings, the other way round": both(b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked"),
    "chunked twice": both(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
    "chunked twice in one": GET + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + END,
    "something, and then chunked": GET + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + END,
    "no encoding in an encoding": both(b"Transfer-Encoding:", b"Content-Length: 5", b"abcde"),
    "chunked, and then something": GET + b"Transfer-Encoding: chunked, identity\r\n\r\n" + END,
    "something like chunked": GET + b"Transfer-Encoding: xchunked\r\n\r\n" + END,
    "chunked in quotes": GET + b'Transfer-Encoding: "chunked"\r\n\r\n' + END,
    "chunked and a vertical tab": GET + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + END,
    "chunked and a zero": GET + b"Transfer-Encoding: chunked\x00\r\n\r\n" + END,
    "chunked of an older version": OLD + CHUNKED + b"\r\n" + END,
    "identity": GET + b"Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nabcde",
    "space before the colon": GET + b"Transfer-Encoding : chunked\r\n\r\n" + END,
    "space before the colon of a length": GET + b"Content-Length : 5\r\n\r\nabcde",
    "a folded header": GET + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + END,
    "a folded length": GET + b"X: y\r\n Content-Length: 5\r\n\r\nabcde",
    "a name with a space": GET + b"Content Length: 5\r\n\r\nabcde",
    "a name with a zero": GET + b"Content-Length\x00: 5\r\n\r\nabcde",
    "a name that isn't ASCII": GET + "Content\u2011Length: 5\r\n\r\nabcde".encode(),
    "a line without a colon": GET + b"Content-Length 5\r\n\r\nabcde",
    "an empty name": GET + b": 5\r\n\r\nabcde",
    "a length with a sign": GET + b"Content-Length: +5\r\n\r\nabcde",
    "a length below zero": GET + b"Content-Length: -1\r\n\r\nabcde",
    "a hexadecimal length": GET + b"Content-Length: 0x5\r\n\r\nabcde",
    "a length with more behind it": GET + b"Content-Length: 5 0\r\n\r\nabcde",
    "a length with a fraction": GET + b"Content-Length: 5.0\r\n\r\nabcde",
    "no length in a length": GET + b"Content-Length: \r\n\r\nabcde",
    "a length beyond all numbers": GET + b"Content-Length: 18446744073709551621\r\n\r\nabcde",
    "lines that end early": GET.replace(b"\r\n", b"\n") + b"Content-Length: 5\n\nabcde",
    "one line that ends early": GET + b"X: y\nContent-Length: 5\r\n\r\nabcde",
    "one line that ends with half": GET + b"X: y\rContent-Length: 5\r\n\r\nabcde",
    "an end that comes early": GET + b"X: y\n\nabcde",
    "a chunk of a hexadecimal sign": GET + CHUNKED + b"\r\n0x5\r\nabcde\r\n" + END,
    "a chunk below zero": GET + CHUNKED + b"\r\n-1\r\nabcde\r\n" + END,
    "a chunk with a sign": GET + CHUNKED + b"\r\n+5\r\nabcde\r\n" + END,
    "a chunk beyond all numbers": GET + CHUNKED + b"\r\n10000000000000005\r\nabcde\r\n" + END,
    "a chunk with a space": GET + CHUNKED + b"\r\n5 \r\nabcde\r\n" + END,
    "a chunk without a size": GET + CHUNKED + b"\r\n\r\nabcde\r\n" + END,
    "a chunk without its end": GET + CHUNKED + b"\r\n5\r\nabcde" + END,
    "a chunk that is longer than it says": GET + CHUNKED + b"\r\n5\r\nabcdef\r\n" + END,
    "a chunk whose line ends early": GET + CHUNKED + b"\r\n5\nabcde\r\n" + END,
    "an extension whose line ends early": GET + CHUNKED + b"\r\n5;x\nabcde\r\n" + END,
    "a last chunk whose line ends early": GET + CHUNKED + b"\r\n5\r\nabcde\r\n0\n\n",
    "a trailer": GET + CHUNKED + b"\r\n5\r\nabcde\r\n0\r\nContent-Length: 5\r\n\r\n",
    "a tunnel": b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a version of its own": b"GET /healthz HTTP/1.1 HTTP/1.0\r\nHost: x\r\n\r\n",
    "no version": b"GET /healthz\r\n\r\n",
    "another version": b"GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n",
}
"""What comes first on a connection; a request that seals a parcel comes behind it."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, int]]:
    with world(tmp_path_factory.mktemp("smuggling")) as made, served(made) as port:
        yield made, port


def seals(made: World, number: str) -> bytes:
    body = f'{{"waybill": "{number}", "values": {{"goods": "x y"}}}}'.encode()
    token = made.headers()["Authorization"]
    head = f"POST /v1/waybills HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nContent-Type: application/json\r\n"
    return f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def answers(port: int, first: bytes, second: bytes, wait: float) -> bytes:
    """What comes back until the connection ends. wait: seconds that an answer has before the second part is sent."""
    told = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw, suppress(OSError):
        raw.sendall(first if wait else first + second)
        if wait:
            if select.select([raw], [], [], wait)[0]:
                told += raw.recv(65536)
            raw.sendall(second)
        # Whoever ends too early isn't answered; who waits for more is told that there is none.
        while select.select([raw], [], [], max(wait, 10 * MOMENT))[0]:
            if not (part := raw.recv(65536)):
                return told
            told += part
        raw.shutdown(socket.SHUT_WR)
        while part := raw.recv(65536):
            told += part
    return told


def sealed(made: World) -> set[str]:
    return set(made.vault.main.read(lambda c: c.execute(sa.select(t.waybills.c.waybill)).scalars().all()))


@pytest.mark.parametrize("wait", [0, MOMENT])
def test_nothing_is_read_in_two_ways(service: tuple[World, int], wait: float) -> None:
    made, port = service
    wrong = {}
    for place, (name, first) in enumerate(READ_IN_TWO_WAYS.items()):
        number = f"YT9{bool(wait):d}0000000{place:04}"
        told = answers(port, first, seals(made, number), wait)
        if number in sealed(made) or told.count(b"HTTP/1.1 ") > 1:
            wrong[name] = told
    assert wrong == {}


SOUND = (
    GET + b"\r\n",
    GET + b"Content-Length: 5\r\n\r\nabcde",
    GET + CHUNKED.upper() + b"\r\n5;x=y\r\nabcde\r\n" + END,
    # Nobody goes on in another protocol here.
    GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
)


def test_what_can_be_read_in_one_way_is_run(service: tuple[World, int]) -> None:
    """The request behind it is sound, and comes to the vault behind a first one that is so too."""
    made, port = service
    for place, first in enumerate(SOUND):
        number = f"YT910000001{place:04}"
        told = answers(port, first, seals(made, number), 10)
        assert re.findall(rb"HTTP/1.1 (\d+)", told) == [b"200", b"201"], first
        assert number in sealed(made)
