"""What is expected of outlets, how far one may lie from it by chance, and which lie further. Pure.

Rules (code and tests cite the numbers):
1. Counted are first reads that could be judged, and those of them that no work explains: the observed O. The expected E
   is what an outlet's reads would bring at the rates of all others, stratum by stratum (indirect standardisation), its
   own reads left out, so that nobody excuses themselves. In others' rates an outlet counts with MOST times what is
   expected of it and three σ at most (found in PASSES), so that a few who pull don't make it usual. Half a read is
   added to a stratum's unexplained ones: none among few isn't none for sure. What a stratum's rate doesn't know for
   sure is the variance of E.
2. A stratum in which fewer than OTHERS other outlets read isn't compared: its reads count neither in O nor in E.
3. An outlet where fewer than PEOPLE accounts read has no figure at all: it would be a person's. One of which fewer than
   LEAST are expected has O and E, and nothing else is said: no interval, no flag, "too few to say".
4. Limits are those of O by chance, around E (funnel plot: Spiegelhalter 2005), exact tails between whole numbers too:
   Poisson, and wider where outlets differ more than by chance (order of work: Verburg 2018). How much more (`spread`,
   an additive squared coefficient of variation) is found from z of the middle of all outlets: each is cut to the
   CUT quantiles, and where the sum isn't significantly above that of chance there is none.
5. A rate is shrunk to all others' (Gamma–Poisson): (a + O) / (b + E), with a and b of the greatest marginal likelihood,
   a 95 % credible interval, and how probable a rate above WORSE times the expected is.
6. Flagged are outlets above what chance and usual differences give, by mid-p, with a false discovery rate of FDR over
   all outlets that can be judged (Benjamini and Hochberg; Jones 2008): of those flagged, one in twenty by chance.
7. The trend is a CUSUM over months: the likelihood of a step to STEP times one's own level, against staying at it. Each
   outlet's level is gamma-distributed around 1 and learnt from the months before the step; what differs from month to
   month (the part of the spread that the month before doesn't share) makes counts tell less, and of a first month all
   of it does. It falls back to 0, never below.
8. The CUSUM's limit is the logarithm of the number of outlets (over FALSE_ALARMS a month): as a likelihood ratio, a run
   from 0 reaches it with a probability of 1 in that number at most (Wald, Ville), and no run is shorter than a month.
   So no more than FALSE_ALARMS outlets a month are told by chance, however many there are. Rule 3 holds here, too.
9. No sum over kinds of figures, no rank: each figure is given with O, E and the strata that made E.

Spiegelhalter, Stat Med 2005; 24:1185. Verburg et al., PLoS One 2018 (PMC6193208). Jones, Ohlssen and Spiegelhalter, J
Clin Epidemiol 2008; 61:232. Gamma–Poisson: Clayton and Kaldor, Biometrics 1987; 43:671.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

import numpy as np

from wayseal.cases.outlets.tails import count_above, count_limit, gamma_at, gamma_below
from wayseal.model.arrays import Flags, Floats, Ints, Longs
from wayseal.model.runtime import kernel

Counts: TypeAlias = tuple[Longs, Floats]
VERSION: Final = 1
OTHERS, PEOPLE, LEAST = 5, 3, 5.0
MOST, PASSES = 2.0, 5
CUT, FDR, WORSE, STEP, FALSE_ALARMS = 0.1, 0.05, 1.5, 2.0, 1.0
VERDICTS = FEW_PEOPLE, TOO_FEW, USUAL, FLAGGED = "few_people", "too_few", "usual", "flagged"
TREND: Final = "level_odd", "level_expected", "run_odd", "run_expected", "run"
"""Rows of where the CUSUM of n outlets stands, float64 (5, n): O and E before the run and of it, and its logarithm."""
LEVELS: Final = 0.95, 0.998
"""Shares of outlets that lie between the limits of a funnel by chance."""
_NORMAL_CUT, _SURE = 0.6787, 1.6449
"""Variance of a normal number that is cut to its CUT quantiles; σ above which outlets differ more than by chance."""
_MOST_SPREAD, _LEAST_SPREAD = 25.0, 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Reads of c pairs of an outlet and a stratum (places, int32 (c,)), each once: judged, and odd of them."""

    outlet: Ints
    stratum: Ints
    judged: Longs
    odd: Longs


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Figures of n outlets (rules 1 and 2).

    judged, odd: compared ones, int64 (n,). expected, variance: of odd, float64 (n,). cell: float64 (c,), expected of
    each cell, NaN where it isn't compared.
    """

    judged: Longs
    odd: Longs
    expected: Floats
    variance: Floats
    cell: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Judgement on n outlets; NaN where nothing is said (rule 3).

    verdict: int32 (n,), places in VERDICTS. discovery: the least false discovery rate at which it is flagged. rate:
    shrunk, times the expected; worse: that it is above WORSE. prior: shape and rate. spread: of all (rule 4); lasting:
    what two months share of it. alarm: the trend is at `limit`.
    """

    verdict: Ints
    discovery: Floats
    rate: Floats
    worse: Floats
    prior: tuple[float, float]
    spread: float
    lasting: float
    trend: Floats
    alarm: Flags
    limit: float


