"""The usual among peers and for oneself, and how far what is not speaks for pulling.

How far an account's odd counts speak for reads that are not work: a Bayes factor, day by day.

Stories of an account's days since a day t. Work: its count is what a person like this does, or a burst; how often this
one does it, and how often it has bursts, is learnt from every day. One in many (ODD_WORK, or fewer where so much is
rare among peers) has work that no table knows, of up to STEADY a day, since it was first seen. New work: since t it
does what any of its peers may do, which happens seldom (ANEW). Shared work: since t it does what many of its role have
done at some time. Pulling: up to t it was work, and since then a constant
number of odd reads a day comes on top, unknown how many, and bursts as ever. The evidence is the logarithm of how much
more probable the days are under pulling than under the others. What would be below 0 is 0, and the story begins
anew. Beside it goes a second story, which begins on a day with more than is usual: with that which says most by itself.
The evidence is that of the one that says more.

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

import numpy as np

from wayseal.detect.peers._fit import FEW, FITTED, WEEKS, Usual, fit
from wayseal.model.arrays import Flags, Floats, Ints, Longs
from wayseal.model.runtime import kernel

__all__ = ["AGES", "FITTED", "WEEKS", "Causes", "DailyEvidence", "Usual", "evidence", "fit", "stack", "weigh"]


EXTRA: Floats = np.array([4.0 * 2.0**k for k in range(14)])
"""Odd reads a day that come on top: what is thought possible, each as likely."""
FAR = 12.0
ANEW = 5e-3
"""How probable it is on a day that somebody begins other work."""
ODD_WORK, STEADY = 2e-3, 100.0
LARGE, REPORTS = 0.2, 0.002
"""Of accounts whose work no table knows: share of bursts that may be of any size (reports, audits, a day of catching
up), and how many bursts a day they have at the least."""
_DECADES = math.log(50_000.0)
_SMALL, _APART, _NEARLY = 16.0, 50.0, 1e-9
"""Counts up to which ways are multiplied, which is faster; logarithms so far apart that the lesser adds nothing; nats
within which it is worked out in full."""
_UNEVEN = 0.25
"""Squared coefficient of variation of what comes on top, from day to day."""
_NATS, _SINCE, _BEFORE, _AS_NEW, _KEPT_A, _KEPT_B, _NEW_A, _NEW_B, _UNKNOWN = range(9)
"""A story: evidence, its first day, and what was so before it (the days as work; what was learnt, as gamma); what its
days say of new work, and what new work would have taught; how probable work that no table knows was as it began."""


AGES: Longs = np.array([0, 1, 2, 4, 8, 16])
"""Days since its first on which it is asked again with whom a story is shared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Causes:
    """How probable innocent causes of many odd reads are.

    Attributes:
        unknown: That no table knows the account's work, float64 (a, d).
        steady: That it has as many by its work, float64 (a, d).
        shared: That it has begun what others of its role have done, too, as one saw AGES days later, float64 (a, d,
            AGES), by the day on which it began.
    """

    unknown: Floats
    steady: Floats
    shared: Floats

    def until(self, actor: int, day: int) -> "Causes":
        """Those of one account, up to a day."""
        part = slice(actor, actor + 1), slice(None, day + 1)
        return Causes(unknown=self.unknown[part], steady=self.steady[part], shared=self.shared[part])


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyEvidence:
    """float64 (a, d) in nats: total on each day's end. since: int64 (a, d), column of t."""

    total: Floats
    since: Longs


@kernel
def _log_nb(y: float, mean: float, shape: float) -> float:
    """Logarithm of the negative binomial probability of y."""
    none = shape * math.log(shape / (shape + mean))
    if y == 0.0:
        return none
    if y <= _SMALL:
        product = 1.0
        for k in range(int(y)):
            product *= (shape + k) / (k + 1.0)
        ways = math.log(product)
    else:
        ways = math.lgamma(y + shape) - math.lgamma(shape) - math.lgamma(y + 1.0)
    return ways + none + y * math.log(mean / (shape + mean))


