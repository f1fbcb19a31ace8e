"""What it costs to purge a tenth of a ledger and to compact it, beside DuckDB filtering the same accesses.

    python -m benchmarks run keeping --rows 10000000 --portions 30 --work FOLDER

Makes a seeded log, ingests it in so many portions as a courier does day by day, purges what was first seen in the first
tenth of the days, and compacts. Each step is a process of its own; a table says its CPU seconds, peak memory, and files
and bytes of the ledger after it. The baseline filters the log by time into a new file.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.ledger.ingest import make_accesses, size_of
from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.shared.processes import child, spend
from wayseal import ledger, store
from wayseal.ledger import integrity, retention

START = date(2026, 3, 1)
TENTH = 10
NOBODY = "benchmark"


def silent(_stage: str, _done: int, _total: int) -> None:
    """Draw nothing."""


def portions(source: Path, days: Path, count: int) -> None:
    """The log, which is in order of time, in portions."""
    days.mkdir()
    whole = pq.read_table(source)
    for n, (low, high) in enumerate(zip(*cuts(whole.num_rows, count), strict=True)):
        pq.write_table(whole.slice(low, high - low), days / f"accesses.{n:03d}.parquet", compression="zstd")


def cuts(rows: int, count: int) -> tuple[list[int], list[int]]:
    """Where portions begin and end."""
    edges = np.linspace(0, rows, count + 1).astype(int).tolist()
    return edges[:-1], edges[1:]


def step(name: str, work: Path, before: str) -> None:
    """One step, in this process."""
    path = work / "ledger"
    if name == "ingest":
        for file in sorted((work / "days").iterdir()):
            ledger.ingest(store.open_source(file), path)
    elif name.startswith("purge"):
        at = datetime.now(UTC)
        order = retention.PurgeOrder(who=NOBODY, why=NOBODY, at=at, before=before, below_minimum=True)
        retention.purge(path, order)
    elif name == "compact":
        retention.compact(path)
    elif name.startswith("verify"):
        if integrity.verify(path, [], [], silent).findings:
            raise SystemExit("the ledger doesn't verify")
    else:
        filtered(work / "log.parquet", work / "filtered.parquet", before)


def filtered(source: Path, out: Path, before: str) -> None:
    """The baseline: rows from a day on into a new file, and nothing else."""
    import duckdb  # noqa: PLC0415

    with duckdb.connect() as base:
        base.execute("SET threads=1; SET memory_limit='4GB'")
        rows = f"SELECT * FROM read_parquet('{source}') WHERE \"at\" >= TIMESTAMPTZ '{before} 00:00:00+00'"
        base.execute(f"COPY ({rows}) TO '{out}' (FORMAT parquet, COMPRESSION zstd)")


def row(name: str, work: Path, before: str) -> tuple[str, ...]:
    """A line of the table."""
    spent = spend(child("benchmarks.ledger.keeping:step", name, work, before))
    out = work / ("filtered.parquet" if name == "duckdb" else "ledger")
    count = len(list((out / "data").rglob("*.parquet"))) if out.is_dir() else 1
    return name, f"{spent.cpu:.1f}", f"{spent.peak:.2f}", f"{count:,}", f"{size_of(out) / 1e6:,.0f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The log, and in how many portions it comes."""

    work: Path = option(text="folder for log and ledger; emptied first")
    rows: int = option(10_000_000)
    days: int = option(60)
    portions: int = option(30)


@benchmark(
    minutes=6,
    kept=[
        Kept(
            "purging a tenth of ten million reads",
            "purge",
            "CPU seconds",
            "CPU s",
            beside=("DuckDB, filter", "duckdb", "CPU seconds"),
        ),
        Kept("peak memory of a purge", "purge", "peak GB", "GB"),
        Kept("compacting after two purges", "compact", "CPU seconds", "CPU s"),
        Kept("verifying ten million reads", "verify", "CPU seconds", "CPU s"),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Take each step in a process of its own."""
    work = options.work
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    make_accesses(work / "log.parquet", options.rows, options.days)
    portions(work / "log.parquet", work / "days", options.portions)
    tenth = (START + timedelta(days=options.days // TENTH)).isoformat()
    further = (START + timedelta(days=2 * options.days // TENTH)).isoformat()
    steps = [("ingest", tenth), ("purge", tenth), ("verify", tenth), ("purge again", further), ("compact", tenth)]
    rows = [row(name, work, before) for name, before in (*steps, ("verify again", tenth), ("duckdb", tenth))]
    yield Table(("step", "CPU seconds", "peak GB", "files", "MB"), rows)
