"""A sample of what one actor read: a stretch of the key space, so a uniform one.

1. The stretch whose strata are counted (`_strata.find_reach`) is looked through first.
2. Where it holds too few, the lists of accounts go on up to `MOST_CODES` pairs, of which just the account is read,
   until `TRIED` more views are found; which of these fit is looked up for each.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa

from wayseal.ledger._layout import PAIRS_SCHEMA
from wayseal.ledger._lookup import Finder
from wayseal.ledger._part import column_values
from wayseal.ledger._select import Chooser
from wayseal.ledger._sorted import EVERY_KEY, SortedFile, contains, ranges
from wayseal.ledger._strata import find_reach
from wayseal.ledger._text_lookup import DICTIONARY_SCHEMA
from wayseal.ledger._types import Words
from wayseal.model.predicate import Predicate

_PAIRS = "pairs:actor"
_CODES, _KEYS = (pa.schema([PAIRS_SCHEMA.field(name)]) for name in ("code", "waybill"))
_THREADS = 2
_GROUPS = 4
"""Row groups that are read together."""
_AT_ONCE = 6
"""Reads after which it is seen whether that was enough."""
MOST_CODES = 1 << 27
"""Pairs of whose account it is seen whether it is the one."""
TRIED = 1024
"""Views beyond the first stretch of which it is looked up whether they fit."""


def find_views(finder: Finder, chooser: Chooser, actor: int, predicates: Sequence[Predicate], limit: int) -> Words:
    """Keys, sorted, of up to `limit` waybills that the actor (a key) read and that fit any of the predicates.

    Without predicates, or with one that is everything, all waybills fit. The first of the key space are taken.
    """
    narrow = [] if any(p.everything for p in predicates) else list(predicates)
    names = finder.whole("dictionary:actor", DICTIONARY_SCHEMA)["key"].to_numpy()
    codes = (np.flatnonzero(names == np.uint64(actor)) + 1).tolist()
    if not codes:
        return np.zeros(0, np.uint64)
    last = find_reach(finder)
    fitting = chooser.fitting(narrow, last) if narrow else None
    found = _first_of(_Walk(finder, codes[0], fitting), 0, last, limit)
    if last != EVERY_KEY and len(found) < limit:
        more = _first_of(_Walk(finder, codes[0], None), last + 1, _end(finder), TRIED if narrow else limit)
        found = np.concatenate([found, more[chooser.fits(narrow, more)] if narrow else more])
    return found[:limit]


def _end(finder: Finder) -> int:
    """The last key that is looked at (rule 2)."""
    return next(ranges(finder.files(_PAIRS), MOST_CODES))[1]


@dataclass(frozen=True, slots=True)
class _Walk:
    """What is looked for: the pairs of one code, of the waybills that fit (None: all)."""

    finder: Finder
    code: int
    fitting: Words | None

    def groups(self, file: SortedFile, low: int, high: int) -> list[int]:
        """Row groups between two keys that may hold what is looked for."""
        between = file.groups_between(low, high)
        if self.fitting is not None:
            between = np.intersect1d(between, file.groups_with(self.fitting), assume_unique=True)
        out: list[int] = between.tolist()
        return out

    def keys(self, place: int, groups: list[int]) -> Words:
        """Waybills in some row groups of one file; their column is read only where the code stands."""
        file = self.finder.files(_PAIRS)[place]
        mine = np.flatnonzero(column_values(file.read(groups, _CODES), "code") == np.uint32(self.code))
        if not len(mine):
            return np.zeros(0, np.uint64)
        keys: Words = column_values(file.read(groups, _KEYS), "waybill")[mine]
        return keys if self.fitting is None else keys[contains(self.fitting, keys)]


def _first_of(walk: _Walk, low: int, high: int, limit: int) -> Words:
    """The first `limit` keys, sorted, from `low` to `high`; two threads, as reading is most of the work."""
    found: list[Words] = [np.zeros(0, np.uint64)]
    for place, file in enumerate(walk.finder.files(_PAIRS)):
        groups = walk.groups(file, low, high)
        portions = [groups[start : start + _GROUPS] for start in range(0, len(groups), _GROUPS)]
        count = 0
        with ThreadPoolExecutor(_THREADS) as pool:
            for start in range(0, len(portions), _AT_ONCE):
                some = list(pool.map(partial(walk.keys, place), portions[start : start + _AT_ONCE]))
                found += some
                count += sum(len(keys) for keys in some)
                if count >= limit:
                    break
    keys = np.unique(np.concatenate(found))
    return keys[(keys >= np.uint64(low)) & (keys <= np.uint64(high))][:limit]
