"""How long `wayseal scope` takes on a large ledger, whole process, with the list written.

python -m benchmarks.scope LEDGER: the widest account, one in the middle, one with few reads, the largest interface and
an outlet; beside the accounts DuckDB, which filters and groups the same reads out of the same files, without names,
routes and days.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from wayseal.ledger import open_ledger

WAYSEAL = "from wayseal.cli import main; main()"


def sources(ledger: Path) -> list[tuple[str, str, int]]:
    """(kind, id, key) of what is measured."""
    with open_ledger(ledger) as snapshot:
        per_actor = snapshot.volumes().group_by("actor").aggregate([("reads", "sum")])
        keys = per_actor.sort_by([("reads_sum", "descending"), ("actor", "ascending")])["actor"].to_pylist()
        actors = [keys[0], keys[len(keys) // 20], keys[-len(keys) // 10]]
        channels = snapshot.channel_volumes().sort_by([("waybills", "descending")])["channel"].to_pylist()[:1]
        outlets = snapshot.outlet_volumes().sort_by([("waybills", "descending")])["outlet"].to_pylist()[:1]
        found = (
            [("actor", key) for key in actors] + [("channel", k) for k in channels] + [("outlet", k) for k in outlets]
        )
        return [(kind, snapshot.names(kind, [key])[0], key) for kind, key in found]


def baseline(ledger: Path, key: int) -> str:
    """Seconds (CPU seconds) of DuckDB on two threads."""
    start, cpu = time.perf_counter(), time.process_time()
    with duckdb.connect(config={"threads": 2}) as db:
        files = str(ledger / "data/*/accesses-*.parquet")
        query = 'SELECT waybill, min("at"), max("at"), count(*) FROM read_parquet(?) WHERE actor = ? GROUP BY waybill'
        db.execute(query, [files, key]).fetchnumpy()
    return f"{time.perf_counter() - start:.2f} ({time.process_time() - cpu:.2f})"


def spent() -> tuple[float, float]:
    """Seconds by the clock, and of CPU in finished children."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter(), usage.ru_utime + usage.ru_stime


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ledger", type=Path)
    ledger = parser.parse_args().ledger
    print("| source | waybills | seconds (CPU) | peak memory so far, GB | DuckDB, seconds (CPU) |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for kind, source, key in sources(ledger):
            out = Path(folder) / "list.csv"
            words = [
                "scope",
                str(ledger),
                "--source",
                source,
                "--kind",
                kind,
                "--format",
                "csv",
                "--out",
                str(out),
                "-q",
            ]
            start, cpu = spent()
            subprocess.run([sys.executable, "-c", WAYSEAL, *words], check=True)
            took, used = (after - before for after, before in zip(spent(), (start, cpu), strict=True))
            with out.open("rb") as file:
                lines = sum(1 for _ in file) - 1
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
            other = baseline(ledger, key) if kind == "actor" else "–"
            print(f"| {kind} | {lines:,} | {took:.2f} ({used:.2f}) | {peak:.2f} | {other} |", flush=True)


if __name__ == "__main__":
    main()
