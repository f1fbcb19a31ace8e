"""Time and memory of judging parcels, with the ledger read.

    python -m benchmarks run parcels_speed [--parcels 1000000]

The courier is made and brought into a ledger first, which isn't timed.
"""

import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal import ledger, store
from wayseal.ledger import IngestOptions, open_ledger
from wayseal.parcels import find_parcels
from wayseal_sim.parcels import live, write_life


@dataclass(frozen=True)
class Options:
    """How large."""

    parcels: int = option(1_000_000, "honest parcels")


@benchmark(
    minutes=6,
    kept=(
        Kept("judge all parcels", "judge", "s", unit="s", most=60.0, beside=("reading scans alone", "read scans", "s")),
        Kept("memory", "memory, GB", "s", unit="GB"),
    ),
)
def measure(options: Options) -> Iterator[Said]:
    """Make one courier, and judge it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger"
        life = live("dense", seed=11, parcels=options.parcels)
        scans = life.tables["scans"].num_rows
        dataset = write_life(Path(folder), life)
        del life
        ledger.ingest(store.open_source(dataset), path, options=IngestOptions())
        with open_ledger(path) as snapshot:
            begun = time.perf_counter()
            rows = sum(snapshot.between("scans", 0, (1 << 64) - 1, ("at", "outlet")).num_rows for _ in range(1))
            read = time.perf_counter() - begun
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            begun = time.perf_counter()
            result = find_parcels(snapshot)
            took = time.perf_counter() - begun
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield f"{result.parcels_seen:,} parcels, {scans:,} scans ({rows:,} in the ledger), {result.judged:,} judged"
    yield f"the process had used up to {before / 2**20:.1f} GB before, as it made the courier"
    yield Table(("step", "s"), [("read scans", f"{read:.1f}"), ("judge", f"{took:.1f}"),
                                ("memory, GB", f"{memory / 2**20:.1f}")])  # fmt: skip
