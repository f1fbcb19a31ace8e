"""First reads that nothing explains but a ticket of the account's own: whoever can open one can explain any read.

In a role in which everybody works by tickets that is the work, and peers do it as well.
"""

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Odd, explained_beside


def _count(view: View) -> Odd:
    which = view.suspects.own
    odd = view.count(which)
    return Odd(odd=odd, base=explained_beside(view, odd), suspects=which)


DETECTOR = Detector(name="own_tickets", needs=("tickets",), count=_count)
