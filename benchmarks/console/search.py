"""The console's one box for searching: server time of what people type, over many cases and accounts.

    python -m benchmarks run search                       # 100,000 cases, 230,000 accounts in SQLite
    python -m benchmarks run search --url postgresql://postgres@127.0.0.1/empty
    python -m benchmarks run search --ledger FOLDER       # with the accounts and reads of a ledger that is there

Cases are made as `casework` makes them, with notes of 30 words in either language, common words and rare ones; accounts
have outlets and devices, and a few reads each, since a search reads none of them: a number is looked up in the ledger's
index. What is asked goes through the app in this process, by an investigator who signed in, session and page and all.
"""

import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tests.console.world import World, open_world

from benchmarks.console._ready import make_ready
from benchmarks.console.casework import fill
from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.cases import open_cases
from wayseal.cases._read import URL_FILE
from wayseal.detect import Options as Detection
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import update_facts
from wayseal.ledger import ingest, open_ledger
from wayseal.store import open_source

DAY = 86_400_000_000
START = 20_600 * DAY
SIGNS = "面单号码网点快递员夜里打印导出查询客户投诉卖家微信价格批量异常登录设备培训已经核实没有发现需要继续观察明天回复"
WORDS = ["parcel", "outlet", "clerk", "export", "night", "seller", "printed", "customer", "called", "checked"]
ALL, SLOWEST = "all that was typed", "the slowest kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How many, and where."""

    cases: int = option(100_000)
    accounts: int = option(230_000)
    accesses: int = option(2_300_000)
    rounds: int = option(60, "of each kind of question")
    ledger: Path | None = option(None, "a ledger that is there, with its casebook, if it has one")
    url: str | None = option(None, "an empty PostgreSQL database for the casebook instead of SQLite")


def note(rng: random.Random) -> str:
    """A note: common words, and rare ones; every other one in Chinese."""
    if rng.random() < 0.5:
        return "".join(rng.choice(SIGNS) for _ in range(60)) + f"，见 {rng.randrange(10**6)}。"
    rare = [
        f"{rng.choice(WORDS)[:3]}{rng.choice(WORDS)[-3:]}{rng.choice('aeiou')}{rng.randrange(500)}" for _ in range(5)
    ]
    return " ".join([*(rng.choice(WORDS) for _ in range(25)), *rare])


