"""The protocol over real connections, in this process: whose certificate it was, and headers that don't end."""

import asyncio
import gc
import json
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.running import authority
from tests.server.world import World
from wayseal.server import _http_protocol as tls
from wayseal.server.errors import SettingsError
from wayseal.server.serve import Server, make_server_config
from wayseal.server.settings import Settings
from wayseal.service.log import make_log


def settings(**more: Any) -> Settings:
    return Settings(database="sqlite:///x", key_database="sqlite:///y", keyring="z", **more)


@contextmanager
def served(service: World, app: Any = None, **more: Any) -> Iterator[int]:
    """The port of the service's app, or of this one, served in a thread."""
    server = Server(make_server_config(settings(**more), app or service.app), service.running, make_log(service.log))
    with socket.create_server(("127.0.0.1", 0)) as place:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield place.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def sent(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """What comes back."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as raw:
        try:
            for part in parts:
                raw.sendall(part)
                time.sleep(pause)
            raw.shutdown(socket.SHUT_WR)
            while part := raw.recv(65536):
                answer += part
        except OSError:
            pass
    return answer


def test_headers_that_do_not_end(service: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "HEADER_SECONDS", 0.3)
    good = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with served(service) as port:
        assert sent(port, good).startswith(b"HTTP/1.1 200")
        assert sent(port, good[:30], good[30:]).startswith(b"HTTP/1.1 200")
        # Too slow, before the first byte and in the middle; and too long, though each piece comes in time.
        assert sent(port, b"", good, pause=0.6) == b""
        assert sent(port, good[:30], good[30:], pause=0.6) == b""
        assert sent(port, b"GET /", *[b"a" * 40_000] * 20, b" HTTP/1.1\r\n\r\n") == b""
        # A connection that was used once has the same time for the next.
        keep = good.replace(b"Connection: close\r\n", b"")
        with socket.create_connection(("127.0.0.1", port), timeout=5) as raw:
            raw.sendall(keep)
            assert raw.recv(65536).startswith(b"HTTP/1.1 200")
            raw.sendall(keep[:30])
            time.sleep(0.6)
            with suppress(ConnectionError):
                assert raw.recv(65536) == b""
        # A body may be longer than headers are.
        body = b"POST /v1/scans HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 200000\r\n"
        token = f"Authorization: {service.headers()['Authorization']}\r\n\r\n".encode()
        assert sent(port, body + token, b"x" * 200_000).startswith(b"HTTP/1.1 415")


SLOW = b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
HEALTHY = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@contextmanager
def connected(port: int, count: int, first: bytes) -> Iterator[list[socket.socket]]:
    """So many connections that have each sent this."""
    opened = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(count)]
    try:
        for raw in opened:
            raw.sendall(first)
        yield opened
    finally:
        for raw in opened:
            raw.close()


def ended(raw: socket.socket) -> bytes:
    """What comes until the other side ends the connection."""
    answer = []
    with suppress(ConnectionError):
        while part := raw.recv(65536):
            answer.append(part)
    return b"".join(answer)


def test_nothing_behind_a_body_counts_as_a_header(service: World) -> None:
    token = service.headers()["Authorization"]
    begin = "POST /v1/waybills HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    chunks = 'Connection: close\r\n\r\n32\r\n{"waybill": "YT77001", "values": {"goods": "x y"}}\r\n0\r\n'
    with served(service, proxies="127.0.0.1") as port:
        for pause in (0.0, 0.1):
            for trailer in (f"Authorization: {token}", "X-Forwarded-For: 13800138000"):
                known = f"Authorization: {token}\r\n" if "Forwarded" in trailer else ""
                parts = [part.encode() for part in (begin + known, chunks, f"{trailer}\r\n\r\n")]
                assert sent(port, *parts, pause=pause).startswith(b"HTTP/1.1 400"), trailer
        whole = (begin + f"Authorization: {token}\r\n" + chunks + "\r\n").encode()
        with connected(port, 1, whole) as (raw,):
            assert ended(raw).startswith(b"HTTP/1.1 201")


def last_entry(service: World) -> Any:
    """The newest entry of the log."""
    note = service.http.get("/metrics", headers=service.headers()).text
    entries = next(line for line in note.splitlines() if line.startswith("wayseal_log_entries "))
    place = int(float(entries.split()[1])) - 1
    return service.http.get(f"/v1/log/entries/{place}/proof", headers=service.headers()).json()["entry"]


def test_what_a_proxy_passes_on_is_an_address_or_nothing(service: World) -> None:
    body = {"waybill": "YT77002", "values": {"goods": "x"}}
    with served(service, proxies="127.0.0.1") as port:
        headers = {**service.headers(), "X-Forwarded-For": "13800138000"}
        assert httpx.post(f"http://127.0.0.1:{port}/v1/waybills", json=body, headers=headers).status_code == 201
    assert last_entry(service)["ip"] == "unknown"


def test_slow_bodies_take_no_place_among_requests(service: World) -> None:
    service.running._most = 3
    with served(service, body_seconds=0.5) as port, connected(port, 30, SLOW) as slow:
        assert sent(port, HEALTHY.replace(b"/healthz", b"/v1/policy")).startswith(b"HTTP/1.1 401")
        # Each is told that it took too long, and is cut off.
        for raw in slow:
            assert ended(raw).startswith((b"HTTP/1.1 408", b"HTTP/1.1 503"))


def test_a_body_that_was_announced(service: World) -> None:
    """Who asks first whether to send is told so, and is answered once the body is there."""
    expecting = SLOW.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
    with served(service) as port, connected(port, 1, expecting) as (raw,):
        assert raw.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        raw.sendall(b"x" * 100)
        assert raw.recv(65536).startswith(b"HTTP/1.1 400")
        raw.sendall(HEALTHY)
        assert raw.recv(65536).startswith(b"HTTP/1.1 200")


def test_an_answer_before_the_end_of_a_body_ends_the_connection(
    service: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "LINGER_SECONDS", 0.3)
    begin = b"POST /v1/scans HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n"
    with served(service) as port, connected(port, 1, begin + b"x" * 70_000) as (raw,):
        first = raw.recv(65536)
        assert first.startswith(b"HTTP/1.1 401")
        assert b"connection: close" in first
        began = time.monotonic()
        # Dripping keeps nothing open.
        with suppress(OSError):
            while time.monotonic() < began + 5:
                raw.sendall(b"x")
                time.sleep(0.05)
        assert time.monotonic() - began < 4


def test_of_a_strangers_long_body_little_is_read(service: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is sent at once: the rest waits with whoever sends it, until somebody asks."""
    kept: list[int] = []
    whole = tls.Protocol.linger

    def linger(self: tls.Protocol) -> None:
        kept.append(len(self.cycle.body))
        whole(self)

    monkeypatch.setattr(tls.Protocol, "linger", linger)
    begin = b"POST /v1/scans HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n"
    with served(service) as port, connected(port, 8, begin + b"x" * 200_000) as opened:
        for raw in opened:
            assert ended(raw).startswith(b"HTTP/1.1 401")
    assert len(kept) == 8
    assert max(kept) <= 2 * tls.PREFIX


def test_a_long_body_of_somebody_known_comes_whole(service: World) -> None:
    scans = [
        {"waybill": f"YT{n:013}", "at": "2026-03-02T00:00:00Z", "kind": "pickup", "outlet": "SH-1"} for n in range(990)
    ]
    body = json.dumps({"scans": scans}).encode()
    assert len(body) > 5 * tls.PREFIX
    with served(service) as port:
        headers = {**service.headers(), "Content-Type": "application/json"}
        answer = httpx.post(f"http://127.0.0.1:{port}/v1/scans", content=body, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"taken": 990})


