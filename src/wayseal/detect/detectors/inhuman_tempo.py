"""Reads that nothing explains, at most a second after another such read of the account: no person is that quick.

It needs no table: where nothing is known of waybills, all first reads are looked at.
"""

import numpy as np

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Odd

PACE = 1_000_000
"""µs between two reads; logs that give whole seconds count as they are."""


def _count(view: View) -> Odd:
    s = view.suspects
    rows = np.flatnonzero(~s.weak)
    actor, at = s.actor[rows], s.at[rows]
    which = np.zeros(len(s), np.bool_)
    which[rows[1:]] = (actor[1:] == actor[:-1]) & (at[1:] - at[:-1] <= PACE)
    return Odd(odd=view.count(which), base=view.count(~s.weak).astype(float), suspects=which)


DETECTOR = Detector(name="inhuman_tempo", needs=(), count=_count)
