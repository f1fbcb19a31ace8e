"""Accounts that pull together: each slowly, with something in common that work doesn't explain.

Obligations (code and tests cite the numbers):
1. Only accounts that already stand out a little (LEAST nats by unexplained first reads) are linked: a common address
   alone is no suspicion.
2. They have a device or address in common if each made LEAST_READS unexplained reads through it, they work at PLACES
   places or more, and at least half of all accounts that use it stand out.
3. They have a rhythm in common if on DAYS days or more their first unexplained reads of the day lie within CLOSE of
   each other, on more than half of the days on which both have any, and more often than by chance (CHANCE): the chance
   is how often a day of the one lies so close to another day of the other, as shifts begin alike for everybody.
4. They split a range if SPLITS or more of their unexplained reads, and a PART of those of the one with fewer, are of
   neighbouring numbers, no number was read by both, and that is more than chance (CHANCE) gives: whoever reads much has
   neighbours everywhere, so of an account's neighbours each other account has the share that it has of all reads.
5. Linked accounts are one case, as probable as the most probable of them.
6. More than LARGEST accounts that hang together are no ring but people whom one cause moves, such as sorters of a hub
   whose scans are missing: they are judged one by one.
7. A link that was told stays, though later days speak for it no more: accounts of one open case are linked (`case`,
   where nothing else is to be said). A person parts them by splitting the case.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from wayseal.detect._view import View
from wayseal.detect.detectors import STEP
from wayseal.model.arrays import Floats, Longs

LEAST, LEAST_READS, PLACES = 2.0, 3, 2
DAYS, CLOSE, CHANCE = 3, 5 * 60_000_000, 1e-5
SPLITS, PART = 5, 0.25
_LOG_CHANCE, _DAY = math.log(CHANCE), 86_400_000_000
MOST = 2_000
"""Most accounts that are compared with each other: the strongest."""
LARGEST = 30
Pairs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedAccounts:
    """Linked accounts (places, sorted) and by what: device, ip, rhythm, range, case."""

    actors: tuple[int, ...]
    by: frozenset[str]


def link_accounts(view: View, single: Floats, told: Sequence[Sequence[int]] = ()) -> tuple[LinkedAccounts, ...]:
    """Groups of linked accounts.

    single: float64 (a,), evidence by unexplained first reads, the most of the window. told: places of the accounts of
    each open case (obligation 7).
    """
    pairs = np.array([pair for case in told for pair in pairwise(case)], np.int64).reshape(-1, 2)
    some = np.flatnonzero(single >= LEAST)
    some = np.union1d(some[np.argsort(-single[some], kind="stable")][:MOST], pairs.ravel())
    if len(some) < 2:
        return ()
    among = np.zeros(view.shape[0], np.bool_)
    among[some] = True
    links = [(name, found) for name, found in [*_links(view, among), ("case", pairs)] if len(found)]
    root = np.arange(view.shape[0])
    for _, found in links:
        for a, b in found.tolist():
            _join(root, a, b)
    of = np.array([_root(root, int(a)) for a in some])
    out = []
    for top in np.unique(of).tolist():
        mine = some[of == top]
        if 1 < len(mine) <= LARGEST:
            by = frozenset(name for name, found in links if np.isin(found, mine).any())
            out.append(LinkedAccounts(actors=tuple(mine.tolist()), by=by - {"case"} or by))
    return tuple(out)


def _links(view: View, among: npt.NDArray[np.bool_]) -> Iterator[tuple[str, Pairs]]:
    s = view.suspects
    rows = np.flatnonzero(among[s.actor] & (s.plain | s.unknown))
    for kind, name in enumerate(("device", "ip")):
        yield name, _common(view, among, rows, getattr(s, name), kind)
    yield "rhythm", _rhythm(view, rows)
    yield "range", _range(view, rows)


def _common(view: View, among: npt.NDArray[np.bool_], rows: Longs, values: npt.NDArray[np.uint64], kind: int) -> Pairs:
    """Obligation 2: neighbours in the list of each value's accounts, which is enough to join them."""
    s = view.suspects
    rows = rows[values[rows] != 0]
    pair = np.stack([values[rows], s.actor[rows].astype(np.uint64)])
    pairs, count = np.unique(pair, axis=1, return_counts=True)
    value, actor = pairs[0][count >= LEAST_READS], pairs[1][count >= LEAST_READS].astype(np.int64)
    u = view.uses
    mine = np.flatnonzero((u["kind"].to_numpy() == kind) & np.isin(u["value"].to_numpy(), value))
    used = np.unique(np.stack([u["value"].to_numpy()[mine], u["actor"].to_numpy()[mine].astype(np.uint64)]), axis=1)
    out = []
    for one in np.unique(value).tolist():
        who = actor[value == np.uint64(one)]
        users = used[1][used[0] == np.uint64(one)].astype(np.int64)
        places = np.unique(view.place[who])
        if len(who) > 1 and len(places) >= PLACES and 2 * among[users].sum() >= len(users):
            out += list(zip(who[:-1].tolist(), who[1:].tolist(), strict=True))
    return np.array(out, np.int64).reshape(-1, 2)


