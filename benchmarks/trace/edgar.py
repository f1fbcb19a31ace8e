"""Measure the tracer on a real access log with planted leaks.

    python -m benchmarks run edgar LOG [--cases 300] [--cache .cache/edgar.jsonl]

LOG is `rows.csv` of the EDGAR log of 2017-01-01 (columns ip, date, time, accession), or the zip that holds it. A
leaker is one of the 453 addresses that read ten or more filings; its leaks are filings that it read, those read by
somebody else too first; a tenth is any other filing, read at any moment. Sale: the read plus a log-normal delay
(median 6 h, σ 1). The tracer gets the whole log and the counts over it. Because shared filings are taken first, the
leaks are no even draw from the log; so "read by two or more" and "read by one" are two strata, which both the tracer
and whoever checks it can read off the log.
"""

import csv
import io
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.shared.cases import Cache, Row, code_digest, mean_se, reliability
from benchmarks.trace import _baselines as baselines
from wayseal.model.kinds import SourceKind
from wayseal.trace._evidence import ACTOR, Events, Evidence
from wayseal.trace._posterior import infer

SEED = 20_170_101
SIZES = (1, 3, 5, 10)
BEAT = {1: 0.58, 3: 0.90, 5: 0.95, 10: 0.96}
NOISE = 0.1
METHODS = ("intersection", "count", "guilt", "no time", "model")

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """Reads sorted by filing: filing[m], address[m], at[m] (hours); first[F + 1].

    volume[A], shared[A]: distinct filings, and those of them that others read too. readers[F]: distinct addresses.
    """

    filing: Ints
    address: Ints
    at: Floats
    first: Ints
    volume: Floats
    shared: Floats
    readers: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How many cases, and where they are kept."""

    log: Path = option(text="`rows.csv` of the EDGAR log, or the zip that holds it")
    cases: int = option(300)
    seed: int = option(SEED, "reported figures use the default")
    cache: Path = option(Path(".cache/edgar.jsonl"), "cases that were done before, so that a run can go on")


@benchmark(
    minutes=10,
    kept=tuple(
        kept
        for n in SIZES
        for kept in (
            Kept(
                f"first source is the leaker, real log: n = {n}",
                str(n),
                "model",
                least=BEAT[n],
                beside=("count", str(n), "count"),
            ),
            Kept(f"innocents > .95 a case, real log: n = {n}", str(n), "innocents", most=0.02),
        )
    ),
)
def measure(options: Options) -> Iterator[Said]:
    """Run the cases that are missing and make the tables."""
    if not options.log.exists():
        raise SystemExit(f"{options.log} is not there: give the path of the EDGAR log")
    here = Path(__file__).resolve()
    cache = Cache(options.cache, code_digest(here, here.with_name("_baselines.py")))
    log = load(options.log)
    rows: dict[int, list[Row]] = {}
    for n in (*SIZES, 0):
        jobs = [partial(_case, log, n, (options.seed, n, case)) for case in range(options.cases)]
        rows[n] = cache.rows(f"n = {n}", options.seed, jobs)
    yield from _report(rows)


def load(path: Path) -> Log:
    """Read the log; addresses and filings become numbers."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive, archive.open("rows.csv") as raw:
            rows = list(csv.DictReader(io.TextIOWrapper(raw, "utf-8")))
    else:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    _, address = np.unique([row["ip"] for row in rows], return_inverse=True)
    _, filing = np.unique([row["accession"] for row in rows], return_inverse=True)
    at = np.array([_hours(row["time"]) for row in rows])
    order = np.lexsort((at, filing))
    filing, address, at = filing[order], address[order], at[order]
    addresses = int(address.max()) + 1
    pairs = np.unique(filing * addresses + address)
    readers = np.bincount(pairs // addresses)
    both = readers[pairs // addresses] >= 2
    return Log(
        filing=filing,
        address=address,
        at=at,
        first=np.searchsorted(filing, np.arange(filing.max() + 2)),
        volume=np.bincount(pairs % addresses, minlength=addresses).astype(np.float64),
        shared=np.bincount(pairs[both] % addresses, minlength=addresses).astype(np.float64),
        readers=readers,
    )


def _hours(text: str) -> float:
    hour, minute, second = text.split(":")
    return int(hour) + int(minute) / 60 + int(second) / 3600


def plant(log: Log, rng: np.random.Generator, n: int) -> tuple[int, Ints, Floats]:
    """Choose a leaker, and the filings and times of n sales."""
    leaker = int(rng.choice(np.flatnonzero(log.volume >= 10)))
    reads = np.flatnonzero(log.address == leaker)
    own = rng.permutation(np.unique(log.filing[reads]))
    own = np.concatenate([own[log.readers[own] >= 2], own[log.readers[own] < 2]])
    sold: dict[int, float] = {}
    for filing in own[:n]:
        if rng.random() < NOISE:
            other = int(rng.integers(len(log.readers)))
            sold[other] = rng.uniform(0, 24)
        else:
            sold[int(filing)] = float(log.at[rng.choice(reads[log.filing[reads] == filing])])
    delay = rng.lognormal(np.log(6.0), 1.0, len(sold))
    return leaker, np.array(list(sold)), np.array(list(sold.values())) + delay


def evidence(log: Log, filing: Ints, sold_at: Floats) -> tuple[Ints, Evidence]:
    """Addresses of the candidates and what the tracer is given."""
    n = len(filing)
    places = [np.arange(log.first[f], log.first[f + 1]) for f in filing]
    leak = np.repeat(np.arange(n, dtype=np.int32), [len(p) for p in places])
    place = np.concatenate([np.zeros(0, np.int64), *places])
    accounts, source = np.unique(log.address[place], return_inverse=True)
    c, alone = len(accounts), log.readers[filing] < 2
    volume, shared, several = log.volume[accounts], log.shared[accounts], float((log.readers >= 2).sum())
    return accounts, Evidence(
        sold_at=sold_at,
        absent_at=np.full(n, np.nan),
        asked_at=np.full(n, np.nan),
        born=log.at[log.first[filing]],
        life_h=24.0,
        stratum=alone.astype(np.int32),
        kind=np.full(c, ACTOR, np.uint8),
        group=np.full(c, -1, np.int32),
        parent=np.full(c, -1, np.int32),
        size=np.array([several, len(log.readers) - several]),
        volume=np.column_stack([shared, volume - shared]),
        touch_volume=np.zeros((c, 2)),
        overall=volume,
        overall_size=float(len(log.readers)),
        overall_reads=float(log.volume.sum()),
        reads=Events(source=source.astype(np.int32), leak=leak, at=log.at[place]),
        touches=Events.none(),
        universe={SourceKind.ACTOR: len(log.volume)},
    )


def _case(log: Log, n: int, seed: tuple[int, int, int]) -> Row:
    """One case; n = 0: ten leaks from nobody."""
    rng = np.random.default_rng(seed)
    if n:
        leaker, filing, sold_at = plant(log, rng, n)
    else:
        leaker, filing = -1, rng.choice(len(log.readers), 10, replace=False)
        sold_at = rng.uniform(0, 24, 10) + rng.lognormal(np.log(6.0), 1.0, 10)
    accounts, given = evidence(log, filing, sold_at)
    reads = given.reads
    key = np.unique(
        reads.source[reads.at < sold_at[reads.leak]] * len(filing) + reads.leak[reads.at < sold_at[reads.leak]]
    )
    source, leak = key // len(filing), key % len(filing)
    begun = time.perf_counter()
    model = infer(given, seed=seed[2])
    seconds = time.perf_counter() - begun
    saw = baselines.count(source, len(accounts))
    guilt = baselines.guilt(source, leak, len(accounts))
    scores = {
        "intersection": (saw == len(filing)).astype(np.float64),
        "count": saw,
        "guilt": guilt,
        "no time": infer(given, seed=seed[2], timed=False).probability,
        "model": model.probability,
    }
    tie = rng.random(len(accounts)) * 1e-9
    truth = accounts == leaker
    top = {name: float(truth[np.argmax(score + tie)]) if len(truth) else 0.0 for name, score in scores.items()}
    if not scores["intersection"].any():
        top["intersection"] = 0.0
    p = model.probability
    return {
        "top": top,
        "false": int((~truth & (p > 0.95)).sum()),
        "false_guilt": int((~truth & (guilt > 0.95)).sum()),
        "calls": [(float(v), bool(t)) for v, t in zip(p, truth, strict=True) if v > 0.05],
        "seconds": seconds,
    }


def _report(rows: dict[int, list[Row]]) -> Iterator[Table]:
    yield Table(
        ("n", "cases", *METHODS, "to beat", "innocents", "innocents, guilt > .95", "s a trace"),
        (
            (
                str(n) if n else "10, nobody",
                str(len(mine)),
                *(mean_se([r["top"][m] for r in mine]) if n else "–" for m in METHODS),
                f"{BEAT[n]:.2f}" if n else "–",
                mean_se([r["false"] for r in mine], proportion=False),
                f"{np.mean([r['false_guilt'] for r in mine]):.3f}",
                f"{np.mean([r['seconds'] for r in mine]):.3f}",
            )
            for n, mine in rows.items()
        ),
        "Top-1 is the leaker (mean ± standard error), and innocents with probability > .95 a case:",
    )
    calls = [call for mine in rows.values() for r in mine for call in r["calls"]]
    yield reliability(calls, "How often a stated probability was right:")
