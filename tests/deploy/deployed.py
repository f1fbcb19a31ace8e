"""The page of deployment followed in a folder: its files and jobs under the roles of its SQL, on a real server.

Roles, databases and folders have names of their own and are gone afterwards. There is no service manager and no account
of the machine: jobs are started as their units say, and the server lets each role in without asking who it is.
"""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.cli.running import Ran, inside
from tests.database.places import SERVER, ask
from tests.deploy.units import read_unit

DEPLOY = Path(__file__).parents[2] / "deploy"
NAMES = ("main", "keys", "owner", "service", "keys_service", "watch", "backup")


@dataclass(frozen=True, slots=True)
class Deployed:
    """A machine in a folder. names: of the databases `main` and `keys`, and of the roles."""

    folder: Path
    names: dict[str, str]

    def address(self, role: str, database: str) -> str:
        """The address of a database for a role."""
        return f"{re.sub('//[^@]*@', f'//{self.names[role]}@', SERVER)}/{self.names[database]}"

    def psql(self, file: str, database: str = "") -> None:
        """Runs a file of the page as the server's administrator."""
        sets = [f"--set={key}={name}" for key, name in self.names.items()]
        place = f"{SERVER}/{self.names[database] if database else 'postgres'}"
        subprocess.run(
            ["psql", "--quiet", "--no-psqlrc", *sets, f"--file={DEPLOY / 'postgresql' / file}", place], check=True
        )

    def moved(self, text: str) -> str:
        """A text of the page with this folder for the machine's root, and addresses for its addresses."""
        roles = {"wayseal": "service", "wayseal_keys": "keys_service", "wayseal_watch": "watch"}
        text = re.sub(
            r"postgresql://(\w+)@/(\w+)\?host=/run/postgresql",
            lambda m: self.address(
                roles.get(m[1], m[1].removeprefix("wayseal_")), "main" if m[2] == "wayseal" else "keys"
            ),
            text,
        )
        text = text.replace("/opt/wayseal/deploy", str(DEPLOY))
        return re.sub("/(?=etc/wayseal|var/)", f"{self.folder}/", text)

    def vault(self, *words: object, owner: bool = False) -> Ran:
        """`wayseal-vault`, or `wayseal-owner`."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("WAYSEAL_VAULT", self.moved("/etc/wayseal/vault"))
            if owner:
                patch.setenv("WAYSEAL_DATABASE", self.address("owner", "main"))
                patch.setenv("WAYSEAL_KEY_DATABASE", self.address("owner", "keys"))
                ask(f"ALTER ROLE {self.names['owner']} LOGIN")
            try:
                return inside("vault", *words)
            finally:
                ask(f"ALTER ROLE {self.names['owner']} NOLOGIN")

    def install(self, name: str, place: str) -> None:
        """A file of settings of the page in its place; added to what stands there."""
        target = Path(self.moved(place))
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("a", encoding="utf-8") as file:
            file.write(self.moved((DEPLOY / "settings" / name).read_text(encoding="utf-8")))

    def run(self, job: str, *parts: str) -> Ran:
        """Runs a job as its unit says; what its last command left. parts: whose units are installed."""
        unit = read_unit(f"wayseal-{job}.service", *(DEPLOY / "systemd" / name for name in parts or ("watch", "vault")))
        credentials = self.folder / "credentials"
        shutil.rmtree(credentials, ignore_errors=True)
        credentials.mkdir()
        for name, _, source in (one.partition(":") for one in unit.all("LoadCredential")):
            shutil.copyfile(self.moved(source), credentials / name)
            (credentials / name).chmod(0o400)
        for place in unit.last("StateDirectory").split():
            Path(self.moved(f"/var/lib/{place}")).mkdir(parents=True, exist_ok=True)
        specifiers = {"d": str(credentials), "S": "/var/lib", "C": "/var/cache"}
        settings = {k: self.moved(v) for k, v in unit.environment(specifiers).items() if k.startswith("WAYSEAL_")}
        done = Ran(code=0, out="", err="")
        with pytest.MonkeyPatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(name, value)
            for words in unit.commands(specifiers):
                done = _run([self.moved(word) for word in words])
                if done.code:
                    break
        return done


def _run(words: list[str]) -> Ran:
    if words[0].endswith("/bin/wayseal"):
        return inside(*words[1:])
    with TemporaryDirectory() as folder:
        return _run_script(words, Path(folder))


def _run_script(words: list[str], folder: Path) -> Ran:
    """A script of the page as a process, but each `wayseal` in it in this one: to load ten costs ten seconds."""
    stand_in = folder / "wayseal"
    stand_in.write_text(f"#!{sys.executable} -IS\n{_STAND_IN}", encoding="utf-8")
    stand_in.chmod(0o700)
    environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "STAND_IN": str(folder / "socket")}
    with socket.socket(socket.AF_UNIX) as place, (folder / "out").open("w+") as out, (folder / "err").open("w+") as err:
        place.bind(environment["STAND_IN"])
        place.listen()
        place.settimeout(0.05)
        with subprocess.Popen(words, env=environment, stdout=out, stderr=err) as process:
            while process.poll() is None:
                with suppress(TimeoutError):
                    asked, _ = place.accept()
                    with asked, asked.makefile("rw", encoding="utf-8") as line:
                        done = inside(*json.loads(line.readline()))
                        line.write(json.dumps([done.code, done.out, done.err]) + "\n")
        out.seek(0)
        err.seek(0)
        return Ran(code=process.returncode, out=out.read(), err=err.read())


_STAND_IN = """
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as place:
    place.connect(os.environ["STAND_IN"])
    with place.makefile("rw", encoding="utf-8") as line:
        line.write(json.dumps(sys.argv[1:]) + "\\n")
        line.flush()
        code, out, err = json.loads(line.readline())
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""


@contextmanager
def deployed(folder: Path) -> Iterator[Deployed]:
    """A machine up to the first keyring, with people and parcels of nobody."""
    mark = f"wayseal_test_{secrets.token_hex(4)}"
    made = Deployed(folder, {name: f"{mark}_{name}" for name in NAMES})
    try:
        made.psql("roles.sql")
        made.psql("databases.sql")
        place = Path(made.moved("/etc/wayseal/vault"))
        addresses = (
            "--database",
            made.address("service", "main"),
            "--key-database",
            made.address("keys_service", "keys"),
        )
        ran = made.vault("init", place, "--origin", "vault.example", *addresses, "--example", owner=True)
        assert ran.code == 0, ran.err
        made.psql("owner.sql", "keys")
        made.install("vault.toml", "/etc/wayseal/vault/wayseal.toml")
        made.install("watch.toml", "/etc/wayseal/watch/wayseal.toml")
        made.install("sources.toml", "/etc/wayseal/watch/sources.toml")
        made.install("notices", "/etc/wayseal/watch/notices")
        made.install("backup.toml", "/etc/wayseal/backup/wayseal.toml")
        for one in ("lib/wayseal/checkpoints", *(f"backups/wayseal/{n}" for n in ("main", "keys", "erased", "ledger"))):
            Path(made.moved(f"/var/{one}")).mkdir(parents=True)
        yield made
    finally:
        for name in ("main", "keys"):
            ask(f"DROP DATABASE IF EXISTS {made.names[name]} WITH (FORCE)")
        for name in NAMES[2:]:
            ask(f"DROP ROLE IF EXISTS {made.names[name]}")
