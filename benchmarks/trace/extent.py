"""How far the estimates of `wayseal extent` can be trusted: coverage of 95 % intervals over simulated populations.

python -m benchmarks run extent --worlds 1000: seeded populations of known size whose lists are independent, dependent,
heterogeneous, or share hardly anything; beside them plain Lincoln–Petersen with its symmetric interval on the first two
lists. For each it prints the share of intervals that hold the truth with its standard error, the median of estimate by
truth, and the median width.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.trace.extent import estimate, estimate_stock
from wayseal.trace.extent._estimate import Criterion, Estimate, Z

Caught = NDArray[np.bool_]
Draw = Callable[[np.random.Generator, int], Caught]
SEED = 20131


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A population of `size` numbers and how lists catch them; draw gives [size, k] flags."""

    name: str
    size: int
    draw: Draw


def lincoln_petersen(first: int, second: int, both: int) -> Estimate:
    """The textbook's n₁n₂/m with its symmetric normal interval, the baseline. inf for m = 0."""
    if both == 0:
        return Estimate(value=math.inf, low=math.inf, high=math.inf)
    value = first * second / both
    half = Z * math.sqrt(first * second * (first - both) * (second - both) / both**3)
    return Estimate(value=value, low=value - half, high=value + half)


def independent(*chances: float) -> Draw:
    """Each list catches each number with a chance of its own."""
    return lambda rng, n: rng.random((n, len(chances))) < np.array(chances)


def dependent(odds: float, *chances: float) -> Draw:
    """The second list is `odds` times as likely (in odds) to catch what the first one caught."""

    def draw(rng: np.random.Generator, n: int) -> Caught:
        out = rng.random((n, len(chances))) < np.array(chances)
        low = chances[1]
        high = odds * low / (1 - low + odds * low)
        out[:, 1] = rng.random(n) < np.where(out[:, 0], high, low)
        return out

    return draw


def uneven(spread: float, *chances: float) -> Draw:
    """Numbers differ: log odds of being caught vary with this standard deviation, alike for all lists."""

    def draw(rng: np.random.Generator, n: int) -> Caught:
        shift = rng.normal(0, spread, n)[:, None]
        odds = np.log(np.array(chances) / (1 - np.array(chances)))
        return np.asarray(rng.random((n, len(chances))) < 1 / (1 + np.exp(-(odds + shift))), np.bool_)

    return draw


CASES = (
    Case(name="2 lists, independent", size=5000, draw=independent(0.06, 0.08)),
    Case(name="2 lists, independent, small", size=5000, draw=independent(0.02, 0.03)),
    Case(name="2 lists, dependent (odds 3)", size=5000, draw=dependent(3.0, 0.06, 0.08)),
    Case(name="2 lists, uneven chances (sd 1)", size=5000, draw=uneven(1.0, 0.06, 0.08)),
    Case(name="3 lists, independent", size=5000, draw=independent(0.06, 0.08, 0.1)),
    Case(name="3 lists, dependent (odds 3)", size=5000, draw=dependent(3.0, 0.06, 0.08, 0.1)),
    Case(name="3 lists, uneven chances (sd 1)", size=5000, draw=uneven(1.0, 0.06, 0.08, 0.1)),
    Case(name="4 lists, independent", size=2000, draw=independent(0.06, 0.08, 0.1, 0.12)),
    Case(name="4 lists, dependent (odds 3)", size=2000, draw=dependent(3.0, 0.06, 0.08, 0.1, 0.12)),
)
STOCKS = ((20_000, 100), (20_000, 300), (20_000, 2000))


def histories(caught: Caught) -> NDArray[np.float64]:
    """Counts by history of those that were caught at all."""
    code = caught @ (1 << np.arange(caught.shape[1]))
    return np.bincount(code, minlength=1 << caught.shape[1])[1:].astype(np.float64)


def quiet(_stage: str, _done: int, _total: int) -> None:
    """Nobody looks."""


def answers(caught: Caught, criterion: Criterion) -> dict[str, Estimate]:
    """The product's interval, that of the best model alone, and the baseline's."""
    count, sizes = histories(caught), caught.sum(axis=0).tolist()
    names = [str(k) for k in range(len(sizes))]
    _, _, total, models = estimate(count, names, sizes, criterion, quiet)
    both = int((caught[:, 0] & caught[:, 1]).sum())
    out = {"Lincoln–Petersen": lincoln_petersen(sizes[0], sizes[1], both)} if criterion is Criterion.AIC else {}
    if total is not None:
        out[f"wayseal ({criterion.value})"] = total
    if models:
        out[f"best model alone ({criterion.value})"] = models[0].estimate
    return out


def line(name: str, method: str, found: list[Estimate], size: int) -> str:
    """One row of the table."""
    inside = np.array([e.low <= size <= e.high for e in found])
    share = float(inside.mean())
    error = math.sqrt(share * (1 - share) / len(found))
    ratio = np.array([e.value for e in found]) / size
    width = np.array([(e.high - e.low) / size if math.isfinite(e.high) else math.inf for e in found])
    middle = float(np.nanmedian(ratio)) if np.isfinite(ratio).any() else math.nan
    return f"| {name} | {method} | {share:.3f} ± {error:.3f} | {middle:.2f} | {float(np.median(width)):.2f} |"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How many worlds of each population."""

    worlds: int = option(1000)


@benchmark(
    minutes=15,
    kept=(
        Kept(
            "intervals that hold the truth: 2 lists, independent, small",
            "2 lists, independent, small · wayseal",
            "coverage",
            beside=("Lincoln–Petersen", "2 lists, independent, small · Lincoln–Petersen", "coverage"),
        ),
        Kept(
            "intervals that hold the truth: 2 lists, dependent (odds 3)",
            "2 lists, dependent (odds 3) · wayseal",
            "coverage",
            beside=("Lincoln–Petersen", "2 lists, dependent (odds 3) · Lincoln–Petersen", "coverage"),
        ),
        *(
            Kept(
                f"intervals that hold the truth: {case.name}",
                f"{case.name} · wayseal, AIC",
                "coverage",
                beside=("Lincoln–Petersen", f"{case.name} · Lincoln–Petersen", "coverage"),
            )
            for case in CASES[4:]
        ),
        Kept(
            "intervals that hold the truth: stock of 20,000, 2,000 purchases",
            "stock of 20,000, 2,000 purchases · birthday",
            "coverage",
        ),
    ),
)
def measure(options: Options) -> Iterator[Said]:
    """Draw the populations and make the table."""
    worlds, rows = options.worlds, []
    for number, case in enumerate(CASES):
        by: dict[str, list[Estimate]] = {}
        for world in range(worlds):
            rng = np.random.default_rng((SEED, number, world))
            caught = case.draw(rng, case.size)
            for criterion in Criterion if caught.shape[1] > 2 else [Criterion.AIC]:
                for method, found in answers(caught, criterion).items():
                    by.setdefault(method if caught.shape[1] > 2 else method.split(" (")[0], []).append(found)
        rows += [line(case.name, method, all_found, case.size) for method, all_found in by.items()]
    for size, bought in STOCKS:
        rng = np.random.default_rng((SEED, size, bought))
        draws = (len(np.unique(rng.integers(0, size, bought))) for _ in range(worlds))
        sizes = [e for e in (estimate_stock(bought, different) for different in draws) if e is not None]
        rows.append(line(f"stock of {size:,}, {bought:,} purchases", "birthday", sizes, size))
    yield Table(("population", "method", "coverage", "estimate / truth", "width / truth"), rows)
