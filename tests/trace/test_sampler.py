import itertools
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from wayseal.trace import _sampler
from wayseal.trace._sampler import MOST, Draws, Effort, inclusion, sample
from wayseal.trace._screen import Classes, gains, greedy

Floats = NDArray[np.float64]
GRANTED = 1 - 1e-9
"""A draw by which a chain takes any move that it may."""


def seats(ratios: Floats, log_odds: Floats, *, base: Floats | None = None, group: list[int] | None = None) -> Classes:
    bare = Classes(
        members=tuple(np.array([c], np.int32) for c in range(ratios.shape[1])),
        ratios=ratios,
        log_base=np.zeros(len(ratios)) if base is None else base,
        log_odds=log_odds,
        log_factor=np.zeros(ratios.shape[1]),
        group=np.array(group or [-1] * ratios.shape[1], np.int32),
    )
    factor = gains(bare, np.ones(ratios.shape[2]), 0)
    return Classes(
        members=bare.members,
        ratios=ratios,
        log_base=bare.log_base,
        log_odds=log_odds,
        log_factor=factor,
        group=bare.group,
    )


def marginal(ratio: Floats) -> float:
    """Exact ∫ Π (w0 + Σ wj Lji) Dirichlet(w; 1, …) dw, by enumerating who each leak is from."""
    k, n = ratio.shape
    table = np.vstack([np.ones(n), ratio])
    total = 0.0
    for owners in itertools.product(range(k + 1), repeat=n):
        weight = math.prod(table[z, i] for i, z in enumerate(owners))
        if weight:
            counts = np.bincount(owners, minlength=k + 1)
            total += weight * math.factorial(k) * math.prod(map(math.factorial, counts.tolist()))
    return total / math.factorial(n + k)


def exact(board: Classes) -> tuple[Floats, Floats]:
    """Inclusion probability of each seat and probability of each delay, by enumeration."""
    count = len(board.members)
    inside, delays, whole = np.zeros(count), np.zeros(len(board.ratios)), 0.0
    for size in range(count + 1):
        for chosen in itertools.combinations(range(count), size):
            prior = math.exp(sum(board.log_odds[c] for c in chosen))
            for d, ratio in enumerate(board.ratios):
                weight = prior * math.exp(board.log_base[d]) * marginal(ratio[list(chosen)])
                whole += weight
                delays[d] += weight
                inside[list(chosen)] += weight
    return inside / whole, delays / whole


RATIO = np.array(
    [
        [
            [20.0, 15.0, 30.0, 0.0, 0.0],
            [0.0, 8.0, 0.0, 9.0, 6.0],
            [5.0, 5.0, 5.0, 5.0, 0.0],
            [0.0, 0.0, 0.0, 0.4, 12.0],
        ],
        [[2.0, 4.0, 30.0, 0.0, 0.0], [0.0, 20.0, 0.0, 9.0, 9.0], [1.0, 9.0, 2.0, 5.0, 0.0], [0.0, 0.0, 0.0, 1.0, 2.0]],
    ]
)


@pytest.mark.kernels
@pytest.mark.parametrize("group", [None, [0, 0, 1, 1]])
def test_it_agrees_with_exact_enumeration(group: list[int] | None) -> None:
    board = seats(RATIO, np.log([0.05, 0.1, 0.2, 0.1]), base=np.array([0.0, 0.7]), group=group)
    expected, delays = exact(board)
    drawn = sample(board, seed=3, effort=Effort(chains=2, steps=9000, rounds=1))
    assert inclusion(drawn.states, 4) == pytest.approx(expected, abs=0.035)
    assert drawn.delays == pytest.approx(delays, abs=0.05)


