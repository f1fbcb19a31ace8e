"""How much of what was read could be judged at all: whether it means something that nobody stands out.

A first read can be judged where a table knows its parcel, and where something explains at least one first read of its
account: if no table knows any work of an account, work and pulling look alike. Reads of unknown parcels count as judged
where they are so few that each of them is a sign (`View.gaps`).
"""

import numpy as np

from wayseal.detect._result import Judged, Remark
from wayseal.detect._view import View

LEAST_JUDGED = 0.5
"""Share of first reads that could be judged, below which it means nothing that nobody stands out: with tables of half
of the parcels all ten insiders of a simulated courier were still named, with a quarter eight, with a tenth five."""


def count_judged(view: View | None, skip: int) -> tuple[Judged, tuple[Remark, ...]]:
    """What could be judged from the view's column `skip` on, and what is to be said of the rest; None: no reads."""
    if view is None or not view.reads[:, skip:].any():
        return Judged(first_reads=0, left_out=0, enough=False), ()
    s = view.suspects
    strange = ~(s.weak | s.own | s.plain | s.learnt)
    unexplained = view.count(s.plain | strange)
    working = view.first.sum(axis=1) > unexplained.sum(axis=1)
    left_out = (view.count(strange) if view.gaps else np.zeros_like(view.first))[:, skip:].sum(axis=1)
    first = view.first[:, skip:].sum(axis=1)
    known = first - left_out
    every, could = int(first.sum()), int(known[working].sum())
    enough = could >= LEAST_JUDGED * every
    idle = (known > 0) & ~working
    share = float(known[idle].sum() / max(every, 1))
    said = Remark(code="not.idle_accounts", values={"n": int(idle.sum()), "share": share})
    remarks = (said,) if not enough and idle.any() else ()
    return Judged(first_reads=could, left_out=int(left_out.sum()), enough=enough), remarks
