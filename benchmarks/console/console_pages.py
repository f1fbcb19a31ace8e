"""Server time of the console's pages over a big ledger and many cases: median and p99 of each, and processor time.

    python -m benchmarks run console_pages --work /tmp/wayseal-console-pages [--accesses 100000000] [--cases 100000]

The ledger is that of `detect_speed`; in its casebook lie cases as `casework` makes them, and
`DRAWN` cases of real accounts, whose reads are laid out, which is timed, too. Pages are asked of the app in this
process, by somebody who signed in, a session's statement and all; what they say is read to its end. Each round takes
another case, read or waybill. What is made beforehand is made in a process of its own, so the memory is that of pages;
another run finds it there.
"""

import json
import multiprocessing
import random
import resource
import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tests.console.world import World, open_world

from benchmarks.console._ready import make_ready
from benchmarks.console.casework import fill
from benchmarks.detect.detect_speed import prepare
from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.cases import has_casebook, open_cases
from wayseal.cases.ledger.detection import lay_out_cases, request_of
from wayseal.cases.types import Alert
from wayseal.cases.views import CaseSort, ItemSort
from wayseal.console.reading import review_partners, review_rights
from wayseal.detect import Options
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import update_facts
from wayseal.detect.timeline import load_timeline
from wayseal.ledger import Snapshot, open_ledger

DRAWN, SEED, FIRST = 40, 17, 3
DAY = 86_400_000_000
Figures = tuple[float, float, float, float]


def silent(_stage: str, _done: int, _total: int) -> None:
    """Tells nobody how far it is."""


def accounts(snapshot: Snapshot) -> tuple[list[str], int]:
    """Accounts of which cases are made, those with the most reads among people; and the time of the newest read."""
    volumes = snapshot.volumes()
    order = np.argsort(-volumes["reads"].to_numpy(), kind="stable")
    names = dict.fromkeys(snapshot.names("actor", volumes["actor"].to_numpy()[order][: 40 * DRAWN]))
    people = [name for name in names if name.startswith("u-")][:DRAWN]
    return people, snapshot.summary().last_at or 0


def lay(ledger: Path, cases: int) -> dict[str, float]:
    """Fills the casebook where there is none, and lays cases out."""
    folder, told = ledger / "detect", {}
    there = has_casebook(folder)
    with open_ledger(ledger) as snapshot, open_cases(folder) as book:
        people, last = accounts(snapshot)
        alerts = [
            Alert(
                actors=(name,), alerted_at=last - DAY // 2, score=0.9, detectors=("unexplained_first_reads",),
                parcels_a_day=100.0, worth=True, read_until=last,
            )
            for name in people
        ]  # fmt: skip
        if not there:
            fill(book, cases, account="elsewhere")
        requests = [request_of(book.find(id_), book.numbers(id_)) for id_ in book.register(alerts, last)]
        update_facts(snapshot, folder, load_templates(None), Options().offset, silent)
        start = time.perf_counter()
        reads = lay_out_cases(snapshot, requests, Options(folder=folder), folder, silent)
        told[f"laying {DRAWN} cases out ({reads:,} reads), their facts counted before, s"] = time.perf_counter() - start
    for name, days in (("rights", 90), ("partners", None)):
        start = time.perf_counter()
        if days is None:
            review_partners(ledger, folder, None, last, silent)
        else:
            review_rights(ledger, folder, days, last, silent)
        told[f"review of {name}, s"] = time.perf_counter() - start
    return {what: round(seconds, 1) for what, seconds in told.items()}


