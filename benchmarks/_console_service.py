"""A console as a process that can be killed, and people who are signed in to it, for benchmarks and tests of it."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks._faults_service import free_port, lives, started_by, until
from wayseal.cases import open_cases
from wayseal.cases.types import Alert
from wayseal.console import Role, read_console_settings
from wayseal.console.access.types import Visit
from wayseal.console.serve import open_access

_CODE = """
import os, signal, sys
from wayseal.console.serve import run_console
from wayseal.console.settings import read_console_settings
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
run_console(read_console_settings(os.environ), say_setup=lambda address, code: None)
os._exit(0)
"""
_PREFIX = "WAYSEAL_CONSOLE_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """People who are signed in: the tokens of their sessions, by role."""

    tokens: dict[Role, list[str]] = field(repr=False)

    def browser(self, address: str, role: Role, number: int = 0) -> httpx.Client:
        """A browser of one of them."""
        own = self.tokens[role]
        headers = {"sec-fetch-site": "same-origin", "cookie": f"wayseal={own[number % len(own)]}"}
        return httpx.Client(base_url=address, headers=headers, timeout=30, trust_env=False)


def seed(folder: Path, ledger: Path, staff: dict[Role, int], cases: int) -> Staff:
    """A console with people in it, beside a casebook with cases; nobody has a password, so nobody is asked for one.

    Args:
        folder: Of the console.
        ledger: Whose casebook gets the cases; an empty folder will do.
        staff: Role → how many.
        cases: How many.

    Returns:
        The people.
    """
    (ledger / "detect").mkdir(parents=True, exist_ok=True)
    alerts = [
        Alert(actors=(f"clerk-{n:06}",), alerted_at=1_772_000_000_000_000 + n, score=0.9, detectors=("volume",))
        for n in range(cases)
    ]
    with open_cases(ledger / "detect") as book:
        book.register(alerts, 1_772_100_000_000_000)
    tokens: dict[Role, list[str]] = {}
    with open_access(read_console_settings({}, folder=str(folder))) as access:
        for role, many in staff.items():
            for number in range(many):
                link = access.people.make_demo_link(f"{role.value.replace('_', '-')}-{number}", "Somebody", role)
                opened = access.people.use_demo_link(link, Visit(address=f"192.0.2.{number % 250}", device=""))
                tokens.setdefault(role, []).append(opened.token)
    return Staff(tokens=tokens)


class Console:
    """The process that serves; it is made by one that has loaded all modules, so that a start takes no seconds."""

    def __init__(self, folder: Path, ledger: Path, *, core: int | None = None) -> None:
        """core: the one that it has to do with; None: all."""
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        own = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIX)}
        given = {"FOLDER": folder, "LEDGER": ledger, "PORT": port}
        self._pid = 0
        self._maker = subprocess.Popen(
            [*([] if core is None else ["taskset", "-c", str(core)]), sys.executable, "-c", _CODE],
            env=own | {_PREFIX + name: str(value) for name, value in given.items()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def start(self) -> float:
        """Serves, and returns when it answers; how long that took."""
        assert self._maker.stdin is not None
        assert self._maker.stdout is not None
        self._maker.stdin.write(b"\n")
        self._maker.stdin.flush()
        self._pid = int(self._maker.stdout.readline())
        return until(self._answers, 60, "the console doesn't answer")

    def kill(self) -> None:
        """SIGKILL, of it and of what it started: nothing is finished, nothing is closed."""
        everyone = [self._pid, *started_by(self._pid)] if self._pid else []
        for pid in everyone:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: not any(map(lives, everyone)), 30, "the processes don't end")
        self._pid = 0

    def close(self) -> None:
        """Ends both."""
        self.kill()
        self._maker.kill()
        self._maker.communicate()

    def cpu_seconds(self) -> float:
        """What it took so far."""
        said = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")

    def peak_bytes(self) -> int:
        """The most memory that it had."""
        lines = Path(f"/proc/{self._pid}/status").read_text().splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])

    def _answers(self) -> bool:
        if not lives(self._pid):
            raise RuntimeError("the console ended by itself")
        try:
            return httpx.get(self.address + "/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False
