"""What each stage of an ingest and of a trace costs at several sizes, and a whole trace beside DuckDB's bare semi-join.

    python -m benchmarks.stages --accesses 10000000,100000000,1000000000 --work /tmp/wayseal-stages --chart stages.svg

For each size: simulates a courier without scans, ingests it stage by stage, then runs the trace and the semi-join over
the same reads unsorted in turn, each as a process of its own. What is in `--work` is neither made nor measured again
(`size.json`); a billion accesses need 75 GB there and an hour. Prints markdown tables and draws the chart.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks._stage_chart import INGEST_STAGES, Size, draw, middle
from benchmarks.tracing import SEMI_JOIN, run

TRACE_STAGES = ("start", "match", "gather", "weigh", "fit", "report")
"""Between the steps that a trace tells its progress: up to step 0, to step 1, and so on, and after the last."""


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


def traced(work: Path, started: float) -> None:
    """One trace in this process, started at a time of day; prints what each stage took, in seconds, as JSON."""
    from wayseal.ledger import open_ledger  # noqa: PLC0415 (loading the program is the first stage)
    from wayseal.store import read_leaks  # noqa: PLC0415
    from wayseal.trace import render, trace  # noqa: PLC0415

    clock = Clock(wall={"start": time.time() - started})
    leaks = read_leaks(work / "world/leaks.csv")
    with open_ledger(work / "ledger") as snapshot:
        result = trace(snapshot, leaks, seed=7, progress=lambda _, done, __: clock.lap(TRACE_STAGES[done]))
    render(result, "json", "en")
    clock.lap("report")
    print(json.dumps(clock.wall))


def child(*args: str) -> list[str]:
    """The command that does one step of this module in a process of its own."""
    return [sys.executable, "-m", "benchmarks.stages", *args]


def measured(work: Path, accesses: int, runs: int, seed: int) -> Size:
    """All figures of one size, as they were measured the first time."""
    known = work / "size.json"
    if known.exists():
        return Size(**json.loads(known.read_text()))
    about = work / "ingest.json"
    if not about.exists():
        _, peak = run(child("--ingest", str(work), str(accesses), str(seed)))
        about.write_text(json.dumps({**json.loads(about.read_text()), "peak": peak}))
    leaks = str(work / "world/leaks.csv")
    wayseal = str(Path(sys.executable).with_name("wayseal"))
    whole = [wayseal, "trace", str(work / "ledger"), "--leaks", leaks, "--format", "json", "-q"]
    bare = [sys.executable, "-c", SEMI_JOIN, str(work / "world/dataset/accesses/*.parquet"), leaks]
    size = Size(ingest=json.loads(about.read_text()))
    stages = []
    for turn in range(runs + 1):
        ours, theirs = run(whole), run(bare)
        taken = json.loads(subprocess.check_output(child("--trace", str(work), str(time.time()))))
        if turn:
            size.trace.append(ours)
            size.semi_join.append(theirs)
            stages.append(taken)
    size.stages = {s: statistics.median(t[s] for t in stages) for s in TRACE_STAGES}
    known.write_text(json.dumps(asdict(size)))
    return size


def contenders(sizes: dict[int, Size]) -> None:
    """Print the whole trace beside the semi-join."""
    print("| accesses | trace, median s (least–most) | peak GB | semi-join, median s (least–most) | peak GB | ratio |")
    print("|---|---|---|---|---|---|")
    for accesses, size in sizes.items():
        cells = []
        for runs in (size.trace, size.semi_join):
            walls = [wall for wall, _ in runs]
            peak = max(memory for _, memory in runs)
            cells.append(f"{middle(runs):.2f} ({min(walls):.2f}–{max(walls):.2f}) | {peak:.2f}")
        print(f"| {accesses:,} | {' | '.join(cells)} | {middle(size.trace) / middle(size.semi_join):.2f} |")


def costs(title: str, names: Sequence[str], of: dict[int, dict[str, float]]) -> None:
    """Print what each stage took, a row a size."""
    print(f"\n| {title} | {' | '.join(names)} | all |\n|{'---|' * (len(names) + 2)}")
    for accesses, taken in of.items():
        cells = " | ".join(f"{taken.get(n, 0.0):.2f}" for n in names)
        print(f"| {accesses:,} | {cells} | {sum(taken.values()):.2f} |")


def said(sizes: dict[int, Size]) -> None:
    """Print what was measured."""
    contenders(sizes)
    costs("ingest, CPU seconds", INGEST_STAGES, {n: s.ingest["cpu"] for n, s in sizes.items()})
    costs("ingest, seconds", INGEST_STAGES, {n: s.ingest["wall"] for n, s in sizes.items()})
    costs("trace, median seconds", TRACE_STAGES, {n: s.stages for n, s in sizes.items()})
    for about in (s.ingest for s in sizes.values()):
        disk = about["bytes"] / 1e9
        print(f"\n{about['accesses']:,} reads: peak of ingest {about['peak']:.2f} GB, {disk:.2f} GB on disk")


def main() -> None:
    """Measure every size, print, draw."""
    if sys.argv[1:2] == ["--ingest"]:
        ingested(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
        return
    if sys.argv[1:2] == ["--trace"]:
        traced(Path(sys.argv[2]), float(sys.argv[3]))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accesses", default="10000000,100000000")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--chart", type=Path)
    args = parser.parse_args()
    sizes = {}
    for accesses in map(int, args.accesses.split(",")):
        work = args.work / str(accesses)
        work.mkdir(parents=True, exist_ok=True)
        sizes[accesses] = measured(work, accesses, args.runs, args.seed)
    said(sizes)
    if args.chart:
        args.chart.write_text(draw(sizes), encoding="utf-8")


if __name__ == "__main__":
    main()
