"""Check that probabilities and likelihood ratios mean what they say.

    python -m benchmarks run calibration [--cases 400] [--cache .cache/calibration.jsonl]

1. Cases out of the model's own prior (how many sources, which, their shares, the delay): a stated probability must be
   right as often as it says (bins), and the true share of the unknown must lie anywhere in its posterior equally often
   (simulation-based calibration: the ranks are uniform).
2. Placebo: ordinary parcels, "sold" at any moment after one of their reads. Nobody leaks; nobody may be called.
3. Null: parcels sold by somebody unseen. As above.
4. Perturbed: counts of what each account reads off by a factor (log-normal, σ .3), or sales four times as late as any
   assumed delay has them: what the right delay costs and what wrong counts do.
5. Chains agree: the largest difference of a probability between the chains.
6. Cllr, the cost of the likelihood ratios in bits (Brümmer and du Preez 2006): 0 is perfect, 1 says nothing. A source
   that no chain ever held gets the smallest ratio that so many draws can show.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.shared.cases import EDGES, Cache, Row, code_digest, mean_se, reliability
from benchmarks.trace._world import Case, Scale, World, build, evidence, guilty_of, look_up
from wayseal.model.kinds import SourceKind
from wayseal.trace._delay import Delay, scenarios
from wayseal.trace._evidence import Evidence
from wayseal.trace._posterior import RHO_MAX, Posterior, Prior, infer

SEED = 20_160_000
SCALE = Scale(accounts=1_500, wide=8, outlets=60, regions=6, parcels=15_000)
WORLDS = 4
N = 10
RANKS = 10
DRAWS = 99
"""Draws of the posterior among which the truth is ranked: 100 places."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A case and what was drawn for it. unknown: the true share of the unknown."""

    case: Case
    unknown: float


def from_prior(world: World, rng: np.random.Generator, n: int = N) -> Drawn:
    """Sources, their shares, the delay and n leaks, as the model believes they come about."""
    kappa, by_reads = Prior().kappa, Prior().by_reads
    even, share = 1 / world.scale.accounts, world.volume / world.volume.sum()
    rho = np.minimum(kappa[SourceKind.ACTOR] * ((1 - by_reads) * even + by_reads * share), RHO_MAX)
    accounts = np.flatnonzero(rng.random(world.scale.accounts) < rho)
    accounts = accounts[np.diff(world.account_first)[accounts] >= n]
    outlets = np.flatnonzero(rng.random(world.scale.outlets) < kappa[SourceKind.OUTLET] / world.scale.outlets)
    shares = rng.dirichlet(np.ones(1 + len(accounts) + len(outlets)))
    delays = scenarios(Delay())
    delay = delays[int(rng.integers(len(delays)))]
    parcel, sold = np.zeros(n, np.int64), np.zeros(n)
    for place in range(n):
        who = int(rng.choice(len(shares), p=shares))
        while True:
            if who == 0:
                parcel[place], read = _of_nobody(world, rng)
            elif who <= len(accounts):
                own = int(rng.choice(world.views(int(accounts[who - 1]))))
                parcel[place], read = int(world.parcel[own]), float(world.at[own])
            else:
                parcel[place], read = _of_outlet(world, rng, int(outlets[who - 1 - len(accounts)]))
            if parcel[place] not in parcel[:place]:
                break
        sold[place] = read + _wait(delay, rng, float(world.life[parcel[place]]))
    leakers = (*accounts.tolist(), *(world.scale.accounts + outlets).tolist())
    case = Case(leakers=tuple(int(w) for w in leakers), parcel=parcel.astype(np.int32), sold_at=sold)
    return Drawn(case=case, unknown=float(shares[0]))


def _of_nobody(world: World, rng: np.random.Generator) -> tuple[int, float]:
    """Any parcel, had when one of its readers had it, or at any moment (one reader more)."""
    parcel = int(rng.integers(world.scale.parcels))
    reads = world.at[world.reads_of(parcel)]
    turn = int(rng.integers(len(reads) + 1))
    if turn < len(reads):
        return parcel, float(reads[turn])
    return parcel, float(world.born[parcel] + rng.random() * world.life[parcel])


