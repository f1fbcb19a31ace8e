"""What is usual: how often peers do an odd thing, how much people differ in it, how much their days do.

For odd counts y out of n, by account and day, and groups of peers. A person's rate is gamma-distributed around the
group's, and a day's count negative binomial around the person's. Fitted on the four weeks up to a day, that day
included, so that what is said of a day never changes with what comes later.

Obligations (code and tests cite the numbers):
1. Robust: a person's count is cut to what the rate of the group's 95th percentile gives, so one in twenty may be
   anything without a say in what is usual.
2. Shrunk: a group of m people counts m parts, the role's people ten; of a role likewise, towards everybody.
3. The same rows in another order give the same fit.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Longs: TypeAlias = npt.NDArray[np.int64]
Ints: TypeAlias = npt.NDArray[np.int32]
Floats: TypeAlias = npt.NDArray[np.float64]

WEEKS = 28
_KEEP, _PEOPLE, _WIDER = 0.95, 10.0, 1.3
_LEAST, _MOST = 0.2, 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What is usual in g groups on d days, float64 (g, d).

    rate: odd a base; between: squared coefficient of variation between people; within: of a person's days; low, high:
    5th and 95th percentile of an active person's count on the day.
    """

    rate: Floats
    between: Floats
    within: Floats
    low: Floats
    high: Floats


def fit(odd: Longs, base: Floats, group: Ints, role: Ints) -> Usual:
    """What is usual on each day. odd, base: (a, d); group, role: (a,), groups lie within roles."""
    groups, days = int(group.max(initial=-1)) + 1, odd.shape[1]
    role_of = np.zeros(groups, np.int64)
    role_of[group] = role
    out = np.zeros((5, groups, days))
    for day in range(days):
        since = max(0, day + 1 - WEEKS)
        y, n = odd[:, since : day + 1].sum(axis=1), base[:, since : day + 1].sum(axis=1)
        out[:3, :, day] = _shrunk(odd[:, since : day + 1], base[:, since : day + 1], y, n, group, role, role_of)
        out[3:, :, day] = _range(odd[:, day], base[:, day], group, groups)
    return Usual(rate=out[0], between=out[1], within=out[2], low=out[3], high=out[4])


def _shrunk(odd: Longs, base: Floats, y: Longs, n: Floats, group: Ints, role: Ints, role_of: Longs) -> Floats:
    """(3, g): rate, between, within of the groups, shrunk (obligation 2)."""
    everyone = _moments(odd, base, y, n, np.zeros(len(group), np.int32), 1)
    roles = _moments(odd, base, y, n, role, int(role.max(initial=0)) + 1)
    mine = _moments(odd, base, y, n, group, len(role_of))
    by_role = _towards(roles, everyone[:, np.zeros(roles.shape[1], np.int64)])
    return _towards(mine, by_role[:, role_of])[:3]


def _towards(own: Floats, parent: Floats) -> Floats:
    part = own[3] / (own[3] + _PEOPLE)
    out: Floats = part * own + (1 - part) * parent
    out[3] = own[3]
    return out


def _moments(odd: Longs, base: Floats, y: Longs, n: Floats, group: Ints, groups: int) -> Floats:
    """(4, g): rate, between, within, people (obligations 1 and 3)."""
    there = np.flatnonzero(n > 0)
    g, y, n = group[there].astype(np.int64), y[there].astype(np.float64), n[there]
    people = np.bincount(g, minlength=groups)
    top = _quantile(y / n, g, people, _KEEP)
    cut = np.minimum(y, top[g] * n)

    def total(values: Floats) -> Floats:
        return np.bincount(g, values, groups).astype(np.float64)

    rate = np.maximum(total(cut), 0.5) / np.maximum(total(n), 1.0)
    mean = rate[g] * n
    between = _WIDER * _excess(total((cut - mean) ** 2), total(mean), total(mean**2))
    usual = there[y <= top[g] * n]
    each = (odd[usual].sum(axis=1) + 0.5) / (base[usual].sum(axis=1) + 0.5 / np.maximum(rate[group[usual]], 1e-12))
    mean_day = each[:, None] * base[usual]
    own = group[usual].astype(np.int64)
    squares = ((odd[usual] - mean_day) ** 2 * (base[usual] > 0)).sum(axis=1)
    days = [squares, mean_day.sum(axis=1), (mean_day**2).sum(axis=1)]
    within = _excess(*(np.bincount(own, values, groups).astype(np.float64) for values in days))
    return np.stack([rate, between, within, people.astype(np.float64)])


def _excess(square: Floats, mean: Floats, mean_square: Floats) -> Floats:
    out: Floats = np.clip((square - mean) / np.maximum(mean_square, 1e-12), _LEAST, _MOST)
    return out


def _quantile(values: Floats, group: Longs, people: Longs, share: float) -> Floats:
    """The value below which the share of each group lies; 0 for empty groups."""
    order = np.lexsort((values, group))
    start = np.cumsum(people) - people
    at = start + np.maximum(np.ceil(share * people).astype(np.int64) - 1, 0)
    out = np.zeros(len(people))
    some = people > 0
    out[some] = values[order][at[some]]
    return out


def _range(odd: Longs, base: Floats, group: Ints, groups: int) -> Floats:
    there = np.flatnonzero(base > 0)
    g, values = group[there].astype(np.int64), odd[there].astype(np.float64)
    people = np.bincount(g, minlength=groups)
    return np.stack([_quantile(values, g, people, share) for share in (0.05, 0.95)])
