"""What units say, and as much of a service manager as running their commands takes; with the standard library alone.

As a program it stands in for `systemctl` where there is no systemd to speak with: a bare Debian in a folder.
"""

import os
import pwd
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SYSTEM = Path("/etc/systemd/system")
RUN = Path("/run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit with what is dropped into it: (section, key, value), in their order."""

    name: str
    lines: tuple[tuple[str, str, str], ...]

    def all(self, key: str) -> list[str]:
        """Every value of a key; an empty one takes back those before it."""
        found: list[str] = []
        for _, name, value in self.lines:
            if name == key:
                found = [*found, value] if value else []
        return found

    def last(self, key: str, default: str = "") -> str:
        """The value that counts where there is one."""
        return (self.all(key) or [default])[-1]

    def environment(self, specifiers: Mapping[str, str]) -> dict[str, str]:
        """What it gives its commands."""
        words = [word for line in self.all("Environment") for word in shlex.split(fill(line, specifiers))]
        return dict(word.split("=", 1) for word in words)

    def commands(self, specifiers: Mapping[str, str]) -> list[list[str]]:
        """What it starts, one after the other."""
        return [shlex.split(fill(line, specifiers)) for line in self.all("ExecStart")]


def fill(text: str, specifiers: Mapping[str, str]) -> str:
    """A value with its specifiers (`%d`) filled in; KeyError where one isn't known."""
    return re.sub("%(.)", lambda found: {"%": "%", **specifiers}[found[1]], text)


def read_unit(name: str, *folders: Path) -> Unit:
    """A unit of some folders; `a-b.service` has what lies in `a-.service.d` and in `a-b.service.d` dropped into it.

    A template is read for each of its instances. What is dropped in goes by the names of its files.
    """
    stem, kind = name.rsplit(".", 1)
    if "@" in stem:
        stem = f"{stem.partition('@')[0]}@"
        name = f"{stem}.{kind}"
    parts = stem.split("-")
    drops = [f"{'-'.join(parts[:n])}-.{kind}.d" for n in range(1, len(parts))] + [f"{name}.d"]
    dropped = [file for folder in folders for drop in drops for file in (folder / drop).glob("*.conf")]
    whole = [folder / name for folder in folders if (folder / name).exists()]
    files = [*whole, *sorted(dropped, key=lambda file: file.name)]
    lines: list[tuple[str, str, str]] = []
    for file in files:
        section = ""
        for line in file.read_text(encoding="utf-8").splitlines():
            if found := re.fullmatch(r"\[(\w+)\]", line):
                section = found[1]
            elif line and line[0] not in "#;":
                key, _, value = line.partition("=")
                lines.append((section, key, value))
    return Unit(name=name, lines=tuple(lines))


def start(name: str) -> int:
    """Starts a service as systemd would, without its sandbox; how its last command ended."""
    unit = read_unit(name, SYSTEM)
    if any(not _holds_something(Path(place)) for place in unit.all("ConditionDirectoryNotEmpty")):
        return 0
    who = pwd.getpwnam(unit.last("User", "root"))
    credentials = RUN / "credentials" / name
    specifiers = {"d": str(credentials), "S": "/var/lib", "C": "/var/cache", "i": name.partition("@")[2].split(".")[0]}
    for key, root in (("StateDirectory", "/var/lib"), ("CacheDirectory", "/var/cache")):
        for place in unit.last(key).split():
            _make(Path(root, place), who, 0o700)
    environment = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "HOME": who.pw_dir, "USER": who.pw_name,
        "LANG": "C.UTF-8", "CREDENTIALS_DIRECTORY": str(credentials), **unit.environment(specifiers),
        **(dict(word.split("=", 1) for file in unit.all("EnvironmentFile") for word in _words(Path(file)))),
    }  # fmt: skip
    _hand_over(unit, credentials, who)
    try:
        if unit.last("Type") == "oneshot":
            codes = (subprocess.run(words, **_as(who, environment), check=False).returncode  # type: ignore[call-overload]
                     for words in unit.commands(specifiers))  # fmt: skip
            return next((code for code in codes if code), 0)
        (words,) = unit.commands(specifiers)
        process = subprocess.Popen(words, **_as(who, environment), start_new_session=True)  # type: ignore[call-overload]
        (RUN / f"{name}.pid").write_text(str(process.pid))
        return 0
    finally:
        if unit.last("Type") == "oneshot":
            shutil.rmtree(credentials, ignore_errors=True)


def _words(file: Path) -> list[str]:
    """What a file for the environment says."""
    return [line for line in file.read_text().splitlines() if line and line[0] != "#"]


def stop(name: str) -> int:
    """Ends a service that `start` left running, and waits for its end."""
    file = RUN / f"{name}.pid"
    process = int(file.read_text())
    os.kill(process, signal.SIGTERM)
    while Path(f"/proc/{process}/stat").exists() and " Z " not in Path(f"/proc/{process}/stat").read_text():
        time.sleep(0.05)
    file.unlink()
    return 0


def _as(who: pwd.struct_passwd, environment: dict[str, str]) -> dict[str, object]:
    return {"env": environment, "cwd": "/", "user": who.pw_uid, "group": who.pw_gid, "extra_groups": [], "umask": 0o077}


def _make(place: Path, who: pwd.struct_passwd, mode: int) -> None:
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(mode)
    os.chown(place, who.pw_uid, who.pw_gid)


def _hand_over(unit: Unit, folder: Path, who: pwd.struct_passwd) -> None:
    """Copies of its credentials, for its account alone."""
    folder.parent.mkdir(mode=0o755, exist_ok=True)
    for one in unit.all("LoadCredential"):
        name, _, source = one.partition(":")
        _make(folder, who, 0o700)
        shutil.copyfile(source, folder / name)
        (folder / name).chmod(0o400)
        os.chown(folder / name, who.pw_uid, who.pw_gid)


def _holds_something(place: Path) -> bool:
    return place.is_dir() and any(place.iterdir())


def _reload(name: str) -> int:
    """Debian's own services, started where they don't run yet: a machine that boots would have."""
    if name == "postgresql":
        version = next(Path("/etc/postgresql").iterdir()).name
        return subprocess.run(["pg_ctlcluster", version, "main", "restart"], check=False).returncode
    running = Path("/run/nginx.pid")
    words = ["nginx", "-s", "reload"] if running.exists() and running.read_text().strip() else ["nginx"]
    return subprocess.run(words, check=False).returncode


def main(words: list[str]) -> int:
    """`systemctl`, as far as the page of deployment speaks to it; timers that are enabled are held to be units."""
    verb, names = words[0], [word for word in words[1:] if not word.startswith("-")]
    if verb == "daemon-reload":
        return 0
    codes = []
    for name in names:
        if verb == "enable" and name.endswith(".timer"):
            codes.append(0 if read_unit(name, SYSTEM).all("OnCalendar") else 1)
        else:
            codes.append({"enable": start, "start": start, "stop": stop, "reload": _reload}[verb](name))
    print(f"systemctl {' '.join(words)}: {codes}", file=sys.stderr)
    return max(codes, default=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
