"""Where a parcel was when it was read, and where it comes from: what territory is learnt from.

1. `scanned` is the outlet of the parcel's last scan at or before the read, `due` that of its first scan after it.
2. Of a parcel without a row in `waybills` ends and interface are not known; without scans nothing else is.
"""

from typing import NamedTuple

import numpy as np

from wayseal.detect.explain import Routes, Scans
from wayseal.detect.facts._tally import Longs, UInts
from wayseal.model.jit import kernel


class Surroundings(NamedTuple):
    """Keys beside `Scans` and `Routes`, row by row: scan (outlet), route (n, 3) (origin, destination, channel)."""

    scan: UInts
    route: UInts


@kernel
def _find(
    key: UInts, at: Longs, scans: UInts, scan_at: Longs, outlet: UInts, routes: UInts, route: UInts, out: UInts
) -> None:
    """Rules 1 and 2; all keys are sorted, and a parcel's scans by time."""
    s, r = 0, 0
    for i in range(len(key)):
        while s < len(scans) and scans[s] < key[i]:
            s += 1
        while r < len(routes) and routes[r] < key[i]:
            r += 1
        k = s
        while k < len(scans) and scans[k] == key[i] and scan_at[k] <= at[i]:
            out[2, i] = outlet[k]
            k += 1
        if k < len(scans) and scans[k] == key[i]:
            out[3, i] = outlet[k]
        if r < len(routes) and routes[r] == key[i]:
            out[0, i], out[1, i], out[4, i] = route[r, 0], route[r, 1], route[r, 2]


def find_surroundings(key: UInts, at: Longs, scans: Scans, routes: Routes, places: Surroundings) -> UInts:
    """Of reads sorted by waybill: keys (5, n) of origin, destination, scanned, due, channel (0: none)."""
    out = np.zeros((5, len(key)), np.uint64)
    _find(key, at, scans.key, scans.at, places.scan, routes.key, np.ascontiguousarray(places.route), out)
    return out
