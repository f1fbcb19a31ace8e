"""A sample of what one actor read: a stretch of the key space, so a uniform one."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa

from wayseal.ledger._layout import PAIRS_SCHEMA
from wayseal.ledger._lookup import Finder
from wayseal.ledger._part import numbers
from wayseal.ledger._rim import DICTIONARY_SCHEMA
from wayseal.ledger._select import Chooser
from wayseal.ledger._sorted import contains
from wayseal.ledger._types import Longs, Words
from wayseal.model.predicate import Predicate

_PAIRS = "pairs:actor"
_THREADS = 2
_GROUPS = 4
"""Row groups that are read together."""
_AT_ONCE = 6
"""Reads after which it is seen whether that was enough."""
FEW = 4096
"""Of so few waybills the reads are looked up, rather than walking over all pairs."""


def views(
    finder: Finder,
    chooser: Chooser,
    reads: Callable[[Words], pa.Table],
    actor: int,
    predicates: Sequence[Predicate],
    limit: int,
) -> Words:
    """Keys, sorted, of up to `limit` waybills that the actor (a key) read and that fit any of the predicates.

    Without predicates, or with one that is everything, all waybills fit. The first of the key space are taken.
    """
    narrow = bool(predicates) and not any(p.everything for p in predicates)
    fitting = chooser.fitting(predicates) if narrow else None
    if fitting is not None and len(fitting) <= FEW:
        rows = reads(fitting)
        return np.unique(rows["waybill"].to_numpy()[rows["actor"].to_numpy() == np.uint64(actor)])[:limit]
    names = finder.whole("dictionary:actor", DICTIONARY_SCHEMA)["key"].to_numpy()
    codes: Longs = np.flatnonzero(names == np.uint64(actor)) + 1
    taken = [_first_of(finder, place, codes, fitting, limit) for place in range(len(finder.files(_PAIRS)))]
    return np.unique(np.concatenate([np.zeros(0, np.uint64), *taken]))[:limit]


def _first_of(finder: Finder, place: int, codes: Longs, fitting: Words | None, limit: int) -> Words:
    """The first views in one file of pairs; two threads, as reading is most of the work."""

    def work(groups: range) -> Words:
        rows = finder.files(_PAIRS)[place].read(groups, PAIRS_SCHEMA)
        keys: Words = numbers(rows, "waybill")[np.isin(numbers(rows, "code"), codes)]
        return keys if fitting is None else keys[contains(fitting, keys)]

    found: list[Words] = [np.zeros(0, np.uint64)]
    groups = range(len(finder.files(_PAIRS)[place].rows))
    portions = [groups[start : start + _GROUPS] for start in range(0, len(groups), _GROUPS)]
    with ThreadPoolExecutor(_THREADS) as pool:
        for start in range(0, len(portions), _AT_ONCE):
            found += pool.map(work, portions[start : start + _AT_ONCE])
            if sum(len(keys) for keys in found) >= limit:
                break
    return np.concatenate(found)[:limit]
