"""What detection costs: every detector over 100 million reads from nothing, and an increment of a million reads.

    python -m benchmarks run detect_speed --work /tmp/wayseal-detect-speed [--accesses 100000000] [--runs 5]

Simulates a courier of two days and ingests it (unless `--work` holds it), then a further file of a million reads of the
same waybills by the same accounts, in the hour after the last. Contenders run in turn, each a process:

- `wayseal detect`: opens the ledger with both, counts its facts from nothing, judges by all detectors, keeps nothing.
- DuckDB, two threads, on the dataset's Parquet files, in time's order: for each table the number of values in every
  column that detection uses (`count(column)`), by account (reads, tickets) or outlet (scans, waybills' origins), and
  nothing else: no first reads, no joining with scans, no peers.

An increment is measured in a process of its own too: state as it was kept before the last file came, brought up to date
(`facts`: reading the new reads beside the tables of the same parcels, adding up, writing the state), judging, and
making cases with the reads behind each reason.
"""

import json
import resource
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.shared.processes import answer, child, contest, take_turns

DUCKDB = """
import sys, duckdb
from pathlib import Path
db = duckdb.connect()
db.execute("SET threads = 2")
db.execute("SET enable_progress_bar = false")
used = {
    "accesses": ("actor", "waybill", "at", "action", "ip", "device", "session", "purpose"),
    "scans": ("outlet", "waybill", "at"),
    "tickets": ("actor", "waybill", "opened_at", "closed_at"),
    "waybills": ("origin_outlet", "waybill", "issued_at", "channel", "destination_outlet"),
}
for table, columns in used.items():
    files = [str(f) for place in sys.argv[1:] for p in Path(place).glob(table + "*") for f in
             ([p] if p.is_file() else sorted(p.glob("*.parquet")))]
    counts = ", ".join(f'count("{c}")' for c in columns)
    assert db.execute(f"SELECT {columns[0]}, {counts} FROM read_parquet(?) GROUP BY {columns[0]}", [files]).fetchall()
"""
INCREMENT = 1_000_000
STAGES = ("facts", "judging", "cases with their reads")


def prepare(work: Path, accesses: int, seed: int) -> None:
    """Make what isn't there yet: dataset, ledger, the state before the last file, that file, and it in the ledger."""
    from wayseal.ledger import ingest  # noqa: PLC0415
    from wayseal.store import open_source  # noqa: PLC0415
    from wayseal_sim import preset, simulate  # noqa: PLC0415

    if not (work / "truth.json").exists():
        world = preset("bench", accesses=accesses, days=2, market_days=1, leaker="nobody", bought=0)
        simulate(work, world, seed=seed)
    if not (work / "ledger/manifest.json").exists():
        ingest(open_source(work / "dataset"), work / "ledger", progress=lambda *_: None)
    if not (work / "state/facts.json").exists():
        print(json.dumps(update(work / "ledger", work / "state")), file=sys.stderr)
    if not (work / "increment").exists():
        increment(work / "dataset", work / "increment", seed)
        ingest(open_source(work / "increment"), work / "ledger", progress=lambda *_: None)


