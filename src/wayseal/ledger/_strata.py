"""How much each actor read of a stratum of waybills, out of the lists of (waybill, actor) pairs.

1. Up to `MOST_PAIRS` pairs all of them are walked, and the counts are exact.
2. Of more, a range of the key space with about so many is walked. Keys are hashes, so it is a uniform sample of the
   waybills with all their reads; counts are those of that range, never scaled up, so that who counts on them knows on
   how little they stand.

The design's cube (origin × destination × day × actor) is left out: the pair lists answer every predicate, the cube
only some, and walking them is fast enough (docs/benchmarks.md).

A sample of what one actor read: a range of the key space, so a uniform one.

V1. The key range whose strata are counted (`_strata.find_reach`) is looked through first.
V2. Where it holds too few, the lists of accounts go on up to `MOST_CODES` pairs, of which just the account is read,
   until `TRIED` more views are found; which of these fit is looked up for each.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.ledger import _kernels
from wayseal.ledger._counts import COUNTS
from wayseal.ledger._keys import fixed
from wayseal.ledger._layout import PAIRS_SCHEMA
from wayseal.ledger._lookup import DICTIONARY_SCHEMA, Finder
from wayseal.ledger._merge import sum_counts
from wayseal.ledger._part import column_values
from wayseal.ledger._select import MOST, Chooser, Chosen
from wayseal.ledger._sorted import EVERY_KEY, SortedFile, contains, find_rows, ranges
from wayseal.model.arrays import Longs, UInts
from wayseal.model.predicate import Predicate

_PAIRS = "pairs:actor"
_THREADS = 2
_GROUPS = 8
"""Row groups that are read together."""
MOST_PAIRS = 1 << 25
"""Pairs that are walked for one answer, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StratumVolumes:
    """A stratum of waybills, counted. Tables have only rows above 0, sorted by key.

    Attributes:
        last: Waybills with keys up to it were counted; `EVERY_KEY`: all.
        waybills: How many are in it.
        actors: Columns actor (u64), waybills (i64): how many of them each account read.
        outlets: Columns outlet, waybills: how many came from or were scanned at each outlet.
        channels: Columns channel, waybills: how many each interface issued.
    """

    last: int
    waybills: int
    actors: pa.Table
    outlets: pa.Table
    channels: pa.Table

    @property
    def part(self) -> float:
        """Which part of the ledger's waybills was looked at: 1 for all."""
        return (self.last + 1) / (EVERY_KEY + 1)


def read_counts(finder: Finder, kind: str) -> pa.Table:
    """A table of counts over all generations."""
    name = f"counts:{kind}"
    table = finder.whole(name, COUNTS[name])
    return table if len(finder.entries(name)) <= 1 else sum_counts(name, table)


def reads_by_actor(finder: Finder) -> pa.Table:
    """(actor u64, reads i64, first i64) of the actors that read anything, sorted."""

    def make() -> pa.Table:
        schema = COUNTS["counts:volumes"]
        table = finder.whole("counts:volumes", pa.schema([f for f in schema if f.name != "day"]))
        made = table.group_by("actor", use_threads=False).aggregate([("reads", "sum"), ("first", "sum")])
        made = made.rename_columns(["actor", "reads", "first"])
        return made.filter(pc.greater(made["reads"], 0)).sort_by("actor")

    return finder.once("reads by actor", make)


def stratum_volumes(
    finder: Finder, chooser: Chooser, predicates: Sequence[Predicate], everything: int
) -> list[StratumVolumes]:
    """Volumes of each predicate (rules 1 and 2). everything: how many waybills there are in all."""
    out: list[StratumVolumes | None] = [None] * len(predicates)
    narrow = []
    for n, predicate in enumerate(predicates):
        if predicate.everything:
            out[n] = _whole(finder, everything)
        else:
            narrow.append(n)
    last = find_reach(finder) if narrow else EVERY_KEY
    for start in range(0, len(narrow), MOST):
        portion = narrow[start : start + MOST]
        chosen = chooser.choose([predicates[n] for n in portion], last)
        for n, volumes in zip(portion, _counted(finder, chosen, len(portion)), strict=True):
            out[n] = volumes
    return [volumes for volumes in out if volumes is not None]


def find_reach(finder: Finder) -> int:
    """The last key of the range that is walked; `EVERY_KEY` where all are."""
    if sum(entry.rows for entry in finder.entries(_PAIRS)) <= MOST_PAIRS:
        return EVERY_KEY
    return next(ranges(finder.files(_PAIRS), MOST_PAIRS))[1]


def _whole(finder: Finder, everything: int) -> StratumVolumes:
    actors = reads_by_actor(finder).select(["actor", "first"]).rename_columns(["actor", "waybills"])
    actors = actors.filter(pc.greater(actors["waybills"], 0))
    return StratumVolumes(
        last=EVERY_KEY,
        waybills=everything,
        actors=actors,
        outlets=read_counts(finder, "outlets"),
        channels=read_counts(finder, "channels"),
    )


def _counted(finder: Finder, chosen: Chosen, predicates: int) -> list[StratumVolumes]:
    actors = _pairs(finder, "actor", chosen, predicates)
    outlets = _pairs(finder, "outlet", chosen, predicates)
    out = []
    for n in range(predicates):
        inside = (chosen.masks >> np.uint64(n)) & np.uint64(1) != 0
        channels, count = np.unique(chosen.channels[inside], return_counts=True)
        out.append(
            StratumVolumes(
                last=chosen.last,
                waybills=int(inside.sum()),
                actors=actors[n],
                outlets=outlets[n],
                channels=_table("channel", channels, count),
            )
        )
    return out


