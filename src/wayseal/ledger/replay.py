"""Queries of a ledger, replayed on the waybills that somebody asks about; nothing is ever materialised for the rest.

`_queries` reads them, `_replay` (whose rules hold here) says how waybills stood, matches and weighs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from wayseal.ledger import _replay
from wayseal.ledger._queries import KNOWN, NEVER, Queries
from wayseal.ledger._replay import States
from wayseal.ledger._sorted import contains
from wayseal.model.arrays import Floats, Ints, Longs, UInts
from wayseal.model.predicate import Predicate

POPULATION = 5_000
"""Waybills from which it is estimated how many fitted a query; of a ledger with no more all are taken, exactly."""
SURELY = 0.5
"""From this weight on a waybill counts as shown where only yes or no can be said."""
MOST_FILTERS = 64
"""Filters of one account that `Replay.questions` gives: as many as one walk over the waybills answers."""

EXPOSURES_SCHEMA = pa.schema(
    [
        ("waybill", pa.uint64()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("actor", pa.uint64()),
        ("session", pa.uint64()),
        ("via", pa.uint64()),
        ("request", pa.uint64()),
        ("weight", pa.float64()),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayCounts:
    """The logged queries, counted by what became of them.

    replayed: those that were put to the waybills; soft: of these, such as show a waybill with a probability between
    0 and 1 only. useless: the others, of which unreadable counts those whose filter can't be read, by the key that is
    wrong ("": no key of ours). repeated: rows that were a query known already. span: first and last time of those
    replayed, µs since 1970.
    """

    replayed: int
    soft: int
    useless: int
    unreadable: Mapping[str, int] = field(default_factory=dict)
    repeated: int = 0
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """Who was shown some waybills.

    rows: `EXPOSURES_SCHEMA`, sorted by (waybill, at, actor, request); ids are keys, null for none; weight is the
    probability, above 0, at most 1. changes_left_out: changes of these waybills that can't be replayed.
    """

    rows: pa.Table
    changes_left_out: int


class Replay:
    """All queries of one generation, weighed once, to be asked about any waybills.

    queries: theirs. states: the states of some waybills (sorted keys). population: a uniform sample of the `size`
    waybills of the ledger.
    """

    def __init__(self, queries: Queries, states: Callable[[UInts], States], population: UInts, size: int) -> None:
        self._queries = queries
        self._states = states
        scale = max(size, 1) / max(len(population), 1)
        fitted = _replay.count_fitting(queries, states(population))
        self._safe, self._even = _replay.weigh_queries(queries, fitted, scale)
        soft = (self._safe > 0) & (self._safe < 1)
        span = (int(queries.at.min()), int(queries.at.max())) if len(queries) else None
        self.counts = ReplayCounts(
            replayed=len(queries), soft=int(soft.sum()), useless=queries.useless, unreadable=queries.unreadable,
            repeated=queries.repeated, span=span,
        )  # fmt: skip

    def actors(self) -> UInts:
        """Keys of the accounts that asked anything, sorted."""
        return np.unique(self._queries.actor)

    def exposures(self, keys: UInts) -> Exposed:
        """Who was shown which of some waybills, and when."""
        wanted = np.unique(np.asarray(keys, np.uint64))
        states = self._states(wanted)
        query, state = _replay.match_queries(self._queries, states)
        shown = self._safe[query] > 0
        query, state = query[shown], state[shown]
        waybill, at = wanted[states.item[state]], self._queries.at[query]
        actor, request = self._queries.actor[query], self._queries.request[query]
        order = np.lexsort((query, request, actor, at, waybill))
        query = query[order]
        arrays = [
            pa.array(waybill[order]),
            pa.array(at[order]).cast(EXPOSURES_SCHEMA.field("at").type),
            pa.array(actor[order]),
            *(_nullable(column[query]) for column in (self._queries.session, self._queries.via)),
            pa.array(request[order]),
            pa.array(self._safe[query]),
        ]
        return Exposed(rows=pa.Table.from_arrays(arrays, schema=EXPOSURES_SCHEMA), changes_left_out=states.left_out)

    def shown(
        self, column: str, owners: UInts, groups: Sequence[UInts], known: tuple[UInts, UInts]
    ) -> tuple[Floats, Floats]:
        """How many waybills of each group were shown to each owner: expected [owners, groups], and at most [owners].

        column: "actor" or "session", of which `owners` are keys, distinct. known: (owner, waybill) pairs that don't
        count, of which the waybill may be any. What is known by the logged rows alone is ∞ where they say nothing.
        """
        owner = _places(owners, getattr(self._queries, column))
        if not (owner >= 0).any():
            return np.zeros((len(owners), len(groups))), np.zeros(len(owners))
        keys = np.unique(np.concatenate([np.zeros(0, np.uint64), *groups]))
        states = self._states(keys)
        places = [np.searchsorted(keys, group).astype(np.int32) for group in groups]
        expected = _replay.sum_shown(self._queries, states, self._even, owner, _known(owners, keys, known), places)
        return expected, _replay.bound_shown(self._queries, self._even, owner, len(owners))

    def questions(self, actor: int) -> list[Predicate]:
        """Up to `MOST_FILTERS` different filters of an account (a key) that show a waybill surely, evenly chosen."""
        queries = self._queries
        mine = (queries.actor == np.uint64(actor)) & (self._safe >= SURELY)
        filters = np.unique(queries.filter[mine])
        step = max(-(-len(filters) // MOST_FILTERS), 1)
        return [_predicate(queries, int(f)) for f in filters[::step]]


def _nullable(keys: UInts) -> pa.Array:
    return pa.array(keys, mask=keys == 0)


def _places(owners: UInts, keys: UInts) -> Ints:
    """Place of each key among the owners, -1 for none."""
    order = np.argsort(owners, kind="stable")
    there = contains(owners[order], keys)
    out = np.full(len(keys), -1, np.int32)
    out[there] = order[np.searchsorted(owners[order], keys[there])]
    return out


def _known(owners: UInts, keys: UInts, known: tuple[UInts, UInts]) -> list[Ints]:
    """For each owner the places in `keys` (sorted) of the waybills that are known of it."""
    place = _places(owners, known[0])
    inside = (place >= 0) & contains(keys, known[1])
    item = np.searchsorted(keys, known[1][inside]).astype(np.int32)
    order = np.argsort(place[inside], kind="stable")
    bounds: Longs = np.searchsorted(place[inside][order], np.arange(len(owners) + 1))
    return [item[order[a:b]] for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)]


def _predicate(queries: Queries, f: int) -> Predicate:
    low, high = int(queries.filters.low[f]), int(queries.filters.high[f])
    return Predicate(
        any_of=queries.filters.any_of[int(queries.filters.conditions[f])],
        issued_from=None if low <= KNOWN else _moment(low),
        issued_to=None if high == NEVER else _moment(high),
    )


def _moment(us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
