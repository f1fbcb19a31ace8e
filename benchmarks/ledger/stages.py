"""What each stage of an ingest and of a trace costs at several sizes, and a whole trace beside DuckDB's bare semi-join.

    python -m benchmarks run stages --accesses 10000000,100000000,1000000000 --work /tmp/wayseal-stages

For each size: simulates a courier without scans, ingests it stage by stage, then runs the trace and the semi-join over
the same reads unsorted in turn, each as a process of its own. What is in `--work` is neither made nor measured again
(`size.json`); a billion accesses need 75 GB there and an hour.
"""

import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.shared.processes import answer, child, spend
from benchmarks.trace.tracing import SEMI_JOIN

INGEST_STAGES = ("digest", "read", "settle", "merge", "commit", "clean")
TRACE_STAGES = ("start", "match", "gather", "weigh", "fit", "report")
"""Between the steps that a trace tells its progress: up to step 0, to step 1, and so on, and after the last."""


@dataclass(slots=True, kw_only=True)
class Size:
    """What was measured at one size.

    ingest: seconds by stage (`wall`, `cpu`), `accesses`, `bytes` on disk, `peak` GB. stages: of a trace, median
    seconds. trace, semi_join: (seconds, peak GB) of each run.
    """

    ingest: dict[str, Any]
    stages: dict[str, float] = field(default_factory=dict)
    trace: list[tuple[float, float]] = field(default_factory=list)
    semi_join: list[tuple[float, float]] = field(default_factory=list)


@dataclass(slots=True)
class Clock:
    """Seconds of wall and CPU time by stage: what passes until a stage is told is that stage's."""

    wall: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    _last: tuple[float, float] = field(default_factory=lambda: (time.perf_counter(), time.process_time()))

    def lap(self, stage: str) -> None:
        """Ends a stretch of a stage."""
        now = time.perf_counter(), time.process_time()
        self.wall[stage] = self.wall.get(stage, 0.0) + now[0] - self._last[0]
        self.cpu[stage] = self.cpu.get(stage, 0.0) + now[1] - self._last[1]
        self._last = now


def ingested(work: Path, accesses: int, seed: int) -> None:
    """Make what isn't there yet; leaves the cost of the ingest as `ingest.json`."""
    from wayseal.ledger import IngestOptions, ingest, open_ledger  # noqa: PLC0415
    from wayseal.store import open_source  # noqa: PLC0415
    from wayseal_sim import preset, simulate  # noqa: PLC0415

    world = work / "world"
    if not (world / "truth.json").exists():
        simulate(world, preset("bench", accesses=accesses, scans=False), seed=seed, progress=lambda *_: None)
    if (work / "ingest.json").exists():
        return
    clock = Clock()
    options = IngestOptions(
        on_step=lambda name: clock.lap({"committed": "commit", "cleaned": "clean"}.get(name, "read"))
    )
    ingest(
        open_source(world / "dataset"), work / "ledger", progress=lambda stage, *_: clock.lap(stage), options=options
    )
    with open_ledger(work / "ledger") as snapshot:
        rows = snapshot.summary().rows["accesses"]
    size = sum(f.stat().st_size for f in (work / "ledger").rglob("*") if f.is_file())
    content = {"accesses": rows, "wall": clock.wall, "cpu": clock.cpu, "bytes": size}
    (work / "ingest.json").write_text(json.dumps(content))


def traced(work: Path, started: float) -> dict[str, float]:
    """One trace in this process, started at a time of day: what each stage took, in seconds."""
    from wayseal.ledger import open_ledger  # noqa: PLC0415 (loading the program is the first stage)
    from wayseal.store import read_leaks  # noqa: PLC0415
    from wayseal.trace import render, trace  # noqa: PLC0415

    clock = Clock(wall={"start": time.time() - started})
    leaks = read_leaks(work / "world/leaks.csv")
    with open_ledger(work / "ledger") as snapshot:
        result = trace(snapshot, leaks, seed=7, progress=lambda _, done, __: clock.lap(TRACE_STAGES[done]))
    render(result, "json", "en")
    clock.lap("report")
    return clock.wall


