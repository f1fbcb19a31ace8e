"""What stands in deploy/: as far as it can be tried without a service manager, a proxy and a registry."""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from tests.deploy.units import Unit, read_unit
from tests.tables import each
from wayseal.console.settings import read_console_settings
from wayseal.gate.settings import GateSettings, read_gate_settings
from wayseal.live.notices import LAST
from wayseal.live.settings import read_watch_settings
from wayseal.portal.settings import PortalSettings, read_portal_settings
from wayseal.vault.errors import KeyringError
from wayseal.vault.keyring import Keyring

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SYSTEMD = DEPLOY / "systemd"
PROFILES = {
    "ledger": ("watch",),
    "live": ("watch", "live"),
    "console": ("watch", "console"),
    "vault": ("watch", "vault", "console", "live"),
    "portal": ("watch", "portal"),
    "gate": ("watch", "gate"),
}
"""What each way to run Wayseal installs."""
PARTS = (*PROFILES["vault"], "portal", "gate")
FOLDERS = [SYSTEMD / name for name in PARTS]
CONTAINER = DEPLOY / "Containerfile"
SERVICES = sorted(file.name for folder in FOLDERS for file in folder.glob("*.service"))
TIMERS = sorted(file.name for folder in FOLDERS for file in folder.glob("*.timer"))
JOBS = [name.replace(".timer", ".service") for name in TIMERS]
UNITS = {name: read_unit(name, *FOLDERS) for name in (*SERVICES, *TIMERS)}
CONSOLE = UNITS["wayseal-console.service"]
PORTAL = UNITS["wayseal-portal.service"]
GATE = UNITS["wayseal-gate.service"]
SERVICE = UNITS["wayseal.service"]


