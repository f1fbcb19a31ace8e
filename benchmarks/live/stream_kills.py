"""What remains of the stream when gateway, broker and watch are killed again and again.

    python -m benchmarks run stream_kills --work FOLDER [--kills 100] [--accesses 120000] [--seed 1]

A gateway writes the lines of two days, by `EventWriter` into a stream of NATS that syncs always; `wayseal watch` takes
them and brings them into a ledger each second. One of the three, or all, is killed (SIGKILL) at a moment by chance:
also while a watch starts, while a portion comes into the ledger, and as a notice is written down. All goes on until
everything has come.

Then the ledger is held against one that got the same lines in one batch: rows, and the facts of detection, bit for
bit; the record of notices against that of a watch of the same stream that nobody disturbed, field for field. At the end
things are broken that can't be mended, and what is said of it is shown.

Ends with 1 where anything was lost, doubled, told under another id or not at all, or a damage wasn't named.
"""

import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.live._damage import damages
from benchmarks.live._stream import OFFSET, Process, World, nats_broker, prepare, run, status_of, watching
from benchmarks.registry import Kept, Said, Table, UnsoundError, benchmark, option
from benchmarks.shared.forked import until
from wayseal.client.events import OWN, EventWriter, open_sink
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import READ_COLUMNS, TABLE_COLUMNS, Facts, update_facts
from wayseal.ledger import ingest, open_ledger
from wayseal.ledger.walk import Wanted
from wayseal.live.notices import read_notices
from wayseal.live.types import Notice
from wayseal.live.watch import FOLDER, STATUS
from wayseal.store import open_source

KINDS = ("watch", "watch, as it starts", "watch, in an ingest", "watch, at a notice", "gateway", "broker", "all three")
_PATIENCE = 120.0


def publish(lines: Path, journal: Path, address: str, allowed: Path, pause: float) -> None:
    """The gateway: goes on behind what its journal has, as far as it is allowed to; ends once all is in the stream."""
    rows = [json.loads(line) for line in lines.read_bytes().splitlines()]
    sink = None
    while sink is None:
        try:
            sink = open_sink(address)
        except Exception:
            time.sleep(0.1)
    with EventWriter("gw-01", journal, sink) as writer:
        while writer.written < len(rows):
            if writer.written >= int(allowed.read_text() or 0):
                time.sleep(0.02)
                continue
            row = rows[writer.written]
            writer.write({name: value for name, value in row.items() if name not in OWN}, row["table"])
            time.sleep(pause)
        while True:
            with suppress(Exception):
                writer.flush()
                break
    journal.with_name("done").touch()


