"""Unexplained reads of numbers that follow each other: somebody walks through a range.

A read is part of a walk if the same account had, on that day or the day before, an unexplained read of a number at most
STEP above or below.
"""

import numpy as np

from wayseal.detect._view import Flags, View
from wayseal.detect.detectors._contract import Detector, Odd

STEP = 3


def _count(view: View) -> Odd:
    s = view.suspects
    plain = s.plain | s.unknown
    which = _walked(view, np.flatnonzero(plain & (s.number > 0)))
    return Odd(odd=view.count(which), base=view.count(plain).astype(float), suspects=which)


def _walked(view: View, rows: np.ndarray) -> Flags:
    s = view.suspects
    out = np.zeros(len(s), np.bool_)
    order = rows[np.lexsort((s.at[rows], s.number[rows], s.actor[rows]))]
    near = (s.actor[order][1:] == s.actor[order][:-1]) & (s.number[order][1:] - s.number[order][:-1] <= np.uint64(STEP))
    earlier, later = order[:-1][near], order[1:][near]
    apart = s.day[later] - s.day[earlier]
    out[later[(apart >= 0) & (apart <= 1)]] = True
    out[earlier[(apart <= 0) & (apart >= -1)]] = True
    return out


DETECTOR = Detector(name="number_walks", needs=("waybills|scans|tickets",), count=_count)