def _of_outlet(world: World, rng: np.random.Generator, outlet: int) -> tuple[int, float]:
    passed, end = np.nonzero(world.route == outlet)
    turn = int(rng.integers(len(passed)))
    parcel = int(passed[turn])
    return parcel, float(world.arrival[parcel, end[turn]] + rng.random() * 0.35 * world.life[parcel])


def _wait(delay: Delay, rng: np.random.Generator, life: float) -> float:
    if rng.random() < delay.flat:
        return float(rng.random() * life)
    median = float(rng.choice(delay.medians_h))
    return float(median * np.exp(delay.sigma * rng.standard_normal()))


def placebo(world: World, rng: np.random.Generator) -> Drawn:
    """Ordinary parcels, at any moment up to two days after one of their reads."""
    parcel = rng.choice(np.unique(world.parcel), N, replace=False)
    read = np.array([rng.choice(world.at[world.reads_of(int(p))]) for p in parcel])
    sold = read + rng.random(N) * 48
    return Drawn(case=Case(leakers=(), parcel=parcel.astype(np.int32), sold_at=sold), unknown=1.0)


def null(world: World, rng: np.random.Generator) -> Drawn:
    """Parcels of nobody here, sold with the usual delay."""
    had = [_of_nobody(world, rng) for _ in range(N)]
    sold = np.array([read + _wait(Delay(), rng, float(world.life[p])) for p, read in had])
    return Drawn(case=Case(leakers=(), parcel=np.array([p for p, _ in had], np.int32), sold_at=sold), unknown=1.0)


def one(world: World, rng: np.random.Generator, *, late: float = 1.0) -> Drawn:
    """One account that sells N numbers, a tenth of them from nobody; `late` times the middle delay."""
    able = np.flatnonzero(np.diff(world.account_first) >= N)
    leaker = int(rng.choice(able))
    own = rng.choice(world.views(leaker), N, replace=False)
    parcel, read = world.parcel[own].astype(np.int64), world.at[own].copy()
    for place in np.flatnonzero(rng.random(N) < 0.1):
        parcel[place], read[place] = _of_nobody(world, rng)
    sold = read + late * 6.0 * np.exp(rng.standard_normal(N))
    return Drawn(case=Case(leakers=(leaker,), parcel=parcel.astype(np.int32), sold_at=sold), unknown=0.1)


def miscounted(given: Evidence, rng: np.random.Generator) -> Evidence:
    """The same evidence with each account's volume off by a factor of its own."""
    factor = np.exp(0.3 * rng.standard_normal(given.candidates))
    volume = np.clip(given.volume * factor[:, None], 0.0, given.size)
    return replace(given, volume=volume, overall=np.clip(given.overall * factor, 0.0, given.overall_size))


def cllr(target: Floats, other: Floats) -> float:
    """Cost in bits of natural-log likelihood ratios, of true sources and of others."""
    return float((np.mean(np.logaddexp(0, -target)) + np.mean(np.logaddexp(0, other))) / (2 * np.log(2)))