@kernel
def log_work(y: float, n: float, alpha: float, beta: float, within: float) -> float:
    """Logarithm of the probability of an ordinary day's count y of n for somebody whose rate is Gamma(alpha, beta)."""
    return float(_log_nb(y, max(alpha / beta * n, 1e-9), 1.0 / (1.0 / alpha + within)))


@kernel
def log_burst(y: float, size: float, large: float) -> float:
    """Logarithm of the probability of a burst's count: geometric from 1 on; of a share `large` of any magnitude."""
    if y < 1.0:
        return -700.0
    usual = float(-math.log(size) + (y - 1.0) * math.log(1.0 - 1.0 / size))
    if large <= 0.0:
        return usual
    return float(_add(math.log1p(-large) + usual, math.log(large / _DECADES) - math.log(y)))


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
    apart = abs(a - b)
    return float(max(a, b)) if apart > _APART else float(max(a, b) + math.log1p(math.exp(-apart)))


@kernel
def _pulled(
    y: float, n: float, alpha: float, beta: float, within: float, extra: Floats, rest: float, burst_day: float,
    out: Floats,
) -> None:  # fmt: skip
    """Adds what a day says of each number of reads on top, the first len(out); it may be a burst all the same."""
    for j in range(len(out)):
        out[j] += _add(rest + log_pull(y, n, alpha, beta, within, extra[j], _UNEVEN), burst_day)


@kernel
def _tell_more(
    start: int, stop: int, odd: Longs, base: Floats, usual: Floats, extra: Floats, few: int, bursts: Floats,
    ever: Floats,
) -> int:  # fmt: skip
    """Adds what days say of the large numbers of reads on top, from `few` on: seldom needed, so put off until it is."""
    for d in range(start, stop):
        if odd[d] != 0 or base[d] > 0.0:
            a, b = 1.0 / usual[1, d], 1.0 / usual[1, d] / usual[0, d]
            y, n = float(odd[d]), max(base[d], 1e-9)
            _pulled(y, n, a, b, usual[2, d], extra[few:], bursts[0, d], bursts[1, d], ever[few:])
    return stop


@kernel
def _ordinarily(y: float, n: float, alpha: float, beta: float, within: float, alike: Floats, fits: Floats) -> float:
    """The evidence of a day on this person's work, with days as its peers have them and with more even ones.

    alike: what the days so far say of each of the two; fits: the same with this day, for the caller.
    """
    fits[0] = alike[0] + log_work(y, n, alpha, beta, within)
    fits[1] = alike[1] + log_work(y, n, alpha, beta, min(within, _UNEVEN))
    return _log_sum(fits) - _log_sum(alike)


@kernel
def _learnt(
    y: float, n: float, prior_a: float, prior_b: float, alpha: float, beta: float, within: float, ordinary: float
) -> tuple[float, float]:
    """Update a person's rate by one more day; ordinary: how probable it is that the day was such a one."""
    weight = ordinary / (1.0 + (prior_a + alpha) / (prior_b + beta) * n * within)
    return alpha + weight * y, beta + weight * n


@kernel
def _copy(of: Floats, into: Floats) -> None:
    """One by one: what NumPy says of shapes that don't fit takes the compiler two seconds."""
    for k in range(len(into)):
        into[k] = of[k]


@kernel
def _begun(
    stories: Floats, shares: Floats, day: int, as_ever: float, ever: float, unknown: float, steady: float, alpha: float,
    beta: float,
) -> None:  # fmt: skip
    """Ends what says nothing any more or is too old; the younger story takes the older one's place, else one begins."""
    for k in range(2):
        if day - stories[k, _SINCE] >= WEEKS:
            stories[k, _NATS] = 0.0
    if stories[0, _NATS] <= 0.0:
        _copy(stories[1], stories[0])
        _copy(shares[1], shares[0])
        stories[1, _NATS] = 0.0
    if stories[0, _NATS] <= 0.0:
        _begin(stories[0], shares[0], day, as_ever, ever, unknown, steady, alpha, beta)


