"""Reversible-jump sampling of the set of sources.

1. Several chains: half start from the greedy solution, half from the empty set.
2. A chain adds, removes or swaps one source at a time with the leaks' sources summed out, and now
   and then redraws the leaks' sources and the shares. An added source's share is drawn from its
   prior Beta(1, k+1), so that prior, proposal and Jacobian cancel.
3. Sources are offered evenly, by their Bayes factors, and by what they add to the greedy start, a
   third each; the acceptance corrects for it.
4. Chains that disagree run on, up to a limit; how far they agree is part of the answer.
5. All randomness comes from the seed.

The inner loop of the sampler: plain loops over arrays, compiled where numba is on.

Every kernel takes its randomness as arrays of uniform numbers, so that the same seed gives the same
chain with and without the compiler.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from wayseal.model.runtime import kernel
from wayseal.trace._evidence import Floats, Ints
from wayseal.trace._screen import Classes, gains, greedy

STEP_DRAWS = 4
"""Uniform numbers that one step uses."""


class Board(NamedTuple):
    """The board that a chain moves on, the same for all chains.

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
    """The record of a chain: states[T, K], shares[T, K + 1], and sums points[C', n], unknown[n].

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


MOST = 24
"""Most sources at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long to sample: chains, steps of each in a round, rounds at most, steps per refresh.

    tolerance: largest accepted difference between the chains' inclusion probabilities.
    """

    chains: int = 4
    steps: int = 50_000
    rounds: int = 6
    every: int = 10
    tolerance: float = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Draws of the chains, after burn-in; T states in all.

    states[T, K]: seats in the set, -1 after its end. shares[T, K + 1]: of unknown, then of each.
    chain[T]: the chain of each state. points[C', n]: mean responsibility of each seat for each
    leak; unknown[n]: of unknown. delays[D]: probability of each delay. disagreement: largest
    difference between the chains' inclusion probabilities and their mean. iterations: steps of all
    chains together.
    """

    states: Ints
    shares: Floats
    chain: Ints
    points: Floats
    unknown: Floats
    delays: Floats
    disagreement: float
    iterations: int


def sample(seats: Classes, *, seed: int, effort: Effort | None = None) -> Draws:
    """Draw from the posterior of the set of sources."""
    effort = effort or Effort()
    n = seats.ratio.shape[1]
    if not seats.members or not n:
        return _nothing(n, len(seats.log_base))
    start, share = greedy(seats, most=MOST)
    board = _board(seats, start, share)
    streams = np.random.SeedSequence(seed).spawn(effort.chains)
    rngs = [np.random.default_rng(stream) for stream in streams]
    states = [_start(seats, start if c % 2 == 0 else start[:0]) for c in range(effort.chains)]
    kept: list[list[Draws]] = [[] for _ in rngs]
    for turn in range(effort.rounds):
        for rounds, state, rng in zip(kept, states, rngs, strict=True):
            rounds.append(_round(board, state, rng, effort, n))
        # What was drawn before the chains met is no sample: the older half goes as rounds go on.
        kept = [rounds[turn // 2 - turn - 1 :] for rounds in kept]
        merged = _merge(len(seats.members), kept)
        if merged.disagreement <= effort.tolerance:
            break
    return merged


def inclusion(states: Ints, seats: int) -> Floats:
    """[seats] share of the states that hold each seat."""
    flat = states[states >= 0]
    return np.bincount(flat, minlength=seats) / max(len(states), 1)


def _start(seats: Classes, members: Ints) -> ChainState:
    k, n = len(members), seats.ratio.shape[1]
    room = np.full(MOST, -1, np.int32)
    room[:k] = members
    place = np.full(len(seats.members), -1, np.int32)
    place[members] = np.arange(k)
    share = np.zeros(MOST + 1)
    share[: k + 1] = 1 / (k + 1)
    return ChainState(
        k=np.array([k], np.int32),
        delay=np.zeros(1, np.int32),
        members=room,
        share=share,
        place=place,
        mixture=np.ones(n),
        trial=np.ones(n),
        counts=np.zeros(MOST + 2),
    )


def _board(seats: Classes, start: Ints, share: Floats) -> Board:
    """Offer a third evenly, a third by the Bayes factor alone, a third by that beside the start."""
    alone = seats.log_factor + seats.log_odds
    beside = gains(seats, share[0] + share[1:] @ seats.ratio[start], len(start)) + seats.log_odds
    beside[start] = 0.0
    pulls = [np.exp(0.5 * np.minimum(score - top, 0.0)) for score, top in ((alone, alone.max()), (beside, 0.0))]
    q = (1 / len(beside) + sum(pull / pull.sum() for pull in pulls)) / 3
    order = np.argsort(seats.group, kind="stable").astype(np.int32)
    sorted_group = seats.group[order]
    first = np.searchsorted(sorted_group, seats.group, side="left")
    count = np.searchsorted(sorted_group, seats.group, side="right") - first
    return Board(
        ratios=seats.ratios,
        log_base=seats.log_base,
        log_odds=seats.log_odds,
        cumulative=np.cumsum(q),
        log_q=np.log(q),
        mates=order,
        mates_from=np.column_stack([first, count]).astype(np.int32),
    )


def _round(board: Board, state: ChainState, rng: np.random.Generator, effort: Effort, n: int) -> Draws:
    refreshes = effort.steps // effort.every
    kept = refreshes - refreshes // 10
    record = empty_record(kept, MOST, len(board.log_odds), n, len(board.log_base))
    steps = rng.random((refreshes * effort.every, STEP_DRAWS))
    run(board, state, steps, rng.random((refreshes, 2 * n + MOST + 2)), record)
    return Draws(
        states=record.states,
        shares=record.shares,
        chain=np.zeros(kept, np.int32),
        points=record.points / kept,
        unknown=record.unknown / kept,
        delays=record.delays / kept,
        disagreement=0.0,
        iterations=len(steps),
    )


def _merge(seats: int, kept: list[list[Draws]]) -> Draws:
    rounds = [draws for chain in kept for draws in chain]
    each = np.array([inclusion(np.concatenate([d.states for d in c]), seats) for c in kept])
    chain = [np.full(sum(len(d.states) for d in c), i, np.int32) for i, c in enumerate(kept)]
    return Draws(
        states=np.concatenate([d.states for d in rounds]),
        shares=np.concatenate([d.shares for d in rounds]),
        chain=np.concatenate(chain),
        points=np.mean([d.points for d in rounds], axis=0),
        unknown=np.mean([d.unknown for d in rounds], axis=0),
        delays=np.mean([d.delays for d in rounds], axis=0),
        disagreement=float(np.abs(each - each.mean(axis=0)).max(initial=0.0)),
        iterations=sum(d.iterations for d in rounds),
    )


def _nothing(n: int, delays: int) -> Draws:
    """Answer where there is no candidate or no leak: all from unknown."""
    return Draws(
        states=np.full((1, MOST), -1, np.int32),
        shares=np.eye(1, MOST + 1),
        chain=np.zeros(1, np.int32),
        points=np.zeros((0, n)),
        unknown=np.ones(n),
        delays=np.full(delays, 1 / max(delays, 1)),
        disagreement=0.0,
        iterations=0,
    )
