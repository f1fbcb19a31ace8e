"""Whether an account reads more since some day than it did before, and than others of its role read meanwhile.

What work explains read by read isn't looked at: what is left rises when somebody reads through an interface that tables
let read anything, or since the log's first day read others' parcels.

Obligations (code and tests cite the numbers):
1. What is said of a day hangs on that day and those before it.
2. Growth is the difference of the means of the logarithms (of AS_FEW and a day's reads) before and since a day, over
   its standard error, of the day since which it is greatest: a t statistic. LEAST days each; the day on which an
   account began is none.
3. What PEERS others of the role do meanwhile is no growth, nor, where there are fewer, what those of all roles do:
   the middle of their days, each against its own mean.
"""

from dataclasses import dataclass

import numpy as np

from wayseal.detect._view import Floats, Ints, Longs

AS_FEW, LEAST, PEERS = 100.0, 2, 5
_SPREAD, _KNOWN = 0.1, 4
"""How far days lie apart at the least, as known from so many days."""
_BUSY = 5.0
"""Reads a day from which on an account tells what others do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Of n accounts on d days. score: float64 (n, d), the t statistic; more: float64 (n, d), reads beyond what it was
    before, up to the day; since: int64 (n, d), the day since which."""  # noqa: D205, D209

    score: Floats
    more: Floats
    since: Longs


def measure_growth(reads: Longs, role: Ints) -> Growth:
    """How much more accounts read. reads: int64 (n, d); role: int32 (n,)."""
    n, days = reads.shape
    out = Growth(score=np.zeros((n, days)), more=np.zeros((n, days)), since=np.zeros((n, days), np.int64))
    if not reads.size:
        return out
    first = np.where(reads.any(axis=1), np.argmax(reads > 0, axis=1), days)[:, None] + 1
    logs, rows = np.log(reads + AS_FEW), np.arange(n)
    for day in range(int(first.min()) + 2 * LEAST - 1, days):
        apart = logs[:, : day + 1] - _meanwhile(reads[:, : day + 1], logs[:, : day + 1], role, first[:, 0])
        sums, squares, many = (_sums(each) for each in (apart, apart**2, reads[:, : day + 1].astype(float)))
        start = np.minimum(first, day + 1)
        since = np.arange(LEAST, day + 2 - LEAST)[None]
        before, later = np.maximum(since - start, 1), day + 1 - since
        old = sums[:, since[0]] - np.take_along_axis(sums, start, axis=1)
        new = sums[:, [day + 1]] - sums[:, since[0]]
        step = new / later - old / before
        left = squares[:, [day + 1]] - np.take_along_axis(squares, start, axis=1) - old**2 / before - new**2 / later
        spread = np.sqrt((np.maximum(left, 0.0) + _KNOWN * _SPREAD**2) / (before + later - 2 + _KNOWN))
        score = np.where(since - start >= LEAST, step / (spread * np.sqrt(1 / before + 1 / later)), 0.0)
        best = np.argmax(score, axis=1)
        out.score[:, day], out.since[:, day] = np.maximum(score[rows, best], 0.0), since[0, best]
        read = many[:, day + 1] - many[rows, since[0, best]] + AS_FEW * later[0, best]
        out.more[:, day] = read * -np.expm1(-np.maximum(step[rows, best], 0.0)) * (score[rows, best] > 0)
    return out


def _sums(values: Floats) -> Floats:
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)


def _meanwhile(reads: Longs, logs: Floats, role: Ints, first: Longs) -> Floats:
    """float64 (n, d): what others of the role do from day to day (obligation 3)."""
    telling = (first == first.min()) & (reads.mean(axis=1) >= _BUSY)
    apart = logs - logs.mean(axis=1, keepdims=True)
    every = np.median(apart[telling], axis=0) if telling.sum() >= PEERS else np.zeros(logs.shape[1])
    out = np.broadcast_to(every, logs.shape).copy()
    for one in np.unique(role).tolist():
        others = telling & (role == one)
        if others.sum() >= PEERS:
            out[role == one] = np.median(apart[others], axis=0)
    return out
