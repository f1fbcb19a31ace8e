"""The proxies of the public's webs on a real nginx: what they keep of a visit is nothing (deploy/nginx-*.conf)."""

import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.deploy.test_deploy import DEPLOY
from tests.gate.world import make_parcels, open_world
from tests.live.serving import free_port, served
from tests.server.running import authority
from tests.tables import each

VISITOR = "127.0.0.77"
WEBS = {"portal": 8480, "gate": 8490}
"""Their ports, as the files in deploy/ name them."""
MARKS = (VISITOR.encode(), b"secret-path", b"Phone/7", b"from.example", b"crumb", b"a word of the report")


@dataclass
class Portal:
    """What stands behind the proxy. came: what it is told with each request; first: a body has begun to come."""

    came: list[dict[str, str]] = field(default_factory=list)
    first: threading.Event = field(default_factory=threading.Event)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        self.came.append({name.decode(): value.decode() for name, value in scope["headers"]})
        more, size = True, 0
        while more:
            message = await receive()
            size, more = size + len(message.get("body", b"")), message.get("more_body", False)
            if size:
                self.first.set()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"%d" % size})


@dataclass(frozen=True)
class Proxy:
    folder: Path
    port: int
    plain: int
    trusted: ssl.SSLContext

    def client(self, address: str = VISITOR) -> httpx.Client:
        """A browser that says all that it can of itself. address: from where."""
        told = {"User-Agent": "Phone/7", "Referer": "https://from.example/", "Cookie": "crumb=1", "Forwarded": "for=x"}
        told |= {"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9"}
        transport = httpx.HTTPTransport(verify=self.trusted, local_address=address)
        return httpx.Client(transport=transport, base_url=f"https://localhost:{self.port}", headers=told)

    def say(self, port: int, words: bytes, *, secure: bool = False) -> bytes:
        """Whatever somebody sends who is no browser."""
        bare = socket.create_connection(("127.0.0.1", port), source_address=(VISITOR, 0), timeout=5)
        with self.trusted.wrap_socket(bare, server_hostname="localhost") if secure else bare as place:
            place.sendall(words)
            try:
                return place.recv(65536)
            except OSError:
                return b""


@contextmanager
def proxied(folder: Path, behind: int, change: Callable[[str], str] = str, *, name: str = "portal") -> Iterator[Proxy]:
    """nginx with the file as it stands in deploy/, but for ports and certificate, and as any nginx logs by default."""
    signer = authority(folder, "ca")
    certificate, key, _ = signer.sign(name)
    port, plain = free_port(), free_port()
    text = (DEPLOY / f"nginx-{name}.conf").read_text(encoding="utf-8")
    for old, new in (
        (f"127.0.0.1:{WEBS[name]}", f"127.0.0.1:{behind}"),
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("listen 80", f"listen 127.0.0.1:{plain}"),
        (f"/etc/wayseal/tls/{name}.pem", str(certificate)),
        (f"/etc/wayseal/tls/{name}.key", str(key)),
    ):
        assert old in text, old
        text = text.replace(old, new)
    text = change(re.sub(r"listen \[::\][^;]*;", "", text))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temp = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    head = f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/log info;\nevents {{}}\n"
    (folder / "nginx.conf").write_text(f"{head}http {{ access_log {folder}/access; {temp}\n{text}}}\n")
    program = shutil.which("nginx")
    assert program is not None
    words = [program, "-p", str(folder), "-e", f"{folder}/log", "-c", f"{folder}/nginx.conf"]
    with subprocess.Popen(words) as process:
        try:
            trusted = ssl.create_default_context(cafile=signer.file)
            for _ in range(500):
                assert process.poll() is None, (folder / "log").read_text()
                with socket.socket() as place:
                    if place.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.02)
            yield Proxy(folder, port, plain, trusted)
        finally:
            process.terminate()


def held(folder: Path) -> dict[str, bytes]:
    """What lies in the folder beside what nginx was given."""
    given = {"nginx.conf", "ca.pem", *(f"{name}.{kind}" for name in WEBS for kind in ("pem", "key"))}
    return {one.name: one.read_bytes() for one in folder.rglob("*") if one.is_file() and one.name not in given}


