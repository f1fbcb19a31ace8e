"""First reads that only a responsibility explains: the account may have to do with the parcel, but no work says so."""

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Odd


def _count(view: View) -> Odd:
    which = view.suspects.weak
    return Odd(odd=view.count(which), base=(view.first - view.mandate).astype(float), suspects=which)


DETECTOR = Detector(name="responsibility_only", needs=("assignments", "outlets"), count=_count)
