"""How far an account's odd counts speak for reads that are not work: a Bayes factor, day by day.

Stories of an account's days since a day t. Work: its count is what a person like this does, or a burst; how often this
one does it, and how often it has bursts, is learnt from every day. One in many (ODD_WORK) has work that no table knows,
of up to STEADY a day, since it was first seen. New work: since t it does what any of its peers may
do, which happens seldom (ANEW). Pulling: up to t it was work, and since then a constant number of odd reads a day comes
on top, unknown how many. The evidence is the logarithm of how much more probable the days are under pulling than under
the other two. What would be below 0 is 0, and the story begins anew; so it does where the day alone says more than the
story that ends on it.

Obligations (code and tests cite the numbers):
1. Evidence on a day hangs on that day and those before it.
2. Whoever pulls teaches nothing: pulling is weighed against what was learnt before t.
3. What work may be learnt to be is bounded: a rate above FAR times the group's spread is never taken for usual, and
   bursts not for more than FEW in four weeks, unless somebody has said that it is work (`cleared`).
4. Evidence is of four weeks at most, read or not: then the story begins anew.
5. Before its first odd read there is no evidence of an account.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from wayseal.detect.peers._fit import FEW, FITTED, WEEKS, Floats, Ints, Longs, Usual
from wayseal.model.jit import kernel

Flags: TypeAlias = npt.NDArray[np.bool_]
EXTRA: Floats = np.array([1.5 * 2.0**k for k in range(15)])
"""Odd reads a day that come on top: what is thought possible, each as likely."""
FAR = 12.0
ANEW = 5e-3
"""How probable it is on a day that somebody begins other work."""
ODD_WORK, STEADY = 2e-3, 100.0
_UNEVEN = 0.25
"""Squared coefficient of variation of what comes on top, from day to day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """float64 (a, d) in nats: total on each day's end. since: int64 (a, d), column of t."""

    total: Floats
    since: Longs


@kernel
def _log_nb(y: float, mean: float, shape: float) -> float:
    """Logarithm of the negative binomial probability of y."""
    none = shape * math.log(shape / (shape + mean))
    if y == 0.0:
        return none
    ways = math.lgamma(y + shape) - math.lgamma(shape) - math.lgamma(y + 1.0)
    return ways + none + y * math.log(mean / (shape + mean))


@kernel
def log_work(y: float, n: float, alpha: float, beta: float, within: float) -> float:
    """Logarithm of the probability of an ordinary day's count y of n for somebody whose rate is Gamma(alpha, beta)."""
    return float(_log_nb(y, max(alpha / beta * n, 1e-9), 1.0 / (1.0 / alpha + within)))


@kernel
def log_burst(y: float, size: float) -> float:
    """Logarithm of the probability of a burst's count: geometric from 1 on."""
    return float(-math.log(size) + (y - 1.0) * math.log(1.0 - 1.0 / size)) if y >= 1.0 else -700.0


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
def _add(a: float, b: float) -> float:
    """Logarithm of the sum of two probabilities, given as logarithms."""
    return float(max(a, b) + math.log1p(math.exp(-abs(a - b))))


@kernel
def _pulled(y: float, n: float, alpha: float, beta: float, within: float, extra: Floats, out: Floats) -> None:
    """Adds what a day says of each number of reads on top, the first len(out)."""
    for j in range(len(out)):
        out[j] += log_pull(y, n, alpha, beta, within, extra[j], _UNEVEN)


@kernel
def _against(pulled: Floats, work: float, anew: float) -> float:
    """Evidence: what days say of pulling, against what they say of work and of new work."""
    return _log_sum(pulled) - math.log(float(len(pulled))) - _add(work, math.log(ANEW) + anew)


@kernel
def _ordinarily(y: float, n: float, alpha: float, beta: float, within: float, alike: Floats, fits: Floats) -> float:
    """What a day says of this person's work, with days as its peers have them and with more even ones.

    alike: what the days so far say of each of the two; fits: the same with this day, for the caller.
    """
    fits[0] = alike[0] + log_work(y, n, alpha, beta, within)
    fits[1] = alike[1] + log_work(y, n, alpha, beta, min(within, _UNEVEN))
    return _log_sum(fits) - _log_sum(alike)


@kernel
def _learnt(
    y: float, n: float, prior_a: float, prior_b: float, alpha: float, beta: float, within: float, ordinary: float
) -> tuple[float, float]:
    """What is known of a person's rate, with a day more; ordinary: how probable it is that the day was such a one."""
    weight = ordinary / (1.0 + (prior_a + alpha) / (prior_b + beta) * n * within)
    return alpha + weight * y, beta + weight * n


