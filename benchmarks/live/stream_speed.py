"""What the fast path costs, stage by stage on one core, beside a bare counter and river's half-space trees.

    python -m benchmarks run stream_speed --work /tmp/wayseal-stream-quality [--accesses 3000000] [--batch 20000]

The courier is that of `stream_quality`; a day of it is taken in batches. Stages: lines made into keys; the kernels
alone (the marks of first reads and the rows of parcels, over events that are keys already); all of it, judgements
included. The counter adds up reads by account in a dictionary; the trees (requirements/bench.txt; left out, and said,
without) score three counts an event. Seconds are the processor's.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.detect._rivals import installed
from benchmarks.detect._world import DAY_US, OFFSET, prepare
from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.detect import Options
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import build_context
from wayseal.detect.intraday import prepare as prepare_limits
from wayseal.ledger import ingest, open_ledger
from wayseal.live._events import EventReader, Events
from wayseal.live._fast_path import FastPath
from wayseal.live._parcels import Pairs, Parcels
from wayseal.store import open_source
from wayseal_sim.play import Stream, copy_before

KERNEL, WHOLE, COUNTER, TREES = "kernels, keys given", "all of it", "a bare counter", "river, half-space trees"
_RIVER = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The courier, and the size of a batch."""

    work: Path = option(text="folder for courier and ledger, unless they lie there")
    accesses: int = option(3_000_000)
    seed: int = option(11)
    day: int = option(15, "that is played, the days before it in the ledger")
    batch: int = option(20_000, "events")


@benchmark(
    minutes=10,
    kept=[
        Kept("events a second, kernels on one core", KERNEL, "events a second", "a second", least=1_000_000,
             beside=("a bare counter", COUNTER, "events a second")),
        Kept("events a second, the whole fast path on one core", WHOLE, "events a second", "a second",
             beside=("river's half-space trees", TREES, "events a second")),
    ],
)  # fmt: skip
def measure(options: Settings) -> Iterator[Said]:
    """Times each stage over the same day."""
    data = prepare(options.work, options.accesses, options.seed) / "world/dataset"
    ledger = options.work / f"before-{options.accesses}-{options.seed}-{options.day}"
    stream = Stream(data, seed=1, since=str(options.day), until=str(options.day + 1))
    if not (ledger / "ledger/manifest.json").exists():
        ingest(open_source(copy_before(data, ledger / "dataset", stream.low)), ledger / "ledger")
    with open_ledger(ledger / "ledger") as snapshot:
        how = Options(folder=ledger / "ledger/detect", offset=OFFSET)
        limits = prepare_limits(snapshot, how, day=(stream.low + OFFSET) // DAY_US)
        assert limits is not None
        context = build_context(snapshot, load_templates(None), OFFSET)
        fast = FastPath(context, limits, None)
        begun = time.perf_counter()
        fast.load(snapshot)
        yield f"{time.perf_counter() - begun:.1f} s to load the state of {snapshot.manifest.rows('accesses'):,} reads"
    lines = b"".join(bytes(stretch.data) for stretch in stream).splitlines(keepends=True)
    batches = [b"".join(lines[at : at + options.batch]) for at in range(0, len(lines), options.batch)]
    n = len(lines)
    reader = EventReader(context.staff)
    read: list[Events] = []
    rows = [("lines to keys", *_timed(n, lambda: read.extend(reader.read(one, 1) for one in batches)))]
    rows.append((KERNEL, *_timed(n, lambda: _kernels(read))))
    counted: Counter[int] = Counter()
    rows.append((COUNTER, *_timed(n, lambda: [counted.update(one.reads.actor.tolist()) for one in read])))
    rows.append((WHOLE, *_timed(n, lambda: [fast.take(one, 1) for one in batches])))
    yield Table(("stage", "events a second", "µs an event"), rows + _trees(read))
    yield f"{n:,} events in batches of {options.batch:,}; {fast.counted['judgements']:,} judgements"


def _timed(n: int, work: Callable[[], object]) -> tuple[str, str]:
    begun = time.process_time()
    work()
    seconds = time.process_time() - begun
    return f"{n / seconds:,.0f}", f"{seconds / n * 1e6:.2f}"


def _kernels(read: list[Events]) -> None:
    pairs, parcels = Pairs(), Parcels()
    for one in read:
        pairs.mark(one.reads.waybill, one.reads.actor, one.reads.at)
        parcels.add(one.rows.waybill, one.rows.table, one.rows.time, one.rows.keys)
        parcels.tables(np.unique(one.reads.waybill))


def _trees(read: list[Events]) -> list[tuple[str, str, str]]:
    try:
        trees = installed("river.anomaly").HalfSpaceTrees(seed=1)
    except ImportError:
        return [(TREES, "–", "river isn't installed")]
    seen = Counter[int]()
    actors = np.concatenate([one.reads.actor for one in read])[:_RIVER].tolist()

    def learn() -> None:
        for k, actor in enumerate(actors):
            seen[actor] += 1
            x = {"reads": min(seen[actor] / 500, 1.0), "share": seen[actor] / (k + 1), "hour": k / len(actors)}
            trees.score_one(x)
            trees.learn_one(x)

    return [(TREES, *_timed(len(actors), learn))]
