"""First reads that no work explains, beside those that are explained.

base: the account's explained first reads that are judged one by one, and on an active day as many again as its peers
have in the middle: mistakes and favours come with the work, but with being there, too.
"""

import numpy as np

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Floats, Longs, Odd


def _count(view: View) -> Odd:
    which = view.suspects.plain | view.suspects.unknown
    odd = view.count(which)
    judged = view.first - view.mandate
    base = np.where(judged > 0, judged - odd + _typical(view, judged, judged - odd), 0.0)
    return Odd(odd=odd, base=base, suspects=which)


def _typical(view: View, judged: Longs, explained: Longs) -> Floats:
    """float64 (a, d): the middle of the peers' explained first reads on the days up to each; at least 1."""
    groups = int(view.group.max(initial=-1)) + 1
    out = np.ones((groups, view.shape[1]))
    for group in range(groups):
        mine = view.group == group
        active, counts = judged[mine] > 0, explained[mine]
        for day in range(view.shape[1]):
            if (some := counts[:, : day + 1][active[:, : day + 1]]).size:
                out[group, day] = max(1.0, float(np.median(some)))
    typical: Floats = out[view.group]
    return typical


DETECTOR = Detector(name="unexplained_first_reads", needs=("waybills|scans|tickets",), count=_count)
