"""First reads of new parcels that only a responsibility or an area explains: the account may have to do with them.

No work says so, and whoever answers for much can read much: what is held against peers and own past is how many a day.
Searches for what was lost, and reports, are of older ones.
"""

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Odd, explained_beside


def _count(view: View) -> Odd:
    which = view.suspects.weak & view.suspects.recent
    odd = view.count(which)
    return Odd(odd=odd, base=explained_beside(view, odd), suspects=which, weak=True)


DETECTOR = Detector(name="responsibility_only", needs=("outlets",), count=_count)