def measured(work: Path, accesses: int, runs: int, seed: int) -> Size:
    """All figures of one size, as they were measured the first time."""
    known = work / "size.json"
    if known.exists():
        return Size(**json.loads(known.read_text()))
    about = work / "ingest.json"
    if not about.exists():
        peak = spend(child("benchmarks.ledger.stages:ingested", work, accesses, seed)).peak
        about.write_text(json.dumps({**json.loads(about.read_text()), "peak": peak}))
    leaks = str(work / "world/leaks.csv")
    wayseal = str(Path(sys.executable).with_name("wayseal"))
    whole = [wayseal, "trace", str(work / "ledger"), "--leaks", leaks, "--format", "json", "-q"]
    bare = [sys.executable, "-c", SEMI_JOIN, str(work / "world/dataset/accesses/*.parquet"), leaks]
    size = Size(ingest=json.loads(about.read_text()))
    stages = []
    for turn in range(runs + 1):
        ours, theirs = spend(whole), spend(bare)
        taken = answer("benchmarks.ledger.stages:traced", work, time.time())
        if turn:
            size.trace.append((ours.wall, ours.peak))
            size.semi_join.append((theirs.wall, theirs.peak))
            stages.append(taken)
    size.stages = {s: statistics.median(t[s] for t in stages) for s in TRACE_STAGES}
    known.write_text(json.dumps(asdict(size)))
    return size


def contenders(sizes: dict[str, Size]) -> Table:
    """Return the whole trace beside the semi-join."""
    rows = []
    for accesses, size in sizes.items():
        cells, middles = [], []
        for runs in (size.trace, size.semi_join):
            walls = [wall for wall, _ in runs]
            peak = max(memory for _, memory in runs)
            middles.append(statistics.median(walls))
            cells += [f"{middles[-1]:.2f} ({min(walls):.2f}–{max(walls):.2f})", f"{peak:.2f}"]
        rows.append((accesses, *cells, f"{middles[0] / middles[1]:.2f}"))
    heads = (f"{who}, {what}" for who in ("trace", "semi-join") for what in ("median s", "peak GB"))
    return Table(("accesses", *heads, "ratio"), rows)


def costs(title: str, names: Sequence[str], of: dict[str, dict[str, float]]) -> Table:
    """Return what each stage took, a row a size."""
    rows = []
    for accesses, taken in of.items():
        rows.append((accesses, *(f"{taken.get(n, 0.0):.2f}" for n in names), f"{sum(taken.values()):.2f}"))
    return Table((title, *names, "all"), rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The sizes, and how often."""

    work: Path = option(text="folder for couriers and ledgers; what lies there isn't made again")
    accesses: tuple[int, ...] = option((10_000_000, 100_000_000))
    runs: int = option(5)
    seed: int = option(7)


BILLION = "1,000,000,000"


@benchmark(
    minutes=120,
    kept=[
        Kept(
            "a trace of a billion reads, whole process",
            BILLION,
            "trace, median s",
            "s",
            most=10,
            beside=("DuckDB semi-join", BILLION, "semi-join, median s"),
        ),
        Kept(
            "peak memory of a trace of a billion reads",
            BILLION,
            "trace, peak GB",
            "GB",
            most=2,
            beside=("DuckDB semi-join", BILLION, "semi-join, peak GB"),
        ),
        Kept("a trace of a billion reads beside the semi-join", BILLION, "ratio", most=0.33),
        Kept(
            "a trace of ten million reads, whole process",
            "10,000,000",
            "trace, median s",
            "s",
            beside=("DuckDB semi-join", "10,000,000", "semi-join, median s"),
        ),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Measure every size."""
    sizes = {}
    for accesses in options.accesses:
        work = options.work / str(accesses)
        work.mkdir(parents=True, exist_ok=True)
        sizes[f"{accesses:,}"] = measured(work, accesses, options.runs, options.seed)
    yield contenders(sizes)
    yield costs("ingest, CPU seconds", INGEST_STAGES, {n: s.ingest["cpu"] for n, s in sizes.items()})
    yield costs("ingest, seconds", INGEST_STAGES, {n: s.ingest["wall"] for n, s in sizes.items()})
    yield costs("trace, median seconds", TRACE_STAGES, {n: s.stages for n, s in sizes.items()})
    of_ingest = [(n, f"{s.ingest['peak']:.2f}", f"{s.ingest['bytes'] / 1e9:.2f}") for n, s in sizes.items()]
    yield Table(("accesses", "peak GB of ingest", "GB on disk"), of_ingest)
