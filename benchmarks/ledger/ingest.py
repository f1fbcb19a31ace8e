"""How fast a ledger takes accesses in, beside DuckDB sorting the same file, and how fast it answers.

    python -m benchmarks run ingest --rows 100000000 --work /tmp/wayseal-bench

Makes a seeded log as Parquet (unless `--source` names one), runs each contender as a process of its own, and prints a
markdown table: seconds of the whole process, rows a second, peak memory (with mapped files), bytes left on disk.
"""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.shared.processes import child, spend

DAY_US = 86_400_000_000
SEED = 7
CHUNK = 1_000_000
ACTIONS = np.array(["view", "search", "export", "print", "api", "decrypt"])
TIME = pa.timestamp("us", tz="UTC")


def ids(prefix: str, width: int, values: npt.NDArray[np.int64]) -> pa.Array:
    """Texts of one length: prefix and `width` digits."""
    size = len(prefix) + width
    letters = np.empty((len(values), size), np.uint8)
    letters[:, : len(prefix)] = np.frombuffer(prefix.encode(), np.uint8)
    rest = values.copy()
    for place in range(size - 1, len(prefix) - 1, -1):
        letters[:, place] = 48 + rest % 10
        rest //= 10
    offsets = np.arange(0, (len(values) + 1) * size, size, dtype=np.int32)
    return pa.StringArray.from_buffers(len(values), pa.py_buffer(offsets), pa.py_buffer(letters.reshape(-1)))


def waybill_numbers(serial: npt.NDArray[np.int64]) -> pa.Array:
    """Numbers of 15 characters, in no order of time."""
    return ids("YT", 13, (serial * 7919 + 1_000_003) % 10**12)


