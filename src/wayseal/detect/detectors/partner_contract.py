"""Reads of a partner's interface that its contract doesn't allow: fields, purpose, volume, hours, address, products."""

import numpy as np

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Odd


def _count(view: View) -> Odd:
    odd = view.external_counts.get("partner_contract", np.zeros(view.shape, np.int64))
    return Odd(odd=odd, base=np.maximum(view.reads, odd).astype(float))


DETECTOR = Detector(name="partner_contract", needs=("contracts",), count=_count)
