"""One login in two places: devices or addresses whose spans of use on a day overlap, beyond one.

A device counts with five reads or more on the day; the further ones that overlap with the busiest are odd.
"""

import numpy as np
import pyarrow as pa

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Odd

LEAST = 5


def _count(view: View) -> Odd:
    u = view.uses
    some = np.flatnonzero(u["reads"].to_numpy() >= LEAST)
    actor, day = (u[n].to_numpy()[some].astype(np.int64) for n in ("actor", "day"))
    kind, reads = u["kind"].to_numpy()[some], u["reads"].to_numpy()[some]
    since, until = u["from"].to_numpy()[some], u["to"].to_numpy()[some]
    cell = (actor * view.shape[1] + day) * 2 + kind
    order = np.lexsort((u["value"].to_numpy()[some], -reads, cell))
    cell, since, until = cell[order], since[order], until[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = cell[1:] != cell[:-1]
    top = np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
    odd = ~new & (since <= until[top]) & (since[top] <= until)
    each = np.bincount(cell[odd], minlength=view.reads.size * 2).reshape(*view.shape, 2)
    cells = u.take(pa.array(some[order][odd])).select(["actor", "day", "kind", "value"])
    return Odd(odd=each.max(axis=2).astype(np.int64), base=(view.reads > 0).astype(float), cells=cells)


DETECTOR = Detector(name="two_places_at_once", needs=("accesses.device|accesses.ip",), count=_count)
