"""A process that serves and can be killed, made by one that has loaded all modules: a start takes no seconds."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import httpx

_CODE = """
import os, signal, sys
{load}
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
{serve}
os._exit(0)
"""


class Forked:
    """Such a process.

    Args:
        load: Python that loads all modules, once.
        serve: Python that serves until it is killed.
        environment: Its own, whole.
        port: That it listens at.
        core: The one that it has to do with; None: all.
    """

    def __init__(
        self, load: str, serve: str, environment: Mapping[str, str], port: int, *, core: int | None = None
    ) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.pid = 0
        self._maker = subprocess.Popen(
            [
                *([] if core is None else ["taskset", "-c", str(core)]),
                sys.executable, "-c", _CODE.format(load=load, serve=serve),
            ],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self, path: str = "/readyz") -> float:
        """Serves, and returns when a path is answered; how long that took."""
        assert self._maker.stdin is not None
        assert self._maker.stdout is not None
        self._maker.stdin.write(b"\n")
        self._maker.stdin.flush()
        self.pid = int(self._maker.stdout.readline())
        return until(lambda: self.answers(path), 120, "it doesn't answer")

    def everyone(self) -> list[int]:
        """It, and what it started; none where it doesn't run."""
        return [self.pid, *started_by(self.pid)] if self.pid else []

    def await_end(self, everyone: list[int]) -> None:
        """Waits until none of them runs."""
        until(lambda: not any(map(lives, everyone)), 60, "the processes don't end")
        self.pid = 0

    def kill(self) -> None:
        """SIGKILL, of it and of what it started: nothing is finished, nothing is closed."""
        everyone = self.everyone()
        for pid in everyone:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.await_end(everyone)

    def close(self) -> None:
        """Ends it, and the one that makes it."""
        self.kill()
        self._maker.kill()
        self._maker.communicate()

    def cpu_seconds(self) -> float:
        """What it took so far."""
        said = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")

    def peak_bytes(self) -> int:
        """The most memory that it had."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])

    def answers(self, path: str) -> bool:
        """Whether a path is answered. RuntimeError: it ended by itself."""
        if not lives(self.pid):
            raise RuntimeError("it ended by itself")
        try:
            return httpx.get(self.address + path, timeout=5, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


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
