"""The list of blocked accounts, served at a port of its own, and nginx before a system that answers 200."""

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from wayseal.live.blocks import Blocks
from wayseal.live.http import create_app
from wayseal.service.tokens import TokenFile

CONFIG = Path(__file__).parents[2] / "deploy/nginx/blocked.conf"


@contextmanager
def served(app: Any, port: int = 0) -> Iterator[int]:
    """An app at a port."""
    with socket.create_server(("127.0.0.1", port)) as place:
        config = uvicorn.Config(app, log_config=None, lifespan="off", access_log=False, ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        try:
            yield place.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def serving(blocks: Blocks, tokens: Path, port: int = 0) -> Iterator[int]:
    """The list at a port."""
    with served(create_app(blocks, TokenFile(tokens)), port) as found:
        yield found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as place:
        return int(place.getsockname()[1])


async def system(scope: Any, receive: Any, send: Any) -> None:
    """What stands behind the gateway."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"shown"})


@contextmanager
def nginx(folder: Path, token: str, *, wayseal: int, behind: int, fails_open: bool = False) -> Iterator[int]:
    """The reference enforcer as it stands in deploy/, with these ports, and accounts from a header for a sign-in."""
    port = free_port()
    text = CONFIG.read_text(encoding="utf-8")
    for old, new in (
        ("127.0.0.1:8446", f"127.0.0.1:{wayseal}"),
        ("127.0.0.1:8081", f"127.0.0.1:{behind}"),
        ("listen 8080", f"listen 127.0.0.1:{port}"),
        ("/var/cache/nginx/wayseal", f"{folder}/cache"),
        ("/etc/nginx/wayseal-token.conf", f"{folder}/token.conf"),
        ("$remote_user;", "$http_x_test_user;"),
        ('$wayseal_verified "";', "$wayseal_verified $http_x_test_verified;"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    if fails_open:
        text, count = re.subn(r"# (error_page 500 502 503 504)", r"\1", text)
        assert count == 1
        text = text.replace("$wayseal_fails closed;", "$wayseal_fails open;")
    temp = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "token.conf").write_text(f'proxy_set_header Authorization "Bearer {token}";')
    head = f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;\nevents {{}}\n"
    (folder / "nginx.conf").write_text(f"{head}http {{ {temp}\n{text}}}\n", encoding="utf-8")
    program = shutil.which("nginx")
    assert program is not None
    with subprocess.Popen([program, "-p", str(folder), "-e", f"{folder}/log", "-c", f"{folder}/nginx.conf"]) as process:
        try:
            _wait(process, port, folder / "log")
            yield port
        finally:
            process.terminate()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(500):
        assert process.poll() is None, log.read_text()
        try:
            httpx.get(f"http://127.0.0.1:{port}/_wayseal/open")
        except httpx.TransportError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(log.read_text())
