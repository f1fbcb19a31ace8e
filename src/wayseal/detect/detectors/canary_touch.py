"""Reads of waybills that exist for nobody: canaries, by accounts that they were not made for.

Any touch is a case: LEAST nats are beyond the prior, and all that one detector may say. What is usual among peers says
little of what never happens.
"""

import numpy as np

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Odd

LEAST = 15.0


def _count(view: View) -> Odd:
    odd = view.external_counts.get("canary_touch", np.zeros(view.shape, np.int64))
    return Odd(odd=odd, base=np.maximum(view.reads, odd).astype(float), least=LEAST)


DETECTOR = Detector(name="canary_touch", needs=("canaries",), count=_count)
