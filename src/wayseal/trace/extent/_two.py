"""Two lists of numbers, and any number of lists that share none.

Obligations (code and tests cite the numbers):
1. Chapman's estimator (n₁+1)(n₂+1)/(m+1) − 1 with Seber's variance (Chapman 1951; Seber 1970): nearly unbiased when
   n₁ + n₂ ≥ N, and at most slightly so when m ≥ 7 (Robson and Regier 1964). Its interval is log-normal above what was
   seen.
2. Without any overlap there is no upper limit, and no estimate is given: the lower limit is the smallest total under
   which so little overlap still has a probability of 2.5 %, exactly (hypergeometric, list after list).
"""

import math
from collections.abc import Sequence

from wayseal.trace.extent._estimate import TAIL, Estimate, log_normal


def chapman(first: int, second: int, both: int) -> Estimate:
    """The total from two lists and their overlap, at least 1 (obligation 1); for 0 see `apart`."""
    value = (first + 1) * (second + 1) / (both + 1) - 1
    top = (first + 1) * (second + 1) * (first - both) * (second - both)
    variance = top / ((both + 1) ** 2 * (both + 2))
    return log_normal(first + second - both, value, variance)


def lincoln_petersen(first: int, second: int, both: int) -> Estimate:
    """The textbook's n₁n₂/m with its symmetric normal interval: the baseline of benchmarks. inf for m = 0."""
    if both == 0:
        return Estimate(value=math.inf, low=math.inf, high=math.inf)
    value = first * second / both
    half = 1.959963984540054 * math.sqrt(first * second * (first - both) * (second - both) / both**3)
    return Estimate(value=value, low=value - half, high=value + half)


def apart(sizes: Sequence[int]) -> Estimate:
    """What lists that share no number say of the total: a lower limit alone (obligation 2). sizes: two or more."""
    seen = sum(sizes)
    low, high = seen, 2 * seen
    while _disjoint(sizes, high) < math.log(TAIL):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _disjoint(sizes, middle) < math.log(TAIL) else (low, middle)
    return Estimate(value=math.nan, low=float(high), high=math.inf)


def _disjoint(sizes: Sequence[int], total: int) -> float:
    """Log probability that lists drawn from so many numbers share none."""
    log_p, taken = 0.0, 0
    for size in sizes:
        log_p += _log_choose(total - taken, size) - _log_choose(total, size)
        taken += size
    return log_p


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
