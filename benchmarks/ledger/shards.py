"""What shards and engines cost: a log taken into a ledger, and into a set of shards by processes and by Spark.

    python -m benchmarks run shards --work /tmp/wayseal-shards --rows 10000000,100000000 --runs 3

Each contender is a process of its own (the driver) over the same Parquet file, in turn. Seconds are those from the
engine's start to the last commit; Spark's start is told apart. Beside them DuckDB and Spark SQL count what a ledger
knows at its end without a question: reads and waybills of each account. They keep nothing.

The sets are held against the ledger: rows of each table and all reads of 20,000 waybills must be equal. Core seconds
are those of the driver and of its tasks, without the JVM's.
"""

import hashlib
import os
import resource
import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.ledger.ingest import make_accesses, size_of
from benchmarks.registry import Kept, Said, Table, UnsoundError, benchmark, option
from benchmarks.shared.processes import answer

CONTENDERS = ("ledger", "set", "processes", "spark", "duckdb", "spark-sql")
COUNTS = """
    SELECT count(*), sum(reads), sum(waybills) FROM (
        SELECT actor, sum(n) AS reads, count(*) AS waybills
        FROM (SELECT waybill, actor, count(*) AS n FROM {log} GROUP BY waybill, actor) GROUP BY actor)
"""


def peak_gb() -> float:
    """The most memory of this process, without those that it started."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def take_in(source: Path, out: Path, engine: str, shards: int) -> dict[str, Any]:
    """Take a log into a ledger or a set, in this process as the driver."""
    from wayseal import engines, ledger, store  # noqa: PLC0415
    from wayseal.ledger.sharding import make_set  # noqa: PLC0415

    begun = time.perf_counter()
    made = {"processes": engines.ProcessEngine, "spark": engines.SparkEngine}.get(engine)
    with made() if made else nullcontext() as run:
        started = time.perf_counter() - begun if engine == "spark" else 0.0
        if engine != "ledger":
            make_set(out, shards)
        report = ledger.ingest(store.open_source(source), out, options=ledger.IngestOptions(run=run))
        wall = time.perf_counter() - begun - started
    return {
        "wall": wall,
        "start": started,
        "peak": peak_gb(),
        "rows": report.rows,
        "tasks": run.tasks if run else 0,
        "core_seconds": time.process_time() + (run.cost.core_seconds if run else 0.0),
        "sizes": [size_of(shard) for shard in sorted(out.glob("shards/*"))],
        "held": digest_of(out),
    }


def digest_of(path: Path) -> str:
    """SHA-256 over the reads of a sample of waybills, and how many rows each table has."""
    from wayseal import ledger  # noqa: PLC0415

    total = hashlib.sha256()
    with ledger.open_ledger(path) as snapshot:
        keys = snapshot.control(20_000)
        table = snapshot.reads(keys)
        for column in table.column_names:
            total.update(str(table[column].to_pylist()).encode())
        total.update(repr(snapshot.summary().rows).encode())
    return total.hexdigest()


def count_by_duckdb(log: Path) -> dict[str, Any]:
    """The counts by DuckDB, from the file."""
    import duckdb  # noqa: PLC0415

    begun = time.perf_counter()
    with duckdb.connect() as base:
        base.execute(f"SET threads={len(os.sched_getaffinity(0))}; SET memory_limit='8GB'")
        base.execute(f"SET temp_directory='{log.parent}/duckdb.tmp'")
        found = base.execute(COUNTS.format(log=f"read_parquet('{log}')")).fetchone()
    return {"wall": time.perf_counter() - begun, "peak": peak_gb(), "rows": int(found[1])}  # type: ignore[index]


def count_by_spark(log: Path) -> dict[str, Any]:
    """The counts by Spark SQL, from the file; the start told apart."""
    from pyspark.sql import SparkSession  # noqa: PLC0415

    begun = time.perf_counter()
    session = (
        SparkSession.builder.master("local[*]")
        .config("spark.driver.memory", "8g")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "32")
        .config("spark.local.dir", str(log.parent))
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    started = time.perf_counter() - begun
    session.read.parquet(str(log)).createOrReplaceTempView("log")
    row = session.sql(COUNTS.format(log="log")).collect()[0]
    wall = time.perf_counter() - begun - started
    session.stop()
    return {"wall": wall, "start": started, "peak": peak_gb(), "rows": int(row[1])}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Sizes, shards, and how often."""

    work: Path = option(text="folder for the log and what is made of it")
    rows: tuple[int, ...] = option((10_000_000, 100_000_000))
    shards: int = option(8)
    runs: int = option(3)
    contenders: tuple[str, ...] = option(CONTENDERS)


