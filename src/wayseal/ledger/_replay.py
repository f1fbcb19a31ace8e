"""Which waybills a logged query showed, and with what probability: pure functions of arrays.

1. A query showed a waybill only if the waybill fitted its filter at the query's time (rules A).
2. A query whose result was whole showed every waybill that fitted: weight 1. It was whole if its filter says all, and
   no row limit was reached.
3. A query that showed `rows` of M waybills that fitted showed each with probability rows / M. That is so where the
   row limit was reached, where the filter is only an upper bound, and where `rows` is plainly fewer than fit. Without
   `rows` the limit stands for it; without either, an upper bound weighs `UNKNOWN`.
4. M is counted where all waybills of the ledger are looked at, and estimated from a uniform sample otherwise, one
   waybill added: too large an M makes a read less certain, which is the safe side. Its uncertainty goes no further.
5. How many waybills a source was shown in all is summed with the same weights, over a sample of the waybills, M then
   estimated without the one that rule 4 adds: what is made small beside a leak must not be made small in the count.

Waybills as they stood: one state for each span of time in which nothing changed.

A1. A row of `waybills` is the waybill as it was issued; a change holds from its own moment on (that moment included).
A2. Changes count in the order of their times, whatever the order in which they came; of two of one column at the same
   moment the later row (source, then line) counts, and the other never shows.
A3. A waybill is there from its issue on. One without a row in `waybills` is known by its number and its changes
   alone, always was there, and fits no other condition.
A4. A condition on a place looks the outlet up in `outlets`; an outlet that isn't there lies nowhere.
A5. A change of `waybill`, of `issued_at`, of a column that `waybills` lacks, or of a weight to something that is no
   whole number can't be replayed: it is left out and counted.

The inner loops of replay: for each query the states that fit it, by the condition that fewest states fit.

Arrays come in two bundles, made by `_replay`: a `Plan` of the filters and an `Index` of the states.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.ledger._keys import fixed
from wayseal.ledger._queries import NOT_LOGGED, Filters, Queries
from wayseal.model.arrays import Flags, Floats, Ints, Longs, UInts
from wayseal.model.predicate import CONDITIONS, PLACES
from wayseal.model.runtime import kernel
from wayseal.store.tables import microseconds

ALWAYS = -np.iinfo(np.int64).max
FOREVER = np.iinfo(np.int64).max
CHANGING = tuple(c for c in CONDITIONS if c not in PLACES and c != "waybill")
"""Columns that a change may name."""

_Texts = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """S states of W waybills.

    item[S]: place of the waybill. since[S] (included), until[S] (not included): when it stood so, µs since 1970.
    issued[S]: time of its issue, `ALWAYS` where it isn't known. codes[len(CONDITIONS), S]: what each condition finds
    there, as a place in `words`; -1 for nothing. words: value → code for each condition. left_out: changes of rule A5.
    """

    item: Ints
    since: Longs
    until: Longs
    issued: Longs
    codes: Ints
    words: tuple[Mapping[str, int], ...]
    left_out: int


def build_states(keys: UInts, numbers: list[str], waybills: pa.Table, changes: pa.Table, outlets: pa.Table) -> States:
    """The states of some waybills (rules A1 to A5).

    keys: theirs, distinct; numbers: their texts, in that order. waybills, changes, outlets: rows of the contract;
    changes of one waybill stand in order of (at, source, row).
    """
    place = {text: n for n, text in enumerate(numbers)}
    columns: dict[str, _Texts] = {name: np.full(len(keys), None, object) for name in CHANGING}
    issued = np.full(len(keys), ALWAYS, np.int64)
    rows = np.array([place[text] for text in waybills["waybill"].to_pylist()], np.int64)
    issued[rows] = microseconds(waybills["issued_at"])
    for name in CHANGING:
        values = waybills[name].cast(pa.string())
        columns[name][rows] = values.to_numpy(zero_copy_only=False)
    base, since, until, later, left_out = _state_spans(issued, changes, place)
    item = base.astype(np.int32)
    shown: dict[str, _Texts] = {name: column[base] for name, column in columns.items()}
    for state, name, value in later:
        shown[name][state] = value
    shown["waybill"] = np.array(numbers, object)[base]
    for name, (column, what) in PLACES.items():
        where = dict(zip(outlets["outlet"].to_pylist(), outlets[what].to_pylist(), strict=True))
        shown[name] = np.array([where.get(outlet) for outlet in shown[column]], object)
    coded = [_coded(shown[name]) for name in CONDITIONS]
    return States(
        item=item,
        since=since,
        until=until,
        issued=issued[base],
        codes=np.stack([codes for codes, _ in coded]),
        words=tuple(words for _, words in coded),
        left_out=left_out,
    )


def _state_spans(
    issued: Longs, changes: pa.Table, place: Mapping[str, int]
) -> tuple[Longs, Longs, Longs, list[tuple[int, str, str]], int]:
    """Waybill, since and until of each state; (state, column, value) where it differs from the issue; changes left out.

    A later value of the same state comes later in the list.
    """
    base, since = list(range(len(issued))), issued.tolist()
    until = [FOREVER] * len(since)
    held: dict[int, tuple[int, dict[str, str]]] = {}
    later: list[tuple[int, str, str]] = []
    left_out = 0
    times = microseconds(changes["at"]).tolist()
    rows = zip(changes["waybill"].to_pylist(), times, changes["column"].to_pylist(), _texts(changes), strict=True)
    for waybill, at, column, value in rows:
        if column not in CHANGING or (column == "weight_g" and not _whole(value)):
            left_out += 1
            continue
        item = place[waybill]
        state, values = held.get(item, (item, {}))
        if at > since[state]:
            until[state] = at
            state = len(base)
            base.append(item)
            since.append(at)
            until.append(FOREVER)
            later += [(state, name, text) for name, text in values.items()]
        values = values | {column: _spelt(column, value)}
        later.append((state, column, values[column]))
        held[item] = state, values
    return np.array(base, np.int64), np.array(since, np.int64), np.array(until, np.int64), later, left_out


def _texts(changes: pa.Table) -> list[str]:
    out: list[str] = changes["value"].to_pylist()
    return out


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _spelt(column: str, value: str) -> str:
    """A value as `waybills` would spell it."""
    return (value.lstrip("0") or "0") if column == "weight_g" else value


def _coded(values: _Texts) -> tuple[Ints, dict[str, int]]:
    coded = pa.array(values, pa.string()).dictionary_encode()
    codes = coded.indices.fill_null(-1).to_numpy().astype(np.int32)
    return codes, {text: n for n, text in enumerate(coded.dictionary.to_pylist())}


class Plan(NamedTuple):
    """F filters. Filter f has the conditions first[f] … last[f] - 1.

    column[c]: row of `Index.codes`; value_first[c] … value_first[c + 1] - 1: its permitted codes in `value`, sorted.
    low[f] (included), high[f] (not included): bounds of the issue. dead[f]: 1 where no state can fit.
    """

    first: Longs
    last: Longs
    column: Ints
    value_first: Longs
    value: Ints
    low: Longs
    high: Longs
    dead: Ints


class Index(NamedTuple):
    """S states. codes[12, S]; order[12, S]: states by code, those without one left out at the front.

    bound_first[12]: where a column's part of `bound` begins; the states with code v stand in order[column] from
    bound[bound_first[column] + v] to the next bound. by_issue[S]: states by time of issue; issue[S]: those times.
    issued, since, until [S]: as in `States`, µs since 1970.
    """

    codes: Ints
    order: Ints
    bound_first: Longs
    bound: Longs
    by_issue: Ints
    issue: Longs
    issued: Longs
    since: Longs
    until: Longs


@kernel
def narrowest(plan: Plan, index: Index, f: int) -> int:
    """The condition of filter f that fewest states fit, as a place in `plan.column`; -1 without conditions."""
    best, least = -1, np.int64(1) << 62
    for c in range(plan.first[f], plan.last[f]):
        base = index.bound_first[plan.column[c]]
        size = np.int64(0)
        for v in range(plan.value_first[c], plan.value_first[c + 1]):
            code = plan.value[v]
            size += index.bound[base + code + 1] - index.bound[base + code]
        if size < least:
            best, least = c, size
    return best


@kernel
def holds(plan: Plan, index: Index, f: int, skip: int, state: int, at: int) -> bool:
    """True if a state stood at that time and fits filter f; its condition `skip` is known to hold."""
    if at < index.since[state] or at >= index.until[state]:
        return False
    if index.issued[state] < plan.low[f] or index.issued[state] >= plan.high[f]:
        return False
    for c in range(plan.first[f], plan.last[f]):
        if c == skip:
            continue
        code = index.codes[plan.column[c], state]
        low, high = plan.value_first[c], plan.value_first[c + 1]
        while low < high:
            middle = (low + high) // 2
            if plan.value[middle] < code:
                low = middle + 1
            else:
                high = middle
        if low == plan.value_first[c + 1] or plan.value[low] != code:
            return False
    return True


@kernel
def state_range(plan: Plan, index: Index, f: int, chosen: int, turn: int) -> tuple[int, int, int]:
    """Row of `order` (-1: `by_issue`) and the places there of the states with value `turn` of the chosen condition."""
    if chosen < 0:
        low, high = np.searchsorted(index.issue, plan.low[f]), np.searchsorted(index.issue, plan.high[f])
        return -1, low, high
    column = plan.column[chosen]
    base = index.bound_first[column] + plan.value[plan.value_first[chosen] + turn]
    return column, index.bound[base], index.bound[base + 1]


@kernel
def turns_of(plan: Plan, f: int, chosen: int) -> int:
    """How many ranges `state_range` has for the chosen condition; none for a dead filter."""
    if plan.dead[f]:
        return 0
    return 1 if chosen < 0 else plan.value_first[chosen + 1] - plan.value_first[chosen]


@kernel
def find(plan: Plan, index: Index, which: Ints, at: Longs, count: Longs, start: Longs, out: Ints) -> None:
    """For query q (filter which[q], time at[q]): how many states fit; with room in `out`, from start[q] on, which.

    out of length 0: count only.
    """
    for q in range(len(which)):
        f = which[q]
        chosen, found = narrowest(plan, index, f), 0
        for turn in range(turns_of(plan, f, chosen)):
            column, low, high = state_range(plan, index, f, chosen, turn)
            for place in range(low, high):
                state = index.order[column, place] if column >= 0 else index.by_issue[place]
                if holds(plan, index, f, chosen, state, at[q]):
                    if len(out):
                        out[start[q] + found] = state
                    found += 1
        count[q] = found


@kernel
def add_up(
    plan: Plan, index: Index, item_of: Ints, which: Ints, at: Longs, weight: Floats, owner: Ints,
    known_first: Longs, known: Ints, group_first: Longs, group: Ints, miss: Floats, touched: Ints, out: Floats,
) -> None:  # fmt: skip
    """Adds to out[owner, group] the probability that any of the owner's queries showed an item, over its items.

    Query q (owner[q], sorted) showed each state that fits with probability weight[q] (at least 1e-12). item_of[state]:
    its item. known[known_first[o] …]: items that are not to be counted for owner o. group[group_first[i] …]: the
    groups of item i. miss[items] must be 1, touched[items] is room.
    """
    q = 0
    while q < len(owner):
        o, used = owner[q], 0
        while q < len(owner) and owner[q] == o:
            f = which[q]
            chosen = narrowest(plan, index, f)
            for turn in range(turns_of(plan, f, chosen)):
                column, low, high = state_range(plan, index, f, chosen, turn)
                for place in range(low, high):
                    state = index.order[column, place] if column >= 0 else index.by_issue[place]
                    if holds(plan, index, f, chosen, state, at[q]):
                        item = item_of[state]
                        if miss[item] == 1.0:
                            touched[used] = item
                            used += 1
                        miss[item] *= 1.0 - weight[q]
            q += 1
        for place in range(known_first[o], known_first[o + 1]):
            if miss[known[place]] < 1.0:
                miss[known[place]] = 2.0
        for place in range(used):
            item = touched[place]
            if miss[item] < 1.0:
                for g in range(group_first[item], group_first[item + 1]):
                    out[o, group[g]] += 1.0 - miss[item]
            miss[item] = 1.0


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
    find(plan, index, which, at, count, count, np.zeros(0, np.int32))
    start = np.cumsum(count) - count
    out = np.zeros(int(count.sum()), np.int32)
    if len(out):
        find(plan, index, which, at, count, start, out)
    return np.repeat(np.arange(len(queries)), count), out


def count_fitting(queries: Queries, states: States) -> Longs:
    """[Q] how many of the states' waybills fitted each query at its time."""
    count = np.zeros(len(queries), np.int64)
    plan, index = build_plan(queries.filters, states), build_index(states)
    find(plan, index, fixed(queries.filter), fixed(queries.at), count, count, np.zeros(0, np.int32))
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
    add_up(
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
