"""A PostgreSQL server of our own with pgaudit, on a free port, in a folder that goes away; clients are real ones."""

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SETTINGS = """
shared_preload_libraries = 'pgaudit'
logging_collector = on
log_destination = 'csvlog'
log_directory = 'log'
log_filename = 'pg.log'
log_timezone = 'UTC'
pgaudit.log = 'read, write, ddl'
pgaudit.log_parameter = on
pgaudit.log_rows = on
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
"""


def binaries() -> Path | None:
    """The programs of the newest PostgreSQL that has pgaudit."""
    found = [p.parent.parent / "bin" for p in Path("/usr/lib/postgresql").glob("*/lib/pgaudit.so")]
    found = [p for p in found if (p / "initdb").exists() and (p / "psql").exists()]
    return max(found, key=lambda p: int(p.parent.name), default=None)


class Server:
    """A running server."""

    def __init__(self, programs: Path, folder: Path, port: int) -> None:
        self.log = folder / "data/log/pg.csv"
        self.version = int(programs.parent.name)
        self._programs = programs
        self._port = port

    def start(self, statements: str, *, user: str = "postgres", application: str = "psql") -> subprocess.Popen[str]:
        """A client, connected over TCP; errors of single statements don't end it."""
        command: list[str | Path] = [
            self._programs / "psql",
            "-X",
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            str(self._port),
            "-U",
            user,
            "postgres",
        ]
        client = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PGAPPNAME": application, "PGCLIENTENCODING": "UTF8"},
        )  # fmt: skip
        assert client.stdin
        client.stdin.write(statements)
        client.stdin.close()
        client.stdin = None
        return client

    def run(self, statements: str) -> None:
        """A client, to its end, without an error."""
        assert end(self.start(statements)) == ""


def end(client: subprocess.Popen[str]) -> str:
    """What a client said of errors."""
    _, said = client.communicate(timeout=60)
    return said


@contextmanager
def server(programs: Path) -> Iterator[Server]:
    """A server for the time of the tests."""
    folder = Path(tempfile.mkdtemp(prefix="wayseal-pg-", dir="/tmp"))
    data = folder / "data"
    data.mkdir()
    user = group = None
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        user, group = owner.pw_uid, owner.pw_gid
        for place in (folder, data):
            os.chown(place, user, group)
    control = (programs / "pg_ctl", "-D", data, "-w")

    def call(*command: str | Path) -> None:
        # Not captured: the server would inherit the pipe and keep it open.
        with (folder.parent / f"{folder.name}.out").open("w") as out:
            subprocess.run(command, check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=120,
                           user=user, group=group)  # fmt: skip

    try:
        initialise = ("-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        call(programs / "initdb", "-D", data, *initialise)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(f"{SETTINGS}\nport = {port}\n")
        call(*control, "start")
        try:
            yield Server(programs, folder, port)
        finally:
            call(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        (folder.parent / f"{folder.name}.out").unlink(missing_ok=True)


def settled(path: Path, marker: str) -> str:
    """The log's text once `marker` stands in it: the collector writes a moment later."""
    import time

    for _ in range(200):
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if re.search(marker, text) and text.endswith("\n"):
            return text
        time.sleep(0.05)
    raise AssertionError("the log never held its last statement")
