"""First reads that no work explains, out of the first reads of parcels that are judged one by one."""

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Odd


def _count(view: View) -> Odd:
    which = view.suspects.plain | view.suspects.unknown
    return Odd(odd=view.count(which), base=(view.first - view.mandate).astype(float), suspects=which)


DETECTOR = Detector(name="unexplained_first_reads", needs=("waybills|scans|tickets",), count=_count)