def make_accesses(path: Path, rows: int, days: int) -> None:
    """A log in order of time: ten reads a waybill, most within two days of its issue; 100,000 accounts."""
    rng = np.random.default_rng(SEED)
    start = np.datetime64("2026-03-01T00:00", "us").astype(np.int64)
    span = days * DAY_US
    writer = None
    for first in range(0, rows, CHUNK):
        n = min(CHUNK, rows - first)
        place = (first + np.arange(n)) / rows
        at = start + (place * span).astype(np.int64) + rng.integers(0, 2_000_000, n)
        age = np.minimum(rng.exponential(0.8, n), 20) / days
        serial = ((place - age + 20 / days) * rows / 10).astype(np.int64)
        actor = np.minimum((rng.pareto(1.2, n) * 2000).astype(np.int64), 99_999)
        table = pa.table(
            {
                "at": pa.array(at, TIME),
                "actor": ids("u-", 6, actor),
                "waybill": waybill_numbers(serial),
                "access": ids("a", 12, first + np.arange(n)),
                "action": pa.array(ACTIONS[rng.choice(6, n, p=[0.7, 0.1, 0.05, 0.05, 0.08, 0.02])]),
                "via": ids("if-", 2, rng.integers(0, 8, n)),
                "session": ids("s-", 9, actor * 1000 + (place * days * 3).astype(np.int64) % 1000),
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    if writer is not None:
        writer.close()


def make_waybills(path: Path, rows: int, days: int) -> None:
    """The waybills of `make_accesses`, from 400 outlets to 400 outlets."""
    rng = np.random.default_rng(SEED + 1)
    start = np.datetime64("2026-03-01T00:00", "us").astype(np.int64)
    total = int((1 + 20 / days) * rows / 10) + 1
    outlets = ids("o-", 4, np.arange(400, dtype=np.int64))
    writer = None
    for first in range(0, total, CHUNK):
        serial = np.arange(first, min(first + CHUNK, total))
        issued = start + ((serial / (rows / 10) - 20 / days) * days * DAY_US).astype(np.int64)
        table = pa.table(
            {
                "waybill": waybill_numbers(serial),
                "issued_at": pa.array(issued, TIME),
                "channel": ids("c-", 1, rng.integers(0, 6, len(serial))),
                "origin_outlet": outlets.take(pa.array(rng.integers(0, 400, len(serial)))),
                "destination_outlet": outlets.take(pa.array(rng.integers(0, 400, len(serial)))),
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    if writer is not None:
        writer.close()


def make_outlets(path: Path) -> None:
    """400 outlets in 40 cities of 8 regions."""
    n = np.arange(400, dtype=np.int64)
    kinds = pa.array(["outlet"] * 400)
    table = {"outlet": ids("o-", 4, n), "kind": kinds, "city": ids("c-", 2, n // 10)}
    pq.write_table(pa.table({**table, "region": ids("r-", 1, n // 50)}), path)


def run_duckdb(source: Path, out: Path) -> None:
    """The baseline: the same log sorted by (waybill, at) into one Parquet file, nothing else."""
    import duckdb  # noqa: PLC0415

    with duckdb.connect() as base:
        base.execute("SET threads=2; SET memory_limit='4GB'; SET preserve_insertion_order=false")
        base.execute(f"SET temp_directory='{out}.tmp'")
        log = source / "accesses.parquet" if source.is_dir() else source
        base.execute(f"COPY (SELECT * FROM read_parquet('{log}') ORDER BY waybill, \"at\") TO '{out}' (FORMAT parquet)")


def run_ingest(source: Path, out: Path) -> None:
    """The contender."""
    from wayseal import ledger, store  # noqa: PLC0415

    ledger.ingest(store.open_source(source), out)


def run_queries(source: Path, out: Path) -> dict[str, float]:
    """Seconds of what a trace asks: samples, reads, volumes, strata."""
    from wayseal import ledger  # noqa: PLC0415
    from wayseal.model.predicate import parse_predicate  # noqa: PLC0415

    seconds: dict[str, float] = {}
    begin = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal begin
        now = time.perf_counter()
        seconds[name] = round(now - begin, 3)
        begin = now

    with ledger.open_ledger(out) as snapshot:
        lap("open")
        sample = snapshot.control(5000)
        lap("control(5000)")
        snapshot.reads(sample)
        lap("reads(control)")
        spread = snapshot.keys(waybill_numbers(np.arange(0, 10**6, 1000)).to_pylist())
        lap("keys(1000)")
        snapshot.find(spread)
        lap("find(1000)")
        snapshot.reads(spread[:50])
        lap("reads(50)")
        snapshot.reads(spread)
        lap("reads(1000)")
        snapshot.volumes()
        lap("volumes()")
        if (source / "waybills.parquet").exists():
            asked = [f'{{"origin_city": "c-0{n}", "destination_city": "c-1{n}"}}' for n in range(4)]
            snapshot.stratum_volumes([parse_predicate(a) for a in asked])
            lap("stratum_volumes(4 city pairs)")
            asked = [f'{{"origin_outlet": "o-000{n}"}}' for n in range(4)]
            snapshot.stratum_volumes([parse_predicate(a) for a in asked])
            lap("stratum_volumes(4 outlets)")
    return seconds


def size_of(path: Path) -> int:
    """Bytes on disk."""
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return sum(p.stat().st_size for p in files)


RUNS = ("duckdb", "ingest", "queries")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The log, and who takes it in."""

    work: Path = option(text="folder for log and ledger")
    rows: int = option(10_000_000)
    days: int = option(30)
    source: Path | None = option(None, "a log that is there, instead of a seeded one")
    waybills: bool = option(False, "also waybills and outlets")
    runs: tuple[str, ...] = option(RUNS, f"of {', '.join(RUNS)}")


@benchmark(
    minutes=6,
    kept=[
        Kept(
            "accesses taken in a second, 100 million",
            "ingest",
            "rows a second",
            "a second",
            least=1e6,
            beside=("DuckDB, sorting", "duckdb", "rows a second"),
        ),
        Kept(
            "peak memory of ingest, 100 million",
            "ingest",
            "peak GB",
            "GB",
            most=4,
            beside=("DuckDB, sorting", "duckdb", "peak GB"),
        ),
        Kept(
            "ledger of 100 million reads on disk",
            "ingest",
            "GB on disk",
            "GB",
            beside=("DuckDB, sorted", "duckdb", "GB on disk"),
        ),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Run each contender as a process of its own."""
    options.work.mkdir(parents=True, exist_ok=True)
    source = options.source or options.work / f"dataset-{options.rows}"
    if not source.exists():
        source.mkdir()
        make_accesses(source / "accesses.parquet", options.rows, options.days)
        if options.waybills:
            make_waybills(source / "waybills.parquet", options.rows, options.days)
            make_outlets(source / "outlets.parquet")
    rows = []
    for name in options.runs:
        out = options.work / ("ledger" if name != "duckdb" else "sorted.parquet")
        if name != "queries":
            shutil.rmtree(out, ignore_errors=True)
            out.unlink(missing_ok=True)
        spent = spend(child(f"benchmarks.ledger.ingest:run_{name}", source, out))
        rate = f"{options.rows / spent.wall / 1e6:.2f} M" if name != "queries" else ""
        disk = f"{size_of(out) / 1e9:.2f}"
        rows.append(
            (name, f"{options.rows:,}", f"{spent.wall:.1f}", f"{spent.cpu:.1f}", rate, f"{spent.peak:.2f}", disk)
        )
        if name == "queries":
            yield Table(("question", "seconds"), ((k, f"{v}") for k, v in json.loads(spent.out).items()))
    yield Table(("run", "rows", "seconds", "CPU seconds", "rows a second", "peak GB", "GB on disk"), rows)
