"""First reads that no work explains, beside those that are explained.

base: the account's explained first reads that are judged one by one, and on an active day as many again as its peers
have in the middle: mistakes and favours come with the work, but with being there, too.
"""

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Odd, explained_beside


def _count(view: View) -> Odd:
    which = view.suspects.plain | view.suspects.unknown
    odd = view.count(which)
    return Odd(odd=odd, base=explained_beside(view, odd), suspects=which)


DETECTOR = Detector(name="unexplained_first_reads", needs=("waybills|scans|tickets",), count=_count)
