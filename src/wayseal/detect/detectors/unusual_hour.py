"""Reads at hours of the day at which neither the account nor its peers ever read much.

An hour is unusual where, up to the day before, less than RARE of the account's own reads and less than RARE of its
peers' fell into it or the hour next to it. An account is judged once it has OWN reads.
"""

import numpy as np
import pyarrow as pa

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Odd

RARE, OWN = 0.005, 100


def _count(view: View) -> Odd:
    a, d = view.shape
    hour = view.hours["hour"].to_numpy().astype(np.int64)
    actor, reads = view.hours["actor"].to_numpy().astype(np.int64), view.hours["reads"].to_numpy()
    groups = int(view.group.max(initial=-1)) + 1
    odd = np.zeros((a, d), np.int64)
    rows_of: list[np.ndarray] = []
    judged = np.zeros((a, d), np.bool_)
    own, peers = np.zeros((a, 24)), np.zeros((groups, 24))
    day_of, clock = hour // 24, hour % 24
    order = np.argsort(day_of, kind="stable")
    bounds = np.searchsorted(day_of[order], np.arange(d + 1))
    for day in range(d):
        rows = order[bounds[day] : bounds[day + 1]]
        who, when, n = actor[rows], clock[rows], reads[rows]
        judged[:, day] = own.sum(axis=1) >= OWN
        rare = _rare(peers, view.group[who], when) & judged[who, day]
        rare[rare] = _rare(own, who[rare], when[rare])
        odd[:, day] = np.bincount(who[rare], n[rare], a)
        rows_of.append(rows[rare])
        own += _by_hour(who, when, n, a)
        peers += _by_hour(view.group[who].astype(np.int64), when, n, groups)
    found = np.concatenate([np.zeros(0, np.int64), *rows_of])
    cells = pa.table({"actor": actor[found], "day": day_of[found], "clock": clock[found]})
    return Odd(odd=odd, base=np.where(judged, view.reads, 0).astype(float), cells=cells)


def _by_hour(who: np.ndarray, when: np.ndarray, n: np.ndarray, rows: int) -> np.ndarray:
    """float64 (rows, 24): amounts added up."""
    return np.bincount(who * 24 + when, n, rows * 24).reshape(rows, 24)


def _rare(counts: np.ndarray, who: np.ndarray, when: np.ndarray) -> np.ndarray:
    """Whether each hour `when` is a rare one of the row `who` of counts (rows, 24)."""
    near = sum(counts[who, (when + step) % 24] for step in (-1, 0, 1))
    out: np.ndarray = near < RARE * np.maximum(counts.sum(axis=1), 1)[who]
    return out


DETECTOR = Detector(name="unusual_hour", needs=(), count=_count)
