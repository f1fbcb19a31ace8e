"""How fast a trace is, as a whole process, beside DuckDB's bare semi-join over the same reads unsorted.

    python -m benchmarks.tracing --accesses 100000000 --work /tmp/wayseal-trace

Simulates the courier (unless `--work` holds it already), ingests it, then runs both contenders in turn,
each as a process of its own. The semi-join reads the log as it came, in order of time, and counts the
leaked numbers' reads per account; the trace gives the whole verdict. Prints a markdown table of medians.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

SEMI_JOIN = """
import sys, duckdb
db = duckdb.connect()
db.execute("SET threads = 2")
rows = db.execute(
    "SELECT actor, count(*) n FROM read_parquet(?) WHERE waybill IN "
    "(SELECT waybill FROM read_csv(?, header = true, all_varchar = true)) "
    "GROUP BY actor ORDER BY n DESC, actor LIMIT 10", [sys.argv[1], sys.argv[2]]
).fetchall()
assert rows
"""


def prepare(work: Path, accesses: int, seed: int) -> int:
    """Make what isn't there yet; returns how many reads the ledger holds."""
    from wayseal.ledger import ingest, open_ledger  # noqa: PLC0415
    from wayseal.store import open_source  # noqa: PLC0415
    from wayseal_sim import preset, simulate  # noqa: PLC0415

    def note(stage: str, done: int, total: int) -> None:
        if done == total:
            print(f"{stage}: {total:,}", file=sys.stderr)

    world = work / "world"
    if not (world / "truth.json").exists():
        simulate(world, preset("bench", accesses=accesses), seed=seed, progress=note)
    if not (work / "ledger" / "manifest.json").exists():
        ingest(open_source(world / "dataset"), work / "ledger", progress=note)
    with open_ledger(work / "ledger") as snapshot:
        return snapshot.summary().rows["accesses"]


def run(command: list[str]) -> tuple[float, float]:
    """Wall seconds and peak GB of one process; raises if it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1e6


def main() -> None:
    """Print one row a contender."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accesses", type=int, default=100_000_000)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--prepare", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.prepare:
        print(prepare(args.work, args.accesses, args.seed))
        return
    # The kernel counts a child's peak memory from its parent's: the big work happens in a process of its own.
    rows = int(subprocess.check_output([sys.executable, "-m", "benchmarks.tracing", *sys.argv[1:], "--prepare"]))
    leaks = str(args.work / "world" / "leaks.csv")
    wayseal = str(Path(sys.executable).with_name("wayseal"))
    contenders = {
        "wayseal trace": [wayseal, "trace", str(args.work / "ledger"), "--leaks", leaks, "--format", "json", "-q"],
        "DuckDB semi-join": [
            sys.executable, "-c", SEMI_JOIN, str(args.work / "world/dataset/accesses/*.parquet"), leaks,
        ],
    }  # fmt: skip
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for turn in range(args.runs + 1):
        for name, command in contenders.items():
            figure = run(command)
            if turn:
                figures[name].append(figure)
    print(f"{rows:,} accesses, {args.runs} runs in turn after a warm-up\n")
    print("| contender | median s | least–most s | peak GB |\n|---|---|---|---|")
    for name, runs in figures.items():
        walls = [wall for wall, _ in runs]
        peak = max(memory for _, memory in runs)
        print(f"| {name} | {statistics.median(walls):.2f} | {min(walls):.2f}–{max(walls):.2f} | {peak:.2f} |")


if __name__ == "__main__":
    main()
