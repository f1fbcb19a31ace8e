"""Measure what five numbers tell, in a harder world than that of accuracy.py.

    python -m benchmarks run few_numbers [--cases 120] [--cache .cache/few_numbers.jsonl]

6,000 accounts in 120 outlets, colleagues in three shifts (who share a shift read the same parcels), 15 wide accounts,
10 % noise. The delay from read to sale differs from case to case (median 1.5 to 24 hours); the tracer isn't told.
The baseline is the count of leaks seen before the sale times the logarithm of how far it is above chance.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.shared.cases import Cache, Row, code_digest, mean_se
from benchmarks.trace._world import Case, Scale, Seen, World, build, evidence, guilty_of, look_up
from benchmarks.trace.hard_cases import anybody, by_origin
from wayseal.trace._posterior import infer

SEED = 20_150_000
SCALE = Scale(accounts=6_000, wide=15, outlets=120, regions=12, parcels=60_000, shifts=3)
WORLDS = 4
N = 5

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A sort of case. outlets: the numbers are asked for from so many origins (0: anywhere)."""

    name: str
    wide: int = 0
    ordinary: int = 0
    outlets: int = 0
    scale: Scale = SCALE


KINDS = (
    Kind(name="one ordinary", ordinary=1),
    Kind(name="one wide", wide=1),
    Kind(name="three, one of them wide", wide=1, ordinary=2),
    Kind(name="five, one of them wide", wide=1, ordinary=4),
    Kind(name="one ordinary, four outlets asked for", ordinary=1, outlets=4),
    Kind(name="one wide, four outlets asked for", wide=1, outlets=4),
    Kind(name="one ordinary, 20 % of the log lost", ordinary=1, scale=replace(SCALE, lost=0.2)),
    Kind(name="one wide, 20 % of the log lost", wide=1, scale=replace(SCALE, lost=0.2)),
)


def plant(world: World, rng: np.random.Generator, kind: Kind) -> Case:
    """Leakers, and five numbers that they or nobody here (a tenth) sold, out of what was asked for."""
    able = np.flatnonzero(np.diff(world.account_first) >= N)
    able = able[able >= world.scale.wide]
    leakers = np.concatenate(
        [rng.choice(world.scale.wide, kind.wide, replace=False), rng.choice(able, kind.ordinary, replace=False)]
    )
    there = np.ones(world.scale.parcels, bool)
    if kind.outlets:
        # A buyer who got numbers has asked for a place that the leaker sees.
        own = np.concatenate([world.parcel[world.views(int(a))] for a in leakers])
        home = np.bincount(world.route[own, 0], minlength=world.scale.outlets).argmax()
        others = rng.choice(np.delete(np.arange(world.scale.outlets), home), kind.outlets - 1, replace=False)
        there = np.isin(world.route[:, 0], np.append(others, home))
    parcel, read = np.zeros(N, np.int64), np.zeros(N)
    for place in range(N):
        own = world.views(int(rng.choice(leakers)))
        own = own[there[world.parcel[own]] & ~np.isin(world.parcel[own], parcel[:place])]
        if len(own) and rng.random() >= world.scale.unknown:
            chosen = int(rng.choice(own))
            parcel[place], read[place] = world.parcel[chosen], world.at[chosen]
        else:
            while True:
                one, at = anybody(world, rng, 1)
                if there[one[0]]:
                    break
            parcel[place], read[place] = one[0], at[0]
    median = float(np.exp(rng.uniform(np.log(1.5), np.log(24.0))))
    sold = read + rng.lognormal(np.log(median), 1.0, N)
    return Case(leakers=tuple(int(a) for a in leakers), parcel=parcel.astype(np.int32), sold_at=sold)


def _case(held: dict[tuple[Scale, int], World], kind: Kind, seed: tuple[int, int, int]) -> Row:
    key = (kind.scale, seed[2] % WORLDS)
    if key not in held:
        held[key] = build(SEED + key[1], kind.scale)
    world, rng = held[key], np.random.default_rng(seed)
    case = plant(world, rng, kind)
    seen = look_up(world, case)
    given = evidence(world, case, seen)
    if kind.outlets:
        given = by_origin(world, case, seen, given)
    p = infer(given, seed=seed[2]).probability
    guilty = guilty_of(world, seen, given, case.leakers)
    score = _above_chance(world, case, seen)
    return {
        "top": float(guilty[np.argmax(p)]),
        "found": float((guilty & (p > 0.95)).any()),
        "false": int((~guilty & (p > 0.95)).sum()),
        "baseline": float(guilty[np.argmax(score)]) if len(score) else 0.0,
    }


def _above_chance(world: World, case: Case, seen: Seen) -> Floats:
    before = seen.at < case.sold_at[seen.leak]
    count = np.bincount(seen.source[before], minlength=len(seen.accounts)).astype(np.float64)
    chance = len(case.parcel) * world.volume[seen.accounts] / world.scale.parcels
    score: Floats = count * np.log(np.maximum(count / chance, 1.0))
    return score


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How many cases, and where they are kept."""

    cases: int = option(120)
    seed: int = option(SEED, "reported figures use the default")
    cache: Path = option(Path(".cache/few_numbers.jsonl"), "cases that were done before, so that a run can go on")


@benchmark(
    minutes=40,
    kept=(
        *(
            Kept(
                f"first source is a leaker, five numbers: {name}",
                name,
                "top-1",
                least=0.8 if name == "all" else None,
                beside=("count × log ratio", name, "baseline's top-1"),
            )
            for name in (*(kind.name for kind in KINDS), "all")
        ),
        Kept("a leaker > .95, five numbers: all", "all", "a leaker > .95", least=0.5),
        Kept("innocents > .95 a case, five numbers: all", "all", "innocents > .95", most=0.02),
    ),
)
def measure(options: Options) -> Iterator[Said]:
    """Run the cases that are missing and make the table."""
    here = Path(__file__).resolve()
    cache = Cache(options.cache, code_digest(here, here.with_name("_world.py"), here.with_name("hard_cases.py")))
    held: dict[tuple[Scale, int], World] = {}
    lines, every = [], []
    for number, kind in enumerate(KINDS):
        jobs = [partial(_case, held, kind, (options.seed, number, case)) for case in range(options.cases)]
        rows = cache.rows(kind.name, options.seed, jobs)
        lines.append(_line(kind.name, rows))
        every += rows
    head = ("leakers", "cases", "top-1", "baseline's top-1", "a leaker > .95", "innocents > .95")
    yield Table(head, [*lines, _line("all", every)])


def _line(name: str, rows: list[Row]) -> tuple[str, ...]:
    return (
        name,
        str(len(rows)),
        mean_se([r["top"] for r in rows]),
        mean_se([r["baseline"] for r in rows]),
        mean_se([r["found"] for r in rows]),
        mean_se([r["false"] for r in rows], proportion=False),
    )
