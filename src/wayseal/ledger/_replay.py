"""Which waybills a logged query showed, and with what probability: pure functions of arrays.

1. A query showed a waybill only if the waybill fitted its filter at the query's time (`_asof`).
2. A query whose result was whole showed every waybill that fitted: weight 1. It was whole if its filter says all, and
   no row limit was reached.
3. A query that showed `rows` of M waybills that fitted showed each with probability rows / M. That is so where the
   row limit was reached, where the filter is only an upper bound, and where `rows` is plainly fewer than fit. Without
   `rows` the limit stands for it; without either, an upper bound weighs `UNKNOWN`.
4. M is counted where all waybills of the ledger are looked at, and estimated from a uniform sample otherwise, one
   waybill added: too large an M makes a read less certain, which is the safe side. Its uncertainty goes no further.
5. How many waybills a source was shown in all is summed with the same weights, over a sample of the waybills, M then
   estimated without the one that rule 4 adds: what is made small beside a leak must not be made small in the count.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from wayseal.ledger import _replay_kernels as _kernels
from wayseal.ledger._asof import States
from wayseal.ledger._keys import fixed
from wayseal.ledger._queries import NOT_LOGGED, Filters, Queries
from wayseal.ledger._replay_kernels import Index, Plan
from wayseal.ledger._types import Flags, Floats, Ints, Longs
from wayseal.model.predicate import CONDITIONS

UNKNOWN = 0.05
"""Weight of a query of which only an upper bound is known, and not how many rows it showed."""
PLAINLY = 2.0
"""So many standard errors must `rows` lie below the estimated matches to be plainly fewer."""


def build_index(states: States) -> Index:
    """The states, ready to be looked through by any condition."""
    order = np.argsort(states.codes, axis=1, kind="stable").astype(np.int32)
    bounds, firsts = [], []
    total = 0
    for codes, words in zip(states.codes, states.words, strict=True):
        held = np.bincount(codes[codes >= 0], minlength=len(words))
        bound = np.concatenate([[0], np.cumsum(held)]) + (codes < 0).sum()
        firsts.append(total)
        total += len(bound)
        bounds.append(bound)
    by_issue = np.argsort(states.issued, kind="stable").astype(np.int32)
    return Index(
        codes=np.ascontiguousarray(states.codes),
        order=np.ascontiguousarray(order),
        bound_first=np.array(firsts, np.int64),
        bound=np.concatenate(bounds).astype(np.int64),
        by_issue=by_issue,
        issue=states.issued[by_issue],
        issued=states.issued,
        since=states.since,
        until=states.until,
    )


def build_plan(filters: Filters, states: States) -> Plan:
    """The filters in the codes of some states; a filter that none of their values can fit is dead."""
    words: dict[str, Mapping[str, int]] = dict(zip(CONDITIONS, states.words, strict=True))
    place = {name: n for n, name in enumerate(CONDITIONS)}
    first, column, value_first, value = [0], [], [0], []
    dead = np.zeros(len(filters.any_of), np.int32)
    for n, any_of in enumerate(filters.any_of):
        codes = [(name, [c for v in values if (c := words[name].get(v, -1)) >= 0]) for name, values in any_of.items()]
        dead[n] = not all(found for _, found in codes)
        for name, found in codes if not dead[n] else ():
            column.append(place[name])
            value += sorted(found)
            value_first.append(len(value))
        first.append(len(column))
    bounds = np.array(first, np.int64)
    return Plan(
        first=bounds[:-1][filters.conditions],
        last=bounds[1:][filters.conditions],
        column=np.array(column, np.int32),
        value_first=np.array(value_first, np.int64),
        value=np.array(value, np.int32),
        low=filters.low,
        high=filters.high,
        dead=dead[filters.conditions],
    )


def match_queries(queries: Queries, states: States) -> tuple[Longs, Ints]:
    """(query, state) pairs: which states each query fitted at its time (rule 1), sorted by query."""
    plan, index = build_plan(queries.filters, states), build_index(states)
    which, at = fixed(queries.filter), fixed(queries.at)
    count = np.zeros(len(queries), np.int64)
    _kernels.find(plan, index, which, at, count, count, np.zeros(0, np.int32))
    start = np.cumsum(count) - count
    out = np.zeros(int(count.sum()), np.int32)
    if len(out):
        _kernels.find(plan, index, which, at, count, start, out)
    return np.repeat(np.arange(len(queries)), count), out


def count_fitting(queries: Queries, states: States) -> Longs:
    """[Q] how many of the states' waybills fitted each query at its time."""
    count = np.zeros(len(queries), np.int64)
    plan, index = build_plan(queries.filters, states), build_index(states)
    _kernels.find(plan, index, fixed(queries.filter), fixed(queries.at), count, count, np.zeros(0, np.int32))
    return count