@kernel
def _begin(
    story: Floats, share: Floats, day: int, as_ever: float, ever: float, unknown: float, steady: float, alpha: float,
    beta: float,
) -> None:  # fmt: skip
    """A story that begins on a day. as_ever, ever: what the days before say of ordinary work, and of unknown work."""
    story.fill(0.0)
    share.fill(0.0)
    story[_SINCE], story[_KEPT_A], story[_KEPT_B], story[_UNKNOWN] = day, alpha, beta, unknown
    story[_BEFORE] = _with_unknown(as_ever, ever, unknown * steady)


@kernel
def _with_unknown(as_ever: float, ever: float, unknown: float) -> float:
    """The evidence of days on work, where it may be such as no table knows."""
    return _add(as_ever, math.log(unknown) + ever) if unknown > 0.0 else as_ever


@kernel
def _told(
    story: Floats, share: Floats, y: float, n: float, prior_a: float, prior_b: float, within: float, extra: Floats,
    as_ever: float, known: float, steady: float, shared: float, rest: float, burst_day: float,
) -> None:  # fmt: skip
    """A story with a day more.

    as_ever, known: what all days say of ordinary work, and of work that no table knows. steady, shared: how probable it
    is that work is as much, and that it is shared. rest, burst_day: logarithms of what a day of no burst has, and of a
    burst's count.
    """
    anew = rest + log_work(y, n, prior_a + story[_NEW_A], prior_b + story[_NEW_B], within)
    story[_AS_NEW] += _add(anew, burst_day)
    _pulled(y, n, prior_a + story[_KEPT_A], prior_b + story[_KEPT_B], within, extra, rest, burst_day, share)
    work = _add(
        _with_unknown(as_ever, known, story[_UNKNOWN] * steady) - story[_BEFORE], math.log(ANEW) + story[_AS_NEW]
    )
    pulled = _log_sum(share) - math.log(float(len(share)))
    story[_NATS] = pulled - (_add(work, math.log(shared) + pulled) if shared > 0.0 else work)


@kernel
def _says_nothing(
    story: Floats, y: float, n: float, prior_a: float, prior_b: float, within: float, extra: Floats, as_ever: float,
    known: float, steady: float, rest: float, burst_day: float,
) -> bool:  # fmt: skip
    """True if a story that begins today has no evidence at its end; `_told` says so, too, at several times the cost.

    Most days of most accounts are like that. What `_told` weighs it against beside work as ever makes it only less.
    """
    if y > _SMALL:
        return False
    work = _with_unknown(as_ever, known, story[_UNKNOWN] * steady) - story[_BEFORE] - _NEARLY
    alpha, usual = prior_a + story[_KEPT_A], (prior_a + story[_KEPT_A]) / (prior_b + story[_KEPT_B]) * n
    own, total = usual * usual * (1.0 / alpha + within), 0.0
    if y == 0.0:
        # No number of reads on top makes a day without any more probable than the least, at the most varying.
        mean = usual + extra[0]
        varies = max((own + extra[0] * extra[0] * _UNEVEN) / (mean * mean), _UNEVEN)
        return bool(rest - math.log1p(mean * varies) / varies < work)
    for more in extra:
        mean = usual + more
        shape = mean * mean / (own + more * more * _UNEVEN)
        none = shape / (shape + mean)
        product = math.exp(shape * math.log(none))
        for k in range(int(y)):
            product *= (shape + k) / (k + 1.0) * (1.0 - none)
        total += product
    return bool(math.log(math.exp(rest) * total / len(extra) + math.exp(burst_day)) < work)


@kernel
def _shared_by(shared: Floats, since: float, day: int) -> float:
    """How probable it is that what began on a day is shared work, as one sees it on a later day."""
    last = 0
    for k in range(len(AGES)):
        if AGES[k] <= day - since:
            last = k
    return float(shared[int(since), last])