_TEN, _HUNDRED = "10,000,000", "100,000,000"


@benchmark(
    minutes=60,
    kept=[
        Kept("a hundred million reads into eight shards by processes, beside one ledger",
             f"processes · {_HUNDRED}", "times a ledger's", most=1.3,
             beside=("DuckDB, counting alone", f"duckdb · {_HUNDRED}", "times a ledger's")),
        Kept("the same by Spark, after its start", f"spark · {_HUNDRED}", "times a ledger's", most=1.5,
             beside=("Spark SQL, counting alone", f"spark-sql · {_HUNDRED}", "times a ledger's")),
        Kept("memory of the driver, ten million reads", f"processes · {_TEN}", "driver's peak GB", "GB"),
        Kept("memory of the driver, a hundred million reads", f"processes · {_HUNDRED}", "driver's peak GB", "GB"),
        Kept("largest shard beside the median one", f"processes · {_HUNDRED}", "largest shard", most=1.1),
    ],
)  # fmt: skip
def measure(options: Options) -> Iterator[Said]:
    """Run the contenders in turn, at each size."""
    options.work.mkdir(parents=True, exist_ok=True)
    rows = []
    for size in options.rows:
        source = options.work / f"dataset-{size}"
        if not source.exists():
            source.mkdir()
            make_accesses(source / "accesses.parquet", size, 30)
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in options.contenders}
        for _ in range(options.runs):
            for name in options.contenders:
                found[name].append(_run(name, source, options.work / "out", options.shards))
        held = {one["held"] for runs in found.values() for one in runs if "held" in one}
        if len(held) > 1 or any(one["rows"] != size for runs in found.values() for one in runs):
            raise UnsoundError("not all hold the same")
        base = statistics.median(one["wall"] for one in found["ledger"])
        rows += [_row(name, size, runs, base) for name, runs in found.items()]
    head = ("contender", "reads", "median s", "least–most s", "times a ledger's", "start s", "driver's peak GB",
            "core seconds", "tasks", "largest shard")  # fmt: skip
    yield Table(head, rows)


def _run(name: str, source: Path, out: Path, shards: int) -> dict[str, Any]:
    shutil.rmtree(out, ignore_errors=True)
    log = source / "accesses.parquet"
    if name == "duckdb":
        found = answer("benchmarks.ledger.shards:count_by_duckdb", log)
    elif name == "spark-sql":
        found = answer("benchmarks.ledger.shards:count_by_spark", log)
    else:
        found = answer("benchmarks.ledger.shards:take_in", source, out, name, shards)
    return dict(found)


def _row(name: str, size: int, runs: list[dict[str, Any]], base: float) -> tuple[str, ...]:
    walls = [one["wall"] for one in runs]
    middle, sizes = statistics.median(walls), runs[-1].get("sizes")
    return (
        name, f"{size:,}", f"{middle:.1f}", f"{min(walls):.1f}–{max(walls):.1f}", f"{middle / base:.2f}",
        f"{statistics.median(one.get('start', 0.0) for one in runs):.1f}", f"{max(one['peak'] for one in runs):.2f}",
        f"{statistics.median(one.get('core_seconds', 0.0) for one in runs):.0f}", str(runs[-1].get("tasks", 0)),
        f"{max(sizes) / statistics.median(sizes):.3f}" if sizes else "",
    )  # fmt: skip