def weigh_queries(queries: Queries, fitted: Longs, scale: float) -> tuple[Floats, Floats]:
    """[Q] weight beside a waybill (rules 2 to 4) and [Q] weight in a count (rule 5).

    fitted[Q]: waybills of a uniform sample that fitted. scale: waybills of the ledger for each of the sample, 1 where
    all are in it.
    """
    filters, place = queries.filters, queries.filter
    limit, unknown = filters.limit[place].astype(np.float64), filters.unknown[place]
    rows = queries.rows.astype(np.float64)
    shown = np.where(rows == NOT_LOGGED, limit, rows)
    count = fitted.astype(np.float64)
    part = _partial(queries, fitted, scale, limit, unknown)
    least = np.maximum(shown, 1.0)
    safe, even = (np.maximum(scale * (count + more), least) for more in (0.0 if scale == 1.0 else 1.0, 0.0))
    out = []
    for estimate in (safe, even):
        weight = np.where(part, shown / estimate, 1.0)
        weight = np.where(shown == NOT_LOGGED, np.where(unknown, UNKNOWN, 1.0), weight)
        capped = unknown & (rows == NOT_LOGGED)
        out.append(np.where(shown == 0, 0.0, np.where(capped, np.minimum(weight, UNKNOWN), weight)))
    return out[0], out[1]


def _partial(queries: Queries, fitted: Longs, scale: float, limit: Floats, unknown: Flags) -> Flags:
    """Which queries may have shown only part of what fitted."""
    rows = queries.rows
    error = 0.0 if scale == 1.0 else PLAINLY
    least = scale * (fitted - error * np.sqrt(fitted.astype(np.float64)))
    reached = (limit != NOT_LOGGED) & ((rows == NOT_LOGGED) | (rows >= limit))
    fewer = (rows != NOT_LOGGED) & (rows < least)
    out: Flags = unknown | reached | fewer
    return out


def bound_shown(queries: Queries, weight: Floats, owner: Ints, owners: int) -> Floats:
    """[owners] waybills that the queries of each owner can have shown at most; ∞ if nothing says so.

    By their logged rows, their row limits, or the numbers that they asked for, whichever is least.
    Of whole results of one filter only the largest counts: they are the same waybills, as far as nothing changed.
    owner[Q]: place of each query's owner, -1 for none.
    """
    bounds = [queries.rows, *(b[queries.filter] for b in (queries.filters.limit, queries.filters.numbers))]
    rows = np.min([np.where(b == NOT_LOGGED, np.inf, b) for b in bounds], axis=0)
    rows = np.where(weight > 0, rows, 0.0)
    whole = weight == 1.0
    mine = owner >= 0
    out = np.bincount(owner[mine & ~whole], weights=rows[mine & ~whole], minlength=owners)
    chosen = np.flatnonzero(mine & whole)
    chosen = chosen[np.lexsort((rows[chosen], queries.filter[chosen], owner[chosen]))]
    pair = np.stack([owner[chosen], queries.filter[chosen]])
    last = np.ones(len(chosen), np.bool_)
    last[:-1] = (pair[:, 1:] != pair[:, :-1]).any(axis=0)
    chosen = chosen[last]
    return np.asarray(out + np.bincount(owner[chosen], weights=rows[chosen], minlength=owners), np.float64)


def sum_shown(
    queries: Queries, states: States, weight: Floats, owner: Ints, known: Sequence[Ints], groups: Sequence[Ints],
) -> Floats:  # fmt: skip
    """[owners, groups] expected number of a group's waybills that an owner's queries showed (rule 5).

    owner[Q]: place of each query's owner, -1 for none. known[o]: items (places of waybills) that don't count for it.
    groups[g]: items of each group.
    """
    items = int(states.item.max(initial=-1)) + 1
    chosen = np.flatnonzero((owner >= 0) & (weight > 0))
    chosen = chosen[np.argsort(owner[chosen], kind="stable")]
    member = np.concatenate([np.zeros(0, np.int64), *groups])
    number = np.repeat(np.arange(len(groups)), [len(g) for g in groups])
    order = np.argsort(member, kind="stable")
    out = np.zeros((len(known), len(groups)))
    _kernels.add_up(
        build_plan(queries.filters, states),
        build_index(states),
        fixed(states.item),
        fixed(queries.filter[chosen]),
        fixed(queries.at[chosen]),
        fixed(weight[chosen]),
        fixed(owner[chosen].astype(np.int32)),
        np.cumsum([0, *(len(k) for k in known)]).astype(np.int64),
        np.concatenate([np.zeros(0, np.int32), *known]).astype(np.int32),
        np.searchsorted(member[order], np.arange(items + 1)).astype(np.int64),
        number[order].astype(np.int32),
        np.ones(items),
        np.zeros(items, np.int32),
        out,
    )
    return out
