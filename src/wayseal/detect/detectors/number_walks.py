"""Unexplained reads of numbers that follow each other: somebody walks through a range.

A read is part of a walk if it stands in a chain of RUN or more different numbers, each at most STEP above the one
before, that the account read unexplained on one day. Shorter chains happen: a shop's parcels have numbers in a row.
"""

import numpy as np

from wayseal.detect._view import Flags, Longs, View
from wayseal.detect.detectors._contract import Detector, Odd

RUN, STEP = 8, 3


def _count(view: View) -> Odd:
    s = view.suspects
    plain = s.plain | s.unknown
    which = np.zeros(len(s), np.bool_)
    rows = np.flatnonzero(plain & (s.number > 0))
    which[_walked(view, rows)] = True
    return Odd(odd=view.count(which), base=view.count(plain).astype(float), suspects=which, among=plain)


def _walked(view: View, rows: Longs) -> Longs:
    """Which of the rows are part of a walk."""
    s = view.suspects
    order = rows[np.lexsort((s.number[rows], s.day[rows], s.actor[rows]))]
    if not len(order):
        return order
    actor, day, number = s.actor[order], s.day[order], s.number[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (actor[1:] != actor[:-1]) | (day[1:] != day[:-1]) | (number[1:] - number[:-1] > np.uint64(STEP))
    chain = np.cumsum(new) - 1
    other: Flags = np.ones(len(order), np.bool_)
    other[1:] = new[1:] | (number[1:] != number[:-1])
    out: Longs = order[np.bincount(chain, other)[chain] >= RUN]
    return out


DETECTOR = Detector(name="number_walks", needs=("waybills|scans|tickets",), count=_count)
