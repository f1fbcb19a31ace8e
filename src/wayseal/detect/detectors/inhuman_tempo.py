"""Reads that nothing explains, a second apart or less, RUN or more in a row: no person is that quick for long.

Two reads of one second happen by chance where somebody reads a thousand a day; RUN in a row don't. It needs no table:
where nothing is known of waybills, all first reads are looked at.
"""

import numpy as np

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Odd

PACE, RUN = 1_000_000, 5
"""µs between two reads; logs that give whole seconds count as they are. So many reads in a row."""


def _count(view: View) -> Odd:
    s = view.suspects
    rows = np.flatnonzero(~s.weak)
    actor, at = s.actor[rows], s.at[rows]
    which = np.zeros(len(s), np.bool_)
    new = np.ones(len(rows), np.bool_)
    new[1:] = (actor[1:] != actor[:-1]) | (s.day[rows][1:] != s.day[rows][:-1]) | (at[1:] - at[:-1] > PACE)
    run = np.cumsum(new) - 1
    which[rows] = np.bincount(run)[run] >= RUN if len(rows) else False
    return Odd(odd=view.count(which), base=view.count(~s.weak).astype(float), suspects=which, among=~s.weak)


DETECTOR = Detector(name="inhuman_tempo", needs=(), count=_count)
