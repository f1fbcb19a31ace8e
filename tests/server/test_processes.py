"""The service in several processes: rules 4 to 7 of `server.serve`."""

import io
import json
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from benchmarks.shared.forked import started_by

from tests.server.running import Running, environment_of, prepared, serving
from tests.server.starting import Started
from tests.server.test_serve import token
from tests.server.world import VALUES, databases
from wayseal.server import serve
from wayseal.server.serve import run
from wayseal.server.settings import Settings
from wayseal.service.log import make_log
from wayseal.vault import tables as t
from wayseal.vault.keyring import Keyring
from wayseal.vault.log.entries import decode
from wayseal.vault.log.integrity import verify

Answered = TypeVar("Answered")
WHY = {"purpose": "own_shipment", "reason": "x"}


def committing(running: Running) -> int:
    """The process that commits: the one that holds no socket of the service's port."""
    port = f":{running.port:04X}"
    listening = {
        line.split()[9] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[1].endswith(port)
    }
    (one,) = [pid for pid in started_by(running.process.pid) if not listening & _sockets(pid)]
    return one


def _sockets(pid: int) -> set[str]:
    found = set()
    for place in (Path("/proc") / str(pid) / "fd").iterdir():
        found |= set(re.findall(r"socket:\[(\d+)\]", str(place.readlink())))
    return found


def gone(pids: list[int]) -> bool:
    """Whether processes have ended within ten seconds."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if not any((Path("/proc") / str(pid)).exists() for pid in pids):
            return True
        time.sleep(0.05)
    return False


class Load:
    """Clients that each seal a parcel and ask for it, again and again, until they are told to stop."""

    def __init__(self, port: int, secret: str, clients: int = 6) -> None:
        self._address = f"http://127.0.0.1:{port}"
        self.shown: list[dict[str, Any]] = []
        self.statuses: list[int] = []
        self.stop = False
        with httpx.Client(base_url=self._address) as http:
            self.headers = {"Authorization": f"Bearer {token(http, secret).json()['access_token']}"}
        self._threads = [threading.Thread(target=self._work, args=(n,)) for n in range(clients)]
        for thread in self._threads:
            thread.start()

    def _work(self, place: int) -> None:
        turn = 0
        with httpx.Client(base_url=self._address, headers=self.headers) as http:
            while not self.stop:
                turn += 1
                number = f"YT{place}x{turn}"
                try:
                    sealed = http.post("/v1/waybills", json={"waybill": number, "values": VALUES})
                    self.statuses.append(sealed.status_code)
                    if sealed.status_code != 201:
                        continue
                    shown = http.post(f"/v1/waybills/{number}/disclose", json=WHY)
                except httpx.HTTPError:
                    return
                self.statuses.append(shown.status_code)
                if shown.status_code == 200:
                    self.shown.append(shown.json())

    def until(self, count: int) -> None:
        """Waits for so many answers."""
        until = time.monotonic() + 60
        while len(self.shown) < count:
            assert time.monotonic() < until
            time.sleep(0.01)

    def join(self) -> None:
        self.stop = True
        for thread in self._threads:
            thread.join()


def in_the_log(folder: Path, shown: list[dict[str, Any]]) -> None:
    """Whether what was shown stands in the log, each once, and the log is whole."""
    main, keys = databases(folder)
    with main, keys:
        rows = main.read(lambda c: c.execute(t.entries.select()).all())
        keys_known = Keyring.load(folder / "ring.json").log_verify_keys("vault.example")
        findings = verify(main, [], keys_known, lambda *done: None).findings
    entries = {row.seq: decode(bytes(row.entry)) for row in rows}
    assert len({one["seq"] for one in shown}) == len(shown)
    for one in shown:
        assert entries[one["seq"]].waybill == one["waybill"]
    assert not findings


@pytest.mark.slow
@pytest.mark.once
def test_several_answer_as_one(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Rule 4, and rule 6: stopped under load, it ends well, and whatever it showed stands in the log.

    Its processes are started as in operation, those of the tests below are forked.
    """
    said = io.StringIO()

    def ask(port: int) -> tuple[Load, list[str]]:
        load = Load(port, (tmp_path / "secret").read_text())
        load.until(40)
        assert len(spawned()) == 3
        load.join()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as http:
            headers = {**load.headers, "Connection": "close"}
            # A client has its answer a moment before the process that gave it counts it as given.
            until = time.monotonic() + 10
            while "wayseal_requests_running 1.0" not in http.get("/metrics", headers=headers).text:
                assert time.monotonic() < until
                time.sleep(0.01)
            return load, [http.get("/metrics", headers=headers).text for _ in range(6)]

    load, told = run_until_asked(settings_of(tmp_path, 2), said, capfd, ask)
    counts = {re.search(r"wayseal_disclosures_total\{.*disclosed.*\} ([\d.]+)", text)[1] for text in told}  # type: ignore[index]
    # Whichever process is asked, it tells of both.
    assert counts == {f"{float(len(load.shown))}"}
    assert all("wayseal_requests_running 1.0" in text for text in told)
    groups = re.search(r"wayseal_group_asks_sum ([\d.]+)", told[0])
    assert groups is not None
    assert float(groups[1]) == len(load.shown)
    assert set(load.statuses) == {200, 201}
    events = [json.loads(line)["event"] for line in said.getvalue().splitlines()]
    assert events.count("serving") == 2
    assert events[-1] == "stopped"
    assert not (tmp_path / "main.db-wal").exists()
    in_the_log(tmp_path, load.shown)


