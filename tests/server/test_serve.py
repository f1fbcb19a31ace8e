"""The service as a process: it starts, answers real connections, binds clients to certificates, and stops gently."""

import json
import signal
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.effort import DEEP
from tests.server.running import Running, authority, serving
from tests.server.world import NUMBER, VALUES

pytestmark = pytest.mark.once

FORM = {"grant_type": "client_credentials"}


def token(http: httpx.Client, secret: str) -> httpx.Response:
    return http.post("/oauth/token", data=FORM, auth=("all", secret))


def lines(running: Running) -> list[dict[str, Any]]:
    return [json.loads(line) for line in running.log.read_text().splitlines()]


def test_it_starts_answers_and_stops(tmp_path: Path) -> None:
    with serving(tmp_path, anew=True) as running:
        with httpx.Client(base_url=f"http://127.0.0.1:{running.port}") as http:
            assert http.get("/readyz").json() == {"status": "ok"}
            # What it was started with is not to be had from the system any more.
            shown = Path(f"/proc/{running.process.pid}/environ").read_bytes()
            assert b"sqlite:///" not in shown
            assert b"WAYSEAL_PORT=0" in shown
            headers = {"Authorization": f"Bearer {token(http, running.secret).json()['access_token']}"}
            answer = http.post("/v1/waybills", json={"waybill": NUMBER, "values": VALUES}, headers=headers)
            assert answer.status_code == 201
            assert "server" not in answer.headers
            _raw(running.port)
            _many(running.port, headers)
        assert running.stop() == 0
        events = [line["event"] for line in lines(running)]
        assert events[0] == "serving"
        assert events[-2:] == ["stopping", "stopped"]
        # Whoever speaks nonsense is noted, not quoted.
        assert "Mk7Zq" not in running.log.read_text()
        assert not (tmp_path / "main.db-wal").exists()


def _many(port: int, headers: dict[str, str]) -> None:
    """Many connections at once."""
    statuses: list[int] = []

    def seal(place: int) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as http:
            for number in range(5):
                body = {"waybill": f"YT{place}x{number}", "values": VALUES}
                statuses.append(http.post("/v1/waybills", json=body).status_code)

    threads = [threading.Thread(target=seal, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [201] * 40


def _raw(port: int) -> None:
    """What no HTTP client sends gets an answer or is cut off, and leaves the service alive."""
    for sent in (
        b"Mk7Zq\r\n\r\n",
        b"GET http:// HTTP/1.1\r\n\r\n",
        b"GET /%ff%00Mk7Zq HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nMk7Zq\r\n",
        b"GET /" + b"a" * 300_000,
        b"GET / HTTP/1.1\r\nX: " + b"a" * 300_000,
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as raw:
            try:
                raw.sendall(sent)
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(65536):
                    pass
            except TimeoutError:
                raise
            except OSError:
                pass  # Cut off: reset, or not connected any more.
    assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200


def test_what_it_took_it_finishes(tmp_path: Path) -> None:
    """SIGTERM in the middle of a request: its answer still comes, and nothing new is taken."""
    with serving(tmp_path) as running:
        with httpx.Client(base_url=f"http://127.0.0.1:{running.port}") as http:
            bearer = token(http, running.secret).json()["access_token"]
        body = json.dumps({"waybill": NUMBER, "values": VALUES}).encode()
        head = (
            f"POST /v1/waybills HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {bearer}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", running.port), timeout=10) as raw:
            raw.sendall(head.encode() + body[:20])
            time.sleep(0.5)
            running.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            with pytest.raises(httpx.ConnectError):
                httpx.get(f"http://127.0.0.1:{running.port}/healthz")
            assert running.process.poll() is None
            raw.sendall(body[20:])
            answer = b""
            while part := raw.recv(65536):
                answer += part
        assert answer.startswith(b"HTTP/1.1 201")
        assert running.process.wait(10) == 0
        assert lines(running)[-1]["event"] == "stopped"


def refused(folder: Path, **settings: str) -> str:
    """What the service says when it doesn't start."""
    with pytest.raises(AssertionError) as caught, serving(folder, anew=DEEP, **settings):
        pass
    return str(caught.value)


def test_what_it_cannot_start_with(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = refused(tmp_path, port=str(taken.getsockname()[1]))
    assert "SettingsError: host and port: can't listen there (Address already in use)" in said
    (tmp_path / "again").mkdir()
    wrong = str(tmp_path / "main.db")
    said = refused(tmp_path / "again", tls_certificate=wrong, tls_key=wrong)
    assert "SettingsError: tls_certificate, tls_key" in said


def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    with serving(tmp_path) as running, socket.create_connection(("127.0.0.1", running.port), timeout=10) as raw:
        raw.sendall(b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        time.sleep(0.3)
        began = time.monotonic()
        running.process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(10) == 0
        assert time.monotonic() - began < 5


def test_a_client_that_is_bound_to_a_certificate(tmp_path: Path) -> None:
    """RFC 8705: the secret alone opens nothing, a token that was taken is worth nothing without the key."""
    ours, theirs = authority(tmp_path, "ours"), authority(tmp_path, "theirs")
    server, server_key, _ = ours.sign("server")
    client, client_key, digest = ours.sign("client")
    other, other_key, _ = ours.sign("other")
    foreign, foreign_key, _ = theirs.sign("foreign")
    files = {"tls_certificate": str(server), "tls_key": str(server_key), "tls_client_ca": str(ours.file)}

    def connected(certificate: Path | None = None, key: Path | None = None) -> httpx.Client:
        context = ssl.create_default_context(cafile=str(ours.file))
        if certificate is not None:
            context.load_cert_chain(certificate, key)
        return httpx.Client(base_url=f"https://localhost:{running.port}", verify=context)

    with serving(tmp_path, certificate_sha256=digest, anew=DEEP, **files) as running:
        with connected(client, client_key) as http:
            answer = token(http, running.secret)
            assert answer.status_code == 200
            headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
            assert http.get("/v1/policy", headers=headers).status_code == 200
        for certificate, key in ((None, None), (other, other_key)):
            with connected(certificate, key) as http:
                assert http.get("/healthz").status_code == 200
                assert token(http, running.secret).status_code == 401
                answer = http.get("/v1/policy", headers=headers)
                assert (answer.status_code, answer.json()["rule"]) == (401, "certificate")
        with connected(foreign, foreign_key) as http, pytest.raises(httpx.HTTPError):
            http.get("/healthz")
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"http://localhost:{running.port}/healthz")
        assert running.stop() == 0
