"""How fast a trace is, as a whole process, beside DuckDB's bare semi-join over the same reads unsorted.

    python -m benchmarks run tracing --accesses 100000000 --work /tmp/wayseal-trace

Simulates the courier (unless `--work` holds it already), ingests it, then runs both contenders in turn,
each as a process of its own. The semi-join reads the log as it came, in order of time, and counts the
leaked numbers' reads per account; the trace gives the whole verdict. Prints a markdown table of medians.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.registry import Kept, Said, benchmark, option
from benchmarks.shared.processes import answer, contest, take_turns

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The courier, and how often."""

    work: Path = option(text="folder in which the courier and its ledger are made, unless they lie there")
    accesses: int = option(100_000_000)
    runs: int = option(5)
    seed: int = option(7)


@benchmark(
    minutes=15,
    kept=[
        Kept(
            "a trace of 100 million reads, whole process",
            "wayseal trace",
            "median s",
            unit="s",
            most=4,
            beside=("DuckDB semi-join", "DuckDB semi-join", "median s"),
        ),
        Kept(
            "peak memory of a trace of 100 million reads",
            "wayseal trace",
            "peak GB",
            unit="GB",
            most=1,
            beside=("DuckDB semi-join", "DuckDB semi-join", "peak GB"),
        ),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Run both in turn."""
    rows = answer("benchmarks.trace.tracing:prepare", options.work, options.accesses, options.seed)
    leaks = str(options.work / "world" / "leaks.csv")
    wayseal = str(Path(sys.executable).with_name("wayseal"))
    reads = str(options.work / "world/dataset/accesses/*.parquet")
    contenders = {
        "wayseal trace": [wayseal, "trace", str(options.work / "ledger"), "--leaks", leaks, "--format", "json", "-q"],
        "DuckDB semi-join": [sys.executable, "-c", SEMI_JOIN, reads, leaks],
    }
    yield f"{rows:,} accesses, {options.runs} runs in turn after a warm-up"
    yield contest(take_turns(contenders, options.runs))
