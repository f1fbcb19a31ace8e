"""Reads that nothing explains, at most a second after another such read of the account: no person is that quick.

Where somebody reads hundreds in an hour, two in a second happen by chance: an hour counts where it has CHANCE times as
many as reads that come at any moment, or, where these are many, half of what they leave. It needs no table: where
nothing is known of waybills, all first reads are looked at.
"""

import numpy as np

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Odd

PACE, CHANCE = 1_000_000, 2.0
"""µs between two reads; logs that give whole seconds count as they are. How many times as many as by chance."""
_HOUR = 3_600_000_000


def _count(view: View) -> Odd:
    s = view.suspects
    strange = ~(s.weak | s.own | s.learnt)
    rows = np.flatnonzero(strange)
    actor, at = s.actor[rows], s.at[rows]
    which = np.zeros(len(s), np.bool_)
    quick = np.zeros(len(rows), np.bool_)
    quick[1:] = (actor[1:] == actor[:-1]) & (at[1:] - at[:-1] <= PACE)
    new = np.ones(len(rows), np.bool_)
    new[1:] = (actor[1:] != actor[:-1]) | (at[1:] // _HOUR != at[:-1] // _HOUR)
    hour = np.cumsum(new) - 1
    n = np.bincount(hour)
    by_chance = n * -np.expm1(-n * (PACE / _HOUR))
    which[rows] = quick & (np.bincount(hour, quick) > np.minimum(CHANCE * by_chance, (by_chance + n) / 2))[hour]
    # Where unexplained reads say nothing, since too many parcels are unknown, tempo speaks for itself.
    among = None if view.gaps else strange
    return Odd(odd=view.count(which), base=view.count(strange).astype(float), suspects=which, among=among)


DETECTOR = Detector(name="inhuman_tempo", needs=(), count=_count)