@kernel
def _account(
    odd: Longs, base: Floats, usual: Floats, cleared: Flags, extra: Floats, total: Floats, since: Longs
) -> None:
    """Evidence of one account, day by day: usual (5, d), rate, between, within, burst, size; else (d,)."""
    share, today = np.zeros(len(extra)), np.zeros(len(extra))
    ever = np.zeros(int(np.sum(extra <= STEADY)))
    # Some people's days are more alike than their peers': which is learnt, so that evenness itself is no sign.
    alike, fits = np.zeros(2), np.zeros(2)
    alpha = beta = kept_a = kept_b = new_a = new_b = bursts = lived = ordinarily = 0.0
    as_ever = before = as_new = granted = 0.0
    now, t, any_odd = 0.0, 0, False
    for d in range(len(odd)):
        if now <= 0.0 or d - t >= WEEKS:
            now, t, before, as_new = 0.0, d, as_ever, 0.0
            share[:] = 0.0
            kept_a, kept_b, new_a, new_b = alpha, beta, 0.0, 0.0
        if odd[d] == 0 and base[d] <= 0.0:
            total[d], since[d] = now, t
            continue
        any_odd = any_odd or odd[d] > 0
        rate, between, within, burst, size = usual[0, d], usual[1, d], usual[2, d], usual[3, d], max(usual[4, d], 1.5)
        prior_a, prior_b = 1.0 / between, 1.0 / between / rate
        y, n = float(odd[d]), max(base[d], 1e-9)
        # A person's share of burst days is Beta-distributed around the group's, worth half a burst.
        often = min((0.5 + bursts) / (0.5 / burst + lived), FEW / WEEKS)
        rest = math.log(1.0 - often)
        plain = rest + _ordinarily(y, n, prior_a + alpha, prior_b + beta, within, alike, fits)
        burst_day = math.log(often) + log_burst(y, size)
        work = _add(plain, burst_day)
        ordinarily += work
        up_to_now = as_ever
        _pulled(y, n, prior_a, prior_b, within, extra, ever)
        as_ever = _add(ordinarily, math.log(ODD_WORK / len(ever)) + _log_sum(ever))
        as_new += _add(rest + log_work(y, n, prior_a + new_a, prior_b + new_b, within), burst_day)
        _pulled(y, n, prior_a + kept_a, prior_b + kept_b, within, extra, share)
        now = _against(share, as_ever - before, as_new)
        if t < d and y > (prior_a + alpha) / (prior_b + beta) * n:
            today[:] = 0.0
            _pulled(y, n, prior_a + alpha, prior_b + beta, within, extra, today)
            anew = _add(rest + log_work(y, n, prior_a, prior_b, within), burst_day)
            alone = _against(today, as_ever - up_to_now, anew)
            if alone > now:
                now, t, before, as_new = alone, d, up_to_now, anew
                share[:] = today
                kept_a, kept_b, new_a, new_b = alpha, beta, 0.0, 0.0
        ordinary = 1.0 if cleared[d] else math.exp(plain - work)
        even = math.exp(alike[1] - _log_sum(alike))
        varies = even * min(within, _UNEVEN) + (1.0 - even) * within
        for k in range(2):
            alike[k] += ordinary * (fits[k] - alike[k])
        alpha, beta = _learnt(y, n, prior_a, prior_b, alpha, beta, varies, ordinary)
        new_a, new_b = _learnt(y, n, prior_a, prior_b, new_a, new_b, within, ordinary)
        bursts, lived = bursts + 1.0 - ordinary, lived + 1.0
        if cleared[d]:
            now, granted = 0.0, max(granted, (prior_a + alpha) / (prior_b + beta))
        most = max(rate * (1.0 + FAR * math.sqrt(between)), granted)
        alpha = min(alpha, max(0.0, most * (prior_b + beta) - prior_a))
        new_a = min(new_a, max(0.0, most * (prior_b + new_b) - prior_a))
        now = max(now, 0.0) if any_odd else 0.0
        total[d], since[d] = now, t


@kernel
def _all(
    odd: Longs, base: Floats, group: Ints, usual: Floats, cleared: Flags, extra: Floats, total: Floats, since: Longs
) -> None:
    for a in range(len(odd)):
        if odd[a].any():
            _account(odd[a], base[a], usual[:, group[a]], cleared[a], extra, total[a], since[a])
        else:
            since[a] = np.arange(len(odd[a]))


def evidence(odd: Longs, base: Floats, group: Ints, usual: Usual, cleared: Flags | None = None) -> Evidence:
    """Evidence of all accounts. odd, base: (a, d); group: (a,); cleared: (a, d), days that were said to be work."""
    a, d = odd.shape
    out = Evidence(total=np.zeros((a, d)), since=np.zeros((a, d), np.int64))
    none = np.zeros((a, d), np.bool_) if cleared is None else cleared
    fitted = np.stack([getattr(usual, name) for name in FITTED])
    _all(
        np.ascontiguousarray(odd), np.ascontiguousarray(base, np.float64), group, fitted, none, EXTRA, out.total,
        out.since,
    )  # fmt: skip
    return out