class Scene:
    """The three processes, and who kills them."""

    def __init__(self, folder: Path, world: World, chance: random.Random, stack: ExitStack) -> None:
        self.ledger = world.copy(folder / "ledger")
        self.folder, self.chance = folder, chance
        self.allowed, self.told = folder / "allowed", folder / "told.jsonl"
        self.allowed.write_text("0")
        self.broker = nats_broker(folder / "nats", always=True)
        stack.callback(self.broker.kill)
        self.broker.start()
        self.source = f"nats://{self.broker.address}/READS"
        open_sink(self.source, create=True).close()
        self.watch = watching(self.ledger, self.source, self.told, "--segment", "1")
        stack.callback(self.watch.close)
        given = (world.lines, folder / "journal/journal.jsonl", self.source, self.allowed)
        words = ", ".join(repr(str(one)) if one is self.source else f"Path({str(one)!r})" for one in given)
        load = "from pathlib import Path\nfrom benchmarks.live.stream_kills import publish"
        self.gateway = Process(load, f"publish({words}, 0.003)", folder / "gateway")
        stack.callback(self.gateway.close)
        self.slowest = 0.0

    def up(self) -> None:
        """Waits until the watch says that it is there."""
        path, begun = self.ledger / FOLDER / STATUS, self.started
        self.slowest = max(
            self.slowest,
            until(lambda: path.exists() and path.stat().st_mtime > begun, _PATIENCE, "the watch doesn't come back"),
        )

    def start_watch(self) -> None:
        """Starts it."""
        self.started = time.time()
        self.watch.start()

    def kill(self, kind: str) -> None:
        """Kills, and starts again."""
        chance, notices = self.chance, self.ledger / FOLDER / "notices.jsonl"
        if kind == "watch, as it starts":
            self.watch.kill()
            self.start_watch()
            time.sleep(chance.uniform(0, 3))
        else:
            self.up()
            time.sleep(chance.uniform(0, 1.5))
        with suppress(RuntimeError):  # none comes: then at this moment
            if kind == "watch, in an ingest":
                until((self.ledger / FOLDER / "arrivals/portion").exists, 5, "")
                time.sleep(chance.uniform(0, 0.4))
            elif kind == "watch, at a notice":
                size = notices.stat().st_size
                until(lambda: notices.stat().st_size > size, 5, "")
        if kind in ("gateway", "all three"):
            self.gateway.kill()
        if kind in ("broker", "all three"):
            self.broker.kill()
        if kind.startswith("watch") or kind == "all three":
            self.watch.kill()
        time.sleep(chance.uniform(0, 0.5))
        if kind in ("broker", "all three"):
            self.broker.start()
        if kind in ("gateway", "all three"):
            self.gateway.start()
        if kind.startswith("watch") or kind == "all three":
            self.start_watch()

    def drain(self, events: int) -> None:
        """Lets all come, and ends the three in order."""
        self.allowed.write_text(str(events))
        until(self.gateway_done, 600, "the gateway doesn't end")
        self.watch.kill(15)
        run("watch", self.ledger, "--source", self.source, "--until-end", "--offset", "+08:00", "-q")

    def gateway_done(self) -> bool:
        """Whether all is in the stream."""
        return (self.folder / "journal/done").exists()


def rows_of(ledger: Path) -> Counter[tuple[object, ...]]:
    """All rows of a ledger that a waybill has."""
    found: Counter[tuple[object, ...]] = Counter()
    wanted = Wanted(reads=READ_COLUMNS, tables={**TABLE_COLUMNS, "partner_calls": ("partner", "at")})
    with open_ledger(ledger) as snapshot:
        for part, _, _ in snapshot.waybill_partitions(wanted, lambda part: part):
            for name, batch in [*(("accesses", b) for b in part.reads), *part.tables.items()]:
                columns = [batch[c].to_pylist() for c in batch.schema.names if c not in ("source", "row")]
                found.update((name, *row) for row in zip(*columns, strict=True))
    return found


def facts_of(ledger: Path) -> Facts:
    """What detection counts, counted anew."""
    with open_ledger(ledger) as snapshot:
        return update_facts(snapshot, None, load_templates(None), OFFSET, lambda *_: None)


