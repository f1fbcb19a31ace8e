"""Tails of counts and of rates, also between whole numbers (DLMF 8.2.4, 8.17.2)."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaincinv, gammainc, gammaincinv

from wayseal.model.arrays import Floats

Some: TypeAlias = npt.NDArray[Any] | float
_POISSON = 1e-6
"""Variance that the spread adds, as a share of the mean, below which counts are Poisson."""
_HALVINGS = 60


def count_above(x: Some, mean: Some, spread: Some) -> Floats:
    """P(X ≥ x) of counts, float64 (n,). mean above 0; spread: squared coefficient of variation, 0 is Poisson."""
    x, mean, spread = np.broadcast_arrays(np.asarray(x, np.float64), mean, spread)
    few, some = spread * mean < _POISSON, np.maximum(x, 1e-300)
    shape = 1.0 / np.where(few, 1.0, spread)
    above = np.where(few, gammainc(some, mean), betainc(some, shape, mean / (mean + shape)))
    return np.where(x <= 0.0, 1.0, above)


def count_limit(level: float, mean: Floats, spread: float) -> Floats:
    """The x, between whole numbers too, that such counts stay below with a probability: float64 (n,)."""
    low, high = np.zeros_like(mean), mean + 10.0 + 60.0 * np.sqrt(mean + spread * mean * mean)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        below = 1.0 - count_above(middle, mean, spread) < level
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return 0.5 * (low + high)


def gamma_below(shape: Some, rate: Some, x: float) -> Floats:
    """P(T ≤ x) of gamma variables, float64 (n,)."""
    return np.asarray(gammainc(shape, rate * x))


def gamma_at(level: float, shape: Some, rate: Some) -> Floats:
    """Quantiles of gamma variables, float64 (n,)."""
    return np.asarray(gammaincinv(shape, level) / rate)


def exact_interval(failed: int, tried: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share (Clopper and Pearson 1934). tried: 1 or more."""
    half = (1.0 - level) / 2.0
    low = 0.0 if not failed else float(betaincinv(failed, tried - failed + 1, half))
    high = 1.0 if failed == tried else float(betaincinv(failed + 1, tried - failed, 1.0 - half))
    return low, high