@kernel
def _go_on(
    stories: Floats, shares: Floats, young: Floats, today: Floats, day: int, more: bool, y: float, n: float,
    prior_a: float, prior_b: float, within: float, extra: Floats, as_ever: float, known: float, steady: float,
    shared: Floats, rest: float, burst_day: float,
) -> None:  # fmt: skip
    """Both stories with a day more, and the young one in the second's place, if it says more.

    more: the day has more than is usual; without, no second story begins. shared: (d, AGES).
    """
    for k in range(2):
        if (
            k == 0
            and stories[k, _SINCE] == day
            and _says_nothing(
                stories[k], y, n, prior_a, prior_b, within, extra, as_ever, known, steady, rest, burst_day
            )
        ):
            continue
        if k == 0 or stories[k, _NATS] > 0.0:
            with_others = _shared_by(shared, stories[k, _SINCE], day)
            _told(
                stories[k], shares[k], y, n, prior_a, prior_b, within, extra, as_ever, known, steady, with_others, rest,
                burst_day,
            )  # fmt: skip
    if more and stories[0, _SINCE] < day:
        with_others = shared[day, 0]
        _told(
            young, today, y, n, prior_a, prior_b, within, extra, as_ever, known, steady, with_others, rest, burst_day
        )  # fmt: skip
        if young[_NATS] > max(stories[1, _NATS], 0.0):
            _copy(young, stories[1])
            _copy(today, shares[1])


@kernel
def _learn_anew(
    stories: Floats, y: float, n: float, prior_a: float, prior_b: float, within: float, ordinary: float, most: float
) -> None:
    """The lesson of a day on new work, of a rate of `most` at the most."""
    for story in stories:
        a, b = _learnt(y, n, prior_a, prior_b, story[_NEW_A], story[_NEW_B], within, ordinary)
        story[_NEW_A], story[_NEW_B] = min(a, max(0.0, most * (prior_b + b) - prior_a)), b


@kernel
def _account(
    odd: Longs, base: Floats, usual: Floats, unknown: Floats, steady: Floats, shared: Floats, cleared: Flags,
    extra: Floats, total: Floats, since: Longs,
) -> None:  # fmt: skip
    """Evidence of one account by day. usual: (5, d), as in `FITTED`; shared: (d, AGES); all else (d,)."""
    stories, shares, young, today = np.zeros((2, 9)), np.zeros((2, len(extra))), np.zeros(9), np.zeros(len(extra))
    ever, few, told = np.zeros(len(extra)), int(np.sum(extra <= STEADY)), 0
    # Some people's days are more alike than their peers': which is learnt, so that evenness itself is no sign.
    alike, fits = np.zeros(2), np.zeros(2)
    burst_days, any_odd, always = np.zeros((2, len(odd))), False, 0.0
    alpha = beta = bursts = lived = ordinarily = as_ever = granted = 0.0
    for d in range(len(odd)):
        if unknown[d] > 0.0:
            told = _tell_more(told, d, odd, base, usual, extra, few, burst_days, ever)
            always = _log_sum(ever) - math.log(float(len(ever)))
        _begun(stories, shares, d, as_ever, always, unknown[d], steady[d], alpha, beta)
        if odd[d] == 0 and base[d] <= 0.0:
            total[d], since[d] = _most(stories)
            continue
        any_odd = any_odd or odd[d] > 0
        rate, between, within, burst, size = usual[0, d], usual[1, d], usual[2, d], usual[3, d], max(usual[4, d], 1.5)
        prior_a, prior_b = 1.0 / between, 1.0 / between / rate
        y, n = float(odd[d]), max(base[d], 1e-9)
        # A person's share of burst days is Beta-distributed around the group's, worth half a burst.
        any_size = unknown[d] * steady[d]
        burst = max(burst, any_size * REPORTS)
        often = min((0.5 + bursts) / (0.5 / burst + lived), FEW / WEEKS)
        rest, burst_day = math.log(1.0 - often), math.log(often) + log_burst(y, size, any_size * LARGE)
        plain = rest + _ordinarily(y, n, prior_a + alpha, prior_b + beta, within, alike, fits)
        work = _add(plain, burst_day)
        ordinarily += work
        burst_days[0, d], burst_days[1, d] = rest, burst_day
        _pulled(y, n, prior_a, prior_b, within, extra, rest, burst_day, ever[:few])
        _begin(young, today, d, as_ever, always, unknown[d], steady[d], alpha, beta)
        as_ever = _add(ordinarily, math.log(min(steady[d], ODD_WORK) / few) + _log_sum(ever[:few]))
        if unknown[d] > 0.0 or stories[0, _UNKNOWN] > 0.0 or stories[1, _UNKNOWN] > 0.0:
            told = _tell_more(told, d + 1, odd, base, usual, extra, few, burst_days, ever)
            always = _log_sum(ever) - math.log(float(len(ever)))
        if any_odd and not cleared[d]:  # else there is no story at the end of the day
            more = y > (prior_a + alpha) / (prior_b + beta) * n
            _go_on(
                stories, shares, young, today, d, more, y, n, prior_a, prior_b, within, extra, as_ever, always,
                steady[d], shared, rest, burst_day,
            )  # fmt: skip
        ordinary = 1.0 if cleared[d] else math.exp(plain - work)
        even = math.exp(alike[1] - _log_sum(alike))
        varies = even * min(within, _UNEVEN) + (1.0 - even) * within
        for k in range(2):
            alike[k] += ordinary * (fits[k] - alike[k])
        alpha, beta = _learnt(y, n, prior_a, prior_b, alpha, beta, varies, ordinary)
        bursts, lived = bursts + 1.0 - ordinary, lived + 1.0
        if cleared[d]:
            granted = max(granted, (prior_a + alpha) / (prior_b + beta))
        most = max(rate * (1.0 + FAR * math.sqrt(between)), granted)
        alpha = min(alpha, max(0.0, most * (prior_b + beta) - prior_a))
        _learn_anew(stories, y, n, prior_a, prior_b, within, ordinary, most)
        if cleared[d] or not any_odd:
            stories[:, _NATS] = 0.0
        total[d], since[d] = _most(stories)


