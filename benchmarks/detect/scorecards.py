"""Outlets held to what is expected of them, beside a ranking by rate: intervals, false alarms, an outlet at twice.

    python -m benchmarks run scorecards [--outlets 50000] [--months 20] [--seed 32]

1. Outlets of all sizes read by role, hour and volume; each stratum has a rate of reads that no work explains, from one
   in 2,000 to one in 50, and outlets have them in their own mix. What is true of each outlet is drawn by a structure:
   `even` (chance alone), `uneven` (outlets differ for good, coefficient of variation .3), `regions` (regions differ,
   and outlets in them), `insiders` (one in 30 has 5 to 50 times as many, for good), `restless` (outlets differ anew
   each month), `small` (nearly all expect less than 20), `heavy` (differences with a long tail), `few` (a network of
   200); and two that were drawn once the method was frozen: `waves` (rates of all swing by a half from month to month,
   in each region at another time) and `two` (a third of outlets has 1.4 times as many as the others).
2. In the tenth month 1 in 100 outlets goes to twice its rate and stays there. Told without cause is who isn't among
   them and whose true rate is below 1.5 times what the others' rates give its reads; `restless` and `heavy` make some
   that are above, for a month or for good.
3. A covered rate is one that the 95 % interval of the last month holds.
4. By rate: as many outlets as were flagged, those with the highest share of unexplained reads.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.cases.outlets.scores import FLAGGED, LEAST, VERDICTS, WORSE, Cells, Scores, credible, expect, judge

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]
STRUCTURES = ("even", "uneven", "regions", "insiders", "restless", "small", "heavy", "few", "waves", "two")
STRATA, REGIONS, STARTS, TWICE = 36, 30, 9, 0.01
BANDS = ((5.0, 10.0), (10.0, 20.0), (20.0, 50.0), (50.0, np.inf))
_FLAG, _TOLD = "false flags a month", "false trends a month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Sizes."""

    outlets: int = option(50_000, "outlets")
    months: int = option(20, "months")
    seed: int = option(32, "seed")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """n outlets: judged reads a month by stratum (n, STRATA), accounts, true rates (months, n), who doubles."""

    reads: Floats
    people: NDArray[np.int32]
    strata: Floats
    truth: Floats
    doubled: Flags


def _around_one(rng: np.random.Generator, variation: float, size: tuple[int, ...]) -> Floats:
    return rng.gamma(1 / variation**2, variation**2, size)


def build(structure: str, options: Options, rng: np.random.Generator) -> World:
    """Draw a world (rules 1 and 2)."""
    n, months = 200 if structure == "few" else options.outlets, options.months
    people = np.maximum(rng.lognormal(1.4 if structure == "small" else 2.1, 0.8, n), 1).astype(np.int32)
    mix = rng.dirichlet(np.full(STRATA, 0.3), n)
    reads = mix * (people * rng.lognormal(6.2 if structure == "small" else 6.8, 0.4, n))[:, None]
    own = np.ones(n)
    if structure in ("uneven", "few"):
        own = _around_one(rng, 0.3, (n,))
    elif structure == "regions":
        own = _around_one(rng, 0.25, (REGIONS,))[rng.integers(REGIONS, size=n)] * _around_one(rng, 0.15, (n,))
    elif structure == "insiders":
        own = np.where(rng.random(n) < 1 / 30, rng.uniform(5, 50, n), _around_one(rng, 0.2, (n,)))
    elif structure == "heavy":
        own = np.exp(np.clip(0.15 * rng.standard_t(3, n), -1.0, 1.5))
    truth = np.tile(own, (months, 1))
    if structure in ("restless", "heavy"):
        truth = truth * _around_one(rng, 0.3 if structure == "restless" else 0.15, (months, n))
    elif structure == "two":
        truth = truth * np.where(rng.random(n) < 1 / 3, 1.4, 1.0)
    elif structure == "waves":
        phase = rng.uniform(0, 2 * np.pi, REGIONS)[rng.integers(REGIONS, size=n)]
        truth = truth * (1 + 0.25 * np.sin(np.arange(months)[:, None] * np.pi / 3 + phase))
    doubled = rng.random(n) < TWICE
    truth[STARTS:, doubled] *= 2
    return World(
        reads=reads, people=people, strata=np.geomspace(1 / 2_000, 1 / 50, STRATA), truth=truth, doubled=doubled
    )


@dataclass(slots=True, kw_only=True)
class Run:
    """Months of a world, judged one after the other. seconds: a month; first: month of each outlet's first trend."""

    odd: Longs
    judged: Longs
    scores: list[Scores]
    expected: Floats
    seconds: float
    first: Longs


