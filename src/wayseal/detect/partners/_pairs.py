"""Which call of our log is which of theirs.

Obligations (code and tests cite the numbers):
1. A call is matched at most once, with one call on the same waybill.
2. Where both carry a request id of a common kind, only equal ids match: the first with the first, and so on.
3. Others match in order of time, once the clock skew is taken out, when they stand no further apart than
   `TOLERANCE_US`; what is nearest goes first (`STEPS_US`). Two calls that both carry an id of a common kind never match
   by time.
"""

import numpy as np

from wayseal.detect.partners._reads import Calls, Flags, Longs, Reads, UInts
from wayseal.detect.partners._skew import CallPairs, Clock
from wayseal.model.jit import kernel

TOLERANCE_US = 120_000_000
STEPS_US = (2_000_000, 15_000_000, TOLERANCE_US)
MOST_PAIRS = 1 << 12
"""Of one waybill with more pairs than that, none is looked at."""
_NONE = np.uint64(0)


def match_by_id(ours: Reads, theirs: Calls) -> Longs:
    """For each of ours, the place of theirs with the same request id and waybill; -1 for none (obligations 1, 2)."""
    found = np.full(len(ours.at), -1, np.int64)
    left, right = (_by_name(side.waybill, side.request) for side in (ours, theirs))
    _join(ours.waybill, ours.request, theirs.waybill, theirs.request, left, right, found)
    return found


def _by_name(waybill: UInts, request: UInts) -> Longs:
    """Places of calls with an id, sorted by id and waybill; of the same, in the order in which they stand."""
    rows = np.flatnonzero(request != _NONE)
    rows = rows[np.argsort(request[rows], kind="stable")]
    same = request[rows][1:] == request[rows][:-1]
    if same.any():
        rows = rows[np.lexsort((waybill[rows], request[rows]))]
    return rows


def match_by_time(ours: Reads, theirs: Calls, found: Longs, clock: Clock, shared: bool) -> Longs:
    """The same for what `found` (from `match_by_id`, or all -1) leaves open (obligations 1 and 3).

    shared: ids are common.
    """
    out = found.copy()
    guess = correct_clock(theirs, clock)
    days = (0, -1, 1) if clock.jumps else (0,)
    for shift in days:
        then = theirs.at - clock.at(guess, shift) if shift else guess
        for step in STEPS_US:
            for named_ours, named_theirs in ((False, None), (None, False)) if shared else ((None, None),):
                left = np.flatnonzero((out < 0) & _named(ours.request, named_ours))
                right = np.flatnonzero(_free(out, len(theirs.at)) & _named(theirs.request, named_theirs))
                right = _in_order(theirs.waybill, then, right)
                _near(ours.waybill, ours.at, theirs.waybill, then, left, right, step, out)
    return out


def _in_order(waybill: UInts, at: Longs, rows: Longs) -> Longs:
    """Places sorted by (waybill, at). They mostly are: a skew that changes from day to day can move some."""
    late = at[rows][1:] < at[rows][:-1]
    if not (late & (waybill[rows][1:] == waybill[rows][:-1])).any():
        return rows
    return rows[np.lexsort((at[rows], waybill[rows]))]


def _named(request: UInts, wanted: bool | None) -> Flags:
    return np.ones(len(request), np.bool_) if wanted is None else (request != _NONE) == wanted


def _free(found: Longs, n: int) -> Flags:
    """Which of theirs are not matched."""
    free = np.ones(n, np.bool_)
    free[found[found >= 0]] = False
    return free


def correct_clock(theirs: Calls, clock: Clock) -> Longs:
    """Their times by our clock."""
    return theirs.at - clock.at(theirs.at - clock.whole)


def id_pairs(ours: Reads, theirs: Calls) -> tuple[CallPairs, int]:
    """Pairs of equal ids, and how many of ours could have had one: both logs carry an id on their waybill."""
    found = match_by_id(ours, theirs)
    rows = np.flatnonzero(found >= 0)
    could = (ours.request != _NONE) & np.isin(ours.waybill, theirs.waybill[theirs.request != _NONE])
    at = ours.at[rows]
    pairs = CallPairs(at=at, diff=theirs.at[found[rows]] - at, waybill=ours.waybill[rows])
    return pairs, int(could.sum())


def time_pairs(ours: Reads, theirs: Calls, most: int) -> CallPairs:
    """Every one of ours with every one of theirs on the same waybill, of as many waybills as make `most` pairs."""
    key, left, m = np.unique(ours.waybill, return_index=True, return_counts=True)
    other, right, n = np.unique(theirs.waybill, return_index=True, return_counts=True)
    _, one, two = np.intersect1d(key, other, assume_unique=True, return_indices=True)
    left, m, right, n = left[one], m[one], right[two], n[two]
    few = (m * n <= MOST_PAIRS) & (np.cumsum(np.minimum(m * n, MOST_PAIRS)) <= most + MOST_PAIRS)
    left, m, right, n = left[few], m[few], right[few], n[few]
    size = m * n
    run = np.repeat(np.arange(len(size)), size)
    inside = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
    a, b = left[run] + inside // n[run], right[run] + inside % n[run]
    return CallPairs(at=ours.at[a], diff=theirs.at[b] - ours.at[a], waybill=ours.waybill[a])


@kernel
def _join(key_a: UInts, id_a: UInts, key_b: UInts, id_b: UInts, order_a: Longs, order_b: Longs, found: Longs) -> None:
    """Fills `found` with equal (key, id), the k-th with the k-th; both orders are by (id, key)."""
    i, j = 0, 0
    while i < len(order_a) and j < len(order_b):
        a, b = order_a[i], order_b[j]
        if key_a[a] == key_b[b] and id_a[a] == id_b[b]:
            found[a] = b
            i += 1
            j += 1
        elif id_a[a] < id_b[b] or (id_a[a] == id_b[b] and key_a[a] < key_b[b]):
            i += 1
        else:
            j += 1


@kernel
def _near(
    key_a: UInts, at_a: Longs, key_b: UInts, at_b: Longs, order_a: Longs, order_b: Longs, step: int, found: Longs
) -> None:
    """Fills `found` with equal keys no more than `step` apart; both orders are by (key, at)."""
    i, j = 0, 0
    while i < len(order_a) and j < len(order_b):
        a, b = order_a[i], order_b[j]
        if key_a[a] == key_b[b] and abs(at_a[a] - at_b[b]) <= step:
            found[a] = b
            i += 1
            j += 1
        elif key_a[a] < key_b[b] or (key_a[a] == key_b[b] and at_a[a] < at_b[b]):
            i += 1
        else:
            j += 1
