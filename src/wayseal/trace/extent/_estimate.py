"""An estimate with its interval, and Chao's lower bound: how many there are at least, whatever their chances.

1. From how many were caught by exactly one list (f₁) and by exactly two (f₂) of t: n + (t−1)/t · f₁(f₁−1) / 2(f₂+1),
   the bias-corrected form (Chao 1987, 2005). Where chances differ it falls short on average, never long.
2. It is a bound also where lists depend on each other positively; where they avoid each other it may overstate.

Two lists of numbers, and any number of lists that share none.
3. Chapman's estimator (n₁+1)(n₂+1)/(m+1) − 1 with Seber's variance (Chapman 1951; Seber 1970): nearly unbiased when
   n₁ + n₂ ≥ N or m ≥ 7 (Robson and Regier 1964). Its interval is log-normal above what was seen.
4. With an overlap below `EXACT_BELOW` that interval is too short (benchmarks). There it is the exact one of the
   hypergeometric distribution: totals under which neither so small nor so large an overlap is less probable than 2.5 %.
5. Without any overlap there is no upper limit, and no estimate is given: the lower limit is the smallest total under
   which so little overlap still has a probability of 2.5 %, exactly, list after list.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z = 1.959963984540054
"""Of a two-sided interval of 95 %."""
CHI2 = 3.841458820694124
"""χ² with one degree of freedom at 95 %."""
TAIL = 0.025
"""Probability left out on each side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Counts of numbers, low ≤ value ≤ high. value is NaN where there is only a bound; high may be inf."""

    value: float
    low: float
    high: float


def log_normal(seen: float, value: float, variance: float) -> Estimate:
    """An interval whose part above what was seen is log-normal (Burnham et al. 1987; Chao 1987)."""
    unseen = value - seen
    if unseen <= 0 or variance <= 0:
        return Estimate(value=value, low=value, high=value)
    factor = math.exp(Z * math.sqrt(math.log1p(variance / unseen**2)))
    return Estimate(value=value, low=seen + unseen / factor, high=seen + unseen * factor)


def chao(seen: int, once: int, twice: int, lists: int) -> Estimate:
    """The bound and its log-normal interval (variance: Colwell's, as in EstimateS). lists: t, at least 2."""
    a = (lists - 1) / lists
    f1, f2 = float(once), float(twice)
    value = seen + a * f1 * (f1 - 1) / (2 * (f2 + 1))
    if twice:
        variance = (
            a * f1 * (f1 - 1) / (2 * (f2 + 1))
            + a**2 * f1 * (2 * f1 - 1) ** 2 / (4 * (f2 + 1) ** 2)
            + a**2 * f1**2 * f2 * (f1 - 1) ** 2 / (4 * (f2 + 1) ** 4)
        )
    else:
        variance = a * f1 * (f1 - 1) / 2 + a**2 * f1 * (2 * f1 - 1) ** 2 / 4 - a**2 * f1**4 / (4 * max(value, 1.0))
    return log_normal(seen, value, max(variance, 0.0))


Floats = NDArray[np.float64]

STEPS = 60
_CLOSE = 1e-9
_SMALL = 1e-8


def fit_poisson(design: Floats, count: Floats, start: Floats | None = None) -> Floats | None:
    """Coefficients of log μ = design · β; None where the likelihood has no finite maximum.

    design: [cells, p] of full rank; count: [cells], not negative, not all 0, whole or not. start: where to begin.
    """
    total = float(count.sum())
    if total <= 0:
        return None
    beta = np.asarray(
        np.linalg.lstsq(design, np.log(count + 0.5), rcond=None)[0] if start is None else start, np.float64
    )
    before = -np.inf
    for _ in range(STEPS):
        eta = np.clip(design @ beta, -40.0, 40.0)
        mu = np.exp(eta)
        here = float(count @ eta - mu.sum())
        gradient = design.T @ (count - mu)
        if abs(here - before) <= _CLOSE * (1.0 + abs(here)) and np.abs(gradient).max() <= 1e-5 * (1.0 + total):
            return beta if _inside(design, mu) else None
        before = here
        beta = _step(design, count, mu, beta, gradient, here)
    return None


def _step(design: Floats, count: Floats, mu: Floats, beta: Floats, gradient: Floats, here: float) -> Floats:
    """One Newton step, halved until the likelihood doesn't fall."""
    weighted = design * mu[:, None]
    direction = np.linalg.lstsq(design.T @ weighted, gradient, rcond=None)[0]
    size = 1.0
    while size > _SMALL:
        ahead = beta + size * direction
        eta = design @ ahead
        if eta.max() < 40.0 and float(count @ eta - np.exp(eta).sum()) >= here - 1e-12 * abs(here):
            return np.asarray(ahead, np.float64)
        size /= 2
    return beta


def _inside(design: Floats, mu: Floats) -> bool:
    """True if the maximum is in the open: no direction in which the likelihood is flat."""
    information = design.T @ (design * mu[:, None])
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    least = np.linalg.eigvalsh(information / np.outer(scale, scale))[0]
    return bool(least > 1e-7 and scale.min() > 1e-2)


EXACT_BELOW = 100


def chapman(first: int, second: int, both: int) -> Estimate:
    """The total from two lists and their overlap, at least 1 (obligations 3, 4); for 0 see `disjoint_lower_bound`."""
    value = (first + 1) * (second + 1) / (both + 1) - 1
    if both < EXACT_BELOW:
        return _exact(first, second, both, value)
    top = (first + 1) * (second + 1) * (first - both) * (second - both)
    variance = top / ((both + 1) ** 2 * (both + 2))
    return log_normal(first + second - both, value, variance)


def _exact(first: int, second: int, both: int, value: float) -> Estimate:
    seen = first + second - both
    low = _first_total(seen, lambda total: _at_most(both, first, second, total) >= TAIL)
    high = _first_total(seen, lambda total: 1 - _at_most(both - 1, first, second, total) < TAIL) - 1
    return Estimate(value=value, low=min(float(low), value), high=max(float(high), value))


def _first_total(seen: int, holds: Callable[[int], bool]) -> int:
    """The least total, from `seen` on, from which on something holds."""
    if holds(seen):
        return seen
    low, high = seen, 2 * seen
    while not holds(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _at_most(both: int, first: int, second: int, total: int) -> float:
    """Probability that two lists out of so many numbers share at most so many."""
    whole = _log_choose(total, second)
    least = max(0, first + second - total)
    terms = (_log_choose(first, k) + _log_choose(total - first, second - k) for k in range(least, both + 1))
    return math.fsum(math.exp(term - whole) for term in terms)


def disjoint_lower_bound(sizes: Sequence[int]) -> Estimate:
    """Bound the total by lists that share no number: a lower limit alone (obligation 5). sizes: two or more."""
    low = _first_total(sum(sizes), lambda total: _disjoint(sizes, total) >= math.log(TAIL))
    return Estimate(value=math.nan, low=float(low), high=math.inf)


def _disjoint(sizes: Sequence[int], total: int) -> float:
    """Log probability that lists drawn from so many numbers share none."""
    log_p, taken = 0.0, 0
    for size in sizes:
        log_p += _log_choose(total - taken, size) - _log_choose(total, size)
        taken += size
    return log_p


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
