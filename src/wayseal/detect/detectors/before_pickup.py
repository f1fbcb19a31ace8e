"""Unexplained reads of parcels that nobody had scanned yet: on sale before the courier had them."""

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Odd


def _count(view: View) -> Odd:
    plain = view.suspects.plain
    which = plain & view.suspects.early
    return Odd(odd=view.count(which), base=view.count(plain).astype(float), suspects=which, among=plain)


DETECTOR = Detector(name="before_pickup", needs=("scans", "waybills"), count=_count)
