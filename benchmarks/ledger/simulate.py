"""How long the simulator takes for a log of a given size, and how much memory.

    python -m benchmarks run simulate --rows 100000000 --work /tmp/wayseal-simulate

Beside it, as a baseline in the same run, bare pyarrow: the same number of rows of three columns (a time, an account, a
number that is never the same) made at random and written with the same settings, with nothing simulated. Prints a
markdown table: seconds of the whole process, accesses a second, CPU seconds, peak memory, bytes on disk.
"""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.shared.processes import child, spend
from wayseal_sim import preset, simulate

SEED = 7
CHUNK = 1 << 20
ACCOUNTS = 25_000
TIME = pa.timestamp("us", tz="UTC")


def by_wayseal(rows: int, out: Path) -> dict[str, int]:
    """The simulator's `bench` scenario at that size; rows by table."""
    return dict(simulate(out, preset("bench", accesses=rows), seed=SEED).rows)


def by_pyarrow(rows: int, out: Path) -> dict[str, int]:
    """Random rows, written as plainly as they can be."""
    out.mkdir(parents=True)
    rng = np.random.default_rng(SEED)
    names = pa.array([f"u-{k:05d}" for k in range(ACCOUNTS)])
    schema = pa.schema([("at", TIME), ("actor", pa.dictionary(pa.int32(), pa.string())), ("waybill", pa.string())])
    with pq.ParquetWriter(
        out / "accesses.parquet",
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=["actor"],
        store_schema=False,
    ) as writer:
        for low in range(0, rows, CHUNK):
            n = min(CHUNK, rows - low)
            at = low * 8_640 + np.sort(rng.integers(0, 8_640 * CHUNK, n))
            number = pa.array(rng.integers(10**12, 10**13, n)).cast(pa.string())
            actor = pa.DictionaryArray.from_arrays(pa.array(rng.integers(0, ACCOUNTS, n).astype(np.int32)), names)
            writer.write_batch(pa.record_batch([pa.array(at, TIME), actor, number], schema=schema))
    return {"accesses": rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How large the log is."""

    rows: int = option(100_000_000)
    work: Path = option(Path("/tmp/wayseal-simulate"), "folder for what is written")
    keep: bool = option(False, "leave what was written")


@benchmark(
    minutes=3,
    kept=[
        Kept(
            "simulating 100 million accesses",
            "wayseal",
            "seconds",
            "s",
            most=300,
            beside=("bare pyarrow", "pyarrow", "seconds"),
        ),
        Kept("peak memory of simulating", "wayseal", "peak GB", "GB", beside=("bare pyarrow", "pyarrow", "peak GB")),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Run both, each as a process of its own."""
    yield f"{options.rows:,} accesses, seed {SEED}, {os.cpu_count()} cores"
    rows = []
    for name in ("wayseal", "pyarrow"):
        out = options.work / name
        shutil.rmtree(out, ignore_errors=True)
        spent = spend(child(f"benchmarks.ledger.simulate:by_{name}", options.rows, out))
        made = json.loads(spent.out)
        disk = sum(p.stat().st_size for p in out.rglob("*") if p.is_file()) / 1e9
        rate, total = f"{made['accesses'] / spent.wall:,.0f}", f"{sum(made.values()):,}"
        rows.append((name, f"{spent.wall:.1f}", rate, total, f"{spent.cpu:.1f}", f"{spent.peak:.2f}", f"{disk:.2f}"))
        if not options.keep:
            shutil.rmtree(out, ignore_errors=True)
    yield Table(("", "seconds", "accesses/s", "rows of all tables", "CPU s", "peak GB", "disk GB"), rows)