def in_one_batch(world: World, folder: Path) -> Path:
    """A ledger that got all lines at once."""
    rows: dict[str, list[str]] = {}
    for line in world.lines.read_bytes().splitlines():
        row = json.loads(line)
        kept = {name: value for name, value in row.items() if name not in OWN}
        rows.setdefault(row["table"], []).append(json.dumps(kept))
    data = folder / "batch"
    data.mkdir()
    for table, lines in rows.items():
        (data / f"{table}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    (data / "dataset.json").write_text('{"wayseal": 1}')
    ledger = world.copy(folder / "whole")
    ingest(open_source(data), ledger, progress=lambda *_: None)
    return ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How often, and of what."""

    work: Path = option(text="folder for world, ledgers and broker")
    kills: int = option(100)
    accesses: int = option(120_000, "reads of the world, in two weeks")
    seed: int = option(1, "of the moments")


@benchmark(
    minutes=25,
    kept=[
        Kept("kills of gateway, broker and watch", "kills", "times", least=100),
        Kept("rows lost after kills", "rows of the ledger", "lost", most=0),
        Kept("rows doubled after kills", "rows of the ledger", "doubled", most=0),
        Kept("notices lost after kills", "notices", "lost", most=0),
        Kept("notices under a second id after kills", "notices", "doubled", most=0),
        Kept("damages of the stream that aren't named", "damages", "lost", most=0),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Kill, drain, compare, break."""
    options.work.mkdir(parents=True, exist_ok=True)
    world = prepare(options.work, accesses=options.accesses, since=13, gateways=1)
    events = world.lines.read_bytes().count(b"\n")
    folder = options.work / "kills"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    chance = random.Random(options.seed)
    killed: Counter[str] = Counter()
    with ExitStack() as stack:
        scene = Scene(folder, world, chance, stack)
        scene.gateway.start()
        scene.start_watch()
        kinds = [KINDS[k % len(KINDS)] for k in range(options.kills)]
        chance.shuffle(kinds)
        for nth, kind in enumerate(kinds, 1):
            scene.allowed.write_text(str(events * nth // (options.kills + 1)))
            scene.kill(kind)
            killed[kind] += 1
        scene.drain(events)
        yield Table(("killed", "times"), [*((kind, str(killed[kind])) for kind in KINDS), ("kills", str(len(kinds)))])
        yield f"{events:,} events; slowest way back of the watch {scene.slowest:.1f} s"
        calm = world.copy(folder / "calm")
        run("watch", calm, "--source", scene.source, "--until-end", "--offset", "+08:00", "-q")
        rows, wrong = compare(scene, in_one_batch(world, folder), calm)
        named = list(damages(scene, world, chance))
        rows.append(("damages", f"{len(named)}", f"{sum(not one.named for one in named)}", "0"))
    yield Table(("what was done", "what was said"), [(one.done, one.said) for one in named])
    yield Table(("compared", "how many", "lost", "doubled"), rows)
    wrong += [f"not named: {one.done}" for one in named if not one.named]
    if wrong:
        raise UnsoundError("\n".join(wrong))


def compare(scene: Scene, batch: Path, calm: Path) -> tuple[list[tuple[str, str, str, str]], list[str]]:
    """The ledger against one batch, the notices against those of a watch that nobody disturbed; what is wrong."""
    mine, theirs = rows_of(scene.ledger), rows_of(batch)
    lost, more = theirs - mine, mine - theirs
    facts = facts_of(scene.ledger) == facts_of(batch)
    told, right = (list(read_notices(at / FOLDER).notices.values()) for at in (scene.ledger, calm))
    again = len([n for n in told if n not in right])
    ids: dict[object, set[str]] = {}
    for one in told:
        ids.setdefault(_what(one), set()).add(one.id)
    second = sum(len(some) - 1 for some in ids.values())
    missing = len([n for n in right if n not in told])
    heard = Counter(json.loads(line)["notice"] for line in scene.told.read_text("utf-8").splitlines())
    holes = status_of(scene.ledger).get("holes")
    rows = [
        ("rows of the ledger", f"{mine.total():,}", str(lost.total()), str(more.total())),
        ("notices", str(len(told)), str(missing), str(second)),
        ("notices told again, under their id", str(heard.total()), "", str(heard.total() - len(heard))),
    ]
    wrong = [f"rows lost {list(lost)[:3]}"] * bool(lost) + [f"rows doubled {list(more)[:3]}"] * bool(more)
    wrong += ["facts differ from those of one batch"] * (not facts)
    wrong += [f"{missing} notices are missing, {again} are other ones"] * bool(missing or again)
    wrong += [f"{second} under a second id"] * bool(second) + [f"holes {holes}"] * bool(holes or holes is None)
    unheard = {one.id for one in told} - heard.keys()
    return rows, wrong + [f"{len(unheard)} nobody was told of"] * bool(unheard)


def _what(notice: Notice) -> object:
    return notice.actor, notice.day, notice.kind, notice.tipped_by.number