def spawned() -> list[int]:
    """Processes of the service that this one started."""
    return [
        pid for pid in started_by(os.getpid()) if b"spawn_main" in (Path("/proc") / str(pid) / "cmdline").read_bytes()
    ]


def run_until_asked(
    settings: Settings, said: io.StringIO, capfd: pytest.CaptureFixture[str], ask: Callable[[int], Answered]
) -> Answered:
    """Runs a service in this process; what `ask` gave, after which a signal ended it. said: gets its log."""

    def asked() -> Answered:
        try:
            until = time.monotonic() + 300
            while '"serving"' not in said.getvalue() and time.monotonic() < until:
                said.write(capfd.readouterr().err)
                time.sleep(0.05)
            return ask(port_of(said))
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    with ThreadPoolExecutor(1) as beside:
        answer = beside.submit(asked)
        run(settings)
    assert signal.getsignal(signal.SIGTERM) is before
    said.write(capfd.readouterr().err)
    return answer.result()


@pytest.mark.parametrize("everyone", [False, True])
def test_stopped_under_load(tmp_path: Path, *, everyone: bool) -> None:
    """Rules 5 and 6: also where all processes get the signal, as from a terminal."""
    with serving(tmp_path, processes="2") as running:
        load = Load(running.port, running.secret)
        load.until(20)
        pids = started_by(running.process.pid)
        for pid in [*pids, running.process.pid] if everyone else [running.process.pid]:
            os.kill(pid, signal.SIGINT if everyone else signal.SIGTERM)
        assert running.process.wait(20) == 0
        load.join()
        assert gone(pids)
    assert set(load.statuses) <= {200, 201, 503}
    in_the_log(tmp_path, load.shown)


@pytest.mark.parametrize("which", ["commits", "answers"])
def test_one_that_is_killed_ends_the_service(tmp_path: Path, which: str) -> None:
    """Rule 7: kill -9 under load."""
    with serving(tmp_path, processes="2") as running:
        load = Load(running.port, running.secret)
        load.until(20)
        pids = started_by(running.process.pid)
        commits = committing(running)
        os.kill(commits if which == "commits" else next(pid for pid in pids if pid != commits), signal.SIGKILL)
        assert running.process.wait(20) != 0
        load.join()
        assert gone(pids)
        assert re.search(r'"status":-9,"event":"process_ended"', running.log.read_text())
    assert set(load.statuses) <= {200, 201, 503}
    in_the_log(tmp_path, load.shown)


def test_none_outlives_the_one_that_watches(tmp_path: Path) -> None:
    """Rule 5."""
    with serving(tmp_path, processes="2") as running:
        load = Load(running.port, running.secret)
        load.until(20)
        pids = started_by(running.process.pid)
        running.process.kill()
        load.join()
        assert gone(pids)
    in_the_log(tmp_path, load.shown)


def test_what_it_can_not_start_with_is_said_by_one(tmp_path: Path) -> None:
    prepared(tmp_path)
    (tmp_path / "keys.db").unlink()
    (log := tmp_path / "log").touch()
    assert Started(environment_of(tmp_path, processes="2"), log).wait() == 1
    assert "there is no database here" in log.read_text()
    # No other process was started to say so too.
    assert '"event"' not in log.read_text()


def settings_of(folder: Path, processes: int) -> Settings:
    secret = prepared(folder)
    (folder / "secret").write_text(secret)
    return Settings(
        database=f"sqlite:///{folder / 'main.db'}",
        key_database=f"sqlite:///{folder / 'keys.db'}",
        keyring_file=folder / "ring.json",
        port=0,
        processes=processes,
    )


def port_of(said: io.StringIO) -> int:
    """Where a service listens, as its log says."""
    until = time.monotonic() + 300
    while time.monotonic() < until:
        if found := re.search(r'"port":(\d+)', said.getvalue()):
            return int(found[1])
        time.sleep(0.05)
    raise AssertionError("it doesn't serve")


def test_a_signal_ends_it_in_the_process_that_was_started(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Of several processes, `test_several_answer_as_one` says so."""
    said = io.StringIO()

    def ask(port: int) -> int:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code

    assert run_until_asked(settings_of(tmp_path, 1), said, capfd, ask) == 200
    assert '"stopped"' in said.getvalue()


def test_both_halves_in_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What each process does, in threads: a line that is cut ends the one that answers, and that ends the other."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    settings, said = settings_of(tmp_path, 2), io.StringIO()
    log = make_log(said)
    (commits, answers), (line, ours) = socket.socketpair(), Pipe(duplex=False)
    place = socket.create_server(("127.0.0.1", 0))
    threads = [
        threading.Thread(target=serve._commit, args=(settings, log, [commits])),
        threading.Thread(target=serve._answer, args=(settings, log, place, answers, line)),
    ]
    for thread in threads:
        thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{port_of(said)}") as http:
        form = {"grant_type": "client_credentials"}
        given = http.post("/oauth/token", data=form, auth=("all", (tmp_path / "secret").read_text())).json()
        http.headers["Authorization"] = f"Bearer {given['access_token']}"
        assert http.post("/v1/waybills", json={"waybill": "YT1x1", "values": VALUES}).status_code == 201
        shown = http.post("/v1/waybills/YT1x1/disclose", json=WHY)
    assert shown.status_code == 200
    ours.close()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    in_the_log(tmp_path, [shown.json()])
