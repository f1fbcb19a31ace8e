"""How long `wayseal scope` takes on a large ledger, whole process, with the list written.

    python -m benchmarks run scope --ledger LEDGER

The widest account, one in the middle, one with few reads, the largest interface and an outlet; beside the accounts
DuckDB, which filters and groups the same reads out of the same files, without names, routes and days.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.ledger import open_ledger

WAYSEAL = "from wayseal.cli import main; main()"


def sources(ledger: Path) -> list[tuple[str, str, str, int]]:
    """(name, kind, id, key) of what is measured."""
    with open_ledger(ledger) as snapshot:
        per_actor = snapshot.volumes().group_by("actor").aggregate([("reads", "sum")])
        keys = per_actor.sort_by([("reads_sum", "descending"), ("actor", "ascending")])["actor"].to_pylist()
        places = {"widest": 0, "busiest twentieth of": len(keys) // 20, "narrow": -len(keys) // 10}
        found = [(name, "actor", keys[place]) for name, place in places.items()]
        channels = snapshot.channel_volumes().sort_by([("waybills", "descending")])["channel"].to_pylist()[:1]
        outlets = snapshot.outlet_volumes().sort_by([("waybills", "descending")])["outlet"].to_pylist()[:1]
        found += [("widest", "channel", key) for key in channels] + [("widest", "outlet", key) for key in outlets]
        return [(f"{name} {kind}", kind, snapshot.names(kind, [key])[0], key) for name, kind, key in found]


def baseline(ledger: Path, key: int) -> tuple[str, str]:
    """Seconds (CPU seconds) of DuckDB on two threads."""
    start, cpu = time.perf_counter(), time.process_time()
    with duckdb.connect(config={"threads": 2}) as db:
        files = str(ledger / "data/*/accesses-*.parquet")
        query = 'SELECT waybill, min("at"), max("at"), count(*) FROM read_parquet(?) WHERE actor = ? GROUP BY waybill'
        db.execute(query, [files, key]).fetchnumpy()
    return f"{time.perf_counter() - start:.2f}", f"{time.process_time() - cpu:.2f}"


def spent() -> tuple[float, float]:
    """Seconds by the clock, and of CPU in finished children."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter(), usage.ru_utime + usage.ru_stime


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The ledger."""

    ledger: Path = option(text="a ledger, as `ingest` leaves it in its folder")


@benchmark(
    minutes=2,
    kept=[
        Kept(
            "the waybills of the widest account",
            "widest actor",
            "CPU seconds",
            unit="CPU s",
            beside=("DuckDB", "widest actor", "DuckDB, CPU seconds"),
        ),
        Kept("the waybills of the largest interface", "widest channel", "CPU seconds", unit="CPU s"),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Ask for the waybills of each source."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, kind, source, key in sources(options.ledger):
            out = Path(folder) / "list.csv"
            words = ["scope", str(options.ledger), "--source", source, "--kind", kind]
            words += ["--format", "csv", "--out", str(out), "-q"]
            start, cpu = spent()
            subprocess.run([sys.executable, "-c", WAYSEAL, *words], check=True)
            took, used = (after - before for after, before in zip(spent(), (start, cpu), strict=True))
            with out.open("rb") as file:
                lines = sum(1 for _ in file) - 1
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
            other = baseline(options.ledger, key) if kind == "actor" else ("–", "–")
            rows.append((name, f"{lines:,}", f"{took:.2f}", f"{used:.2f}", f"{peak:.2f}", *other))
    head = ("source", "waybills", "seconds", "CPU seconds", "peak GB so far", "DuckDB, seconds", "DuckDB, CPU seconds")
    yield Table(head, rows)