def expect(cells: Cells, outlets: int) -> Expected:
    """What is expected of outlets at the rates of all others (rules 1 and 2)."""
    strata = int(cells.stratum.max(initial=-1)) + 1

    def others(some: Floats | Longs) -> Floats:
        return np.asarray(np.bincount(cells.stratum, some, strata)[cells.stratum] - some)

    def of_outlets(some: Floats | Longs) -> Floats:
        return np.bincount(cells.outlet, some, outlets).astype(np.float64)

    judged = others(cells.judged)
    compared = (others((cells.judged > 0).astype(np.int64)) >= OTHERS) & (judged > 0)
    share = np.divide(cells.judged, judged, out=np.zeros(len(judged)), where=compared)
    total, kept = of_outlets(cells.odd * compared), np.ones(outlets)
    for _ in range(PASSES):
        expected = share * (others(cells.odd * kept[cells.outlet]) + 0.5)
        all_ = of_outlets(expected)
        kept = np.minimum((MOST * all_ + 3.0 * np.sqrt(all_) + 1.0) / np.maximum(total, 1.0), 1.0)
    return Expected(
        judged=of_outlets(cells.judged * compared).astype(np.int64),
        odd=total.astype(np.int64),
        expected=all_,
        variance=of_outlets(share * expected),
        cell=np.where(compared, expected, np.nan),
    )


def _z(odd: Longs, expected: Floats) -> Floats:
    """Nearly normal numbers of variance 1 by chance (Anscombe 1948)."""
    return np.asarray(2.0 * (np.sqrt(odd + 0.375) - np.sqrt(expected + 0.125)))


def _cut(z: Floats) -> Floats:
    return np.clip(z, *np.quantile(z, (CUT, 1.0 - CUT)))


def find_spread(odd: Longs, expected: Floats, own: Floats | float = 0.0) -> float:
    """How much outlets differ beyond chance: a squared coefficient of variation (rule 4). own: known of each."""
    if len(odd) < 2:
        return 0.0
    z = _z(odd, expected)

    def above(spread: float) -> float:
        mean = float((_cut(z / np.sqrt(1.0 + (spread + own) * expected)) ** 2).mean())
        return mean / _NORMAL_CUT - 1.0

    if above(0.0) <= _SURE * math.sqrt(2.0 / len(odd)):
        return 0.0
    low, high = 0.0, _MOST_SPREAD
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if above(middle) > 0.0 else (low, middle)
    return low


def funnel(expected: Floats, level: float, spread: float) -> tuple[Floats, Floats]:
    """The limits of O over E within which a share `level` lies by chance, float64 (n,) each (rule 4)."""
    half = (1.0 - level) / 2.0
    low = np.maximum(count_limit(half, expected, spread) - 1.0, 0.0)
    return low / expected, count_limit(1.0 - half, expected, spread) / expected


@kernel
def _log_marginal(odd: Floats, expected: Floats, mean: float, shape: float) -> float:
    """Logarithm of the likelihood of counts with gamma-distributed rates, but for what the prior doesn't change."""
    total = len(odd) * (shape * math.log(shape) - math.lgamma(shape))
    for i in range(len(odd)):
        total += math.lgamma(shape + odd[i]) - (shape + odd[i]) * math.log(shape + mean * expected[i])
        total += odd[i] * math.log(mean)
    return total


def _highest(of: Callable[[float], float], low: float, high: float) -> float:
    """Where a function of one hill is highest (golden section)."""
    part = (math.sqrt(5.0) - 1.0) / 2.0
    for _ in range(24):
        a, b = high - part * (high - low), low + part * (high - low)
        low, high = (low, b) if of(a) > of(b) else (a, high)
    return 0.5 * (low + high)


def fit_prior(odd: Longs, expected: Floats) -> tuple[float, float]:
    """Shape and rate of outlets' rates, by the greatest marginal likelihood (rule 5)."""
    counts, mean, shape = odd.astype(np.float64), 0.0, 0.0

    def likelihood(log_mean: float, log_shape: float) -> float:
        return float(_log_marginal(counts, expected, math.exp(log_mean), math.exp(log_shape)))

    for _ in range(3):
        mean = _highest(partial(likelihood, log_shape=shape), -4.0, 4.0)
        shape = _highest(partial(likelihood, mean), -4.0, 9.0)
    return math.exp(shape), math.exp(shape - mean)


