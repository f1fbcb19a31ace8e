"""Older ways to name a leaker, written out: what the tracer has to beat.

All see the same logged reads before the sale as the tracer, and the same volumes.
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]


def count(source: Ints, candidates: int) -> Floats:
    """Score by how many leaks the account saw; `source` of distinct (account, leak) pairs."""
    return np.bincount(source, minlength=candidates).astype(np.float64)


def guilt(source: Ints, leak: Ints, candidates: int, *, p: float = 0.2) -> Floats:
    """Guilt model: 1 - Π (1 - (1-p)/|V_t|) (Papadimitriou and Garcia-Molina, TKDE 2011)."""
    holders = np.bincount(leak, minlength=int(leak.max(initial=0)) + 1)
    miss = np.log1p(-(1 - p) / np.maximum(holders[leak], 1))
    return -np.expm1(np.bincount(source, weights=miss, minlength=candidates))


def odds_ratio(seen: Floats, leaks: int, volume: Floats, size: float) -> Floats:
    """Odds of a leak among what the account saw against the rest; half a count in each cell."""
    other = volume - seen
    missed = leaks - seen
    rest = size - volume - missed
    return np.asarray((seen + 0.5) * (rest + 0.5) / ((other + 0.5) * (missed + 0.5)), np.float64)


def fisher(seen: Floats, leaks: int, volume: Floats, size: float) -> Floats:
    """One-sided Fisher test: log10 p that so many of the leaks were seen by chance (≤ 0)."""
    out = np.zeros(len(seen))
    for place, (hit, views) in enumerate(zip(seen, volume, strict=True)):
        terms = [
            _log_choose(views, h) + _log_choose(size - views, leaks - h)
            for h in range(int(hit), int(min(leaks, views)) + 1)
            if leaks - h <= size - views
        ]
        if terms:
            top = max(terms)
            log_p = top + math.log(sum(math.exp(t - top) for t in terms))
            out[place] = min((log_p - _log_choose(size, leaks)) / math.log(10), 0.0)
    return out


def benjamini_hochberg(log10_p: Floats, tests: int, *, level: float = 0.05) -> NDArray[np.bool_]:
    """Which tests are called at a false discovery rate; the tests not listed have p = 1."""
    order = np.argsort(log10_p, kind="stable")
    limit = np.log10(level * np.arange(1, len(order) + 1) / tests)
    below = np.flatnonzero(log10_p[order] <= limit)
    called = np.zeros(len(order), bool)
    if len(below):
        called[order[: below[-1] + 1]] = True
    return called


def _log_choose(n: float, k: float) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
