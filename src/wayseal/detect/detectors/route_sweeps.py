"""Questions for one route after another, origin by destination: a shop's way to fill its shelves.

What is counted are different routes that an account asked for on a day; base is the day.
"""

import numpy as np

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Odd


def _count(view: View) -> Odd:
    odd = view.external_counts.get("route_sweeps", np.zeros(view.shape, np.int64))
    return Odd(odd=odd, base=((view.reads > 0) | (odd > 0)).astype(float))


DETECTOR = Detector(name="route_sweeps", needs=("queries",), count=_count)
