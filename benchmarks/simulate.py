"""How long the simulator takes for a log of a given size, and how much memory.

    python benchmarks/simulate.py --rows 100000000 --work /tmp/wayseal-simulate

Beside it, as a baseline in the same run, bare pyarrow: the same number of rows of three columns (a time, an account, a
number that is never the same) made at random and written with the same settings, with nothing simulated. Prints a
markdown table: seconds of the whole process, accesses a second, CPU seconds, peak memory, bytes on disk.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

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


CONTENDERS: dict[str, Callable[[int, Path], dict[str, int]]] = {"wayseal": by_wayseal, "pyarrow": by_pyarrow}


def one(name: str, rows: int, out: Path) -> dict[str, float]:
    """Runs one contender in a process of its own."""
    command = [sys.executable, __file__, "--only", name, "--rows", str(rows), "--work", str(out)]
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.read())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{name} failed")
    return {
        "seconds": time.perf_counter() - begun,
        "cpu": usage.ru_utime + usage.ru_stime,
        "gigabytes": usage.ru_maxrss * 1024 / 1e9,
        "disk": sum(p.stat().st_size for p in out.rglob("*") if p.is_file()) / 1e9,
        **said,
    }


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--work", type=Path, default=Path("/tmp/wayseal-simulate"))
    parser.add_argument("--keep", action="store_true", help="leave what was written")
    parser.add_argument("--only", choices=list(CONTENDERS), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only:
        print(json.dumps(CONTENDERS[args.only](args.rows, args.work)))
        return
    print(f"{args.rows:,} accesses, seed {SEED}, {os.cpu_count()} cores\n")
    print("| | seconds | accesses/s | rows of all tables | CPU s | peak GB | disk GB |")
    print("|---|---|---|---|---|---|---|")
    for name in CONTENDERS:
        out = args.work / name
        shutil.rmtree(out, ignore_errors=True)
        r = one(name, args.rows, out)
        total = sum(int(v) for k, v in r.items() if k not in ("seconds", "cpu", "gigabytes", "disk"))
        print(
            f"| {name} | {r['seconds']:.1f} | {r['accesses'] / r['seconds']:,.0f} | {total:,} | {r['cpu']:.1f} "
            f"| {r['gigabytes']:.2f} | {r['disk']:.2f} |"
        )
        if not args.keep:
            shutil.rmtree(out, ignore_errors=True)


if __name__ == "__main__":
    main()
