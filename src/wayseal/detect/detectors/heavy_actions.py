"""Exports, prints and decryptions: reads that carry data away or open it, out of all reads."""

import numpy as np
import pyarrow as pa

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Odd
from wayseal.model.kinds import Action

_HEAVY = [place for place, action in enumerate(Action, 1) if action in (Action.EXPORT, Action.PRINT, Action.DECRYPT)]


def _count(view: View) -> Odd:
    rows = view.shown.filter(pa.array(np.isin(view.shown["action"].to_numpy(), _HEAVY)))
    odd = view.spread(rows["actor"].to_numpy(), rows["day"].to_numpy(), rows["reads"].to_numpy())
    return Odd(odd=odd, base=view.reads.astype(float), cells=rows.select(["actor", "day", "action"]))


DETECTOR = Detector(name="heavy_actions", needs=("accesses.action",), count=_count)