def visit(proxy: Proxy, portal: Portal) -> None:
    """All that somebody may do there, right and wrong."""
    with proxy.client() as browser:
        assert browser.get("/secret-path?x=a%20word").text == "0"
        body = b"a word of the report" * 400_000
        half = threading.Event()

        def parts() -> Iterator[bytes]:
            yield body[: len(body) // 2]
            assert portal.first.wait(3)  # bodies pass through
            assert not [name for name in held(proxy.folder) if name.isdigit()]
            half.set()
            yield body[len(body) // 2 :]

        size = {"Content-Length": str(len(body))}
        portal.first.clear()
        assert browser.post("/secret-path", content=parts(), headers=size).text == str(len(body))
        assert half.is_set()
        portal.first.clear()
        assert browser.post("/secret-path", content=parts()).text == str(len(body))  # in chunks
        large = {"Content-Length": str(2 << 30)}
        assert b" 413 " in proxy.say(proxy.port, _words("POST /secret-path", large), secure=True)
        assert browser.get("/secret-path/../%2e%2e/etc").status_code in (200, 400)
    for words in (b"GET /secret-path\r\n\r\n", b"NONSENSE\r\n\r\n", _words("GET /secret-path", {"Host": "a b"})):
        proxy.say(proxy.port, words, secure=True)
        proxy.say(proxy.plain, words)
        proxy.say(proxy.port, words)
    assert b" 301 " in proxy.say(proxy.plain, _words("GET /secret-path", {}))
    assert b"secret-path" not in proxy.say(proxy.plain, _words("GET /secret-path", {}))


def _words(line: str, headers: dict[str, str]) -> bytes:
    known = {"Host": "localhost", "User-Agent": "Phone/7"} | headers
    return "\r\n".join([f"{line} HTTP/1.1", *(f"{name}: {value}" for name, value in known.items()), "", ""]).encode()


def left(folder: Path) -> dict[str, bytes]:
    """What says something of the visit, by file."""
    return {name: mark for name, content in held(folder).items() for mark in MARKS if mark in content}


@pytest.mark.needs("nginx")
@pytest.mark.once
def test_nothing_is_left_of_a_visit(tmp_path: Path) -> None:
    portal = Portal()
    with served(portal) as behind:
        with proxied(tmp_path, behind) as proxy:
            visit(proxy, portal)
            with proxy.client() as browser:
                codes = [browser.get("/secret-path").status_code for _ in range(120)]
            assert codes.count(429) > 20
        with proxied(tmp_path, free_port()) as proxy, proxy.client() as browser:
            assert browser.get("/secret-path").status_code == 502
    told = {name for headers in portal.came for name in headers}
    assert told == {"host", "accept", "accept-encoding", "content-length", "transfer-encoding"}
    assert "log" in held(tmp_path)
    assert left(tmp_path) == {}


@pytest.mark.needs("nginx")
@pytest.mark.once
@each(("line", "file"), [("access_log off;", "access"), ("error_log /dev/null;", "log")])
def test_what_a_line_keeps_out_would_be_seen(tmp_path: Path, line: str, file: str) -> None:
    folder = tmp_path / file
    folder.mkdir()
    portal = Portal()
    with served(portal) as behind, proxied(folder, behind, lambda text: text.replace(line, "")) as proxy:
        visit(proxy, portal)
    assert file in left(folder)


@pytest.mark.needs("nginx")
@pytest.mark.once
def test_the_gate_counts_who_asks_and_no_code_is_kept(tmp_path: Path) -> None:
    """What callers say of their address is put aside, the proxy's word is believed."""
    parcels = make_parcels(tmp_path)
    number = parcels.live[0]
    (folder := tmp_path / "nginx").mkdir()
    right = {"X-Shipment-Secret": parcels.secret(number)}
    with (
        open_world(tmp_path, parcels, prefix_a_minute=8) as world,
        served(world.app) as behind,
        proxied(folder, behind, name="gate") as proxy,
    ):
        with proxy.client() as caller:

            def ask(said: str, secret: dict[str, str]) -> int:
                told = {"X-Forwarded-For": said, **secret}
                return caller.get("/v1/track", params={"number": number}, headers=told).status_code

            codes = [ask(f"203.0.{one}.9", right) for one in range(10)]
            assert codes == [200] * 8 + [429] * 2
        wrong = {"X-Shipment-Secret": "0000000000"}
        with proxy.client("127.0.9.9") as other:
            assert other.get("/v1/track", params={"number": number}, headers=wrong).status_code == 404
            assert 'name="secret"' in other.get("/").text
        assert b" 403 " in proxy.say(proxy.plain, _words(f"GET /v1/track?number={number}", right))
    marks = [one.encode() for one in (VISITOR, "127.0.9.9", number, right["X-Shipment-Secret"])]
    assert not [(name, mark) for name, content in held(folder).items() for mark in marks if mark in content]