def _rhythm(view: View, rows: Longs) -> Pairs:
    """Obligation 3."""
    s, (_, d) = view.suspects, view.shape
    cell = s.actor[rows].astype(np.int64) * d + s.day[rows]
    first = np.flatnonzero(np.append(True, cell[1:] != cell[:-1])) if len(cell) else np.zeros(0, np.int64)
    actor, day, at = s.actor[rows][first], s.day[rows][first], s.at[rows][first]
    who = np.unique(actor)
    starts = np.full((len(who), d), -1, np.int64)
    starts[np.searchsorted(who, actor), day] = at
    clock = np.where(starts >= 0, (starts + view.offset) % _DAY, -1)
    out = []
    for k in range(len(who) - 1):
        both = (starts[k] >= 0) & (starts[k + 1 :] >= 0)
        near = both & (np.abs(starts[k] - starts[k + 1 :]) <= CLOSE)
        n, days = near.sum(axis=1), both.sum(axis=1)
        for place in np.flatnonzero((n >= DAYS) & (2 * n > days)).tolist():
            other = k + 1 + place
            if _log_tail(int(n[place]), int(days[place]), _by_chance(clock[k], clock[other])) < _LOG_CHANCE:
                out.append((int(who[k]), int(who[other])))
    return np.array(out, np.int64).reshape(-1, 2)


def _by_chance(mine: Longs, other: Longs) -> float:
    """How often a day of the one lies within CLOSE of another day of the other; never 0."""
    apart = np.abs(mine[:, None] - other[None, :]) <= CLOSE
    there = (mine >= 0)[:, None] & (other >= 0)[None, :]
    np.fill_diagonal(there, False)
    return float(((apart & there).sum() + 1) / (there.sum() + 2))


def _log_tail(n: int, days: int, chance: float) -> float:
    """Logarithm of the probability of n or more of so many days, by chance."""
    terms = [
        math.lgamma(days + 1) - math.lgamma(k + 1) - math.lgamma(days - k + 1)
        + k * math.log(chance) + (days - k) * math.log1p(-chance)
        for k in range(n, days + 1)
    ]  # fmt: skip
    top = max(terms)
    return top + math.log(sum(math.exp(term - top) for term in terms))


def _range(view: View, rows: Longs) -> Pairs:
    """Obligation 4."""
    s = view.suspects
    rows = rows[s.number[rows] > 0]
    order = rows[np.lexsort((s.actor[rows], s.number[rows]))]
    number, actor = s.number[order], s.actor[order].astype(np.int64)
    gap = number[1:] - number[:-1]
    other = actor[1:] != actor[:-1]
    pair = np.stack([np.minimum(actor[1:], actor[:-1]), np.maximum(actor[1:], actor[:-1])])
    near = pair[:, other & (gap > 0) & (gap <= np.uint64(STEP))]
    read = np.bincount(actor, minlength=view.shape[0])
    neighbours = np.bincount(near.ravel(), minlength=view.shape[0])
    pairs, count = np.unique(near, axis=1, return_counts=True)
    out = []
    for (x, y), n in zip(pairs.T.tolist(), count.tolist(), strict=True):
        few, many = (x, y) if read[x] <= read[y] else (y, x)
        expected = neighbours[few] * read[many] / max(len(order) - int(read[few]), 1)
        if n < max(SPLITS, PART * read[few]) or _log_poisson_tail(n, float(expected)) >= _LOG_CHANCE:
            continue
        if not np.isin(number[actor == x], number[actor == y]).any():
            out.append((x, y))
    return np.array(out, np.int64).reshape(-1, 2)


def _log_poisson_tail(n: int, mean: float) -> float:
    """Bound on the logarithm of the probability of n or more where `mean` is expected (Chernoff); 0 below the mean."""
    return 0.0 if n <= mean else n - mean - n * math.log(n / mean) if mean > 0 else -math.inf


def _root(root: Longs, a: int) -> int:
    while root[a] != a:
        root[a] = root[root[a]]
        a = int(root[a])
    return a


def _join(root: Longs, a: int, b: int) -> None:
    x, y = _root(root, a), _root(root, b)
    root[max(x, y)] = min(x, y)
