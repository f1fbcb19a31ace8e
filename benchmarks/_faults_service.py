"""The service as a process that can be killed, starved of room on its disk, and cut off from its database."""

import asyncio
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import asyncpg
import httpx

_CODE = """
import importlib, os, signal, sys
import wayseal.server.serve
wayseal.server._worker.compile_kernels()
# Loaded once; what is ours is loaded anew in each process, as some of it must differ (ids of requests).
for name in [name for name in sys.modules if name.startswith("wayseal.server")]:
    del sys.modules[name]
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while sys.stdin.readline():
    pid = os.fork()
    if not pid:
        break
    print(pid, flush=True)
else:
    os._exit(0)
signal.signal(signal.SIGCHLD, signal.SIG_DFL)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
settings = importlib.import_module("wayseal.server.settings").read_settings(os.environ)
importlib.import_module("wayseal.server.serve").run(settings)
os._exit(0)
"""


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Service:
    """The process that serves; it is made by one that has loaded all modules, so that a start takes no seconds."""

    def __init__(self, main_url: str, keys_url: str, keyring: Path, processes: int = 1) -> None:
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        environment = {
            **os.environ,
            "WAYSEAL_DATABASE": main_url,
            "WAYSEAL_KEY_DATABASE": keys_url,
            "WAYSEAL_KEYRING_FILE": str(keyring),
            "WAYSEAL_PORT": str(port),
            "WAYSEAL_PROCESSES": str(processes),
        }
        self._kills = 0
        self._pid = 0
        self._maker = subprocess.Popen(
            [sys.executable, "-c", _CODE],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def start(self) -> None:
        """Serves, and returns when it answers."""
        assert self._maker.stdin is not None
        assert self._maker.stdout is not None
        self._maker.stdin.write(b"\n")
        self._maker.stdin.flush()
        self._pid = int(self._maker.stdout.readline())
        until(lambda: self._answers("/healthz"), 120, "the service doesn't answer")

    def kill(self) -> None:
        """SIGKILL: nothing is finished, nothing is closed. Of several processes one after the other; all must end."""
        if self._pid:
            everyone = [self._pid, *started_by(self._pid)]
            with suppress(ProcessLookupError):
                os.kill(everyone[self._kills % len(everyone)], signal.SIGKILL)
            self._kills += 1
            until(lambda: not any(map(lives, everyone)), 60, "the processes don't end")
        self._pid = 0

    def close(self) -> None:
        """Ends both processes."""
        self.kill()
        self._maker.kill()
        self._maker.communicate()

    def ready(self) -> bool:
        """Whether it says that requests should be sent to it."""
        return self._answers("/readyz")

    def room(self, size: int) -> None:
        """No file of the processes can grow beyond `size` bytes from now on; -1: any may."""
        for pid in (self._pid, *started_by(self._pid)):
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size if size >= 0 else hard, hard))

    def _answers(self, path: str) -> bool:
        if not lives(self._pid):
            raise RuntimeError("the service ended by itself")
        try:
            return httpx.get(self.address + path, timeout=5).status_code == 200
        except httpx.TransportError:
            return False


def started_by(pid: int) -> list[int]:
    """Processes of the service that its first one started and that still run."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            said = place.read_text().rpartition(")")[2].split()
            ours = b"resource_tracker" not in (place.parent / "cmdline").read_bytes()
            if int(said[1]) == pid and said[0] != "Z" and ours:
                found.append(int(place.parent.name))
    return found


def lives(pid: int) -> bool:
    """Whether a process runs."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(what: Callable[[], bool], seconds: float, otherwise: str) -> float:
    """Waits until `what` is true; how long that took. RuntimeError after `seconds`."""
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > seconds:
            raise RuntimeError(otherwise)
        time.sleep(0.02)
    return time.monotonic() - began


class Server:
    """The PostgreSQL server beside the service; touches connections of the given databases alone."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._server = urls[0].rpartition("/")[0]
        self._names = [url.rpartition("/")[2] for url in urls]

    def cut(self) -> None:
        """Ends every connection to the databases."""
        asyncio.run(self._say(self._cut))

    def close(self) -> None:
        """Lets nobody connect, and ends who is."""
        asyncio.run(self._say(*self._allow("false"), self._cut))

    def open(self) -> None:
        """Lets everybody connect again."""
        asyncio.run(self._say(*self._allow("true")))

    @property
    def _cut(self) -> str:
        names = ", ".join(f"'{name}'" for name in self._names)
        return f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ({names})"

    def _allow(self, what: str) -> list[str]:
        return [f"ALTER DATABASE {name} ALLOW_CONNECTIONS {what}" for name in self._names]

    async def _say(self, *statements: str) -> None:
        connection = await asyncpg.connect(f"{self._server}/postgres")
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()
