"""Unexplained reads in batches, as a shop fills its stock: at 11:00, 13:00 and 16:00, none after 17:00.

A read is in a batch if it is at least the LEAST-th unexplained one of the account within SPAN, and lies within HALF of
one of the hours at which stock grows. The first ones of a batch don't count: each could be a read of its own. Nor do
batches of a day that has as many at other hours: whoever reads much all day has no rhythm.
"""

import numpy as np

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Odd

HOURS = (11, 13, 16)
HALF, SPAN, LEAST = 45 * 60_000_000, 10 * 60_000_000, 5
OTHERS = 2.0
"""So many times the reads in batches at all other hours; by chance it would be about .6."""
_DAY = 86_400_000_000


def _count(view: View) -> Odd:
    s = view.suspects
    plain = s.plain | s.unknown
    rows = np.flatnonzero(plain)
    clock = (s.at[rows] + view.offset) % _DAY
    near = np.min([np.abs(clock - hour * 3_600_000_000) for hour in HOURS], axis=0) <= HALF
    key = s.actor[rows].astype(np.int64) * (1 << 40) + (s.at[rows] - s.at.min(initial=0)) // 1_000_000
    first = np.searchsorted(key, key - SPAN // 1_000_000)
    before = np.arange(len(rows)) - first + 1
    batch = before >= LEAST
    cell = s.actor[rows].astype(np.int64) * view.shape[1] + s.day[rows]
    within, beside = (np.bincount(cell, batch & some, view.reads.size) for some in (near, ~near))
    rhythm = within > OTHERS * beside
    which = np.zeros(len(s), np.bool_)
    which[rows[near & batch & rhythm[cell]]] = True
    return Odd(odd=view.count(which), base=view.count(plain).astype(float), suspects=which, among=plain)


DETECTOR = Detector(name="stock_rhythm", needs=("waybills|scans|tickets",), count=_count)
