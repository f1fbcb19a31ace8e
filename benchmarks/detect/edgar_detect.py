"""Detection on a real access log that it was not made for, beside detectors of outliers on tempo.

    python -m benchmarks run edgar_detect LOG

LOG is the zip (or `rows.csv`) of the EDGAR log of 2017-01-01: address = account, filing = waybill. Every row with a 429
or 403 is dropped first; the 31 addresses that got one are the label. The rest becomes a ledger with nothing but reads:
no scans, tickets or staff, and a single day, so that no account has a past. The score was fixed before: an account's
evidence on the day's end, all detectors together, as `wayseal detect` adds it. Addresses with the same score are taken
in every order: precision at 20 is what is expected of that. The interval is of 2,000 bootstrap draws of addresses.
"""

import csv
import io
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.detect._rivals import installed
from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.detect import _detect as inner
from wayseal.detect._judge import judge
from wayseal.detect._result import NOTHING
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import update_facts
from wayseal.detect.window import window_of
from wayseal.ledger import Snapshot, ingest, open_ledger
from wayseal.store import open_source

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
ALL = "Wayseal, all detectors"
FIRST, DRAWS, SEED = 20, 2_000, 20_170_101
REFUSED = frozenset(("429", "403"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The log."""

    log: Path = option(text="`rows.csv` of the EDGAR log, or the zip that holds it")


@benchmark(
    minutes=1,
    kept=[
        Kept(
            "precision at 20 on a real log",
            ALL,
            f"precision at {FIRST}",
            least=0.5,
            beside=("isolation forest on tempo", "isolation forest (PyOD) on tempo", f"precision at {FIRST}"),
        )
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Judge each method."""
    if not options.log.exists():
        raise SystemExit(f"{options.log} is not there: give the path of the EDGAR log")
    rows, label = load(options.log)
    accounts = np.unique([row["ip"] for row in rows])
    truth = np.isin(accounts, list(label))
    yield f"{len(rows):,} reads of {len(accounts):,} addresses, {truth.sum()} of them were refused at some time"
    said = []
    for name, score in _scores(rows, accounts):
        low, high = interval(score, truth)
        said.append((name, f"{precision(score, truth):.2f}", f"{low:.2f}–{high:.2f}"))
    yield Table(("method", f"precision at {FIRST}", "90 % of draws"), said)


def load(path: Path) -> tuple[list[dict[str, str]], set[str]]:
    """Rows that the server did not refuse, and the addresses that it refused at some time."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive, archive.open("rows.csv") as raw:
            rows = list(csv.DictReader(io.TextIOWrapper(raw, "utf-8")))
    else:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    refused = [row["code"].split(".")[0] in REFUSED for row in rows]
    label = {row["ip"] for row, no in zip(rows, refused, strict=True) if no}
    return [row for row, no in zip(rows, refused, strict=True) if not no], label


def _scores(rows: list[dict[str, str]], accounts: NDArray[np.str_]) -> Iterator[tuple[str, Floats]]:
    for name, score in wayseal_of(rows).items():
        yield name, np.array([score.get(a, 0.0) for a in accounts.tolist()])
    volume, second, tempo = features(rows, accounts)
    yield "volume", volume
    yield "most requests in a second", second
    for name, module, model in (
        ("ECOD (PyOD) on tempo", "pyod.models.ecod", "ECOD"),
        ("isolation forest (PyOD) on tempo", "pyod.models.iforest", "IForest"),
    ):
        try:
            made = getattr(installed(module), model)
        except ModuleNotFoundError as error:
            print(f"{name}: {error.name} is not installed (requirements/bench.txt)", file=sys.stderr)
            continue
        yield name, np.asarray(made(**({"random_state": 4} if model == "IForest" else {})).fit(tempo).decision_scores_)


def wayseal_of(rows: list[dict[str, str]]) -> dict[str, dict[str, float]]:
    """Evidence of each address at the end of the day: of all detectors together, and of each that says anything."""
    day = datetime(2017, 1, 1, tzinfo=UTC)
    at = [day + timedelta(seconds=_second(row["time"])) for row in rows]
    reads = pa.table(
        {
            "at": pa.array(at, pa.timestamp("us", tz="UTC")),
            "actor": [row["ip"] for row in rows],
            "waybill": [row["accession"] for row in rows],
            "action": ["view"] * len(rows),
        }
    )
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "dataset").mkdir()
        pq.write_table(reads, Path(place) / "dataset/accesses.parquet")
        ingest(open_source(Path(place) / "dataset"), Path(place) / "ledger", progress=lambda *_: None)
        with open_ledger(Path(place) / "ledger") as snapshot:
            return _evidence(snapshot)


def _evidence(snapshot: Snapshot) -> dict[str, dict[str, float]]:
    """What `detect` weighs before it makes cases of it."""
    facts = update_facts(snapshot, None, load_templates(None), 0, lambda *_: None)
    window = window_of(snapshot.activity(), 0, None, None)
    assert window is not None
    view = inner.view_of(snapshot, facts, window)
    able, silent = inner.usable_detectors(snapshot, facts, NOTHING)
    print(f"can't say anything here: {', '.join(str(r.values['detector']) for r in silent)}", file=sys.stderr)
    found = judge(view, able)
    names = snapshot.names("actor", view.keys)
    total = sum((one.evidence.total[:, -1] for one in found), np.zeros(len(names)))
    out = {ALL: dict(zip(names, total.tolist(), strict=True))}
    for one in found:
        if one.evidence.total.any():
            out[f"only {one.name}"] = dict(zip(names, one.evidence.total[:, -1].tolist(), strict=True))
    return out


def features(rows: list[dict[str, str]], accounts: NDArray[np.str_]) -> tuple[Floats, Floats, Floats]:
    """Reads; most in one second; tempo: logarithms of the most in a second, a minute, an hour, and of the means."""
    who = np.searchsorted(accounts, [row["ip"] for row in rows])
    at = np.array([_second(row["time"]) for row in rows])
    volume = np.bincount(who, minlength=len(accounts)).astype(np.float64)
    most = []
    for length in (1, 60, 3_600):
        cell, count = np.unique(who * 100_000 + at // length, return_counts=True)
        top = np.zeros(len(accounts))
        np.maximum.at(top, cell // 100_000, count)
        active = np.bincount(cell // 100_000, minlength=len(accounts))
        most += [top, volume / active]
    return volume, most[0], np.log1p(np.column_stack(most))


def _second(text: str) -> int:
    hour, minute, second = text.split(":")
    return int(hour) * 3_600 + int(minute) * 60 + int(second)


def precision(score: Floats, truth: Flags) -> float:
    """Share of the label among the first 20; of equal scores at the edge, what is expected."""
    edge = np.sort(score)[-FIRST]
    above, level = score > edge, score == edge
    return float((truth[above].sum() + truth[level].mean() * (FIRST - above.sum())) / FIRST)


def interval(score: Floats, truth: Flags) -> tuple[float, float]:
    """5th and 95th percentile of the precision over draws of addresses."""
    rng = np.random.default_rng(SEED)
    drawn = (rng.integers(0, len(score), len(score)) for _ in range(DRAWS))
    low, high = np.quantile([precision(score[d], truth[d]) for d in drawn], (0.05, 0.95))
    return float(low), float(high)