def play(world: World, rng: np.random.Generator) -> Run:
    """Draw the reads of each month, and judge it."""
    months, n = world.truth.shape
    first, began, spent = np.full(n, months), np.zeros(n, np.bool_), 0.0
    scores, trend, before = list[Scores](), None, None
    for month in range(months):
        judged = rng.poisson(world.reads)
        odd = rng.binomial(judged, np.minimum(world.strata * world.truth[month][:, None], 1.0))
        outlet, stratum = np.nonzero(judged)
        cells = Cells(
            outlet=outlet.astype(np.int32), stratum=stratum.astype(np.int32), judged=judged[outlet, stratum],
            odd=odd[outlet, stratum],
        )  # fmt: skip
        start = time.perf_counter()
        found = expect(cells, n)
        one = judge(found, world.people, trend, before)
        spent += time.perf_counter() - start
        trend, before = one.trend, (found.odd, found.expected)
        scores.append(one)
        first[one.alarm & ~began] = month
        began |= one.alarm
    return Run(
        odd=found.odd, judged=found.judged, scores=scores, expected=found.expected, seconds=spent / months, first=first
    )


def _flagged(scores: Scores) -> Flags:
    return np.asarray(scores.verdict == VERDICTS.index(FLAGGED))


def _share(hits: Flags) -> str:
    return f"{hits.mean():.3f}" if len(hits) else "–"


def quality(world: World, run: Run) -> list[str]:
    """A row: coverage, false alarms, and what a ranking by rate finds."""
    last, base = run.scores[-1], world.reads @ world.strata
    usual = np.where(world.truth > 4.0, np.nan, world.truth)  # those far beyond aren't what others are held to
    relative = world.truth / (np.nansum(usual * base, 1) / ((usual > 0) @ base))[:, None]
    innocent = (relative < WORSE) & ~world.doubled
    said = ~np.isnan(last.rate)
    low, high = credible(run.odd[said], run.expected[said], last.prior)
    held = (low <= relative[-1][said]) & (relative[-1][said] <= high)
    flags = np.array([_flagged(one) for one in run.scores])
    false, since = flags & innocent, slice(STARTS, None)
    trends = sum((run.first == month) & innocent[month] for month in range(len(flags))).sum()
    rate = np.where(run.judged > 0, run.odd / np.maximum(run.judged, 1), 0.0)
    top = np.argsort(-rate)[: int(flags[-1].sum())]
    return [
        _share(held), f"{last.spread:.3f}", f"{false[:STARTS].sum() / STARTS:.2f}",
        f"{false[since].sum() / len(flags[since]):.2f}", f"{false[since].sum() / max(flags[since].sum(), 1):.3f}",
        _share(innocent[-1][top]), f"{trends / len(flags):.2f}", f"{run.seconds:.2f}",
    ]  # fmt: skip


def power(world: World, run: Run) -> Iterator[list[str]]:
    """Rows by expected reads: outlets at twice that a month flags, a ranking finds, and the trend tells, and when."""
    rate = run.odd / np.maximum(run.judged, 1)
    flagged = _flagged(run.scores[-1])
    ranked = np.zeros(len(rate), np.bool_)
    ranked[np.argsort(-rate)[: int(flagged.sum())]] = True
    for low, high in BANDS:
        mine = world.doubled & (run.expected >= low) & (run.expected < high) & (run.first >= STARTS)
        if mine.sum() < 10:
            continue
        late = run.first[mine] - STARTS + 1
        told = late <= len(run.scores) - STARTS
        yield [
            f"{low:.0f}–{high:.0f}" if np.isfinite(high) else f"{low:.0f} or more", f"{mine.sum()}",
            _share(flagged[mine]), _share(ranked[mine]), _share(told),
            f"{np.median(late):.0f}" if told.sum() * 2 > len(told) else "–",
        ]  # fmt: skip


@benchmark(
    minutes=2,
    kept=[
        Kept("Rates within their 95 % interval, outlets that differ", "uneven", "covered", least=0.93),
        Kept("Flagged without cause a month, chance alone", "even", _FLAG, most=1.0),
        Kept("Told by the trend without cause a month", "uneven", _TOLD, most=1.0),
        Kept(
            "An outlet at twice, 20 to 50 expected: flagged", "uneven · 20–50", "flagged",
            beside=("by rate", "uneven · 20–50", "by rate"),
        ),
        Kept("The same: months until the trend tells it", "uneven · 20–50", "months, median"),
        Kept("A month of 50,000 outlets", "uneven", "seconds", "s", most=5.0),
    ],
)  # fmt: skip
def measure(options: Options) -> Iterator[Said]:
    """Judge each structure."""
    rows, powers = list[list[str]](), list[list[str]]()
    for k, structure in enumerate(STRUCTURES):
        rng = np.random.default_rng((options.seed, k))
        world = build(structure, options, rng)
        run = play(world, rng)
        rows.append([structure, *quality(world, run)])
        powers += [[structure, *row] for row in power(world, run)]
    head = (
        "structure",
        "covered",
        "spread",
        _FLAG,
        "false, once some double",
        "of those flagged",
        "by rate",
        _TOLD,
        "seconds",
    )
    yield Table(head, rows)
    yield f"Flags are of outlets with {LEAST:.0f} or more expected; of 200 outlets 2 double."
    yield Table(("structure", "expected", "outlets", "flagged", "by rate", "trend", "months, median"), powers)
