"""The inner loop of the sampler: plain loops over arrays, compiled where numba is on.

Every kernel takes its randomness as arrays of uniform numbers, so that the same seed gives the same
chain with and without the compiler.
"""

import math
from typing import NamedTuple

import numpy as np

from wayseal.model.jit import kernel
from wayseal.trace._evidence import Floats, Ints

STEP_DRAWS = 4
"""Uniform numbers that one step uses."""


class Board(NamedTuple):
    """What a chain moves on, the same for all chains.

    ratios[D, C', n] likelihood ratios under each delay; log_base[D]: log likelihood of the delays,
    if all leaks were from unknown; log_odds[C'] prior; cumulative[C'], log_q[C']: how seats are
    offered; mates_from[C', 2]: first place in `mates` and number of the seats of the same outlet.
    """

    ratios: Floats
    log_base: Floats
    log_odds: Floats
    cumulative: Floats
    log_q: Floats
    mates: Ints
    mates_from: Ints


class ChainState(NamedTuple):
    """Where a chain stands; changed in place.

    k[0]: how many sources; delay[0]: which delay; members[:k] their seats; share[0] of unknown,
    share[1 + j] of member j;
    place[C']: where a seat stands in `members`, -1 outside; mixture[n]: how well the shares explain
    each leak; trial[n]: room for the next mixture; counts[K + 1]: room for the refresh.
    """

    k: Ints
    delay: Ints
    members: Ints
    share: Floats
    place: Ints
    mixture: Floats
    trial: Floats
    counts: Floats


class Record(NamedTuple):
    """What a chain writes: states[T, K], shares[T, K + 1], and sums points[C', n], unknown[n].

    delays[D]: how often each delay was held.
    """

    states: Ints
    shares: Floats
    points: Floats
    unknown: Floats
    delays: Floats


@kernel
def try_trial(state: ChainState, u: float) -> bool:
    """Accept `trial` as the mixture if log(u) lies below the log gain that `counts[-1]` holds.

    The gain of the prior and the proposal comes in `counts[-1]`; the likelihood is added here.
    """
    gain = state.counts[-1]
    product = 1.0
    for i in range(len(state.mixture)):
        value = state.trial[i]
        if value <= 1e-300:
            return False
        product *= value / state.mixture[i]
        if product < 1e-100 or product > 1e100:
            gain += math.log(product)
            product = 1.0
    if math.log(1.0 - u) >= gain + math.log(product):
        return False
    for i in range(len(state.mixture)):
        state.mixture[i] = state.trial[i]
    return True


@kernel
def draw_seat(cumulative: Floats, u: float) -> int:
    """Seat whose step of the cumulative distribution holds u."""
    low = 0
    high = len(cumulative) - 1
    target = u * cumulative[high]
    while low < high:
        middle = (low + high) // 2
        if cumulative[middle] > target:
            high = middle
        else:
            low = middle + 1
    return low


@kernel
def mix(board: Board, state: ChainState) -> None:
    """Compute the mixture anew from the delay, the members and their shares."""
    ratio = board.ratios[state.delay[0]]
    for i in range(len(state.mixture)):
        value = state.share[0]
        for j in range(state.k[0]):
            value += state.share[1 + j] * ratio[state.members[j], i]
        state.mixture[i] = value


@kernel
def refresh(board: Board, state: ChainState, uniform: Floats) -> None:
    """Draw who each leak is from, the shares given that, the delay given those (Gibbs).

    Needs 2n + k + 2 uniform numbers, the last one for the delay.
    """
    n = len(state.mixture)
    k = state.k[0]
    counts = state.counts
    ratio = board.ratios[state.delay[0]]
    for j in range(k + 1):
        counts[j] = -math.log(1.0 - uniform[2 * n + j])
    for i in range(n):
        target = uniform[i] * state.mixture[i] - state.share[0]
        j = 0
        while target > 0.0 and j < k:
            target -= state.share[1 + j] * ratio[state.members[j], i]
            j += 1
        counts[j] -= math.log(1.0 - uniform[n + i])
    total = 0.0
    for j in range(k + 1):
        total += counts[j]
    for j in range(k + 1):
        state.share[j] = counts[j] / total
    draw_delay(board, state, uniform[-1])


@kernel
def draw_delay(board: Board, state: ChainState, u: float) -> None:
    """Draw the delay given the members and their shares; leaves the mixture fresh."""
    scores = state.counts
    best = -np.inf
    for d in range(len(board.log_base)):
        state.delay[0] = d
        mix(board, state)
        scores[d] = board.log_base[d]
        for i in range(len(state.mixture)):
            scores[d] += math.log(state.mixture[i])
        best = max(best, scores[d])
    total = 0.0
    for d in range(len(board.log_base)):
        total += math.exp(scores[d] - best)
    target = u * total
    chosen = 0
    target -= math.exp(scores[0] - best)
    while target > 0.0 and chosen < len(board.log_base) - 1:
        chosen += 1
        target -= math.exp(scores[chosen] - best)
    state.delay[0] = chosen
    mix(board, state)


