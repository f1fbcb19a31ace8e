"""The ledger's order (waybill key, time, source, row), and what it decides: first reads, repeats, new pairs."""

from dataclasses import dataclass

import numpy as np

from wayseal.ledger import _kernels
from wayseal.ledger._keys import fixed
from wayseal.ledger._layout import Codes, Flags, Ints, Longs, Words

_BITS = 22


def ledger_order(key: Words, at: Longs, source: Ints, row: Longs) -> Codes:
    """Places of the rows in the ledger's order, for keys that may share their first bits."""
    n = len(key)
    order = np.empty(n, np.uint32)
    if n == 0:
        return order
    span = int(key.min()) ^ int(key.max())
    bits = max(2, min(_BITS, span.bit_length()))
    shift = max(0, span.bit_length() - bits)
    local = key & np.uint64((1 << (shift + bits)) - 1)
    long = np.empty((n // _kernels.SMALL + 1, 2), np.int64)
    found = _kernels.order_rows(fixed(local), fixed(at), fixed(source), fixed(row), shift, bits, order, long)
    for start, stop in long[:found].tolist():
        part = order[start:stop]
        order[start:stop] = part[np.lexsort((row[part], source[part], at[part], key[part]))]
    return order


def run_starts(key: Words) -> Longs:
    """Where runs of equal keys start, and the end: int64 (runs + 1)."""
    if not len(key):
        return np.zeros(1, np.int64)
    inner = np.flatnonzero(key[1:] != key[:-1]) + 1
    return np.concatenate([[0], inner, [len(key)]]).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """For rows in order: first: of its id in its run; moved: was it, and is no longer.

    fresh: first, and no old row had the pair.
    """

    first: Flags
    moved: Flags
    fresh: Flags


def mark_firsts(starts: Longs, ids: Words, old: Flags, was_first: Flags) -> Marks:
    """Marks of rows in order; runs from `run_starts`; id 0 is none."""
    n = len(ids)
    first, moved, fresh = np.zeros(n, np.bool_), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    with np.errstate(over="ignore"):
        _kernels.mark_firsts(starts, fixed(ids), fixed(old), fixed(was_first), first, moved, fresh)
    return Marks(first=first, moved=moved, fresh=fresh)


def mark_repeats(starts: Longs, ids: Words, old: Flags) -> Flags | None:
    """Rows that repeat an id of their run and are not old; None if there are none."""
    repeat = np.zeros(len(ids), np.bool_)
    with np.errstate(over="ignore"):
        found = _kernels.mark_repeats(starts, fixed(ids), fixed(old), repeat)
    return repeat if found else None
