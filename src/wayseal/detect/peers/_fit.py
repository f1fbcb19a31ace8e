"""The usual: how often peers do an odd thing, how much people differ in it, how much their days do, and bursts.

For odd counts y out of n, by account and day, and groups of peers. A person's rate is gamma-distributed around the
group's, and a day's count negative binomial around the person's; now and then a day is a burst (helping out elsewhere,
a test), whose count is geometric. Fitted on the four weeks up to a day, that day included: given who is whose peer,
what is said of a day doesn't change with what comes later.

Obligations (code and tests cite the numbers):
1. Robust: a person's count is cut to what the rate of the group's 95th percentile gives (but not below _SOME, so that
   what is rare for everybody is still counted), and nobody counts for more than the base of the group's 90th
   percentile, so one in twenty, and of three or more the one with most, may be anything without a say in what is usual.
   Days above what people and days explain are bursts, and of these only those of people who have few count, once FEW
   days have gone by: whoever has one every day does something else.
2. Shrunk: a group of m people counts m parts, the role's people thirty (300 for bursts, which are rare); of a role
   likewise, towards everybody.
3. The same rows in another order give the same fit.
4. Fitted anew each day of the first week, and then every REFIT days.
"""

import math
from dataclasses import dataclass

import numpy as np

from wayseal.model.arrays import Flags, Floats, Ints, Longs
from wayseal.model.runtime import kernel

WEEKS, WEEK, REFIT = 28, 7, 3
_KEEP, _WEIGHTY, _WIDER = 0.95, 0.9, 1.3
_PEOPLE: Floats = np.array([[30.0], [30.0], [30.0], [300.0], [300.0], [30.0]])
"""For how many people the wider group stands, for each of `FITTED`; bursts are rare."""
_LEAST, _MOST = 0.2, 8.0
_BETWEEN, _WITHIN, _KNOWN = 2.0, 1.0, 5.0
"""The values of `between` and `within` where too little was seen, and for how many squared counts that stands."""
FEW = 3
"""Bursts in four weeks; whoever has more does something else."""
_SIGMAS, _BEYOND = 4.0, 1.0
RARE = 5e-4
"""Bursts a day of a person, at the least: what nobody has seen yet may happen all the same."""
_SMALL = 1 << 16
_SIZE, _SIZE_WEIGHT, _TIMES, _SOME = 20.0, 5.0, 10.0, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """The usual in g groups on d days, float64 (g, d).

    rate: odd a base; between: squared coefficient of variation between people; within: of a person's days; burst: share
    of days that are bursts; size: their mean count; low, high: 5th and 95th percentile of an active person's count on
    the day.
    """

    rate: Floats
    between: Floats
    within: Floats
    burst: Floats
    size: Floats
    low: Floats
    high: Floats


FITTED = ("rate", "between", "within", "burst", "size")


def fit(odd: Longs, base: Floats, group: Ints, role: Ints) -> Usual:
    """Fit the usual of each day. odd, base: (a, d); group, role: (a,), groups lie within roles."""
    groups, days = int(group.max(initial=-1)) + 1, odd.shape[1]
    role_of = np.zeros(groups, np.int64)
    role_of[group] = role
    out = np.zeros((len(FITTED), groups, days))
    between = np.zeros((2, groups, days))
    for day in range(days):
        if day < WEEK or (day - WEEK) % REFIT == 0:
            since = max(0, day + 1 - WEEKS)
            fitted = _shrunk(_Days(odd[:, since : day + 1], base[:, since : day + 1]), group, role, role_of)
        out[:, :, day] = fitted
        between[:, :, day] = _range(odd[:, day], base[:, day], group, groups)
    low, high = between
    return Usual(**dict(zip(FITTED, out, strict=True)), low=low, high=high)


class _Days:
    """Counts of some days, of the accounts that have any base in them: y, n (a,) in all; odd, base (a, w) by day."""

    def __init__(self, odd: Longs, base: Floats) -> None:
        n = base.sum(axis=1)
        self.there = np.flatnonzero(n > 0)
        self.odd, self.base = odd.take(self.there, axis=0).astype(np.float64), base.take(self.there, axis=0)
        self.y, self.n = self.odd.sum(axis=1), n[self.there]


def _shrunk(days: _Days, group: Ints, role: Ints, role_of: Longs) -> Floats:
    """(5, g): what `FITTED` names (obligation 2)."""
    everyone = _moments(days, np.zeros(len(group), np.int64), 1)
    roles = _moments(days, role.astype(np.int64), int(role.max(initial=0)) + 1)
    mine = _moments(days, group.astype(np.int64), len(role_of))
    by_role = _towards(roles, everyone[:, np.zeros(roles.shape[1], np.int64)])
    return _towards(mine, by_role[:, role_of])[:-1]


def _towards(own: Floats, parent: Floats) -> Floats:
    part = own[-1] / (own[-1] + _PEOPLE)
    out: Floats = part * own + (1 - part) * parent
    out[-1] = own[-1]
    return out


