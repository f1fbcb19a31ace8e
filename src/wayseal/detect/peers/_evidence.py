"""How far an account's odd counts speak for reads that are not work: a Bayes factor, day by day.

Two stories of an account's days since a day t. Work: its count is what a person like this does; how often this one does
it is learnt from every day. Pulling: up to t it was work, and since then a constant number of odd reads a day comes on
top, unknown how many. The evidence is the logarithm of how much more probable the days are under the second, for the
t that makes it largest; what would be below 0 is 0, and the story begins anew.

Obligations (code and tests cite the numbers):
1. Evidence on a day hangs on that day and those before it.
2. Whoever pulls teaches nothing: pulling is weighed against what was learnt before t.
3. What work may be learnt to be is bounded: a rate above FAR times the group's spread is never taken for usual, unless
   somebody has said that it is work (`cleared`).
4. Evidence is of four weeks at most.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from wayseal.detect.peers._fit import WEEKS, Floats, Ints, Longs, Usual
from wayseal.model.jit import kernel

Flags: TypeAlias = npt.NDArray[np.bool_]
EXTRA: Floats = np.array([1.5 * 2.0**k for k in range(15)])
"""Odd reads a day that come on top: what is thought possible, each as likely."""
FAR = 7.0
_UNEVEN = 0.25
"""Squared coefficient of variation of what comes on top, from day to day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """float64 (a, d) in nats: total on each day's end. since: int64 (a, d), column of t. usual: expected odd count."""

    total: Floats
    since: Longs
    usual: Floats


@kernel
def _log_nb(y: float, mean: float, shape: float) -> float:
    """Logarithm of the negative binomial probability of y."""
    return (
        math.lgamma(y + shape) - math.lgamma(shape) - math.lgamma(y + 1.0)
        + shape * math.log(shape / (shape + mean)) + y * math.log(mean / (shape + mean))
    )  # fmt: skip


@kernel
def log_work(y: float, n: float, alpha: float, beta: float, within: float) -> float:
    """Logarithm of the probability of a day's count y of n for somebody whose rate is Gamma(alpha, beta)."""
    return float(_log_nb(y, max(alpha / beta * n, 1e-9), 1.0 / (1.0 / alpha + within)))


@kernel
def log_pull(y: float, n: float, alpha: float, beta: float, within: float, extra: float, uneven: float) -> float:
    """The same with `extra` odd reads a day on top."""
    usual = alpha / beta * n
    mean = usual + extra
    spread = usual * usual * (1.0 / alpha + within) + extra * extra * uneven
    return float(_log_nb(y, mean, mean * mean / spread))


@kernel
def _log_sum(values: Floats) -> float:
    top = values.max()
    total = 0.0
    for value in values:
        total += math.exp(value - top)
    return float(top + math.log(total))


@kernel
def _account(
    odd: Longs, base: Floats, rate: Floats, between: Floats, within: Floats, cleared: Flags, extra: Floats,
    far: float, uneven: float, weeks: int, total: Floats, since: Longs, usual: Floats,
) -> None:  # fmt: skip
    """Evidence of one account, day by day: all arrays (d,)."""
    days, extras = len(odd), len(extra)
    share, step = np.zeros(extras), np.zeros(days)
    seen = np.zeros(extras)
    alpha = beta = kept_a = kept_b = 0.0
    now, t = 0.0, 0
    for d in range(days):
        prior_a = 1.0 / between[d]
        prior_b = prior_a / rate[d]
        if odd[d] == 0 and base[d] <= 0.0:
            total[d], since[d] = now, t
            continue
        y, n = float(odd[d]), max(base[d], 1e-9)
        work = log_work(y, n, prior_a + alpha, prior_b + beta, within[d])
        for j in range(extras):
            seen[j] = share[j] + log_pull(y, n, prior_a + kept_a, prior_b + kept_b, within[d], extra[j], uneven)
        pull = _log_sum(seen) - _log_sum(share)
        usual[d] = (prior_a + kept_a) / (prior_b + kept_b) * n
        mean = (prior_a + alpha) / (prior_b + beta) * n
        weight = 1.0 / (1.0 + mean * within[d])
        alpha, beta = alpha + weight * y, beta + weight * n
        most = rate[d] * (1.0 + far * math.sqrt(between[d]))
        if not cleared[d] and (prior_a + alpha) / (prior_b + beta) > most:
            alpha = max(0.0, most * (prior_b + beta) - prior_a)
        step[d] = pull - work
        now += step[d]
        share[:] = seen
        while d - t >= weeks:
            now -= step[t]
            t += 1
        if now <= 0.0 or cleared[d]:
            now, t = 0.0, d + 1
            share[:] = 0.0
            kept_a, kept_b = alpha, beta
        total[d], since[d] = now, t


@kernel
def _all(
    odd: Longs, base: Floats, group: Ints, rate: Floats, between: Floats, within: Floats, cleared: Flags, extra: Floats,
    far: float, uneven: float, weeks: int, total: Floats, since: Longs, usual: Floats,
) -> None:  # fmt: skip
    for a in range(len(odd)):
        g = group[a]
        _account(
            odd[a], base[a], rate[g], between[g], within[g], cleared[a], extra, far, uneven, weeks, total[a], since[a],
            usual[a],
        )  # fmt: skip


def evidence(odd: Longs, base: Floats, group: Ints, usual: Usual, cleared: Flags | None = None) -> Evidence:
    """Evidence of all accounts. odd, base: (a, d); group: (a,); cleared: (a, d), days said to be work (none: no day)."""
    a, d = odd.shape
    out = Evidence(total=np.zeros((a, d)), since=np.zeros((a, d), np.int64), usual=np.zeros((a, d)))
    none = np.zeros((a, d), np.bool_) if cleared is None else cleared
    _all(
        np.ascontiguousarray(odd), np.ascontiguousarray(base, np.float64), group, usual.rate, usual.between,
        usual.within, none, EXTRA, FAR, _UNEVEN, WEEKS, out.total, out.since, out.usual,
    )  # fmt: skip
    return out
