"""Reads through a device or address that neither the account nor a colleague at its place had used before.

A device or address is new for its first FRESH days: one, since a new phone is one event, and reads of a second day
would be counted as another. An account is judged from its OWN-th active day on: before that,
everything is new.
"""

import numpy as np
import pyarrow as pa

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Odd

FRESH, OWN = 1, 4


def _count(view: View) -> Odd:
    u = view.uses
    actor, day = u["actor"].to_numpy().astype(np.int64), u["day"].to_numpy().astype(np.int64)
    kind, value = u["kind"].to_numpy(), u["value"].to_numpy()
    mine = _first_day(actor, kind, value, day)
    place = view.place[actor].astype(np.int64)
    there = _first_day(np.where(place < 0, -1 - actor, place), kind, value, day)
    active = np.cumsum(view.reads > 0, axis=1)
    judged = active > OWN
    odd = (day - mine < FRESH) & (there >= mine) & judged[actor, day]
    each = np.zeros((2, *view.shape), np.int64)
    for k in (0, 1):
        some = odd & (kind == k)
        each[k] = view.spread(actor[some], day[some], u["reads"].to_numpy()[some])
    cells = u.filter(pa.array(odd)).select(["actor", "day", "kind", "value"])
    return Odd(odd=each.max(axis=0), base=np.where(judged, view.reads, 0).astype(float), cells=cells)


def _first_day(who: np.ndarray, kind: np.ndarray, value: np.ndarray, day: np.ndarray) -> np.ndarray:
    """For each row the first day of its (who, kind, value)."""
    order = np.lexsort((day, value, kind, who))
    new = np.ones(len(order), np.bool_)
    for column in (who, kind, value):
        c = column[order]
        new[1:] &= c[1:] == c[:-1]
    new[1:] = ~new[1:]
    first = day[order][np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))]
    out = np.empty(len(order), np.int64)
    out[order] = first
    return out


DETECTOR = Detector(name="new_device_or_address", needs=("accesses.device|accesses.ip",), count=_count)
