"""The command as a process: what it can't start with, from its first start to the signal that ends it, and killed.

Who sends half a request, and how many: nobody else waits for them. Over real connections, in this process.
"""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from threading import Thread

import httpx
import pytest
import uvicorn
from benchmarks.console.console_kills import run

from tests.cli.running import inside
from tests.console.world import CHEAP, VISIT, World
from wayseal.console import Access, Role, read_console_settings, serve
from wayseal.console.access import load_keys
from wayseal.console.errors import ConsoleSettingsError
from wayseal.console.serve import Demo, open_access, run_console
from wayseal.console.tracing import Baskets
from wayseal.console.web.app import create_app, headers_of
from wayseal.database import open_database
from wayseal.service import headers, make_log

HALF = b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\nContent-Length: 90000\r\n\r\n"
FORM, FILES = b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=b"
PLACES = 4
PROGRAM = "from wayseal.cli import main; main()"


@contextmanager
def started(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WAYSEAL_")}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "serve", "console", "--folder", str(folder), "--port", "0", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_from_the_first_start_to_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "console"
    with started(folder) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"(http://127\.0\.0\.1:\d+)/setup .* once: ([A-Z2-9]{6}(?:-[A-Z2-9]{6}){3})$", said.strip())
        assert found is not None, said
        with httpx.Client(base_url=found[1], trust_env=False) as client:
            assert client.get("/readyz").text == "ready\n"
            page = client.get("/setup")
            assert page.status_code == 200
            assert page.headers["content-security-policy"].startswith("default-src 'none'")
            assert "server" not in page.headers
        process.send_signal(signal.SIGTERM)
        _, logged = process.communicate(timeout=60)
        assert process.returncode == 0
    lines = logged.splitlines()
    assert '"event":"serving"' in lines[0]
    assert '"event":"stopped"' in lines[-1]
    assert found[2] not in logged
    assert {
        path.name: path.stat().st_mode & 0o777 for path in folder.iterdir() if path.suffix in (".key", ".sqlite")
    } == {
        "console.key": 0o600,
        "console.sqlite": 0o600,
    }
    assert folder.stat().st_mode & 0o777 == 0o700


def test_without_its_key_file_it_doesnt_start_again(tmp_path: Path) -> None:
    settings = read_console_settings({}, folder=str(tmp_path))
    with open_access(settings) as access:
        assert access.people.prepare_setup() is not None
    keys = load_keys(settings.key_path, make=False)
    with open_database(settings.database_address) as database:
        token = Access.over(database, keys, cost=CHEAP).people.make_demo_link("demo", "Demo", Role.ANALYST)
        assert Access.over(database, keys, cost=CHEAP).people.use_demo_link(token, VISIT).session.person.login == "demo"
    with open_access(settings) as access:
        assert access.people.prepare_setup() is None
    settings.key_path.unlink()
    with pytest.raises(ConsoleSettingsError, match="bring it back"), open_access(settings):
        raise AssertionError


def _place(address: str) -> tuple[str, int]:
    return "127.0.0.1", int(address.rpartition(":")[2])


def _said(address: str, head: bytes) -> bytes:
    """What is answered until the connection ends."""
    with socket.create_connection(_place(address), timeout=10) as line:
        line.sendall(head)
        return b"".join(iter(lambda: line.recv(4096), b""))


def _ends_unanswered(address: str, head: bytes) -> bool:
    try:
        return _said(address, head) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("demo", [False, True])
def test_within_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo: bool) -> None:
    """The same beside us, ended as a signal would: signals reach the main thread alone."""
    ends: list[Callable[[], None]] = []
    told: list[str] = []

    @contextmanager
    def hear(act: Callable[[], None]) -> Iterator[None]:
        ends.append(act)
        yield

    monkeypatch.setattr(serve, "handle_signals", hear)
    monkeypatch.setattr(serve, "forward_library_logs", lambda log: None)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    settings = read_console_settings({}, folder=str(tmp_path / "console"), port="0", workers="0")
    bought = tmp_path / "leaks.csv"
    bought.write_text("waybill,seen_at,seller\nYT1,2026-03-02T08:00:00Z,a\n", "utf-8")
    shown = Demo(say=told.append, basket="bought", bought=bought) if demo else None
    runs = Thread(
        target=lambda: run_console(settings, say_setup=lambda at, code: told.append(f"{at} {code}"), demo=shown)
    )
    runs.start()
    try:
        while not (told and ends):
            assert runs.is_alive()
            time.sleep(0.02)
        address = re.match(r"http://127\.0\.0\.1:\d+", told[0])
        assert address is not None
        with httpx.Client(base_url=address[0], trust_env=False) as client:
            assert client.get("/readyz").text == "ready\n"
        with socket.create_connection(("127.0.0.1", int(address[0].rpartition(":")[2]))) as line:
            line.sendall(b"\x16\x03 this is no HTTP\r\n\r\n")
            said = b"".join(iter(lambda: line.recv(4096), b""))
        assert said.startswith(b"HTTP/1.1 400 ")
        assert b"content-security-policy: default-src 'none'" in said
        assert b"\r\nx-content-type-options: nosniff\r\n" in said
        monkeypatch.setattr(headers, "HEAD_SECONDS", 0.05)
        for head in (b"", b"GET /healthz HTTP/1.1\r\nA: b", b"GET /healthz HTTP/1.1\r\nA: " + b"b" * 2_000_000):
            assert _ends_unanswered(address[0], head), head[:40]
        behind = b"POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n"
        assert b"400 Bad Request" in _said(address[0], behind)
        monkeypatch.setattr(headers, "HEAD_SECONDS", 15.0)
        monkeypatch.setattr(headers, "MOST_CONNECTIONS", 1)
        with socket.create_connection(_place(address[0])) as first:
            assert _said(address[0], b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").endswith(b"ok\n")
            assert first.recv(1) == b""
    finally:
        for end in ends:
            end()
        runs.join(20)
    assert not runs.is_alive()
    with open_access(settings) as access:
        baskets = Baskets(access.database, access.now).page()
        assert [(one.name, one.numbers) for one in baskets] == ([("bought", 1)] if demo else [])


@pytest.mark.slow
@pytest.mark.once
def test_what_it_acknowledged_is_there_after_it_was_killed(tmp_path: Path) -> None:
    outcome = run(tmp_path, kills=3, seconds=0.3, chance=random.Random(1))
    assert outcome.well, outcome


@pytest.mark.parametrize("given", [["console", "nowhere"], ["console", "--port", "70000"]])
def test_what_it_cant_start_with_is_told(given: list[str], tmp_path: Path) -> None:
    ran = inside("serve", *given, cwd=tmp_path)
    assert (ran.code in (2, 3), ran.out) == (True, "")
    assert "LEDGER" in ran.err or "port" in ran.err
    assert list(tmp_path.iterdir()) == []


@contextmanager
def served(world: World) -> Iterator[int]:
    """The console's port; it begins so few requests at a time."""
    app = create_app(world.site, make_log(world.log), most=PLACES)
    http = partial(headers.Connection, headers=headers_of(False))
    config = uvicorn.Config(app, http=http, ws="none", lifespan="off", log_config=None)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as place:
        thread = Thread(target=server.run, kwargs={"sockets": [place]})
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
    monkeypatch.setattr(headers, "MOST_CONNECTIONS", 6)
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
