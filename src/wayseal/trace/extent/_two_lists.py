"""Two lists of numbers, and any number of lists that share none.

Obligations (code and tests cite the numbers):
1. Chapman's estimator (n₁+1)(n₂+1)/(m+1) − 1 with Seber's variance (Chapman 1951; Seber 1970): nearly unbiased when
   n₁ + n₂ ≥ N or m ≥ 7 (Robson and Regier 1964). Its interval is log-normal above what was seen.
2. With an overlap below `EXACT_BELOW` that interval is too short (benchmarks). There it is the exact one of the
   hypergeometric distribution: totals under which neither so small nor so large an overlap is less probable than 2.5 %.
3. Without any overlap there is no upper limit, and no estimate is given: the lower limit is the smallest total under
   which so little overlap still has a probability of 2.5 %, exactly, list after list.
"""

import math
from collections.abc import Callable, Sequence

from wayseal.trace.extent._estimate import TAIL, Estimate, log_normal

EXACT_BELOW = 100


def chapman(first: int, second: int, both: int) -> Estimate:
    """The total from two lists and their overlap, at least 1 (obligations 1, 2); for 0 see `disjoint_lower_bound`."""
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
    """What lists that share no number say of the total: a lower limit alone (obligation 3). sizes: two or more."""
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