@pytest.mark.kernels
def test_shares_and_points_are_those_of_one_source() -> None:
    board = seats(np.array([[[50.0, 50.0, 50.0, 0.0]]]), np.array([5.0]))
    drawn = sample(board, seed=1, effort=Effort(chains=2, steps=6000, rounds=1))
    held = drawn.states[:, 0] == 0
    assert held.mean() > 0.99
    # Three of four leaks its own: a Beta(4, 2) or so.
    assert drawn.shares[held, 1].mean() == pytest.approx(4 / 6, abs=0.04)
    assert (drawn.points[0, :3] > 0.9).all()
    assert drawn.points[0, 3] == 0
    assert drawn.points.sum(axis=0) + drawn.unknown == pytest.approx(np.ones(4))


@pytest.mark.kernels
def test_same_seed_same_draws() -> None:
    board = seats(RATIO, np.log([0.05, 0.1, 0.2, 0.1]))
    effort = Effort(chains=2, steps=500, rounds=1)
    one, two, other = (sample(board, seed=s, effort=effort) for s in (5, 5, 6))
    assert np.array_equal(one.states, two.states)
    assert np.array_equal(one.shares, two.shares)
    assert not np.array_equal(one.shares, other.shares)


def test_simulation_based_calibration() -> None:
    """Truths drawn from the prior: stated probabilities must match how often they hold."""
    rng = np.random.default_rng(11)
    parcels, sources, n, rho = 60, 5, 6, 0.25
    off, variance = 0.0, 0.0
    for trial in range(60):
        views = [rng.choice(parcels, rng.integers(5, 30), replace=False) for _ in range(sources)]
        truth = rng.random(sources) < rho
        share = rng.dirichlet(np.ones(1 + truth.sum()))
        owners = rng.choice(np.append(-1, np.flatnonzero(truth)), n, p=share)
        leaks = [rng.integers(parcels) if z < 0 else rng.choice(views[z]) for z in owners]
        ratio = np.array([[parcels / len(v) if leak in v else 0.0 for leak in leaks] for v in views])
        board = seats(ratio[None], np.full(sources, math.log(rho / (1 - rho))))
        p = inclusion(sample(board, seed=trial, effort=Effort(chains=1, steps=2500, rounds=1)).states, sources)
        off += float((p - truth).sum())
        variance += float((p * (1 - p)).sum())
    assert abs(off) < 3.5 * math.sqrt(variance)


def test_chains_that_disagree_run_on() -> None:
    board = seats(RATIO, np.log([0.05, 0.1, 0.2, 0.1]))
    never = Effort(chains=2, steps=100, rounds=3, tolerance=-1.0)
    drawn = sample(board, seed=1, effort=never)
    # Of three rounds the older half goes: two rounds of two chains stay, ten states less burn-in each.
    assert len(drawn.states) == 2 * 2 * 9
    assert set(drawn.chain.tolist()) == {0, 1}
    assert drawn.disagreement > 0


@pytest.mark.parametrize("shape", [(1, 0, 3), (1, 2, 0)])
def test_nothing_to_sample(shape: tuple[int, int, int]) -> None:
    drawn: Draws = sample(seats(np.zeros(shape), np.zeros(shape[1])), seed=1)
    assert drawn.iterations == 0
    assert (drawn.states == -1).all()
    assert drawn.unknown.tolist() == [1.0] * shape[2]


@pytest.mark.kernels
def test_many_sources_at_once_stay_in_bounds() -> None:
    count = MOST + 6
    ratio = np.eye(count)[None] * 1e6
    board = seats(ratio, np.full(count, 3.0))
    drawn = sample(board, seed=1, effort=Effort(chains=2, steps=2000, rounds=1))
    assert (drawn.states >= 0).sum(axis=1).max() <= MOST
    assert np.isfinite(drawn.shares).all()


def test_leaks_that_one_source_alone_explains_survive_its_removal() -> None:
    """A mixture can't become zero or negative: such moves are refused."""
    state_ratio = np.array([[[1e9, 1e9]]])
    drawn = sample(seats(state_ratio, np.array([8.0])), seed=2, effort=Effort(chains=1, steps=800, rounds=1))
    assert (drawn.unknown >= 0).all()
    assert inclusion(drawn.states, 1)[0] > 0.9


