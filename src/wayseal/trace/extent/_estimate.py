"""An estimate with its interval, and Chao's lower bound: how many there are at least, whatever their chances.

1. From how many were caught by exactly one list (f₁) and by exactly two (f₂) of t: n + (t−1)/t · f₁(f₁−1) / 2(f₂+1),
   the bias-corrected form (Chao 1987, 2005). Where chances differ it falls short on average, never long.
2. It is a bound also where lists depend on each other positively; where they avoid each other it may overstate.
"""

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
