"""The size of the stock that purchases are drawn from, by how often the same number is sold twice.

1. d purchases, each a draw from S numbers that are all as likely and stay on sale; D of them differ. D is all that
   the data say of S (the birthday problem). The estimate is that of the likelihood, its interval the likelihood
   ratio's.
2. Without a repeat there is no estimate and no upper limit: the lower limit is the smallest stock under which d
   different numbers still have a probability of 2.5 %, exactly.
3. If all purchases are the same number the stock is at least 1; nothing below D is ever said.
"""

import math
from collections.abc import Callable

import numpy as np

from wayseal.trace.extent._estimate import CHI2, TAIL, Estimate

_FAR = 1e15


def estimate_stock(purchases: int, different: int) -> Estimate | None:
    """The stock by `purchases` of which `different` differ (rules 1 to 3); None for fewer than two purchases."""
    if purchases < 2:
        return None
    before = np.arange(different, dtype=np.float64)
    repeats = purchases - different

    def likelihood(size: float) -> float:
        return float(np.log1p(-before / size).sum()) - repeats * math.log(size)

    if not repeats:
        low = _root(lambda size: likelihood(size) - math.log(TAIL), different, _FAR)
        return Estimate(value=math.nan, low=float(max(different, math.ceil(low - 1e-6))), high=math.inf)

    def falling(size: float) -> float:
        return repeats - float((before / (size - before)).sum())

    value = float(different) if falling(different) >= 0 else _root(falling, different, _FAR)
    edge = likelihood(value) - CHI2 / 2
    low = float(different) if likelihood(different) >= edge else _root(lambda s: likelihood(s) - edge, different, value)
    return Estimate(value=value, low=low, high=_root(lambda s: edge - likelihood(s), value, _FAR))


def _root(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that rises from below 0 to above it crosses; bisection on a logarithmic scale."""
    low, high = math.log(low), math.log(high)
    for _ in range(80):
        middle = (low + high) / 2
        if rising(math.exp(middle)) < 0:
            low = middle
        else:
            high = middle
    return math.exp(high)
