"""Sets of fields that hardly anybody of the role reads for that purpose.

A set is usual for a role and purpose from the day on which PEOPLE accounts, or HALF of those with that purpose, have
read it; reads of other sets are odd.
"""

import numpy as np
import pyarrow as pa

from wayseal.detect._view import View
from wayseal.detect.detectors._contract import Detector, Odd

PEOPLE, HALF = 3, 0.5
_NEVER = 1 << 30


def _count(view: View) -> Odd:
    shown = view.shown.filter(pa.array(view.shown["fields"].to_numpy() > 0))
    actor, day = shown["actor"].to_numpy(), shown["day"].to_numpy()
    reads, purpose = shown["reads"].to_numpy(), shown["purpose"].to_numpy()
    _, why = np.unique(np.stack([view.role[actor].astype(np.uint64), purpose]), axis=1, return_inverse=True)
    _, what = np.unique(np.stack([why.astype(np.uint64), shown["fields"].to_numpy()]), axis=1, return_inverse=True)
    among = _people(why, actor)
    enough = np.minimum(PEOPLE, np.maximum(1, np.ceil(HALF * among))).astype(np.int64)
    usual_from = _nth_day(what, actor, day, _first_of(what, enough[why]))
    odd = day < usual_from[what]
    base = view.spread(actor, day, reads)
    cells = shown.filter(pa.array(odd)).select(["actor", "day", "purpose", "fields"])
    return Odd(odd=view.spread(actor[odd], day[odd], reads[odd]), base=base.astype(float), cells=cells)


def _people(group: np.ndarray, actor: np.ndarray) -> np.ndarray:
    pairs = np.unique(np.stack([group, actor]), axis=1)
    return np.bincount(pairs[0], minlength=int(group.max(initial=-1)) + 1)


def _first_of(group: np.ndarray, values: np.ndarray) -> np.ndarray:
    out = np.zeros(int(group.max(initial=-1)) + 1, np.int64)
    out[group] = values
    return out


def _nth_day(group: np.ndarray, actor: np.ndarray, day: np.ndarray, nth: np.ndarray) -> np.ndarray:
    """The day on which the n-th account of each group came; a day that never comes where there are fewer."""
    order = np.lexsort((day, actor, group))
    g, a, d = group[order], actor[order], day[order]
    first = np.ones(len(g), np.bool_)
    first[1:] = (g[1:] != g[:-1]) | (a[1:] != a[:-1])
    g, d = g[first], d[first]
    order = np.lexsort((d, g))
    g, d = g[order], d[order]
    people = np.bincount(g, minlength=len(nth))
    start = np.cumsum(people) - people
    out = np.full(len(nth), _NEVER)
    some = people >= nth
    out[some] = d[(start + nth - 1)[some]]
    return out


DETECTOR = Detector(name="fields_beyond_purpose", needs=("accesses.fields", "accesses.purpose"), count=_count)
