"""What the order of a waybill's reads decides: first reads, repeats of one access, new (waybill, id) pairs."""

from dataclasses import dataclass

import numpy as np

from wayseal.ledger import _kernels
from wayseal.ledger._keys import fixed
from wayseal.ledger._types import Flags, Longs, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """For rows in order: first: of its id in its run; moved: was it, and is no longer.

    fresh: first, and no old row had the pair.
    """

    first: Flags
    moved: Flags
    fresh: Flags


def firsts(starts: Longs, ids: Words, old: Flags, was_first: Flags) -> Marks:
    """Marks of rows in order; runs from `run_starts`; id 0 is none."""
    n = len(ids)
    first, moved, fresh = np.zeros(n, np.bool_), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    with np.errstate(over="ignore"):
        _kernels.mark_firsts(starts, fixed(ids), fixed(old), fixed(was_first), first, moved, fresh)
    return Marks(first=first, moved=moved, fresh=fresh)


def repeats(starts: Longs, ids: Words, old: Flags) -> Flags | None:
    """Rows that repeat an id of their run and are not old; None if there are none."""
    repeat = np.zeros(len(ids), np.bool_)
    with np.errstate(over="ignore"):
        found = _kernels.mark_repeats(starts, fixed(ids), fixed(old), repeat)
    return repeat if found else None