def _pairs(finder: Finder, kind: str, chosen: Chosen, predicates: int) -> list[pa.Table]:
    """For each predicate, how many of its waybills stand in a pair with each id."""
    names = finder.whole(f"dictionary:{kind}", DICTIONARY_SCHEMA)["key"].to_numpy()
    names = np.concatenate([np.zeros(1, np.uint64), names])
    portions = [
        (file, groups[start : start + _GROUPS].tolist())
        for file, opened in enumerate(finder.files(f"pairs:{kind}"))
        for groups in (opened.groups_between(0, chosen.last),)
        for start in range(0, len(groups), _GROUPS)
    ]

    def work(turn: int) -> Longs:
        counts = np.zeros((predicates, len(names)), np.int64)
        files = finder.files(f"pairs:{kind}")
        for place, groups in portions[turn::_THREADS]:
            _count(files[place].read(groups, PAIRS_SCHEMA), chosen, counts)
        return counts

    with ThreadPoolExecutor(_THREADS) as pool:
        counts = sum(pool.map(work, range(_THREADS)), np.zeros((predicates, len(names)), np.int64))
    out = []
    for n in range(predicates):
        there = np.flatnonzero(counts[n])
        there = there[np.argsort(names[there])]
        out.append(_table(kind, names[there], counts[n][there]))
    return out


def _count(rows: pa.RecordBatch, chosen: Chosen, counts: Longs) -> None:
    keys, codes = column_values(rows, "waybill"), column_values(rows, "code")
    with np.errstate(over="ignore"):
        _kernels.count_pairs(fixed(keys), fixed(codes), chosen.keys, chosen.masks, counts)


def _table(kind: str, keys: UInts, count: Longs) -> pa.Table:
    return pa.table({kind: pa.array(keys, pa.uint64()), "waybills": pa.array(count, pa.int64())})


def count_sessions(finder: Finder, sessions: UInts) -> pa.Table:
    """Rows of `counts:sessions` about some sessions (keys, sorted); no others are read, as there are millions."""
    name = "counts:sessions"
    schema = COUNTS[name]
    found = [schema.empty_table()]
    for file in finder.files(name):
        for group in range(len(file.rows)):
            keys = column_values(file.read([group], pa.schema([schema.field("session")])), "session")
            there = find_rows(keys, sessions)
            if len(there):
                found.append(pa.Table.from_batches([file.read([group], schema)]).take(pa.array(there)))
    return sum_counts(name, pa.concat_tables(found))


_CODES, _KEYS = (pa.schema([PAIRS_SCHEMA.field(name)]) for name in ("code", "waybill"))
_VIEW_THREADS = 2
_VIEW_GROUPS = 4
"""Row groups that are read together."""
_AT_ONCE = 6
"""Reads after which it is seen whether that was enough."""
MOST_CODES = 1 << 27
"""Pairs of whose account it is seen whether it is the one."""
TRIED = 1024
"""Views beyond the first range of which it is looked up whether they fit."""


def find_views(finder: Finder, chooser: Chooser, actor: int, predicates: Sequence[Predicate], limit: int) -> UInts:
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
    """The last key that is looked at (rule V2)."""
    return next(ranges(finder.files(_PAIRS), MOST_CODES))[1]


@dataclass(frozen=True, slots=True)
class _Walk:
    """A search for the pairs of one code, of the waybills that fit (None: all)."""

    finder: Finder
    code: int
    fitting: UInts | None

    def groups(self, file: SortedFile, low: int, high: int) -> list[int]:
        """Row groups between two keys that may hold what is looked for."""
        between = file.groups_between(low, high)
        if self.fitting is not None:
            between = np.intersect1d(between, file.groups_with(self.fitting), assume_unique=True)
        out: list[int] = between.tolist()
        return out

    def keys(self, place: int, groups: list[int]) -> UInts:
        """Waybills in some row groups of one file; their column is read only where the code stands."""
        file = self.finder.files(_PAIRS)[place]
        mine = np.flatnonzero(column_values(file.read(groups, _CODES), "code") == np.uint32(self.code))
        if not len(mine):
            return np.zeros(0, np.uint64)
        keys: UInts = column_values(file.read(groups, _KEYS), "waybill")[mine]
        return keys if self.fitting is None else keys[contains(self.fitting, keys)]


def _first_of(walk: _Walk, low: int, high: int, limit: int) -> UInts:
    """The first `limit` keys, sorted, from `low` to `high`; two threads, as reading is most of the work."""
    found: list[UInts] = [np.zeros(0, np.uint64)]
    for place, file in enumerate(walk.finder.files(_PAIRS)):
        groups = walk.groups(file, low, high)
        portions = [groups[start : start + _VIEW_GROUPS] for start in range(0, len(groups), _VIEW_GROUPS)]
        count = 0
        with ThreadPoolExecutor(_VIEW_THREADS) as pool:
            for start in range(0, len(portions), _AT_ONCE):
                some = list(pool.map(partial(walk.keys, place), portions[start : start + _AT_ONCE]))
                found += some
                count += sum(len(keys) for keys in some)
                if count >= limit:
                    break
    keys = np.unique(np.concatenate(found))
    return keys[(keys >= np.uint64(low)) & (keys <= np.uint64(high))][:limit]
