"""Tails of counts and of rates, by series whose terms are all positive (DLMF 8.7.1, 8.17.8).

Tests hold them to SciPy, which no command needs to load for so little.
"""

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from wayseal.model.arrays import Floats
from wayseal.model.runtime import kernel

Some: TypeAlias = npt.NDArray[Any] | float
_GAMMA, _BETA, _COUNT = range(3)
_EPS, _POISSON, _LEAST = 1e-16, 1e-6, -650.0


@kernel
def _gamma_below(a: float, x: float) -> float:
    """P(a, x), the regularised lower incomplete gamma function."""
    if x <= 0.0:
        return 0.0
    first = a * math.log(x) - x - math.lgamma(a + 1.0)
    if first < _LEAST:
        return 1.0 if x > a else 0.0
    term = math.exp(first)
    total, n = term, a
    while n < x or term > total * _EPS:
        n += 1.0
        term *= x / n
        total += term
    return min(total, 1.0)


@kernel
def _beta_below(a: float, b: float, x: float) -> float:
    """I_x(a, b), the regularised incomplete beta function."""
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    ways = math.lgamma(a + b) - math.lgamma(a + 1.0) - math.lgamma(b)
    first, grows = ways + a * math.log(x) + b * math.log1p(-x), (a + b) * x > a + 1.0
    if first < _LEAST:
        return 1.0 if grows else 0.0
    term = math.exp(first)
    total, n = term, 0.0
    while grows or term > total * _EPS:
        step = x * (a + b + n) / (a + 1.0 + n)
        grows, n, term = step > 1.0, n + 1.0, term * step
        total += term
    return min(total, 1.0)


@kernel
def _share(which: int, x: float, a: float, b: float) -> float:
    """P(T ≤ x) of gamma (shape, rate) and beta variables; P(X < x) of counts (mean, spread), between whole ones too."""
    if which == _GAMMA:
        return float(_gamma_below(a, b * x))
    if which == _BETA:
        return float(_beta_below(a, b, x))
    if x <= 0.0:
        return 0.0
    few = b * a < _POISSON
    return 1.0 - float(_gamma_below(x, a) if few else _beta_below(x, 1.0 / b, a / (a + 1.0 / b)))


@kernel
def _fill(which: int, x: Floats, a: Floats, b: Floats, high: Floats, out: Floats) -> None:
    """Shares at x; where `high` isn't 0, the place below it whose share is x."""
    for i in range(len(out)):
        low, top = 0.0, high[i]
        while top - low > 1e-10 * top:
            middle = 0.5 * (low + top)
            if _share(which, middle, a[i], b[i]) < x[i]:
                low = middle
            else:
                top = middle
        out[i] = 0.5 * (low + top) if high[i] > 0.0 else _share(which, x[i], a[i], b[i])


def _filled(which: int, x: Some, a: Some, b: Some, high: Some = 0.0) -> Floats:
    x, a, b, high = (np.array(one, np.float64) for one in np.broadcast_arrays(x, a, b, high))
    out = np.empty(x.shape)
    _fill(which, x, a, b, high, out)
    return out


def count_above(x: Some, mean: Some, spread: Some) -> Floats:
    """P(X ≥ x) of counts, float64 (n,). mean above 0; spread: squared coefficient of variation, 0 is Poisson."""
    return 1.0 - _filled(_COUNT, x, mean, spread)


def count_limit(level: float, mean: Floats, spread: float) -> Floats:
    """The x, between whole numbers too, that such counts stay below with a probability: float64 (n,)."""
    return _filled(_COUNT, level, mean, spread, mean + 10.0 + 60.0 * np.sqrt(mean + spread * mean * mean))


def gamma_below(shape: Some, rate: Some, x: float) -> Floats:
    """P(T ≤ x) of gamma variables, float64 (n,)."""
    return _filled(_GAMMA, x, shape, rate)


def gamma_at(level: float, shape: Some, rate: Some) -> Floats:
    """Quantiles of gamma variables, float64 (n,)."""
    return _filled(_GAMMA, level, shape, rate, (shape + 20.0 + 30.0 * np.sqrt(shape)) / rate)


def exact_interval(failed: int, tried: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share (Clopper and Pearson 1934). tried: 1 or more."""
    half, ones = (1.0 - level) / 2.0, np.ones(1)
    low = 0.0 if not failed else float(_filled(_BETA, half, failed * ones, tried - failed + 1.0, 1.0)[0])
    high = 1.0 if failed == tried else float(_filled(_BETA, 1.0 - half, failed + ones, float(tried - failed), 1.0)[0])
    return low, high
