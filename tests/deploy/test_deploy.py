"""What stands in deploy/: as far as it can be tried without a service manager and a registry."""

import importlib.util
import os
import re
import shlex
import subprocess
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import typer

from tests.conftest import need
from wayseal.cli import app
from wayseal.vault.errors import KeyringError
from wayseal.vault.keyring import Keyring

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy/wayseal.service"
CONTAINER = ROOT / "deploy/Containerfile"


def settings(section: str) -> list[tuple[str, str]]:
    """Keys and values of a section of the unit, in their order."""
    text = re.split(r"^\[(\w+)\]$", UNIT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    body = dict(zip(text[1::2], text[2::2], strict=True))[section]
    lines = [line for line in body.splitlines() if line and not line.startswith("#")]
    return [(key, value) for key, _, value in (line.partition("=") for line in lines)]


def instructions() -> list[tuple[str, str]]:
    """The Containerfile's instructions, with what follows each."""
    lines = [line for line in CONTAINER.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


@pytest.mark.needs("systemd-analyze")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    # Its program and its documentation aren't installed here.
    text = re.sub(r"^(ExecStart=).*$", r"\1/bin/true", UNIT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    copy = tmp_path / UNIT.name
    copy.write_text(re.sub(r"^Documentation=.*\n", "", text, flags=re.MULTILINE), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.needs("systemd-analyze")
def test_the_unit_is_as_tight_as_it_was() -> None:
    """Points of exposure times ten: 100 is an ordinary service."""
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", str(UNIT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-400:]


def test_the_unit_gives_no_secret_away_and_stops_gently() -> None:
    service = settings("Service")
    found = dict(service)
    assert ("Environment", "WAYSEAL_KEYRING_FILE=%d/keyring") in service
    assert found["LoadCredential"] == "keyring:/etc/wayseal/keyring"
    assert found["User"] != "root"
    assert found["LimitCORE"] == found["MemorySwapMax"] == "0"
    assert found["ProtectSystem"] == "strict"
    assert found["NoNewPrivileges"] == "yes"
    assert (found["Restart"], found["KillSignal"]) == ("on-failure", "SIGTERM")
    assert int(found["TimeoutStopSec"]) > 30
    for key, value in service:
        if key == "Environment":
            assert not re.search(r"WAYSEAL_(KEYRING|DATABASE|KEY_DATABASE)=", value)


def test_the_account_of_the_unit_is_made() -> None:
    rows = [line.split() for line in (ROOT / "deploy/wayseal.sysusers").read_text().splitlines() if line[0] != "#"]
    assert ("u", dict(settings("Service"))["User"]) in {(row[0], row[1]) for row in rows}


def test_what_the_image_copies_is_there_and_not_left_out() -> None:
    copied = [shlex.split(rest)[:-1] for word, rest in instructions() if word == "COPY" and "--from" not in rest]
    kept = [line[1:] for line in (ROOT / ".containerignore").read_text().splitlines() if line.startswith("!")]
    assert (ROOT / ".containerignore").read_text() == (ROOT / ".dockerignore").read_text()
    for name in (n for names in copied for n in names):
        assert (ROOT / name).exists()
        assert any(name == k or name.startswith(k + "/") for k in kept)


def test_the_image_installs_by_hashes_and_runs_as_nobody_special() -> None:
    done = instructions()
    installs = re.findall(r"pip install [^&]*", " && ".join(rest for word, rest in done if word == "RUN"))
    assert len(installs) == 2
    for line in installs:
        assert "--require-hashes" in line or "--no-deps --no-build-isolation ." in line
    last = max(n for n, (word, _) in enumerate(done) if word == "FROM")
    words = dict(done[last:])
    assert int(words["USER"]) > 999
    assert words["HEALTHCHECK"]
    assert words["STOPSIGNAL"] == "SIGTERM"
    assert not re.search(r"ENV .*(KEYRING|DATABASE)=\S", CONTAINER.read_text())


def test_commands_that_are_started_exist() -> None:
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    started = re.findall(r"bin/wayseal (\w+)", UNIT.read_text()) + re.findall(r'CMD \["(\w+)"\]', CONTAINER.read_text())
    assert started == ["serve", "serve"]
    need("serve" in known, "`wayseal serve` isn't there yet")


def health() -> Callable[[dict[str, str]], bool]:
    spec = importlib.util.spec_from_file_location("healthcheck", ROOT / "deploy/healthcheck.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[dict[str, str]], bool] = module.answers
    return found


class Answer(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def test_the_health_check_tells_an_answer_from_none(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = health()
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        environment = {"WAYSEAL_PORT": str(server.server_port)}
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert answers(environment)
        assert answers(environment | {"WAYSEAL_TLS_CLIENT_CA": "ca.pem"})
        monkeypatch.setattr(Answer, "status", 500)
        assert not answers(environment)
        server.shutdown()
    assert not answers(environment)
    assert not answers(environment | {"WAYSEAL_TLS_CERTIFICATE": "c.pem"})
    assert not answers(environment | {"WAYSEAL_TLS_CLIENT_CA": "ca.pem"})


def test_a_keyring_that_the_service_manager_hands_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """systemd's copy has a list of access rights, whose mask looks like a right of the group."""
    file = tmp_path / "keyring"
    Keyring.new(0).save(file)
    file.chmod(0o440)
    with pytest.raises(KeyringError, match="chmod 600"):
        Keyring.load(file)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", os.fspath(tmp_path))
    assert Keyring.load(file)
    file.chmod(0o444)
    with pytest.raises(KeyringError, match="chmod 600"):
        Keyring.load(file)
