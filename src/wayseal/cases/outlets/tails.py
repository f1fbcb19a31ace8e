"""Tails of counts and of rates: incomplete gamma and beta functions, and what is solved from them.

The series and continued fractions of the textbooks (DLMF 8.7, 8.9, 8.17); tests hold them to SciPy, which no command
needs to load for so little.
"""

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from wayseal.model.arrays import Floats
from wayseal.model.runtime import kernel

Some: TypeAlias = npt.NDArray[Any] | float
_EPS, _TINY, _STEPS = 1e-15, 1e-300, 100_000


@kernel
def _gamma_below(a: float, x: float) -> float:
    """P(a, x), the regularised lower incomplete gamma function."""
    if x <= 0.0:
        return 0.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1.0:
        term, total, n = 1.0 / a, 1.0 / a, a
        for _ in range(_STEPS):
            n += 1.0
            term *= x / n
            total += term
            if term < total * _EPS:
                break
        return total * front
    b = x + 1.0 - a
    c, d = 1.0 / _TINY, 1.0 / b
    h = d
    for i in range(1, _STEPS):
        an = -i * (i - a)
        b += 2.0
        d = 1.0 / (an * d + b)
        c = b + an / c
        h *= d * c
        if abs(d * c - 1.0) < _EPS:
            break
    return 1.0 - front * h


@kernel
def _beta_part(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, for x below (a + 1) / (a + b + 2)."""
    c, d = 1.0, 1.0 / max(1.0 - (a + b) * x / (a + 1.0), _TINY)
    h = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        step = 1.0
        for part in (even, odd):
            d = 1.0 / (1.0 + part * d)
            c = 1.0 + part / c
            step = c * d
            h *= step
        if abs(step - 1.0) < _EPS:
            break
    return h


@kernel
def _beta_below(a: float, b: float, x: float) -> float:
    """I_x(a, b), the regularised incomplete beta function."""
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    ways = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(ways + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _beta_part(a, b, x) / a
    return 1.0 - front * _beta_part(b, a, 1.0 - x) / b


@kernel
def _count_above(x: float, mean: float, spread: float) -> float:
    """P(X ≥ x) of a count, also between whole numbers. spread: squared coefficient of variation; 0 is Poisson."""
    if x <= 0.0:
        return 1.0
    if spread * mean < 1e-6:
        return float(_gamma_below(x, mean))
    return float(_beta_below(x, 1.0 / spread, mean / (mean + 1.0 / spread)))


@kernel
def _share(which: int, x: float, a: float, b: float) -> float:
    """P(X ≤ x): 0 gamma (shape a, rate b), 1 beta; 2: P(X < x) of a count (mean a, spread b)."""
    if which == 0:
        return float(_gamma_below(a, b * x))
    return float(_beta_below(a, b, x)) if which == 1 else 1.0 - float(_count_above(x, a, b))


@kernel
def _fill(which: int, x: Floats, a: Floats, b: Floats, high: Floats, out: Floats) -> None:
    """Shares at x; where `high` isn't 0, the place below it whose share is x."""
    for i in range(len(out)):
        if high[i] == 0.0:
            out[i] = _share(which, x[i], a[i], b[i])
            continue
        low, top = 0.0, high[i]
        while top - low > 1e-10 * top:
            middle = 0.5 * (low + top)
            if _share(which, middle, a[i], b[i]) < x[i]:
                low = middle
            else:
                top = middle
        out[i] = 0.5 * (low + top)


def _filled(which: int, x: Some, a: Some, b: Some, high: Some = 0.0) -> Floats:
    x, a, b, high = (np.ascontiguousarray(one, np.float64) for one in np.broadcast_arrays(x, a, b, high))
    out = np.empty(x.shape)
    _fill(which, x, a, b, high, out)
    return out


def count_above(x: Some, mean: Some, spread: Some) -> Floats:
    """P(X ≥ x) of negative binomial counts, float64 (n,). mean above 0; spread: squared coefficient of variation."""
    return 1.0 - _filled(2, x, mean, spread)


def count_limit(level: float, mean: Floats, spread: float) -> Floats:
    """The x, between whole numbers too, that such counts stay below with a probability: float64 (n,)."""
    return _filled(2, level, mean, spread, mean + 10.0 + 60.0 * np.sqrt(mean + spread * mean * mean))


def gamma_below(shape: Some, rate: Some, x: float) -> Floats:
    """P(T ≤ x) of gamma variables, float64 (n,)."""
    return _filled(0, x, shape, rate)


def gamma_at(level: float, shape: Some, rate: Some) -> Floats:
    """Quantiles of gamma variables, float64 (n,)."""
    return _filled(0, level, shape, rate, (shape + 20.0 + 30.0 * np.sqrt(shape)) / rate)


def exact_interval(failed: int, tried: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share (Clopper and Pearson 1934). tried: 1 or more."""
    half, ones = (1.0 - level) / 2.0, np.ones(1)
    low = 0.0 if not failed else float(_filled(1, half, failed * ones, tried - failed + 1.0, 1.0)[0])
    high = 1.0 if failed == tried else float(_filled(1, 1.0 - half, failed + ones, float(tried - failed), 1.0)[0])
    return low, high
