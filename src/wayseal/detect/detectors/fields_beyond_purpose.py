"""Sets of fields that hardly anybody of the role reads for that purpose.

A set is usual for a role and purpose from the day on which PEOPLE accounts, or HALF of those with that purpose until
then, have read it; reads of other sets are odd.
"""

import numpy as np
import pyarrow as pa

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Longs, Odd

PEOPLE, HALF = 3, 0.5
_NEVER, _DAYS = 1 << 30, 1 << 31


def _count(view: View) -> Odd:
    shown = view.shown.filter(pa.array(view.shown["fields"].to_numpy() > 0))
    actor, day = shown["actor"].to_numpy(), shown["day"].to_numpy()
    reads, purpose = shown["reads"].to_numpy(), shown["purpose"].to_numpy()
    _, why = np.unique(np.stack([view.role[actor].astype(np.uint64), purpose]), axis=1, return_inverse=True)
    _, what = np.unique(np.stack([why.astype(np.uint64), shown["fields"].to_numpy()]), axis=1, return_inverse=True)
    odd = day < _usual_from(why, what, actor, day)[what]
    base = view.spread(actor, day, reads)
    cells = shown.filter(pa.array(odd)).select(["actor", "day", "purpose", "fields"])
    return Odd(odd=view.spread(actor[odd], day[odd], reads[odd]), base=base.astype(float), cells=cells)


def _usual_from(why: Longs, what: Longs, actor: Longs, day: Longs) -> Longs:
    """Of each set of fields (`what`, for a role and purpose, `why`), the first day on which it is usual."""
    sets = int(what.max(initial=-1)) + 1
    purpose_of = np.zeros(sets, np.int64)
    purpose_of[what] = why
    came, among = _arrivals(what, actor, day), _arrivals(why, actor, day)
    of, on = came // _DAYS, came % _DAYS
    people = np.searchsorted(came, came, side="right") - np.searchsorted(came, of * _DAYS)
    with_it = purpose_of[of] * _DAYS
    others = np.searchsorted(among, with_it + on, side="right") - np.searchsorted(among, with_it)
    enough = people >= np.minimum(PEOPLE, np.ceil(HALF * others))
    out = np.full(sets, _NEVER, np.int64)
    np.minimum.at(out, of[enough], on[enough])
    return out


def _arrivals(group: Longs, actor: Longs, day: Longs) -> Longs:
    """The day on which each account of each group came, as group times _DAYS plus day, sorted."""
    order = np.lexsort((day, actor, group))
    g, a, d = (column[order].astype(np.int64) for column in (group, actor, day))
    first = np.ones(len(g), np.bool_)
    first[1:] = (g[1:] != g[:-1]) | (a[1:] != a[:-1])
    made: Longs = np.sort(g[first] * _DAYS + d[first])
    return made


DETECTOR = Detector(name="fields_beyond_purpose", needs=("accesses.fields", "accesses.purpose"), count=_count)
