"""More parcels in a day than people of the role and size of outlet can handle.

What is counted are first reads that work or a mandate explains: the others, weakly explained ones among them, are
counted elsewhere, and those of outlets where somebody helps out are other people's work. Capacity is MARGIN times the
99th percentile of the peers' a day, or OWN times the account's own second busiest day once it has LIVED active days,
whichever is more, on the DAYS days up to the one before; nothing is beyond it before the log has LIVED days. What is
odd is a day, not a read: STEPS for every time that it is as much again.
"""

import numpy as np
import pyarrow as pa

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Floats, Longs, Odd

MARGIN, STEPS, SHARE, DAYS = 1.5, 3, 0.99, 28
OWN, LIVED = 1.5, 3


def _count(view: View) -> Odd:
    handled = view.handled
    capacity = np.maximum(_capacity(view, handled)[view.group], _own(handled))
    odd = np.maximum(np.floor(STEPS * (handled / capacity - 1.0)), 0).astype(np.int64)
    actor, day = np.nonzero(odd)
    cells = pa.table({"actor": actor, "day": day})
    return Odd(odd=odd, base=(handled > 0).astype(float), reported=np.where(odd > 0, handled, 0), cells=cells)


def _capacity(view: View, handled: Longs) -> Floats:
    """float64 (groups, d); infinite on a group's first day."""
    days = view.shape[1]
    out = np.full((int(view.group.max(initial=-1)) + 1, days), np.inf)
    for group in range(len(out)):
        mine = handled[view.group == group]
        for day in range(LIVED, days):
            past = mine[:, max(0, day - DAYS) : day]
            if (some := past[past > 0]).size:
                out[group, day] = MARGIN * np.quantile(some, SHARE, method="lower")
    return out


def _own(handled: Longs) -> Floats:
    """float64 (a, d); 0 before the account has lived long enough."""
    out = np.zeros(handled.shape)
    for day in range(LIVED, handled.shape[1]):
        past = handled[:, max(0, day - DAYS) : day]
        out[:, day] = np.where((past > 0).sum(axis=1) >= LIVED, OWN * np.partition(past, -2, axis=1)[:, -2], 0.0)
    return out


DETECTOR = Detector(name="beyond_capacity", needs=(), count=_count)
