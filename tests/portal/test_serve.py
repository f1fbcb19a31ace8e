"""The process: what it starts with, two sockets, a pulse, a log without visits, and `kill -9` amid an upload."""

import io
import json
import os
import random
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from httpx import Client, HTTPError

from tests.portal.world import DAY, FORM, HIDDEN, TEXT, World, open_world
from wayseal.cases.hotline.errors import KeyFileError
from wayseal.cases.hotline.keyring import PRIVATE, PUBLIC, load_private_keys, make_keys
from wayseal.portal.errors import PortalSettingsError
from wayseal.portal.serve import Pulse, make_gate, open_portal
from wayseal.portal.settings import PREFIX, PortalSettings, read_portal_settings
from wayseal.service import make_log
from wayseal.service.tokens import add_token

RUN = "import sys; from wayseal.cli import main; sys.argv = ['wayseal', 'serve', 'portal']; main()"


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as place:
        return int(place.getsockname()[1])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "team").mkdir()
    (tmp_path / "portal").mkdir()
    make_keys(tmp_path / "team", DAY)
    (tmp_path / "portal" / PUBLIC).write_bytes((tmp_path / "team" / PUBLIC).read_bytes())
    return tmp_path


@contextmanager
def running(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    """The portal in a process of its own: the process, the address of its pages, the port of its exchange."""
    ports = _free_port(), _free_port()
    environment = os.environ | {
        f"{PREFIX}FOLDER": str(folder / "portal"),
        f"{PREFIX}PORT": str(ports[0]),
        f"{PREFIX}EXCHANGE_PORT": str(ports[1]),
    }
    process = subprocess.Popen([sys.executable, "-c", RUN], env=environment, stderr=subprocess.PIPE, text=True)
    base = f"http://127.0.0.1:{ports[0]}"
    try:
        for _ in range(300):
            try:
                with Client() as client:
                    client.get(base)
                break
            except HTTPError:
                assert process.poll() is None, process.stderr and process.stderr.read()
                time.sleep(0.1)
        yield process, base, ports[1]
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(30)
        if process.stderr is not None:
            process.stderr.close()


def _filled(client: Client) -> dict[str, Any]:
    _, inside = FORM.findall(client.get("/report?type=sale").text)[0]
    return {name: (None, value) for name, value in (dict(HIDDEN.findall(inside)) | TEXT).items()}


def test_a_process_takes_a_report_and_says_nothing_of_it(folder: Path) -> None:
    token = add_token(folder / "portal" / "exchange.tokens", "console", PortalSettingsError)
    with running(folder) as (process, base, exchange), Client(base_url=base) as client:
        form = _filled(client)
        client.post("/report", files=form)
        time.sleep(2.1)
        answer = client.post("/report", files=form, headers={"user-agent": "Phone of Li Lei"})
        assert answer.status_code == 200
        assert "server" not in answer.headers
        client.get("/nothing/of/the/sort")
        with closing(socket.create_connection(("127.0.0.1", int(base.rpartition(":")[2])))) as raw:
            raw.sendall(b"nonsense\r\n\r\n")
            assert b"400" in raw.recv(1000)
        assert client.get("/exchange/healthz").status_code == 404
        with Client(base_url=f"http://127.0.0.1:{exchange}", headers={"authorization": f"Bearer {token}"}) as console:
            assert len(console.get("/exchange/untaken").json()["letters"]) == 1
            assert console.get("/exchange/untaken", headers={"authorization": "Bearer x"}).status_code == 401
        process.terminate()
        assert process.wait(30) == 0
        assert process.stderr is not None
        lines = [json.loads(line) for line in process.stderr.read().splitlines()]
    assert [line["event"] for line in lines] == ["serving", "faults", "stopped"]
    assert lines[1]["error"] == "library"  # what was no HTTP, told when the process ended
    assert not re.search("report|Phone|nothing|127", json.dumps(lines))
    assert {path.name for path in (folder / "portal").iterdir()} <= {
        "exchange.tokens",
        "hotline.public",
        "portal.key",
        "portal.sqlite",
        "portal.sqlite-wal",
        "portal.sqlite-shm",
        ".lock",
    }
    assert (folder / "portal" / "portal.sqlite").stat().st_mode & 0o077 == 0


def _dying(process: subprocess.Popen[str], form: dict[str, Any], after: int) -> Iterator[bytes]:
    """A body with a large file, amid which the process that reads it is killed."""
    for name, (_, value) in form.items():
        yield f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
    for n in range(48):
        if n == after:
            time.sleep(0.1)
            process.kill()
        yield b"\x80" * (1 << 18)
    yield b"\r\n--b--\r\n"


def _kill_amid_uploads(folder: Path, times: int) -> list[str]:
    """The receipts that were shown."""
    random_, shown = random.Random(7), []
    for _ in range(times):
        with running(folder) as (process, base, _), Client(base_url=base, timeout=20) as client:
            whole, broken = _filled(client), _filled(client)
            time.sleep(2.1)
            shown.append(client.post("/report", files=whole).text)
            body = _dying(process, broken, random_.randrange(12, 48))
            with suppress(HTTPError):
                client.post("/report", content=body, headers={"content-type": "multipart/form-data; boundary=b"})
    return [" ".join(re.findall(r"<span>(\d{4})</span>", page)) for page in shown]


@pytest.mark.slow
@pytest.mark.parametrize("times", [2, pytest.param(50, marks=pytest.mark.deep)])
def test_killed_amid_uploads_it_leaves_whole_reports_and_nothing_else(folder: Path, times: int) -> None:
    receipts = _kill_amid_uploads(folder, times)
    assert len(receipts) == times
    with closing(sqlite3.connect(folder / "portal" / "portal.sqlite")) as raw:
        assert raw.execute("SELECT count(*) FROM chunks").fetchone()[0] > 0
    settings = PortalSettings(folder=folder / "portal")
    with open_portal(settings) as portal:
        world = World(portal, load_private_keys(folder / "team" / PRIVATE))
        world.portal = replace(portal, gate=make_gate(settings, lambda: world.at))
        assert len(world.letters()) == len(world.rows("boxes")) == times
        assert (world.rows("chunks"), world.rows("files")) == ([], [])
        for receipt in receipts:
            assert "Your mailbox" in world.visitor().back(receipt).page


def test_the_files_times_move_without_a_visitor(world: World) -> None:
    path = world.database.place
    assert isinstance(path, Path)
    os.utime(path, (1, 1))
    Pulse(world.portal.intake, make_log(io.StringIO())).beat()
    assert path.stat().st_mtime > 1
    noise = world.rows("pulse")
    Pulse(world.portal.intake, make_log(io.StringIO())).beat()
    assert world.rows("pulse") != noise
    assert path.with_name("portal.sqlite-wal").stat().st_size == 0


def test_a_day_ends_with_its_faults_and_a_shredding(world: World) -> None:
    log = io.StringIO()
    pulse = Pulse(world.portal.intake, make_log(log))
    world.visitor().report(files=[("a.pdf", b"%PDF-1")]).send("unfile")
    world.portal.intake.faults.note("OSError", "wayseal/portal/app.py:1")
    world.portal.intake.faults.note("OSError", "wayseal/portal/app.py:1")
    pulse.beat()
    assert log.getvalue() == ""
    world.day = date(2026, 3, 3)
    pulse.beat()
    (line,) = [json.loads(one) for one in log.getvalue().splitlines()]
    assert (line["event"], line["error"], line["size"]) == ("faults", "OSError", 2)
    assert world.database.read(lambda c: c.exec_driver_sql("PRAGMA freelist_count").scalar()) == 0
    pulse.beat()
    assert len(log.getvalue().splitlines()) == 1


def test_two_visits_differ_in_nothing_but_what_is_random(world: World) -> None:
    for agent, language, hour in (("A", "zh", 9), ("B", "en-GB,en;q=.5", 21)):
        world.sleep(3600 * hour)
        world.visitor(**{"user-agent": agent, "accept-language": language}).report(files=[("a.pdf", b"%PDF-1")])
    for table, width in (("boxes", 16), ("letters", 16), ("files", 16), ("chunks", 16)):
        rows = world.rows(table)
        told = [[len(one) if isinstance(one, bytes) else one for one in row] for row in rows]
        assert told[0] == told[1], table
        assert len(rows[0][0]) == width


def test_the_secret_is_made_once_and_never_again(folder: Path) -> None:
    settings = PortalSettings(folder=folder / "portal")
    with open_portal(settings):
        pass
    assert (folder / "portal" / "portal.key").stat().st_mode & 0o077 == 0
    with open_world(folder) as world:
        world.visitor().report()
    (folder / "portal" / "portal.key").unlink()
    with pytest.raises(PortalSettingsError, match="is missing"), open_portal(settings):
        pass


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"wayseal_hotline_keys":1,"keys":[]}'])
def test_without_keys_it_doesnt_start(folder: Path, content: bytes | None) -> None:
    path = folder / "portal" / PUBLIC
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(KeyFileError) as raised, open_portal(PortalSettings(folder=folder / "portal")):
        pass
    assert raised.value.file == path


def test_settings_come_from_the_environment() -> None:
    given = read_portal_settings({f"{PREFIX}PORT": "1", f"{PREFIX}HTTPS": "true", f"{PREFIX}UNIT": "某某"}, folder="x")
    assert (given.port, given.secure, given.unit, given.keys_path) == (1, True, "某某", Path("x/hotline.public"))
    with pytest.raises(PortalSettingsError, match="did you mean"):
        read_portal_settings({f"{PREFIX}PROT": "1"})
    with pytest.raises(PortalSettingsError, match="tls_certificate is needed"):
        read_portal_settings({f"{PREFIX}HOST": "0.0.0.0"})
