"""A sample of what one actor read: a stretch of the key space, so a uniform one."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from wayseal.ledger._keys import Keyer
from wayseal.ledger._layout import PAIRS_SCHEMA
from wayseal.ledger._lookup import Finder
from wayseal.ledger._part import numbers
from wayseal.ledger._rim import DICTIONARY_SCHEMA
from wayseal.ledger._select import MOST, Selection, choose
from wayseal.ledger._sorted import SortedFile, contains
from wayseal.ledger._types import Words
from wayseal.model.predicate import Predicate

_GROUPS = 4
"""Row groups that are read at a time."""


def views(
    finder: Finder, keyer: Keyer, outlets: pa.Table, actor: int, predicates: Sequence[Predicate], limit: int
) -> Words:
    """Keys, sorted, of up to `limit` waybills that the actor (a key) read and that fit any of the predicates.

    Without predicates, or with one that is everything, all waybills fit. The first of the key space are taken.
    """
    names = finder.whole("dictionary:actor", DICTIONARY_SCHEMA)["key"].to_numpy()
    code = np.flatnonzero(names == np.uint64(actor)) + 1
    if not len(code):
        return np.zeros(0, np.uint64)
    fitting = _fitting(finder, keyer, outlets, predicates)
    taken = [_first_of(file, int(code[0]), fitting, limit) for file in finder.files("pairs:actor")]
    return np.unique(np.concatenate([np.zeros(0, np.uint64), *taken]))[:limit]


def _fitting(finder: Finder, keyer: Keyer, outlets: pa.Table, predicates: Sequence[Predicate]) -> Words | None:
    if not predicates or any(p.everything for p in predicates):
        return None
    portions = [predicates[start : start + MOST] for start in range(0, len(predicates), MOST)]
    return np.unique(np.concatenate([choose(finder, Selection(p, keyer, outlets)).keys for p in portions]))


def _first_of(file: SortedFile, code: int, fitting: Words | None, limit: int) -> Words:
    found: list[Words] = [np.zeros(0, np.uint64)]
    total = 0
    for start in range(0, len(file.rows), _GROUPS):
        rows = file.read(range(start, min(start + _GROUPS, len(file.rows))), PAIRS_SCHEMA)
        keys: Words = numbers(rows, "waybill")[numbers(rows, "code") == code]
        found.append(keys if fitting is None else keys[contains(fitting, keys)])
        total += len(found[-1])
        if total >= limit:
            break
    return np.concatenate(found)[:limit]
