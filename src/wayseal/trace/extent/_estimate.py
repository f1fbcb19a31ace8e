"""An estimate with its interval, and what intervals are made of."""

import math
from dataclasses import dataclass

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