def increment(dataset: Path, out: Path, seed: int) -> None:
    """A million reads more: some of the last file's, an hour after it, each of the waybill of a colleague's read."""
    import numpy as np  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    file = pq.ParquetFile(max((dataset / "accesses").glob("*.parquet")))
    rng = np.random.default_rng(seed)
    few = max(1, file.num_row_groups // 8)
    groups = rng.permutation(file.num_row_groups)[:few].tolist()
    rows = file.read_row_groups(sorted(groups))
    rows = rows.take(pa.array(np.sort(rng.permutation(len(rows))[:INCREMENT])))
    last = pc.max(file.read(["at"])["at"]).cast(pa.int64()).as_py()
    at = np.sort(last + rng.integers(0, 3_600_000_000, len(rows)))
    rows = rows.set_column(rows.column_names.index("at"), "at", pa.array(at).cast(rows["at"].type))
    # Where people work decides what they read: the same reads, sorted by outlet, and each with the next one's waybill.
    staff = pq.read_table(dataset / "actors.parquet", columns=["actor", "outlet"])
    place = pc.index_in(rows["actor"], staff["actor"])
    by_outlet = np.argsort(staff["outlet"].take(place).fill_null("").combine_chunks().dictionary_encode().indices)
    next_one = np.empty(len(rows), np.int64)
    next_one[by_outlet] = np.roll(by_outlet, 1)
    rows = rows.set_column(rows.column_names.index("waybill"), "waybill", rows["waybill"].take(pa.array(next_one)))
    (out / "accesses").mkdir(parents=True)
    pq.write_table(rows, out / "accesses/later.parquet")


def whole(ledger: Path) -> dict[str, float]:
    """Detection from nothing, in this process."""
    from wayseal.detect import Options, detect  # noqa: PLC0415
    from wayseal.ledger import open_ledger  # noqa: PLC0415

    marks: list[float] = []
    with open_ledger(ledger) as snapshot:
        result = detect(
            snapshot,
            Options(),
            progress=lambda stage, *_: marks.append(time.perf_counter()) if stage == "judge" else None,
        )
    return {"reads": result.reads, "judging": marks[-1] - marks[0]}


def update(ledger: Path, state: Path) -> dict[str, float]:
    """Detection with its state kept, in this process, stage by stage."""
    from wayseal.detect import Options, detect  # noqa: PLC0415
    from wayseal.ledger import open_ledger  # noqa: PLC0415

    marks: list[float] = []
    begun = time.perf_counter()
    with open_ledger(ledger) as snapshot:
        detect(
            snapshot,
            Options(folder=state),
            progress=lambda stage, *_: marks.append(time.perf_counter()) if stage == "judge" else None,
        )
    ends = [begun, marks[0], marks[-1], time.perf_counter()]
    stages = {name: until - since for name, since, until in zip(STAGES, ends[:-1], ends[1:], strict=True)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {**stages, "together": ends[-1] - begun, "peak GB": peak}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The courier, and how often."""

    work: Path = option(text="folder for the courier and its ledger, unless they lie there")
    accesses: int = option(100_000_000)
    runs: int = option(5)
    seed: int = option(7)


OURS, THEIRS = "wayseal detect, from nothing", "DuckDB"


@benchmark(
    minutes=30,
    kept=[
        Kept(
            "detection over 100 million reads from nothing", OURS, "median s", "s", beside=(THEIRS, THEIRS, "median s")
        ),
        Kept("detection over 100 million reads beside counting them", THEIRS, "ratio to it", most=3),
        Kept("peak memory of detection", OURS, "peak GB", "GB", most=6),
        Kept("detection's increment of a million reads", "together", "median", "s", most=3),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Run both in turn, and the increment after each."""
    ledger, state = options.work / "ledger", options.work / "state-now"
    answer("benchmarks.detect.detect_speed:prepare", options.work, options.accesses, options.seed)
    contenders = {
        OURS: child("benchmarks.detect.detect_speed:whole", ledger),
        THEIRS: [sys.executable, "-c", DUCKDB, str(options.work / "dataset"), str(options.work / "increment")],
    }
    yield f"{options.runs} runs in turn after a warm-up"
    yield contest(take_turns(contenders, options.runs))
    later = []
    for _ in range(options.runs + 1):
        shutil.rmtree(state, ignore_errors=True)
        shutil.copytree(options.work / "state", state)
        later.append(answer("benchmarks.detect.detect_speed:update", ledger, state))
    columns = {name: [one[name] for one in later[1:]] for name in later[0]}
    rows = ((k, f"{statistics.median(v):.2f}", f"{min(v):.2f}–{max(v):.2f}") for k, v in columns.items())
    yield Table(("increment of a million reads, s", "median", "least–most"), rows)