def test_connections_leave_nothing_to_the_collector(service: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a thousand connections a second leave would otherwise lie there until it looks."""
    seen: list[weakref.ref[tls.Protocol]] = []
    made = tls.Protocol.connection_made

    def connection_made(self: tls.Protocol, transport: asyncio.Transport) -> None:
        seen.append(weakref.ref(self))
        made(self, transport)

    monkeypatch.setattr(tls.Protocol, "connection_made", connection_made)
    monkeypatch.setattr(tls, "LINGER_SECONDS", 0.1)
    early = b"POST /v1/scans HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n" + b"x" * 70_000
    gc.disable()
    try:
        with served(service, body_seconds=0.3) as port:
            for first in (early, SLOW, HEALTHY, b"no request\r\n\r\n"):
                with connected(port, 2, first) as opened:
                    assert all(raw.recv(65536) for raw in opened)
        assert len(seen) == 8
        assert [one for one in seen if one() is not None] == []
    finally:
        gc.enable()


def test_one_request_at_a_time(service: World) -> None:
    with served(service) as port:
        assert sent(port, HEALTHY * 2) == b""
        assert sent(port, SLOW + b"x" * 100 + HEALTHY) == b""


LONG = 32_000_000
"""More than the buffers of two sockets hold."""


async def answer_long(scope: Any, receive: Any, send: Any) -> None:
    """An app that has much to say."""
    del scope, receive
    length = (b"content-length", str(LONG).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    for _ in range(32):
        await send({"type": "http.response.body", "body": bytes(LONG // 32), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def test_whoever_does_not_read(service: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "WRITE_SECONDS", 1.0)
    closing = HEALTHY.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with served(service, answer_long) as port:
        for pause, whole in ((0.0, True), (2.5, False)):
            with connected(port, 1, closing) as (raw,):
                time.sleep(pause)
                assert (len(ended(raw)) > LONG) == whole


def test_room_for_whoever_comes(service: World) -> None:
    with served(service, most_connections=5) as port, connected(port, 5, SLOW) as slow:
        for _ in range(3):
            assert sent(port, HEALTHY.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")).startswith(
                b"HTTP/1.1 200"
            )
        assert ended(slow[0]) == b""
        slow[4].sendall(b"x" * 100)
        assert slow[4].recv(65536).startswith(b"HTTP/1.1 400")


def test_requests_carry_the_certificate_of_their_connection(service: World, tmp_path: Path) -> None:
    ours = authority(tmp_path, "ours")
    server, server_key, _ = ours.sign("server")
    client, client_key, digest = ours.sign("client")
    service.client("bound", certificate_sha256=digest.upper())
    files = {"tls_certificate": server, "tls_key": server_key, "tls_client_ca": ours.file}
    form = {"grant_type": "client_credentials"}
    with served(service, **files) as port:
        context = ssl.create_default_context(cafile=str(ours.file))
        place = f"https://localhost:{port}"
        with httpx.Client(verify=context, base_url=place) as http:
            assert http.post("/oauth/token", data=form, auth=("bound", service.secrets["bound"])).status_code == 401
            # Whoever isn't bound needs none.
            assert http.post("/oauth/token", data=form, auth=("all", service.secrets["all"])).status_code == 200
        context.load_cert_chain(client, client_key)
        with httpx.Client(verify=context, base_url=place) as http:
            answer = http.post("/oauth/token", data=form, auth=("bound", service.secrets["bound"]))
            headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
            assert http.get("/v1/policy", headers=headers).status_code == 200
    # The token is bound as well, and plain HTTP shows no certificate.
    answer = service.http.get("/v1/policy", headers=headers)
    assert (answer.status_code, answer.json()["rule"]) == (401, "certificate")


def test_certificates_that_cannot_be_used(service: World, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    for place in (wrong, tmp_path / "none.pem"):
        with pytest.raises(SettingsError, match="tls_certificate"):
            make_server_config(settings(tls_certificate=place, tls_key=place), service.app)
        wrong.write_text("no certificate")


def test_addresses_from_a_trusted_proxy(service: World) -> None:
    """Only a proxy that is named may say from where a request comes."""
    headers = {**service.headers(), "X-Forwarded-For": "203.0.113.7"}
    for proxies, address in (("127.0.0.1", "203.0.113.7"), ("10.9.9.9", "127.0.0.1"), (None, "127.0.0.1")):
        with served(service, proxies=proxies) as port:
            body = {"waybill": f"YT{proxies}", "values": {"goods": "x"}}
            answer = httpx.post(f"http://127.0.0.1:{port}/v1/waybills", json=body, headers=headers)
            assert answer.status_code == 201
        assert last_entry(service)["ip"] == address


def test_a_websocket_has_no_business_here(service: World) -> None:
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": "/v1/policy", "headers": [], "query_string": b"", "subprotocols": []}
    asyncio.run(service.app(scope, receive, send))
    assert messages == [{"type": "websocket.close", "code": 1008}]