@kernel
def _most(stories: Floats) -> tuple[float, int]:
    """Evidence of the story that says more, at least 0, and the day since which it goes."""
    k = 1 if stories[1, _NATS] > max(stories[0, _NATS], 0.0) else 0
    return max(stories[k, _NATS], 0.0), int(stories[k, _SINCE])


@kernel
def _all(
    odd: Longs, base: Floats, group: Ints, usual: Floats, unknown: Floats, steady: Floats, shared: Floats,
    cleared: Flags, extra: Floats, total: Floats, since: Longs,
) -> None:  # fmt: skip
    for a in range(len(odd)):
        if odd[a].any():
            _account(
                odd[a], base[a], usual[:, group[a]], unknown[a], steady[a], shared[a], cleared[a], extra, total[a],
                since[a],
            )  # fmt: skip
        else:
            for d in range(len(odd[a])):
                since[a, d] = d


def evidence(
    odd: Longs, base: Floats, group: Ints, usual: Usual, causes: Causes, cleared: Flags | None = None
) -> DailyEvidence:
    """Evidence of all accounts.

    odd, base: (a, d); group: (a,); causes: of the same accounts and days; cleared: (a, d), days that were said to be
    work.
    """
    return weigh(odd, base, group, stack(usual), causes, cleared)


def stack(usual: Usual) -> Floats:
    """float64 (5, g, d): what `FITTED` names."""
    return np.stack([getattr(usual, name) for name in FITTED])


def weigh(
    odd: Longs, base: Floats, group: Ints, fitted: Floats, causes: Causes, cleared: Flags | None = None
) -> DailyEvidence:
    """The same as `evidence`, what is usual stacked."""
    a, d = odd.shape
    out = DailyEvidence(total=np.zeros((a, d)), since=np.zeros((a, d), np.int64))
    none = np.zeros((a, d), np.bool_) if cleared is None else cleared
    _all(
        np.ascontiguousarray(odd), np.ascontiguousarray(base, np.float64), group, fitted, causes.unknown, causes.steady,
        causes.shared, none, EXTRA, out.total, out.since,
    )  # fmt: skip
    return out
