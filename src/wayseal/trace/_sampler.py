"""Reversible-jump sampling of the set of sources.

1. Several chains: half start from the greedy solution, half from the empty set.
2. A chain adds, removes or swaps one source at a time with the leaks' sources summed out, and now
   and then redraws the leaks' sources and the shares. An added source's share is drawn from its
   prior Beta(1, k+1), so that prior, proposal and Jacobian cancel.
3. Sources are offered evenly, by their Bayes factors, and by what they add to the greedy start, a
   third each; the acceptance corrects for it.
4. Chains that disagree run on, up to a limit; how far they agree is part of the answer.
5. All randomness comes from the seed.
"""

from dataclasses import dataclass

import numpy as np

from wayseal.trace._evidence import Floats, Ints
from wayseal.trace._kernels import STEP_DRAWS, Board, ChainState, empty_record, run
from wayseal.trace._screen import Classes, gains, greedy

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
    """What the chains saw, after burn-in; T states in all.

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