def instructions() -> list[tuple[str, str]]:
    """The Containerfile's instructions, with what follows each."""
    lines = [line for line in CONTAINER.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def installed(parts: Iterable[str], folder: Path) -> Path:
    """Units as they are installed, in one folder. Their programs and documentation aren't here."""
    for name in parts:
        shutil.copytree(SYSTEMD / name, folder, dirs_exist_ok=True)
    for file in (*folder.glob("*.service"), *folder.glob("*.d/*.conf")):
        text = re.sub(r"^(ExecStart=).+$", r"\1/bin/true", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        text = re.sub(r"^(EnvironmentFile=)-?", r"\1-", text, flags=re.MULTILINE)
        file.write_text(re.sub(r"^Documentation=.*\n", "", text, flags=re.MULTILINE), encoding="utf-8")
    return folder


@pytest.mark.needs("systemd-analyze")
@each("profile", list(PROFILES))
def test_systemd_takes_the_units(tmp_path: Path, profile: str) -> None:
    units = installed(PROFILES[profile], tmp_path / profile)
    named = [name.replace("@", "@wayseal-ingest") for name in UNITS if (units / name).exists()]
    command = ["systemd-analyze", "verify", *(str(units / name) for name in named)]
    environment = os.environ | {"SYSTEMD_UNIT_PATH": f"{units}:"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.needs("systemd-analyze")
def test_the_units_are_as_tight_as_they_were(tmp_path: Path) -> None:
    """Points of exposure times ten: 100 is an ordinary service."""
    units = installed(PARTS, tmp_path / "units")
    for name in SERVICES:
        command = ["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", str(units / name)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (name, done.stdout[-400:], done.stderr)


@each("name", SERVICES)
def test_no_unit_gives_a_secret_away(name: str) -> None:
    unit = UNITS[name]
    assert unit.last("User") not in {"", "root"}
    assert unit.last("LimitCORE") == unit.last("MemorySwapMax") == "0"
    assert unit.last("ProtectSystem") == "strict"
    assert unit.last("NoNewPrivileges") == "yes"
    assert not re.search(r"WAYSEAL_(KEYRING|DATABASE|KEY_DATABASE)=", " ".join(unit.all("Environment")))


@each("service", [SERVICE, CONSOLE, PORTAL, GATE])
def test_a_service_stops_gently(service: Unit) -> None:
    assert (service.last("Type"), service.last("Restart"), service.last("KillSignal")) == (
        "exec", "on-failure", "SIGTERM",
    )  # fmt: skip
    assert int(service.last("TimeoutStopSec")) > 30


def test_who_runs_the_console_reaches_nothing_of_the_vault() -> None:
    hidden = {place.lstrip("-") for place in CONSOLE.last("InaccessiblePaths").split()}
    assert {"/etc/wayseal/vault", "/run/postgresql", "/var/backups"} <= hidden
    assert not CONSOLE.all("LoadCredential")
    text = (DEPLOY / "settings/console.env").read_text(encoding="utf-8")
    named = dict(line.split("=", 1) for line in text.splitlines() if not line.startswith("#"))
    settings = read_console_settings(named)
    assert settings.https
    assert settings.ledger == Path("/var/lib/wayseal_watch/ledger")
    assert settings.stop_seconds < int(CONSOLE.last("TimeoutStopSec"))


@each(
    ("part", "unit", "read", "seen"),
    [("portal", PORTAL, read_portal_settings, set()), ("gate", GATE, read_gate_settings, {"/run/postgresql"})],
)
def test_who_runs_a_public_web_reaches_nothing_but_its_own(
    part: str, unit: Unit, read: Callable[[dict[str, str]], PortalSettings | GateSettings], seen: set[str]
) -> None:
    """seen: of what the vault and the ledger have, what it is to reach."""
    hidden = {place.lstrip("-") for line in unit.all("InaccessiblePaths") for place in line.split()}
    theirs = {"/etc/wayseal/vault", "/etc/wayseal/watch", "/var/lib/wayseal", "/var/lib/wayseal_watch"}
    theirs |= {"/run/postgresql", "/var/backups"}
    assert theirs - hidden == seen
    others = {UNITS[name].last("User") for name in SERVICES if name != f"wayseal-{part}.service"}
    assert unit.last("User") not in others
    assert unit.all("IPAddressDeny") == ["any"]
    assert unit.all("IPAddressAllow") == ["localhost"]
    assert not unit.all("LoadCredential")
    text = (DEPLOY / f"settings/{part}.env").read_text(encoding="utf-8")
    settings = read(dict(line.split("=", 1) for line in text.splitlines() if not line.startswith("#")))
    assert settings.secure
    assert settings.host == "127.0.0.1"
    assert f"/var/lib/{unit.last('StateDirectory')}" == str(settings.folder)
    assert settings.stop_seconds < int(unit.last("TimeoutStopSec"))


def test_the_settings_of_the_watch_are_settings() -> None:
    text = (DEPLOY / "settings/watch.env").read_text(encoding="utf-8")
    settings = read_watch_settings(dict(line.split("=", 1) for line in text.splitlines() if not line.startswith("#")))
    assert settings.ledger == Path("/var/lib/wayseal_watch/ledger")
    assert settings.stop_seconds + LAST < int(UNITS["wayseal-watch.service"].last("TimeoutStopSec"))


def test_every_failure_is_told_but_that_of_telling() -> None:
    for name in SERVICES:
        told = UNITS[name].all("OnFailure")
        assert told == ([] if "failed" in name else ["wayseal-failed@%N.service"]), name


@each("name", SERVICES)
def test_what_runs_without_a_vault_names_nothing_of_one(name: str) -> None:
    if not (SYSTEMD / "vault" / name).exists():
        unit = read_unit(name, *(SYSTEMD / part for part in ("watch", "console", "live", "portal", "gate")))
        said = [value for _, key, value in unit.lines if key not in {"InaccessiblePaths", "After"}]
        assert not [value for value in said if "/etc/wayseal/vault" in value or "keyring" in value]


class Heard(BaseHTTPRequestHandler):
    said: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        Heard.said.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def test_a_failure_is_told_to_each_address_and_an_address_to_nobody(tmp_path: Path) -> None:
    notices = tmp_path / "notices"
    shutil.copyfile(DEPLOY / "settings/notices", notices)
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "MONITOR_EXIT_STATUS": "14",
    }
    command = [str(DEPLOY / "tell-failed.sh"), "wayseal-ingest", str(notices)]

    def ran() -> tuple[int, str]:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        return done.returncode, done.stdout + done.stderr

    assert ran() == (0, "")
    with HTTPServer(("127.0.0.1", 0), Heard) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with notices.open("a") as file:
            file.write(f"\n# ours\njson://user:secret@127.0.0.1:{server.server_port}\n")
        assert ran() == (0, "")
        server.shutdown()
    (said,) = Heard.said
    assert "wayseal-ingest failed" in said
    assert "exit code 14" in said
    assert ran() == (1, "")


def test_only_who_opens_has_the_keyring() -> None:
    """The vault's account has it as a file; what others get for a run is what they can't do without."""
    given = {name for name in SERVICES if UNITS[name].all("LoadCredential") and UNITS[name].last("User") != "wayseal"}
    keyring = {name for name in given if any(one.startswith("keyring:") for one in UNITS[name].all("LoadCredential"))}
    assert keyring == {f"wayseal-{job}.service" for job in ("project", "verify-ledger", "rehearse")}


def test_every_job_has_a_time_and_an_order() -> None:
    lasting = {f"wayseal{name}.service" for name in ("", "-console", "-watch", "-portal", "-gate", "-failed@")}
    assert {*SERVICES} - {*JOBS} == lasting
    for name in JOBS:
        for other in UNITS[name].last("After").split():
            assert other == "postgresql.service" or other in JOBS


def test_the_accounts_of_the_units_are_made() -> None:
    made, owned = set[str](), set[str]()
    for part in ("watch", "vault", "portal", "gate"):
        rows = [line.split() for line in (DEPLOY / f"{part}.sysusers").read_text().splitlines() if line[0] != "#"]
        made |= {row[1] for row in rows if row[0] == "u"}
        owned |= {word for line in (DEPLOY / f"{part}.tmpfiles").read_text().splitlines() for word in line.split()[3:5]}
        assert {UNITS[name].last("User") for name in SERVICES if (SYSTEMD / part / name).exists()} <= made
        assert made <= owned


def test_scripts_can_be_run() -> None:
    for file in (*DEPLOY.glob("*.sh"), DEPLOY / "wayseal-vault", DEPLOY / "wayseal-owner", *ROOT.glob("scripts/*.sh")):
        assert os.access(file, os.X_OK), file
        subprocess.run(["bash", "-n", file], check=True)


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
    # What was seen of the log can't lie beside a keyring in a place that nobody writes to.
    memory = re.search(r"WAYSEAL_LOG_MEMORY=(\S+)/", words["ENV"])
    assert memory
    assert memory[1] in words["VOLUME"]


def test_the_lock_of_the_vault_holds_all_of_the_smaller_one() -> None:
    """Whoever has only this one builds Wayseal with it too."""
    core, vault = ((ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8") for name in ("core", "vault"))
    pinned = re.compile(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?(==\S+)", re.MULTILINE)
    assert set(pinned.findall(core)) <= set(pinned.findall(vault))


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
