"""The protocol over real connections, in this process: whose certificate it was, and headers that don't end."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.running import authority
from tests.server.world import World
from wayseal.server import _http_protocol as tls
from wayseal.server._logging import make_log
from wayseal.server._worker import Server, make_config
from wayseal.server.errors import SettingsError
from wayseal.server.settings import Settings


def settings(**more: Any) -> Settings:
    return Settings(database="sqlite:///x", key_database="sqlite:///y", keyring="z", **more)


@contextmanager
def served(service: World, **more: Any) -> Iterator[int]:
    """The port of the app, served in a thread."""
    server = Server(make_config(settings(**more), service.app), service.running, make_log(service.log))
    with socket.create_server(("127.0.0.1", 0)) as place:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield place.getsockname()[1]
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
        body = b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 200000\r\n\r\n"
        assert sent(port, body, b"x" * 200_000).startswith(b"HTTP/1.1 400")


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
            make_config(settings(tls_certificate=place, tls_key=place), service.app)
        wrong.write_text("no certificate")


def test_addresses_from_a_trusted_proxy(service: World) -> None:
    """Only a proxy that is named may say from where a request comes."""
    headers = {**service.headers(), "X-Forwarded-For": "203.0.113.7"}
    for proxies, address in (("127.0.0.1", "203.0.113.7"), ("10.9.9.9", "127.0.0.1"), (None, "127.0.0.1")):
        with served(service, proxies=proxies) as port:
            body = {"waybill": f"YT{proxies}", "values": {"goods": "x"}}
            answer = httpx.post(f"http://127.0.0.1:{port}/v1/waybills", json=body, headers=headers)
            assert answer.status_code == 201
        note = service.http.get("/metrics", headers=service.headers()).text
        entries = next(line for line in note.splitlines() if line.startswith("wayseal_log_entries "))
        proof = service.http.get(
            f"/v1/log/entries/{int(float(entries.split()[1])) - 1}/proof", headers=service.headers()
        )
        assert proof.json()["entry"]["ip"] == address


def test_a_websocket_has_no_business_here(service: World) -> None:
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": "/v1/policy", "headers": [], "query_string": b"", "subprotocols": []}
    asyncio.run(service.app(scope, receive, send))
    assert messages == [{"type": "websocket.close", "code": 1008}]
