"""A leaker of whom only questions were logged: is it found, and how fast is replay.

    python -m benchmarks run replay --cases 48
    python -m benchmarks run replay --speed

Each case is a small world of its own in which half of the counter clerks work with list screens, and one of them sells.
It is traced three times: with everything that the lists showed in the access log; with the questions only; and with the
same ledger without `queries`, which is what a trace saw before there was replay. These worlds are small enough to be
counted in full, so the questions are traced once more with samples of a few hundred waybills only, as in a ledger of
some hundred thousand. Results are kept one line a case under
.cache/, so that a run can be stopped and taken up again.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

import wayseal
import wayseal.ledger._snapshot as snapshots
import wayseal.trace._replay as replayed
from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.shared.cases import Cache, code_digest, mean_se, possible_rows
from benchmarks.trace.end_to_end import quiet
from wayseal.ledger import ingest, open_ledger
from wayseal.ledger._keys import Keyer
from wayseal.ledger._queries import parse_queries
from wayseal.ledger._replay import build_states, match_queries
from wayseal.store import arrow_schema, open_source, read_leaks
from wayseal.trace import trace
from wayseal_sim import SimulateError, preset, simulate

FIRST_SEED = 3_000
WAYS = ("all reads logged", "questions only", "questions ignored", "questions only, sampled")
SAMPLED = {"POPULATION": 250, "CONTROLS": 500, "CONTROLS_LEAST": 50}
_CODE = (
    "ledger/_queries.py", "ledger/_replay.py", "ledger/replay.py",
    "trace/_exposures.py", "trace/_replay.py", "trace/_strata.py", "simulate/_lists.py",
)  # fmt: skip
"""What decides, beside the statistics: results of other code are not taken from the cache."""
CELLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("anything, 10", {"leaker": "lister", "buyer": "anything", "bought": 10}),
    ("anything, 5", {"leaker": "lister", "buyer": "anything", "bought": 5}),
    ("route, 10", {"leaker": "lister", "buyer": "route", "bought": 10}),
    ("nobody, anything, 10", {"leaker": "nobody", "queries": 0.5, "buyer": "anything", "bought": 10}),
)


def run_case(changes: dict[str, Any], seed: int, accesses: int) -> dict[str, Any]:
    """One world traced in each of the three ways."""
    folder = Path(tempfile.mkdtemp(prefix="wayseal-replay-"))
    try:
        out: dict[str, Any] = {}
        for way in WAYS:
            world = folder / way.replace(" ", "-")
            scenario = preset("tiny", accesses=accesses, shown=way == WAYS[0], **changes)
            simulate(world, scenario, seed=seed)
            if way == WAYS[2]:
                (world / "dataset/queries.parquet").unlink()
            ingest(open_source(world / "dataset"), world / "ledger", progress=quiet)
            with open_ledger(world / "ledger") as snapshot, small_samples(way == WAYS[3]):
                result = trace(snapshot, read_leaks(world / "leaks.csv"), seed=seed, progress=quiet)
            out[way] = judged(result, json.loads((world / "truth.json").read_text("utf-8")))
        return out
    except SimulateError as error:
        return {"impossible": str(error)}
    finally:
        shutil.rmtree(folder)


@contextmanager
def small_samples(wanted: bool) -> Iterator[None]:
    """Let replay look at few waybills only, if wanted."""
    places = [(home, name) for home in (snapshots, replayed) for name in SAMPLED if hasattr(home, name)]
    before = [(home, name, getattr(home, name)) for home, name in places]
    try:
        for home, name in places if wanted else ():
            setattr(home, name, SAMPLED[name])
        yield
    finally:
        for home, name, value in before:
            setattr(home, name, value)


def judged(result: Any, truth: dict[str, Any]) -> dict[str, Any]:
    """What a trace said beside who did it."""
    guilty = {row["id"] for row in truth["leakers"] if row["sold"]}
    ranked = [s for s in result.sources if s.kind != "session"]
    accused = [s for s in ranked if s.probability > 0.95]
    return {
        "top1": bool(ranked) and ranked[0].source in guilty,
        "above95": any(s.source in guilty for s in accused),
        "false": sum(s.source not in guilty for s in accused),
        "false_accounts": sum(s.kind == "actor" and s.source not in guilty for s in accused),
        "named": str(result.verdict) == "named",
        "queries": None if result.queries is None else [result.queries.replayed, result.queries.soft],
    }


def accuracy(args: "Options") -> Table:
    """Return one row a cell and way."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    cache = Cache(args.cache, code_digest(Path(__file__), *(Path(wayseal.__file__).parent / name for name in _CODE)))
    cells = [cell for cell in CELLS if args.only in cell[0]]
    for name, row in possible_rows(cache, cells, args.cases, (args.first_seed, args.accesses), run_case):
        for way in WAYS:
            found.setdefault((name, way), []).append(row[way])
    head = (
        "buyer, numbers",
        "log",
        "cases",
        "top-1",
        "leaker > .95",
        "named",
        "false > .95",
        "innocent accounts > .95",
    )
    lines = []
    for (name, way), rows in found.items():
        figures = [mean_se([float(r[key]) for r in rows]) for key in ("top1", "above95", "named")]
        counts = [mean_se([r[key] for r in rows], proportion=False) for key in ("false", "false_accounts")]
        lines.append((name, way, str(len(rows)), *figures, *counts))
    return Table(head, lines)


DAY = 86_400_000_000
START = 1_772_323_200_000_000
"""2026-03-01, in µs since 1970."""


