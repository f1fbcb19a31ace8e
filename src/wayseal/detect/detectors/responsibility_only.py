"""First reads that only a responsibility or an area explains: the account may have to do with the parcel.

No work says so, and whoever answers for much can read much: what is held against peers and own past is how many a day.
"""

import numpy as np

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Odd, typical


def _count(view: View) -> Odd:
    which = view.suspects.weak
    odd, judged = view.count(which), view.first - view.mandate
    base = np.where(judged > 0, judged - odd + typical(view, judged, judged - odd), 0.0)
    return Odd(odd=odd, base=base, suspects=which, weak=True)


DETECTOR = Detector(name="responsibility_only", needs=("outlets",), count=_count)
