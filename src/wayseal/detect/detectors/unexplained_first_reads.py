"""First reads that no work explains, beside those that are explained; and the same of new parcels alone.

base: the account's explained first reads that are judged one by one, and on an active day as many again as its peers
have in the middle: mistakes and favours come with the work, but with being there, too.

Whoever looks where no work leads looks back, mostly, and what is sold is new: so fresh ones are weighed by themselves,
too. They are no reason of their own.
"""

from wayseal.detect._view import Flags, View
from wayseal.detect.detectors._contract import Detector, Odd, explained_beside


def _count(view: View, which: Flags) -> Odd:
    odd = view.count(which)
    return Odd(odd=odd, base=explained_beside(view, odd), suspects=which)


def _count_all(view: View) -> Odd:
    return _count(view, view.suspects.plain | view.suspects.unknown)


def _count_fresh(view: View) -> Odd:
    return _count(view, (view.suspects.plain | view.suspects.unknown) & view.suspects.recent)


DETECTOR = Detector(name="unexplained_first_reads", needs=("waybills|scans|tickets",), count=_count_all)
FRESH_ALONE = Detector(name="fresh_first_reads", needs=DETECTOR.needs, count=_count_fresh)