@pytest.mark.kernels
def test_long_products_do_not_overflow() -> None:
    ratio = np.full((1, 1, 60), 1e9)
    drawn = sample(seats(ratio, np.array([-9.0])), seed=2, effort=Effort(chains=2, steps=1500, rounds=1))
    assert inclusion(drawn.states, 1)[0] > 0.8


@pytest.mark.kernels
def test_a_seat_is_drawn_by_its_step() -> None:
    cumulative = np.array([0.2, 0.2, 1.0])
    assert [_sampler.draw_seat(cumulative, u) for u in (0.0, 0.19, 0.2, 0.99)] == [0, 0, 2, 2]


def held(ratio: Floats, share: float) -> tuple[_sampler.Board, _sampler.ChainState]:
    """A chain that holds the first seat with some share; ratio[C, n]."""
    seats_, leaks = ratio.shape
    board = _sampler.Board(
        ratios=ratio[None], log_base=np.zeros(1), log_odds=np.zeros(seats_), cumulative=np.arange(1.0, seats_ + 1),
        log_q=np.full(seats_, -math.log(seats_)), mates=np.arange(seats_, dtype=np.int32),
        mates_from=np.array([[0, seats_]] * seats_, np.int32),
    )  # fmt: skip
    state = _sampler.ChainState(
        k=np.array([1], np.int32), delay=np.array([0], np.int32), members=np.array([0, -1], np.int32),
        share=np.array([1 - share, share, 0.0]), place=np.array([0, *[-1] * (seats_ - 1)], np.int32),
        mixture=np.zeros(leaks), trial=np.zeros(leaks), counts=np.zeros(4),
    )  # fmt: skip
    _sampler.mix(board, state)
    return board, state


@pytest.mark.kernels
def test_a_source_with_all_of_the_share_stays() -> None:
    """There is nobody to give it to."""
    board, state = held(np.array([[5.0, 5.0], [1.0, 1.0]]), 1.0)
    _sampler.try_remove(board, state, np.array([0.0, 0.0, 0.0, GRANTED]))
    assert (state.k[0], state.members[0], state.share.tolist()) == (1, 0, [0.0, 1.0, 0.0])
    board, state = held(np.array([[0.5, 0.5], [1.0, 1.0]]), 0.5)
    _sampler.try_remove(board, state, np.array([0.0, 0.0, 0.0, GRANTED]))
    assert (state.k[0], state.place.tolist(), state.share[0]) == (0, [-1, -1], 1.0)


@pytest.mark.kernels
def test_a_move_after_which_nobody_could_have_sold_a_leak_is_refused() -> None:
    """Whatever else speaks for it."""
    board, state = held(np.array([[5.0, 5.0], [5.0, 0.0]]), 1.0)
    mates = np.array([0.0, 0.0, 0.9, GRANTED])
    _sampler.try_swap(board, state, mates)
    assert (state.members[0], state.place.tolist(), state.mixture.tolist()) == (0, [0, -1], [5.0, 5.0])
    board.ratios[0, 1, 1] = 5.0
    _sampler.try_swap(board, state, mates)
    assert (state.members[0], state.place.tolist()) == (1, [-1, 0])


def test_greedy_finds_the_plain_solution() -> None:
    ratio = np.zeros((1, 5, 8))
    ratio[0, 1, :4] = 500.0
    ratio[0, 3, 4:] = 500.0
    ratio[0, 4, 2] = 500.0
    board = seats(ratio, np.full(5, math.log(0.01)))
    chosen, share = greedy(board)
    assert sorted(chosen.tolist()) == [1, 3]
    assert share.sum() == pytest.approx(1.0)
    assert len(greedy(board, most=1)[0]) == 1