def make_ledger(folder: Path, accounts: int, accesses: int) -> Path:
    """A ledger of so many accounts, 20 at an outlet, with what detection counts of it."""
    rng, data = np.random.default_rng(3), folder / "dataset"
    data.mkdir()
    (data / "dataset.json").write_text('{"wayseal": 1}')
    names = [f"acc{n:07}" for n in range(accounts)]
    outlets = [f"{'京沪粤浙苏'[n % 5]}{n:05}" for n in range(accounts // 20 + 1)]
    roles = ["courier", "counter", "customer_service"]
    pq.write_table(
        pa.table({
            "actor": names, "kind": ["person"] * accounts, "role": [roles[n % 3] for n in range(accounts)],
            "outlet": [outlets[n // 20] for n in range(accounts)],
        }),
        data / "actors.parquet",
    )  # fmt: skip
    pq.write_table(
        pa.table({"outlet": outlets, "kind": ["outlet"] * len(outlets), "city": outlets, "region": outlets}),
        data / "outlets.parquet",
    )
    who = rng.integers(0, accounts, accesses)
    at = pa.array(START + np.sort(rng.integers(0, 20 * DAY, accesses)), pa.timestamp("us", tz="UTC"))
    numbers = pa.array([f"YT77{n:011}" for n in rng.integers(0, accesses, accesses)])
    read = pa.table({"at": at, "actor": pa.array(names).take(pa.array(who)), "waybill": numbers})
    devices = pa.array([f"dev-{n}" for n in range(accounts)]).take(
        pa.array((who + rng.integers(0, 2, accesses)) % accounts)
    )
    pq.write_table(read.append_column("device", devices), data / "accesses.parquet")
    ingest(open_source(data), folder / "ledger", progress=lambda *_: None)
    with open_ledger(folder / "ledger") as snapshot:
        update_facts(snapshot, folder / "ledger/detect", load_templates(None), Detection().offset, lambda *_: None)
    return folder / "ledger"


def questions(world: World, ledger: Path, options: Options, rng: random.Random) -> Mapping[str, Callable[[], str]]:
    """What is typed: kind → the next one."""
    reading = world.site.reading
    assert reading is not None
    accounts = reading.directory(world.cases.pseudonyms).accounts
    with open_ledger(ledger) as snapshot:
        numbers = snapshot.names("waybill", rng.sample(snapshot.control(50_000).tolist(), 2_000))
        outlets = snapshot.outlets()["outlet"].to_pylist() or ["none"]

    def pseudonym() -> str:
        return accounts.name(rng.randrange(len(accounts)))

    return {
        "the id of a case": lambda: f"c-{rng.randrange(1, options.cases)}",
        "a pseudonym": pseudonym,
        "a part of one": lambda: pseudonym()[rng.randrange(2, 8) :][:6],
        "what begins many": lambda: pseudonym()[:4],
        "an account of cases": lambda: world.cases.pseudonyms.of(f"u-{rng.randrange(options.cases // 2)}"),
        "an outlet": lambda: rng.choice(outlets),
        "a seller of cases": lambda: f"x-{rng.randrange(300)}",
        "a waybill": lambda: rng.choice(numbers),
        "a number that nobody knows": lambda: f"YT99{rng.randrange(10**11):011}",
        "a common word": lambda: rng.choice(WORDS),
        "the beginning of a word": lambda: rng.choice(WORDS)[:3],
        "three common words": lambda: " ".join(rng.sample(WORDS, 3)),
        "a rare word and a common one": lambda: f"{rng.choice(WORDS)} {rng.choice(WORDS)[:3]}{rng.choice(WORDS)[-3:]}",
        "two signs": lambda: "".join(rng.sample(SIGNS, 2)),
        "one sign": lambda: rng.choice(SIGNS),
        "four signs": lambda: "".join(rng.sample(SIGNS, 4)),
        "a command": lambda: rng.choice(["new trace", "queue", "账号", "sign out"]),
        "nothing that there is": lambda: f"zq{rng.randrange(10**9)}",
    }


@benchmark(
    minutes=15,
    kept=[
        Kept("search over 100,000 cases and 230,000 accounts, p95", ALL, "p95, ms", "ms", most=200),
        Kept("the same, of the slowest kind of question", SLOWEST, "p95, ms", "ms", most=200),
    ],
)
def ask(options: Options) -> Iterator[Said]:
    """Make what isn't there, and ask."""
    with tempfile.TemporaryDirectory() as name, open_world(Path(name)) as world:
        ledger = options.ledger or make_ledger(Path(name), options.accounts, options.accesses)
        folder = ledger / "detect"
        if options.url is not None:
            (folder / URL_FILE).write_text(options.url + "\n")
        with open_cases(folder) as cases:
            if not cases.counts().states:
                start = time.perf_counter()
                acts = fill(cases, options.cases, note=note)
                yield f"{options.cases} cases, {acts} acts, written in {time.perf_counter() - start:.0f} s"
        if options.url is None:
            yield f"database: {(folder / 'casebook.db').stat().st_size / 1e6:.0f} MB"
        yield make_ready(world, ledger, "chen")
        asked = questions(world, ledger, options, random.Random(5))
        yield Table(
            ("what is typed", "median, ms", "p95, ms", "processor p95, ms"),
            list(_measure(world, asked, options.rounds)),
        )
    yield f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB, what was made included"


def _measure(world: World, asked: Mapping[str, Callable[[], str]], rounds: int) -> Iterator[tuple[str, ...]]:
    browser, kinds = world.signed_in("chen"), {}
    for kind, typed in asked.items():
        took = kinds[kind] = np.zeros((rounds, 2))
        for place in range(-2, rounds):
            words = typed()
            start, busy = time.perf_counter(), time.process_time()
            answer = browser.get("/search", params={"q": words})
            if answer.status_code != 200:
                raise SystemExit(f"{words}: {answer.status_code}")
            took[max(place, 0)] = 1000 * (time.perf_counter() - start), 1000 * (time.process_time() - busy)
    slowest = max(kinds, key=lambda kind: float(np.quantile(kinds[kind][:, 0], 0.95)))
    for kind, took in (*kinds.items(), (ALL, np.concatenate(list(kinds.values()))), (SLOWEST, kinds[slowest])):
        figures = (np.median(took[:, 0]), *np.quantile(took, 0.95, axis=0))
        yield kind, *(f"{one:.1f}" for one in figures)
