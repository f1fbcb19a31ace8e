"""What it costs to purge a tenth of a ledger and to compact it, beside DuckDB filtering the same accesses.

    python -m benchmarks.keeping --rows 10000000 --portions 30 --work FOLDER

Makes a seeded log, ingests it in so many portions as a courier does day by day, purges what was first seen in the first
tenth of the days, and compacts. Each step is a process of its own; a table says its CPU seconds, peak memory, and files
and bytes of the ledger after it. The baseline filters the log by time into a new file.
"""

import argparse
import os
import shutil
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks._cases import table
from benchmarks.ingest import make_accesses, size_of
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
    elif name == "verify":
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


def measured(name: str, work: Path, before: str) -> tuple[float, float]:
    """CPU seconds and peak GB of one step as a process."""
    command = [sys.executable, "-m", "benchmarks.keeping", "--step", name, "--work", str(work), "--before", before]
    child = os.posix_spawn(sys.executable, command, dict(os.environ))
    _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{name} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6


def row(name: str, work: Path, before: str) -> tuple[str, ...]:
    """A line of the table."""
    cpu, memory = measured(name, work, before)
    out = work / ("filtered.parquet" if name == "duckdb" else "ledger")
    count = len(list((out / "data").rglob("*.parquet"))) if out.is_dir() else 1
    return name, f"{cpu:.1f}", f"{memory:.2f}", f"{count:,}", f"{size_of(out) / 1e6:,.0f}"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--portions", type=int, default=30)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--before", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        step(given.step, given.work, given.before)
        return
    shutil.rmtree(given.work, ignore_errors=True)
    given.work.mkdir(parents=True)
    make_accesses(given.work / "log.parquet", given.rows, given.days)
    portions(given.work / "log.parquet", given.work / "days", given.portions)
    tenth = (START + timedelta(days=given.days // TENTH)).isoformat()
    further = (START + timedelta(days=2 * given.days // TENTH)).isoformat()
    steps = [("ingest", tenth), ("purge", tenth), ("verify", tenth), ("purge again", further), ("compact", tenth)]
    rows = [row(name, given.work, before) for name, before in (*steps, ("verify", tenth), ("duckdb", tenth))]
    head = ("step", "CPU seconds", "peak GB", "files", "MB")
    sys.stdout.write("\n".join(table(head, rows)) + "\n")


if __name__ == "__main__":
    main()
