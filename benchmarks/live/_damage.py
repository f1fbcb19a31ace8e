"""What is broken for good, and what is said of it."""

import json
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.live._stream import World, ask_nats, nats_broker, run, status_of, watching
from benchmarks.shared.forked import until
from wayseal.client.events import OWN, EventWriter, open_sink
from wayseal.live.watch import FOLDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What was done and said, and whether what is missing is named."""

    done: str
    said: str
    named: bool


def flip(path: Path, place: int) -> None:
    """Another bit."""
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1]))


def damages(scene: Any, world: World, chance: random.Random) -> Iterator[Damage]:
    """Does it, one after the other, each to files of its own. scene: whose stream has all lines."""
    yield _in_arrivals(scene, world, chance)
    yield from _in_broker(scene, world)


def _in_arrivals(scene: Any, world: World, chance: random.Random) -> Damage:
    ledger = world.copy(scene.folder / "flipped")
    log = ledger / FOLDER / "arrivals/arrivals-00000001.jsonl"
    with ExitStack() as stack:
        watch = watching(ledger, scene.source, scene.folder / "flipped.told", "--segment", "3600")
        stack.callback(watch.close)
        watch.start()
        until(lambda: log.exists() and log.stat().st_size > 1 << 20, 120, "nothing arrives")
        watch.kill()
    place = chance.randrange(1 << 20)
    flip(log, place)
    said = _said(run("watch", ledger, "--source", scene.source, "--until-end", "--offset", "+08:00", "-q"))
    return Damage(done=f"bit of byte {place:,} of the arrival log flipped", said=said, named="bytes" in said)


def _in_broker(scene: Any, world: World) -> Iterator[Damage]:
    """A broker of its own: a bit, the journal, the stream."""
    folder, ledger = scene.folder / "broken", world.copy(scene.folder / "broken_ledger")
    lines = world.lines.read_bytes().splitlines()[:20_000]
    with ExitStack() as stack:
        broker = nats_broker(folder / "nats", always=True)
        stack.callback(broker.kill)
        broker.start()
        source = f"nats://{broker.address}/READS"
        words = ("watch", ledger, "--source", source, "--until-end", "--offset", "+08:00")
        journal = folder / "journal.jsonl"
        _write(source, journal, lines[:10_000])
        broker.kill()
        (block,) = sorted((folder / "nats").rglob("*.blk"))[-1:]
        place = block.stat().st_size // 2
        flip(block, place)
        broker.start()
        said = _said(run(*words))
        time.sleep(0.1)
        _write(source, journal, lines[10_000:12_000])
        said += _said(run(*words))
        holes = _gaps(ledger)
        yield Damage(done=f"bit of byte {place:,} of a file of the broker flipped", said=_joined(said, holes),
                     named="holes" in holes or "missing" in said or "taken" in said)  # fmt: skip
        ledger2 = world.copy(scene.folder / "broken_ledger2")
        ask_nats(broker, lambda stream: stream.purge_stream("READS"))
        shutil.rmtree(journal.parent / "cut", ignore_errors=True)
        cut = folder / "cut/journal.jsonl"
        _write(source, cut, lines[:3_000])
        cut.write_bytes(cut.read_bytes()[:100_000])
        _write(source, cut, lines[3_000:6_000])
        said = _said(run("watch", ledger2, *words[2:]))
        yield Damage(done="journal of a gateway cut behind 100,000 bytes", said=_joined(said, _gaps(ledger2)),
                     named="restarts" in _gaps(ledger2))  # fmt: skip
        ask_nats(broker, lambda stream: stream.delete_stream("READS"))
        said = _said(run("watch", ledger2, *words[2:]))
        yield Damage(done="stream dropped", said=said, named="gone" in said)
        _write(source, folder / "again/journal.jsonl", lines[:100])
        said = _said(run("watch", ledger2, *words[2:]))
        yield Damage(done="stream dropped and made anew", said=said, named="missing" in said)


def _write(source: str, journal: Path, lines: list[bytes]) -> None:
    with EventWriter("gw-07", journal, open_sink(source, create=True), linger=0.05) as writer:
        for line in lines:
            row = json.loads(line)
            writer.write({name: value for name, value in row.items() if name not in OWN}, row["table"])
        writer.flush(60)


def _gaps(ledger: Path) -> str:
    status = status_of(ledger)
    found = []
    for name in ("holes", "restarts"):
        found += [f"{name}: " + ", ".join(f"{k} {v}" for k, v in one.items()) for one in status.get(name, [])]
    return "; ".join(found)


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _said(done: "subprocess.CompletedProcess[str]") -> str:
    """What a command said, without where things lie."""
    words = [word.rsplit("/", 1)[-1] if "/" in word else word for word in done.stderr.split()]
    text = " ".join(words).replace("|", "·")
    return text if done.returncode == 0 else f"{text} (exit {done.returncode})"
