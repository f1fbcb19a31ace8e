"""More parcels in a day than people of the role and size of outlet can handle.

Capacity is MARGIN times the 99th percentile of the peers' first reads a day, on the days up to the one before. What is
odd is a day, not a read: one for a day above it, and STEPS more for every doubling.
"""

import numpy as np
import pyarrow as pa

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Floats, Odd

MARGIN, STEPS, SHARE, DAYS = 1.5, 3, 0.99, 28


def _count(view: View) -> Odd:
    capacity = _capacity(view)[view.group]
    above = np.maximum(view.first / capacity, 1e-9)
    odd = np.where(above > 1, 1 + np.floor(STEPS * np.log2(above)), 0).astype(np.int64)
    actor, day = np.nonzero(odd)
    cells = pa.table({"actor": actor, "day": day})
    return Odd(odd=odd, base=(view.first > 0).astype(float), told=np.where(odd > 0, view.first, 0), cells=cells)


def _capacity(view: View) -> Floats:
    """float64 (groups, d); infinite on a group's first day."""
    days = view.shape[1]
    out = np.full((int(view.group.max(initial=-1)) + 1, days), np.inf)
    for group in range(len(out)):
        mine = view.first[view.group == group]
        for day in range(1, days):
            past = mine[:, max(0, day - DAYS) : day]
            if (some := past[past > 0]).size:
                out[group, day] = MARGIN * np.quantile(some, SHARE, method="higher")
    return out


DETECTOR = Detector(name="beyond_capacity", needs=(), count=_count)
