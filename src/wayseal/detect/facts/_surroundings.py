"""Where a parcel was when it was read, where it comes from and since when there is one.

1. `scanned` is the outlet of the parcel's last scan at or before the read, `due` that of its first scan after it.
2. Of a parcel without a row in `waybills` ends and interface are not known; without scans nothing else is.
3. A parcel begins as it is issued, or where `waybills` doesn't know it with its first scan.
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
    key: UInts, at: Longs, scans: UInts, scan_at: Longs, outlet: UInts, routes: UInts, issued: Longs, route: UInts,
    out: UInts, begun: Longs,
) -> None:  # fmt: skip
    """Rules 1 to 3; all keys are sorted, and a parcel's scans by time."""
    s, r = 0, 0
    for i in range(len(key)):
        while s < len(scans) and scans[s] < key[i]:
            s += 1
        while r < len(routes) and routes[r] < key[i]:
            r += 1
        if s < len(scans) and scans[s] == key[i]:
            begun[i] = scan_at[s]
        k = s
        while k < len(scans) and scans[k] == key[i] and scan_at[k] <= at[i]:
            out[2, i] = outlet[k]
            k += 1
        if k < len(scans) and scans[k] == key[i]:
            out[3, i] = outlet[k]
        if r < len(routes) and routes[r] == key[i]:
            out[0, i], out[1, i], out[4, i] = route[r, 0], route[r, 1], route[r, 2]
            begun[i] = issued[r]


def find_surroundings(key: UInts, at: Longs, scans: Scans, routes: Routes, places: Surroundings) -> tuple[UInts, Longs]:
    """Of reads sorted by waybill: keys (5, n) of origin, destination, scanned, due, channel, and µs of its beginning.

    0: none.
    """
    out, begun = np.zeros((5, len(key)), np.uint64), np.zeros(len(key), np.int64)
    route = np.ascontiguousarray(places.route)
    _find(key, at, scans.key, scans.at, places.scan, routes.key, routes.issued, route, out, begun)
    return out, begun