def credible(odd: Longs, expected: Floats, prior: tuple[float, float], level: float = 0.95) -> tuple[Floats, Floats]:
    """The interval of outlets' rates, times the expected (rule 5), float64 (n,) each."""
    shape, rate, half = prior[0] + odd, prior[1] + expected, (1.0 - level) / 2.0
    return gamma_at(half, shape, rate), gamma_at(1.0 - half, shape, rate)


def find_discoveries(chance: Floats) -> Floats:
    """The least false discovery rate at which each is a discovery (Benjamini and Hochberg), float64 (n,) (rule 6)."""
    order = np.argsort(chance)
    rates = chance[order] * len(chance) / np.arange(1, len(chance) + 1)
    out = np.empty(len(chance))
    out[order] = np.minimum(np.minimum.accumulate(rates[::-1])[::-1], 1.0)
    return out


def _find_lasting(z: Floats, before: Floats, expected: Floats, expected_before: Floats, spread: float) -> float:
    """The part of the spread that two months share (rule 7)."""
    if len(z) < 2 or spread == 0.0:
        return 0.0
    scale, scale_before = (np.sqrt(1.0 + spread * of) for of in (expected, expected_before))
    shared = float((_cut(z / scale) * _cut(before / scale_before)).mean()) / _NORMAL_CUT
    weight = float((np.sqrt(expected * expected_before) / (scale * scale_before)).mean())
    return min(max(shared / weight, 0.0), spread)


def step_trend(trend: Floats, odd: Longs, expected: Floats, lasting: float, passing: float) -> Floats:
    """The CUSUM a month later (rule 7): rows as TREND has them.

    lasting, passing: of the spread, what is an outlet's own and what comes and goes.
    """
    tells, prior = 1.0 / (1.0 + passing * expected), 1.0 / max(lasting, _LEAST_SPREAD)
    level, run = trend[:2], trend[2:4] + np.array([odd * tells, expected * tells])
    grown = np.log1p((STEP - 1.0) * run[1] / (prior + level[1] + run[1]))
    height = run[0] * math.log(STEP) - (prior + level[0] + run[0]) * grown
    on = height > 0.0
    return np.concatenate([level + run * ~on, run * on, [height * on]])


def judge(found: Expected, people: Ints, trend: Floats | None = None, before: Counts | None = None) -> Scores:
    """Judge the month of n outlets (rules 3 to 8).

    Args:
        found: Their figures.
        people: int32 (n,), accounts that read.
        trend: Where it stood; None: this is the first month.
        before: O and E of the month before, E NaN where an outlet had none; None: there is none.
    """
    n, named = len(people), (people >= PEOPLE) & (found.expected > 0)
    able = named & (found.expected >= LEAST)
    odd, expected = found.odd[able], found.expected[able]
    own = found.variance[able] / np.maximum(expected, LEAST) ** 2
    spread = find_spread(odd, expected, own)
    above, more = (count_above(odd + up, expected, spread + own) for up in (0, 1))
    discovery, rate, worse = np.full((3, n), np.nan)
    discovery[able] = find_discoveries(0.5 * (above + more))
    prior = fit_prior(found.odd[named], found.expected[named]) if named.any() else (1.0, 1.0)
    shape, scale = prior[0] + odd, prior[1] + expected
    rate[able], worse[able] = shape / scale, 1.0 - gamma_below(shape, scale, WORSE)
    lasting = 0.0
    if before is not None:
        both = able & (np.nan_to_num(before[1]) >= LEAST)
        z = _z(found.odd[both], found.expected[both]), _z(before[0][both], before[1][both])
        lasting = _find_lasting(*z, found.expected[both], before[1][both], spread)
    old = np.zeros((len(TREND), n)) if trend is None else trend
    # Of an outlet without a figure nothing moves: neither its run nor its level.
    moved = step_trend(old, found.odd * named, found.expected * named, lasting, spread - lasting)
    limit = math.log(max(int(named.sum()), 2) / FALSE_ALARMS)
    told = named & (moved[1] + moved[3] >= LEAST)
    return Scores(
        verdict=np.select([~named, ~able, discovery <= FDR], [0, 1, 3], 2).astype(np.int32),
        discovery=discovery, rate=rate, worse=worse, prior=prior, spread=spread, lasting=lasting,
        trend=moved, alarm=told & (moved[4] >= limit), limit=limit,
    )  # fmt: skip
