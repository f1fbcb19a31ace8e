"""The inner loops of replay: for each query the states that fit it, by the condition that fewest states fit.

Arrays come in two bundles, made by `_replay`: a `Plan` of the filters and an `Index` of the states.
"""

from typing import NamedTuple

import numpy as np

from wayseal.ledger._types import Floats, Ints, Longs
from wayseal.model.jit import kernel


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
    """Whether a state stood at that time and fits filter f; its condition `skip` is known to hold."""
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
def stretch(plan: Plan, index: Index, f: int, chosen: int, turn: int) -> tuple[int, int, int]:
    """Row of `order` (-1: `by_issue`) and the places there of the states with value `turn` of the chosen condition."""
    if chosen < 0:
        low, high = np.searchsorted(index.issue, plan.low[f]), np.searchsorted(index.issue, plan.high[f])
        return -1, low, high
    column = plan.column[chosen]
    base = index.bound_first[column] + plan.value[plan.value_first[chosen] + turn]
    return column, index.bound[base], index.bound[base + 1]


@kernel
def turns_of(plan: Plan, f: int, chosen: int) -> int:
    """How many stretches `stretch` has for the chosen condition; none for a dead filter."""
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
            column, low, high = stretch(plan, index, f, chosen, turn)
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
                column, low, high = stretch(plan, index, f, chosen, turn)
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
