"""How long it takes from a message in the broker to the notice of it, and how many events go through.

    python -m benchmarks run stream_delay --work FOLDER [--seconds 60] [--rate 50000] [--ways nats,always,kafka]
        [--fast 1000000] [--single 200000] [--catch-up 0] [--accesses 3000000]

A process publishes the lines of the days behind a ledger, 200 in a message, so many a second; `wayseal watch` takes
them from a stream of NATS (as it syncs by default, and always) or a topic of Kafka. Of each notice: from when the
message with the read that tipped was handed to the broker, until the line of the notice comes out of the watch, its
case in the casebook. Then as fast as it goes, until all is through the fast path; and once with one event a message.

Beside each, in the same run: a consumer of the broker's own library that counts lines and does nothing else. With
--catch-up so many events wait in a stream (the lines again and again, if need be) before a watch begins.

Publisher, broker, watch and this share the machine's cores. The world is made where FOLDER has none.
"""

import asyncio
import importlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.live._stream import AS_COMMAND, Broker, World, kafka_broker, nats_broker, prepare, status_of
from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.shared.forked import until
from benchmarks.shared.processes import child
from wayseal.client.events import open_sink

BATCH, TOPIC = 200, "READS"
_LONG = 1800.0


def publish(
    lines: str, address: str, go: str, out: str, phases: list[tuple[int, float, int]], again: bool = False
) -> list[list[float]]:
    """Publishes phase by phase: lines, lines a second (0: as fast as it goes), lines of a message.

    Each phase waits for the file `go`. Writes into `out` when each message was handed over, monotonic ns. Returns of
    each phase: begin and end, seconds, and its lines.
    """
    told, stamps = [], []
    whole = _lines(Path(lines), again)
    with open_sink(address, create=True) as sink:
        for nth, (most, rate, batch) in enumerate(phases):
            while not Path(f"{go}{nth}").exists():
                time.sleep(0.01)
            begun, done = time.monotonic(), 0
            while done < most and (some := list(itertools.islice(whole, min(batch, most - done)))):
                if rate and (early := begun + done / rate - time.monotonic()) > 0:
                    sink.flush()
                    time.sleep(max(0.0, early - 0.0003))
                stamps.append(time.monotonic_ns())
                sink.send(b"".join(some))
                done += len(some)
                if rate:
                    sink.flush()
            sink.flush()
            told.append([begun, time.monotonic(), float(done)])
            np.save(f"{out}{nth}.npy", np.array(stamps))
            Path(f"{out}{nth}.new").write_text(f"{sum(one[2] for one in told):.0f}")
            Path(f"{out}{nth}.new").replace(f"{out}{nth}")
    return told


def _lines(path: Path, again: bool) -> Iterator[bytes]:
    for _ in itertools.count() if again else range(1):
        with path.open("rb") as file:
            yield from file


def count(kind: str, address: str, most: int, out: str) -> list[float]:
    """The bare consumer: counts lines until there are so many; when each message came goes into `out`."""
    stamps: list[int] = []
    came, begun = 0, 0.0

    def take(data: bytes) -> None:
        nonlocal came, begun
        begun = begun or time.monotonic()
        stamps.append(time.monotonic_ns())
        came += data.count(b"\n")

    async def of_nats() -> None:
        client = await importlib.import_module("nats").connect(f"nats://{address}")
        pull = await client.jetstream().pull_subscribe("", stream=TOPIC, config=_unacknowledged())
        while came < most:
            try:
                for message in await pull.fetch(500, timeout=0.5):
                    take(message.data)
            except TimeoutError:
                pass
        await client.close()

    if kind == "kafka":
        kafka = importlib.import_module("confluent_kafka")
        consumer = kafka.Consumer({"bootstrap.servers": address, "group.id": "count", "auto.offset.reset": "earliest"})
        consumer.assign([kafka.TopicPartition(TOPIC, 0, 0)])
        while came < most:
            for message in consumer.consume(500, 0.01):
                if not message.error():
                    take(message.value())
        consumer.close()
    else:
        asyncio.run(of_nats())
    np.save(out, np.array(stamps))
    return [begun, time.monotonic(), float(came)]


def _unacknowledged() -> Any:
    api = importlib.import_module("nats.js.api")
    return api.ConsumerConfig(ack_policy=api.AckPolicy.NONE)