def pages(ledger: Path, cases: int, rng: random.Random) -> dict[str, Callable[[], str]]:
    """What is asked: page → its next address."""
    folder = ledger / "detect"
    drawn = [path.stem for path in (folder / "lanes").iterdir()]
    reads = {
        case: timeline.reads for case in drawn if (timeline := load_timeline(folder, case)) and len(timeline.reads)
    }

    def read_of() -> str:
        case = rng.choice(list(reads))
        row = reads[case].slice(rng.randrange(len(reads[case])), 1).to_pylist()[0]
        return f"/cases/{case}/reads/{row['source']}-{row['row']}"

    with open_ledger(ledger) as snapshot:
        numbers = snapshot.names("waybill", rng.sample(snapshot.control(200_000).tolist(), 2_000))
    return {
        "the overview": lambda: "/",
        "the queue": lambda: f"/queue?sort={rng.choice(list(ItemSort)).value}",
        "cases, by any order": lambda: f"/cases?state=all&sort={rng.choice(list(CaseSort)).value}",
        "cases of an account": lambda: f"/cases?state=all&thing=elsewhere-{rng.randrange(cases // 2)}",
        "a case of the many": lambda: f"/cases/c-{rng.randrange(2, cases)}",
        "lanes, reasons and reads of a case": lambda: f"/cases/{rng.choice(drawn)}/reads?only=all",
        "unexplained reads of an account of it": lambda: f"/cases/{rng.choice(drawn)}/reads?only=unexplained&account=1",
        "its reads as CSV": lambda: f"/cases/{rng.choice(drawn)}/reads.csv?only=all",
        "why a read was work or not": read_of,
        "a waybill": lambda: f"/waybills?number={rng.choice(numbers)}",
        "rights, a page of accounts": lambda: f"/rights?list=people&after={50 * rng.randrange(8)}",
        "partners": lambda: "/partners",
        "the ledger": lambda: "/ledger",
        "the case": lambda: f"/cases/{rng.choice(drawn)}",
    }


def measure(
    world: World, asked: dict[str, Callable[[], str]], rounds: int
) -> Mapping[str, tuple[float, float, float, float]]:
    """Page → median and p99 in milliseconds, the median of the processor's time, and the longest of the first three."""
    browser, out = world.signed_in("ann"), {}
    for name, address in asked.items():
        took, worked = [], []
        for _ in range(FIRST + rounds):
            path = address()
            start, busy = time.perf_counter(), time.process_time()
            answer = browser.get(path)
            spent, work = time.perf_counter() - start, time.process_time() - busy
            if answer.status_code != 200:
                raise SystemExit(f"{path}: {answer.status_code}")
            took.append(1000 * spent)
            worked.append(1000 * work)
        later = took[FIRST:]
        out[name] = (
            statistics.median(later), float(np.quantile(later, 0.99)), statistics.median(worked[FIRST:]),
            max(took[:FIRST]),
        )  # fmt: skip
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How large a ledger, and how many cases."""

    work: Path = option(text="folder for ledger and console, unless they lie there")
    accesses: int = option(100_000_000)
    cases: int = option(100_000)
    rounds: int = option(200)


@benchmark(
    minutes=60,
    kept=[
        *(
            Kept(f"page of the console, median: {name}", name, "median, ms", "ms", most=100)
            for name in ("the overview", "the queue", "a case of the many", "why a read was work or not", "a waybill")
        ),
        *(
            Kept(f"page of the console, p99: {name}", name, "p99, ms", "ms", most=300)
            for name in ("the queue", "why a read was work or not", "a waybill")
        ),
        Kept("peak memory of the console's pages", "peak memory", "GB", "GB", most=1),
    ],
)
def ask(options: Settings) -> Iterator[Said]:
    """Make what isn't there, and ask."""
    options.work.mkdir(parents=True, exist_ok=True)
    ledger, place = options.work / "ledger", options.work / "console"
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
        apart.submit(prepare, options.work, options.accesses, SEED).result()
        if not (laid := options.work / "laid.json").exists():
            laid.write_text(json.dumps(apart.submit(lay, ledger, options.cases).result(), indent=1))
    yield laid.read_text()
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    with open_world(place) as world:
        yield make_ready(world, ledger, "ann")
        found = measure(world, pages(ledger, options.cases, random.Random(SEED)), options.rounds)
    rows = [(name, *(f"{figure:.0f}" for figure in figures)) for name, figures in found.items()]
    yield Table(("page", "median, ms", "p99, ms", "processor, ms", "first three, ms"), rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    yield Table(("", "GB"), [("peak memory", f"{peak:.2f}")])