def judged(world: World, drawn: Drawn, given: Evidence, model: Posterior, rng: np.random.Generator) -> Row:
    """What one case says: calls above .05, likelihood ratios, the rank of the unknown's share."""
    guilty = guilty_of(world, look_up(world, drawn.case), given, drawn.case.leakers)
    p = model.probability
    unknown = model.draws.shares[rng.choice(len(model.draws.shares), DRAWS), 0]
    below = int((unknown < drawn.unknown).sum())
    # Where nobody is a source the share is 1 in truth and in the draws: such ties are broken by lot.
    rank = below + int(rng.integers(int((unknown == drawn.unknown).sum()) + 1))
    least = 0.5 / (len(model.draws.states) + 1)
    floor = np.log(least / (1 - least)) - np.log(model.rho / (1 - model.rho))
    ratio = np.maximum(model.log10_lr * np.log(10), floor)
    return {
        "top": float(guilty[np.argmax(p)]) if len(p) else 0.0,
        "calls": [(float(v), bool(g)) for v, g in zip(p, guilty, strict=True) if v > 0.05],
        "false": int((~guilty & (p > 0.95)).sum()),
        "rank": rank,
        "target": [float(v) for v in ratio[guilty]],
        "other": [float(v) for v in ratio[~guilty]],
        "disagreement": model.disagreement,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A sort of case, and what is done to its evidence."""

    name: str
    make: Callable[[World, np.random.Generator], Drawn]
    spoil: Callable[[Evidence, np.random.Generator], Evidence] | None = None


KINDS = (
    Kind(name="out of the prior", make=from_prior),
    Kind(name="placebo", make=placebo),
    Kind(name="null", make=null),
    Kind(name="one account", make=one),
    Kind(name="one account, counts off", make=one, spoil=miscounted),
    Kind(name="one account, sold 4 times later", make=partial(one, late=4.0)),
)


def run(held: dict[int, World], kind: Kind, seed: tuple[int, int, int]) -> Row:
    """One case of a kind."""
    w = seed[2] % WORLDS
    if w not in held:
        held[w] = build(SEED + w, SCALE)
    rng = np.random.default_rng(seed)
    drawn = kind.make(held[w], rng)
    given = evidence(held[w], drawn.case, look_up(held[w], drawn.case))
    if kind.spoil:
        given = kind.spoil(given, rng)
    return judged(held[w], drawn, given, infer(given, seed=seed[2]), rng)


def uniform_ranks(ranks: list[int]) -> float:
    """Chi-square of ranks 0 … DRAWS in ten equal bins; if they are uniform, 9 on average, 1 in 100 above 21.7."""
    count = np.bincount(np.array(ranks) * RANKS // (DRAWS + 1), minlength=RANKS)
    mean = len(ranks) / RANKS
    return float(((count - mean) ** 2 / mean).sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How many cases, and where they are kept."""

    cases: int = option(400)
    seed: int = option(SEED, "reported figures use the default")
    cache: Path = option(Path(".cache/calibration.jsonl"), "cases that were done before, so that a run can go on")


RIGHT = tuple(
    Kept(
        f"right, of what is stated: {low}–{high}",
        f"{low}–{high}",
        "right",
        beside=("stated", f"{low}–{high}", "mean stated"),
    )
    for low, high in pairwise(EDGES)
)


@benchmark(
    minutes=60,
    kept=(
        Kept(
            "ranks of the unknown's share, chi-square of nine degrees",
            "ranks of the unknown's share",
            "chi-square",
            most=16.9,
        ),
        *RIGHT,
        *(Kept(f"innocents > .95 a case: {kind.name}", kind.name, "innocents > .95") for kind in KINDS[:3]),
        Kept("cost of likelihood ratios, bits: one account", "one account", "Cllr"),
    ),
)
def measure(options: Options) -> Iterator[Said]:
    """Run the cases that are missing and make the tables."""
    here = Path(__file__).resolve()
    cache = Cache(options.cache, code_digest(here, here.with_name("_world.py")))
    held: dict[int, World] = {}
    rows: dict[str, list[Row]] = {}
    for number, kind in enumerate(KINDS):
        jobs = [partial(run, held, kind, (options.seed, number, case)) for case in range(options.cases)]
        rows[kind.name] = cache.rows(kind.name, options.seed, jobs)
    head = ("cases", "number", "top-1", "innocents > .95", "chains differ by > .1", "Cllr")
    yield Table(head, (_line(name, of) for name, of in rows.items()))
    prior = rows[KINDS[0].name]
    ranks = uniform_ranks([r["rank"] for r in prior])
    yield Table(("", "chi-square"), [("ranks of the unknown's share", f"{ranks:.1f}")])
    yield reliability(
        [c for r in prior for c in r["calls"]], "How often a stated probability was right, cases out of the prior:"
    )


def _line(name: str, rows: list[Row]) -> tuple[str, ...]:
    target = np.array([v for r in rows for v in r["target"]])
    other = np.array([v for r in rows for v in r["other"]])
    return (
        name,
        str(len(rows)),
        mean_se([r["top"] for r in rows]),
        mean_se([r["false"] for r in rows], proportion=False),
        mean_se([float(r["disagreement"] > 0.1) for r in rows]),
        f"{cllr(target, other):.4f}" if len(target) else "–",
    )