@dataclass(slots=True)
class Watching:
    """`wayseal watch` as a process. told: when each notice came, ns, by the number of the read that tipped."""

    ledger: Path
    process: "subprocess.Popen[str]"
    told: list[tuple[int, int]] = field(default_factory=list)

    @classmethod
    def start(cls, ledger: Path, source: str, *more: str) -> "Watching":
        """Starts it, and whoever hears what it says."""
        words = ("watch", str(ledger), "--source", source, "--offset", "+08:00", "--format", "json", "-q", *more)
        process = subprocess.Popen([sys.executable, "-c", AS_COMMAND, *words], stdout=subprocess.PIPE, text=True)
        made = cls(ledger, process)
        threading.Thread(target=made._hear, daemon=True).start()
        return made

    def _hear(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            now = time.monotonic_ns()
            self.told.append((json.loads(line)["tipped_by"]["number"], now))

    def through(self, events: int) -> float:
        """Waits until so many went through; when that was said, seconds."""
        until(lambda: self._events() >= events, _LONG, "the events don't come through")
        return time.monotonic()

    def _events(self) -> int:
        if self.process.poll() is not None:
            raise RuntimeError("the watch ended")
        status = status_of(self.ledger)
        return int(status.get("events", 0)) if status.get("stream_time") else 0

    def cpu(self) -> float:
        """Seconds of CPU so far."""
        told = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """Ends it; what it still had to bring in is left."""
        self.process.kill()
        self.process.wait()


@dataclass(slots=True)
class Run:
    """A way of transport, measured."""

    name: str
    delay: tuple[str, ...] = ()
    speed: list[tuple[str, ...]] = field(default_factory=list)


def _open(way: str, folder: Path, stack: ExitStack) -> tuple[str, Broker, str]:
    """A broker, and the address of a new stream in it: its kind, and both."""
    kind = "kafka" if way == "kafka" else "nats"
    broker = kafka_broker() if kind == "kafka" else nats_broker(folder / "nats", always=way == "always")
    stack.callback(broker.kill)
    broker.start()
    if kind == "kafka":
        admin = importlib.import_module("confluent_kafka.admin")
        client = admin.AdminClient({"bootstrap.servers": broker.address})
        client.create_topics([admin.NewTopic(TOPIC, 1)])[TOPIC].result(10)
    return kind, broker, f"{kind}://{broker.address}/{TOPIC}"


def _milliseconds(delays: "np.ndarray[Any, Any]") -> tuple[str, ...]:
    if not len(delays):
        return ("", "", "")
    return tuple(f"{value / 1e6:.1f}" for value in (*np.percentile(delays, [50, 99]), delays.max()))


def on(way: str, options: "Options", world: World, folder: Path, single: bool = False) -> Run:
    """One way: at the rate, then as fast as it goes; beside it the bare consumer, of the same stream and another."""
    batch = 1 if single else BATCH
    paced = 0 if single else int(options.seconds * options.rate)
    fast = options.single if single else options.fast
    phases = [(BATCH, 0.0, BATCH), (paced, float(options.rate), batch), (fast, 0.0, batch)]
    made = Run(f"{way}, one event a message" if single else way)
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        kind, broker, address = _open(way, folder, stack)
        open_sink(address, create=True).close()
        publisher = _started(stack, publish, str(world.lines), address, str(folder / "go"), str(folder / "out"), phases)
        watch = Watching.start(world.copy(folder / "ledger"), address)
        stack.callback(watch.end)
        (folder / "go0").touch()
        until((folder / "out0").exists, _LONG, "nothing is published")
        watch.through(BATCH)
        (folder / "go1").touch()
        until((folder / "out1").exists, _LONG, "it isn't published")
        watch.through(int((folder / "out1").read_text()))
        stamps = np.load(folder / "out1.npy")
        time.sleep(0.5)
        used = watch.cpu()
        (folder / "go2").touch()
        told = json.loads(publisher.communicate()[0].splitlines()[-1])
        events = int(sum(one[2] for one in told))
        ended = watch.through(events)
        seconds = ended - told[2][0]
        delays = [at - int(stamps[(n - 1) // BATCH]) for n, at in watch.told if BATCH < n <= len(stamps) * BATCH]
        cpu = (watch.cpu() - used) / told[2][2] * 1e6
        watch.end()
        rate = told[1][2] / max(told[1][1] - told[1][0], 1e-9)
        made.delay = (made.name, f"{rate:,.0f}", str(len(delays)), *_milliseconds(np.array(delays)))
        bare = _bare(kind, broker, events, folder)
        alone = (told[2][1] - told[2][0]) / told[2][2]
        made.speed.append(
            (made.name, f"{told[2][2]:,.0f}", f"{told[2][2] / seconds:,.0f}", f"{cpu:.1f}", f"{1 / alone:,.0f}", bare)
        )
    return made


def _started(stack: ExitStack, function: Any, *given: object) -> "subprocess.Popen[str]":
    command = child(f"benchmarks.live.stream_delay:{function.__name__}", *given)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    stack.callback(process.kill)
    return process


def _bare(kind: str, broker: Broker, events: int, folder: Path) -> str:
    """Events a second of the bare consumer, of all that lies there."""
    with ExitStack() as stack:
        counting = _started(stack, count, kind, broker.address, events, str(folder / "bare.npy"))
        begun, ended, came = json.loads(counting.communicate()[0].splitlines()[-1])
    return f"{came / (ended - begun):,.0f}"


def beside(way: str, options: "Options", world: World, folder: Path) -> tuple[str, ...]:
    """The bare consumer at the same rate: of each message, from when it was handed over."""
    folder.mkdir(parents=True)
    events = int(min(options.seconds, 20) * options.rate)
    with ExitStack() as stack:
        kind, broker, address = _open(way, folder, stack)
        open_sink(address, create=True).close()
        (folder / "go0").touch()
        counting = _started(stack, count, kind, broker.address, events, str(folder / "came.npy"))
        time.sleep(2)
        given = str(world.lines), address, str(folder / "go"), str(folder / "out")
        _started(stack, publish, *given, [(events, float(options.rate), BATCH)]).communicate()
        counting.communicate(timeout=60)
        delays = np.load(folder / "came.npy") - np.load(folder / "out0.npy")
    return _milliseconds(delays[len(delays) // 20 :])


def catch_up(options: "Options", world: World, folder: Path) -> Table:
    """So many events wait before a watch begins."""
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        _, _, address = _open("nats", folder, stack)
        (folder / "go0").touch()
        given = str(world.lines), address, str(folder / "go"), str(folder / "out")
        _started(stack, publish, *given, [(options.catch_up, 0.0, BATCH)], True).communicate()
        ledger, begun = world.copy(folder / "ledger"), time.monotonic()
        watch = Watching.start(ledger, address)
        stack.callback(watch.end)
        first = watch.through(1)
        events = int(status_of(ledger)["events"])
        seconds, cpu = watch.through(options.catch_up) - first, watch.cpu()
        rate = (options.catch_up - events) / max(seconds, 1e-9)
    head = ("waiting", "s until the first", "s to catch up", "events a second", "CPU s of the watch")
    return Table(head, [("events", f"{first - begun:.1f}", f"{seconds:.1f}", f"{rate:,.0f}", f"{cpu:.0f}")])


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The world, the ways, how fast and how long."""

    work: Path = option(text="folder; a world that is there (ledger0, day.jsonl) is taken")
    ways: tuple[str, ...] = option(("nats", "always", "kafka"), "of transport")
    seconds: float = option(60.0, "at the rate")
    rate: int = option(50_000, "events a second")
    fast: int = option(1_000_000, "events as fast as it goes")
    single: int = option(200_000, "events of one message each; 0: none")
    catch_up: int = option(0, "events that wait before a watch begins")
    accesses: int = option(3_000_000, "reads of a world that is made, in two weeks")


WAYS = {"nats": "JetStream", "always": "JetStream, always", "kafka": "Kafka"}
_NOTICE, _SPEED = ("p50 ms", "p99 ms", "max ms"), "events a second through"


def _kept() -> Iterator[Kept]:
    for way, name in WAYS.items():
        told, through = (f"{what}: {name}" for what in ("from message to notice, p99", "events a second to the watch"))
        yield Kept(told, way, "p99 ms", "ms", most=1000, beside=("plain counter", way, "counter p99 ms"))
        yield Kept(through, way, _SPEED, "a second", least=100_000, beside=("plain counter", way, "counter"))


@benchmark(minutes=15, kept=list(_kept()))
def measure(options: Options) -> Iterator[Said]:
    """One way after the other."""
    options.work.mkdir(parents=True, exist_ok=True)
    world = prepare(options.work, accesses=options.accesses, since=10, gateways=20)
    folder = options.work / f"delay-{os.getpid()}"
    try:
        yield from _all_ways(options, world, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _all_ways(options: Options, world: World, folder: Path) -> Iterator[Said]:
    runs, rows = [], []
    for way in options.ways:
        runs.append(on(way, options, world, folder / way))
        rows.append((*runs[-1].delay, *beside(way, options, world, folder / f"{way}-bare")))
    yield Table(("way", "events a second", "notices", *_NOTICE, *(f"counter {name}" for name in _NOTICE)), rows)
    if options.single:
        runs.append(on(options.ways[0], options, world, folder / "single", single=True))
    head = ("way", "events", _SPEED, "CPU µs an event", "published a second", "counter")
    yield Table(head, [row for run in runs for row in run.speed])
    if options.catch_up:
        yield catch_up(options, world, folder / "catch-up")