def _moments(days: _Days, group: Longs, groups: int) -> Floats:
    """(6, g): what `FITTED` names, and people (obligations 1 and 3)."""
    g, y, n = group[days.there], days.y, days.n
    people = np.bincount(g, minlength=groups)
    top, weighty = _quantile(y / n, g, people, _KEEP, spared=1), _quantile(n, g, people, _WEIGHTY)
    sums, burst = np.zeros((9, groups)), np.zeros(days.odd.shape, np.bool_)
    _sum_days(days.odd, days.base, y, n, g, top, weighty, sums, burst)
    rate = np.maximum(sums[0], 0.5) / np.maximum(sums[1], 1.0)
    between = _WIDER * _excess(sums[2], sums[3], sums[4], _BETWEEN)
    within = _excess(sums[5], sums[6], sums[7], _WITHIN)
    share, size = _bursts(days.odd, burst, sums[8], g, groups)
    return np.stack([rate, between, within, share, size, people.astype(np.float64)])


@kernel
def _sum_days(
    odd: Floats, base: Floats, y: Floats, n: Floats, g: Longs, top: Floats, weighty: Floats, sums: Floats, burst: Flags
) -> None:
    """Adds up by group what its moments are made of (obligation 1), and marks the bursts that count.

    sums: (9, g): counts and bases; squared distance of people's counts from the mean, mean, and its square; the same
    three of their usual days; days of those who have few bursts.
    """
    days, past = odd.shape[1], odd.shape[1] - FEW if odd.shape[1] > FEW else odd.shape[1]
    cut, part = np.empty(len(y)), np.empty(len(y))
    for i in range(len(y)):
        cut[i] = min(y[i], max(top[g[i]] * n[i], _SOME))
        part[i] = min(1.0, weighty[g[i]] / n[i])
        sums[0, g[i]] += part[i] * cut[i]
        sums[1, g[i]] += part[i] * n[i]
    for i in range(len(y)):
        k = g[i]
        rate = max(sums[0, k], 0.5) / max(sums[1, k], 1.0)
        mean, square = rate * n[i], part[i] * part[i]
        sums[2, k] += (part[i] * (cut[i] - mean)) ** 2
        sums[3, k] += square * mean
        sums[4, k] += (part[i] * mean) ** 2
        # A day is held against the person's other days, else a burst would explain itself.
        prior, known, many = 0.5 / max(rate, 1e-12), y[i] <= max(top[k] * n[i], _SOME), 0
        apart = means = squares = 0.0
        lived = 0
        for d in range(days):
            lived += base[i, d] > 0 and d < past
            if base[i, d] == 0.0 and odd[i, d] <= _BEYOND:
                continue
            of_day = (cut[i] - min(odd[i, d], cut[i]) + 0.5) / ((n[i] + prior) - base[i, d]) * base[i, d]
            if odd[i, d] > _BEYOND and odd[i, d] > of_day + _SIGMAS * math.sqrt(of_day * (1 + of_day)) + _BEYOND:
                burst[i, d] = True
                many += 1
            elif known and base[i, d] > 0:
                apart += (odd[i, d] - of_day) ** 2
                means += of_day
                squares += of_day * of_day
        sums[5, k] += square * apart
        sums[6, k] += square * means
        sums[7, k] += square * squares
        sums[8, k] += lived if many <= FEW else 0
        if many > 0:
            for d in range(days):
                burst[i, d] = burst[i, d] and many <= FEW and d < past


def _bursts(odd: Floats, burst: Flags, active: Floats, g: Longs, groups: int) -> Floats:
    """(2, g): share of days that are bursts; their mean count.

    active: (g,), days of which it is the share. The largest tenth is cut, and of three or more the largest one, all at
    _TIMES the middle one; fewer at _SIZE.
    """
    at = np.flatnonzero(burst)
    of, sizes = g[at // odd.shape[1]], odd.ravel()[at]
    count = np.bincount(of, minlength=groups)
    most = np.minimum(_quantile(sizes, of, count, 0.9, spared=1), _TIMES * _quantile(sizes, of, count, 0.5))
    most[count <= 2] = _SIZE
    total = np.bincount(of, np.minimum(sizes, most[of]), groups)
    size = (total + _SIZE * _SIZE_WEIGHT) / (count + _SIZE_WEIGHT)
    return np.stack([np.maximum(count / np.maximum(active, 1.0), RARE), size])


def _excess(square: Floats, mean: Floats, mean_square: Floats, prior: float) -> Floats:
    """Squared coefficient of variation beyond chance, shrunk towards `prior` where little was seen."""
    out: Floats = np.clip((square - mean + _KNOWN * prior) / (mean_square + _KNOWN), _LEAST, _MOST)
    return out


def _quantile(values: Floats, group: Longs, people: Longs, share: float, spared: int = 0) -> Floats:
    """The value below which the share of each group lies, and not the top `spared` of three or more; 0 for nobody."""
    ends = np.cumsum(people)
    rank = np.maximum(np.ceil(share * people).astype(np.int64) - 1, 0)
    rank = np.minimum(rank, people - 1 - np.where(people > 2, spared, 0))
    # Few groups: small codes, which sort by their digits, and a part of each group instead of its whole order.
    together = values[np.argsort(group.astype(np.uint16 if len(people) <= _SMALL else np.int64), kind="stable")]
    out = np.zeros(len(people))
    for g in np.flatnonzero(people).tolist():
        mine = together[ends[g] - people[g] : ends[g]]
        out[g] = np.partition(mine, rank[g])[rank[g]]
    return out


def _range(odd: Longs, base: Floats, group: Ints, groups: int) -> Floats:
    there = np.flatnonzero(base > 0)
    g, values = group[there].astype(np.int64), odd[there].astype(np.float64)
    people = np.bincount(g, minlength=groups)
    return np.stack([_quantile(values, g, people, share) for share in (0.05, 0.95)])
