"""The service as a process that can be killed, starved of room on its disk, and cut off from its database."""

import asyncio
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import asyncpg
import httpx

_CODE = (
    "import os, sys; from wayseal.server.serve import run; from wayseal.server.settings import read_settings;"
    "sys.stdin.readline(); run(read_settings(os.environ))"
)


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Service:
    """One process that serves, and one that has loaded all modules and waits to take its place."""

    def __init__(self, main_url: str, keys_url: str, keyring: Path) -> None:
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self._environment = {
            **os.environ,
            "WAYSEAL_DATABASE": main_url,
            "WAYSEAL_KEY_DATABASE": keys_url,
            "WAYSEAL_KEYRING_FILE": str(keyring),
            "WAYSEAL_PORT": str(port),
        }
        self._now: subprocess.Popen[bytes] | None = None
        self._next: subprocess.Popen[bytes] | None = self._loaded()

    def start(self, *, another: bool = True) -> None:
        """Serves, and returns when it answers. another: prepares a process for the next start."""
        self._now = self._next or self._loaded()
        assert self._now.stdin is not None
        self._now.stdin.write(b"\n")
        self._now.stdin.flush()
        self._next = self._loaded() if another else None
        until(lambda: self._answers("/healthz"), 120, "the service doesn't answer")

    def kill(self) -> None:
        """SIGKILL: nothing is finished, nothing is closed."""
        if self._now is not None:
            self._now.kill()
            self._now.wait()
            _shut(self._now)
        self._now = None

    def close(self) -> None:
        """Ends both processes."""
        self.kill()
        if self._next is not None:
            self._next.kill()
            self._next.wait()
            _shut(self._next)
        self._next = None

    def ready(self) -> bool:
        """Whether it says that requests should be sent to it."""
        return self._answers("/readyz")

    def room(self, size: int) -> None:
        """No file of the process can grow beyond `size` bytes from now on; -1: any may."""
        assert self._now is not None
        _, hard = resource.prlimit(self._now.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self._now.pid, resource.RLIMIT_FSIZE, (size if size >= 0 else hard, hard))

    def _answers(self, path: str) -> bool:
        assert self._now is not None
        if self._now.poll() is not None:
            raise RuntimeError("the service ended by itself")
        try:
            return httpx.get(self.address + path, timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def _loaded(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-c", _CODE],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _shut(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        process.stdin.close()


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