def speed(queries: int, waybills: int) -> Table:
    """Return CPU seconds for so many queries on so many waybills, by the kind of filter."""
    rng = np.random.default_rng(1)
    outlets, keyer = 4_000, Keyer()
    numbers = [f"YT{10**12 + n}" for n in range(waybills)]
    names = [f"o-{n}" for n in range(outlets)]
    rows = _table("waybills", waybills, {
        "waybill": numbers,
        "issued_at": _times(START + rng.integers(0, 10 * DAY, waybills)),
        "channel": ["app"] * waybills,
        "origin_outlet": [names[n] for n in rng.integers(0, outlets, waybills)],
        "destination_outlet": [names[n] for n in rng.integers(0, outlets, waybills)],
    })  # fmt: skip
    changed = np.sort(rng.choice(waybills, waybills // 10, replace=False)).tolist()
    changes = _table("changes", len(changed), {
        "waybill": [numbers[n] for n in changed],
        "at": _times(np.full(len(changed), START + 5 * DAY)),
        "column": ["destination_outlet"] * len(changed),
        "value": [names[n] for n in rng.integers(0, outlets, len(changed))],
    })  # fmt: skip
    places = _table("outlets", outlets, {
        "outlet": names, "kind": ["outlet"] * outlets,
        "city": [f"c-{n % 300}" for n in range(outlets)], "region": [f"r-{n % 30}" for n in range(outlets)],
    })  # fmt: skip
    lines = []
    for kind, make in _FILTERS.items():
        asked = _table("queries", queries, {
            "request": [f"q-{n}" for n in range(queries)],
            "at": _times(START + rng.integers(0, 11 * DAY, queries)),
            "actor": [f"u-{n}" for n in rng.integers(0, 20_000, queries)],
            "filter": make(rng, queries, names),
            "rows": rng.integers(0, 200, queries),
        })  # fmt: skip
        clock = [time.process_time()]
        read = parse_queries(asked, keyer)
        clock.append(time.process_time())
        states = build_states(keyer.of(numbers), numbers, rows, changes, places)
        found = match_queries(read, states)[0]
        clock.append(time.process_time())
        different = f"{len(set(asked['filter'].to_pylist())):,}"
        lines.append((kind, different, f"{len(found):,}", f"{clock[1] - clock[0]:.2f}", f"{clock[2] - clock[1]:.2f}"))
    return Table(("filter", "different ones", "matches", "CPU seconds to read", "CPU seconds to match"), lines)


def _times(at: Any) -> pa.Array:
    return pa.array(at, pa.timestamp("us", tz="UTC"))


def _table(name: str, rows: int, columns: dict[str, Any]) -> pa.Table:
    schema = arrow_schema(name)
    return pa.Table.from_arrays(
        [pa.array(columns[f.name], f.type) if f.name in columns else pa.nulls(rows, f.type) for f in schema],
        schema=schema,
    )


def _lists(rng: np.random.Generator, n: int, names: list[str]) -> list[str]:
    days = rng.integers(1, 10, n)
    return [
        f'{{"issued_from":"2026-03-{d:02d}","issued_to":"2026-03-{d + 1:02d}","origin_outlet":"{names[o]}"}}'
        for d, o in zip(days, rng.integers(0, len(names), n), strict=True)
    ]


def _cities(rng: np.random.Generator, n: int, _names: list[str]) -> list[str]:
    return [f'{{"destination_city":"c-{c}","limit":50}}' for c in rng.integers(0, 300, n)]


def _numbers(rng: np.random.Generator, n: int, _names: list[str]) -> list[str]:
    return [f'{{"waybill":"YT{10**12 + k}"}}' for k in rng.integers(0, 10**7, n)]


def _windows(rng: np.random.Generator, n: int, names: list[str]) -> list[str]:
    since = np.datetime64("2026-03-01T00:00:00") + rng.integers(0, 864_000, n)
    return [
        f'{{"issued_from":"{s}+00:00","origin_outlet":"{names[o]}"}}'
        for s, o in zip(since, rng.integers(0, len(names), n), strict=True)
    ]


_FILTERS: dict[str, Callable[[np.random.Generator, int, list[str]], list[str]]] = {
    "an outlet's day": _lists,
    "a city, 50 rows": _cities,
    "one number": _numbers,
    "an outlet since a moment": _windows,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Which cells, how many worlds a cell, and where they are kept; or the speed."""

    cases: int = option(48)
    first_seed: int = option(FIRST_SEED)
    accesses: int = option(60_000)
    only: str = option("", "cells whose name holds this")
    cache: Path = option(Path(".cache/replay.jsonl"), "cases that were done before, so that a run can go on")
    speed: bool = option(False, "measure speed instead")
    queries: int = option(1_000_000)
    waybills: int = option(5_000)


@benchmark(
    minutes=120,
    kept=(
        *(
            Kept(
                f"first source is the leaker, replayed: {cell}, {way}",
                f"{cell} · {way}",
                "top-1",
                beside=("questions ignored", f"{cell} · questions ignored", "top-1"),
            )
            for cell in ("anything, 10", "anything, 5", "route, 10")
            for way in ("all reads logged", "questions only")
        ),
        *(Kept(f"reading a million queries: {kind}", kind, "CPU seconds to read", unit="CPU s") for kind in _FILTERS),
    ),
)
def measure(options: Options) -> Iterator[Said]:
    """Run the cases that are missing and make the table, or measure speed."""
    yield speed(options.queries, options.waybills) if options.speed else accuracy(options)