@kernel
def try_add(board: Board, state: ChainState, draws: Floats) -> None:
    """Offer a seat drawn from q a share drawn from its prior Beta(1, k + 1)."""
    d = state.delay[0]
    k = state.k[0]
    seat = draw_seat(board.cumulative, draws[1])
    if state.place[seat] >= 0 or k >= len(state.members):
        return
    u = 1.0 - (1.0 - draws[2]) ** (1.0 / (k + 1))
    for i in range(len(state.mixture)):
        state.trial[i] = (1.0 - u) * state.mixture[i] + u * board.ratios[d, seat, i]
    state.counts[-1] = board.log_odds[seat] - math.log(k + 1.0) - board.log_q[seat]
    if not try_trial(state, draws[3]):
        return
    for j in range(k + 1):
        state.share[j] *= 1.0 - u
    state.share[k + 1] = u
    state.members[k] = seat
    state.place[seat] = k
    state.k[0] = k + 1


@kernel
def try_remove(board: Board, state: ChainState, draws: Floats) -> None:
    """Offer to take one member out, its share going to the others in proportion."""
    d = state.delay[0]
    k = state.k[0]
    if k == 0:
        return
    j = min(int(draws[1] * k), k - 1)
    seat = state.members[j]
    own = state.share[1 + j]
    rest = 1.0 - own
    if rest <= 1e-12:
        return
    for i in range(len(state.mixture)):
        state.trial[i] = (state.mixture[i] - own * board.ratios[d, seat, i]) / rest
    state.counts[-1] = math.log(float(k)) + board.log_q[seat] - board.log_odds[seat]
    if not try_trial(state, draws[3]):
        return
    last = k - 1
    state.members[j] = state.members[last]
    state.share[1 + j] = state.share[1 + last]
    state.place[state.members[j]] = j
    state.place[seat] = -1
    state.k[0] = last
    for c in range(k):
        state.share[c] /= rest


@kernel
def try_swap(board: Board, state: ChainState, draws: Floats) -> None:
    """Offer a member's share to another seat, half the time one of the same outlet."""
    d = state.delay[0]
    k = state.k[0]
    if k == 0:
        return
    scaled = draws[1] * k
    j = min(int(scaled), k - 1)
    old = state.members[j]
    if scaled - j < 0.5:
        first = board.mates_from[old, 0]
        count = board.mates_from[old, 1]
        seat = board.mates[first + min(int(draws[2] * count), count - 1)]
        gain = board.log_odds[seat] - board.log_odds[old]
    else:
        seat = draw_seat(board.cumulative, draws[2])
        gain = board.log_odds[seat] - board.log_odds[old] + board.log_q[old] - board.log_q[seat]
    if state.place[seat] >= 0:
        return
    own = state.share[1 + j]
    for i in range(len(state.mixture)):
        change = board.ratios[d, seat, i] - board.ratios[d, old, i]
        state.trial[i] = state.mixture[i] + own * change
    state.counts[-1] = gain
    if not try_trial(state, draws[3]):
        return
    state.members[j] = seat
    state.place[seat] = j
    state.place[old] = -1


@kernel
def run(board: Board, state: ChainState, steps: Floats, refreshes: Floats, record: Record) -> None:
    """Run one chain.

    steps[T, 4] and refreshes[R, 2n + K + 2]: uniform numbers. After every T // R steps the shares
    are refreshed; the last len(record.states) refreshes are written down.
    """
    every = len(steps) // len(refreshes)
    burn = len(refreshes) - len(record.states)
    n = len(state.mixture)
    mix(board, state)
    for r in range(len(refreshes)):
        for t in range(r * every, (r + 1) * every):
            if steps[t, 0] < 1 / 3:
                try_add(board, state, steps[t])
            elif steps[t, 0] < 2 / 3:
                try_remove(board, state, steps[t])
            else:
                try_swap(board, state, steps[t])
        refresh(board, state, refreshes[r])
        if r < burn:
            continue
        row = r - burn
        record.delays[state.delay[0]] += 1.0
        k = state.k[0]
        record.shares[row, 0] = state.share[0]
        for j in range(k):
            record.states[row, j] = state.members[j]
            record.shares[row, 1 + j] = state.share[1 + j]
        for i in range(n):
            record.unknown[i] += state.share[0] / state.mixture[i]
            for j in range(k):
                seat = state.members[j]
                part = state.share[1 + j] * board.ratios[state.delay[0], seat, i] / state.mixture[i]
                record.points[seat, i] += part


def empty_record(rows: int, most: int, seats: int, leaks: int, delays: int) -> Record:
    """Room for what a chain writes."""
    return Record(
        states=np.full((rows, most), -1, np.int32),
        shares=np.zeros((rows, most + 1)),
        points=np.zeros((seats, leaks)),
        unknown=np.zeros(leaks),
        delays=np.zeros(delays),
    )
