"""Canaries: whom to show the next one, by the numbered rules of `_planner`."""

from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayseal.trace._planner import CanaryOdds, bits_of, capacity, one_leaker, plan_round, update_belief


def canaries_needed(accounts: int, canary: CanaryOdds) -> float:
    """The bound of rule 3, for an error of .01."""
    return 0.99 * log2(accounts) / capacity(canary)[0]


def mass_of(belief: np.ndarray, pool: np.ndarray) -> float:
    return float(belief[pool].sum())


@pytest.mark.parametrize(
    ("sensitivity", "mass", "least"),
    [(0.98, 0.49, 15.4), (0.8, 0.44, 23.3), (0.5, 0.41, 45.4), (0.2, 0.39, 134.5), (0.1, 0.39, None)],
)
def test_the_best_mass_and_the_bound_are_the_known_ones(sensitivity: float, mass: float, least: float | None) -> None:
    """Rules 2 and 3, at 20,000 accounts."""
    canary = CanaryOdds(sensitivity=sensitivity)
    assert capacity(canary)[1] == pytest.approx(mass, abs=0.006)
    if least is not None:
        assert canaries_needed(20_000, canary) == pytest.approx(least, abs=0.06)


@given(s=st.floats(0.05, 1.0), false_hit=st.floats(0.0, 0.04), mass=st.floats(0.0, 1.0))
def test_no_pool_tells_more_than_the_capacity(s: float, false_hit: float, mass: float) -> None:
    canary = CanaryOdds(sensitivity=s, false_hit=false_hit)
    most, best = capacity(canary)
    assert 0 <= float(bits_of(mass, canary)) <= most + 1e-9
    assert float(bits_of(best, canary)) == most
    assert float(bits_of(0.0, canary)) == pytest.approx(0, abs=1e-9)
    assert float(bits_of(1.0, canary)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("s", "e"), [(0.1, 0.1), (0.1, 0.2), (1.1, 0.0), (0.5, -0.1)])
def test_a_canary_that_tells_nothing_is_refused(s: float, e: float) -> None:
    with pytest.raises(ValueError, match="canary"):
        CanaryOdds(sensitivity=s, false_hit=e)


def test_bayes() -> None:
    """Rule 6: .3 and .2 listed, .5 somebody else."""
    canary = CanaryOdds(sensitivity=0.8, false_hit=0.01)
    belief = np.array([0.3, 0.2])
    hit = update_belief(belief, np.array([0], np.int32), True, canary)
    assert hit == pytest.approx(np.array([0.24, 0.002]) / (0.24 + 0.002 + 0.005))
    silent = update_belief(belief, np.array([0], np.int32), False, canary)
    assert silent == pytest.approx(np.array([0.06, 0.198]) / (0.06 + 0.198 + 0.495))


def test_the_impossible_changes_nothing() -> None:
    belief = np.array([1.0])
    sure = CanaryOdds(sensitivity=1.0, false_hit=0.0)
    assert update_belief(belief, np.array([0], np.int32), False, sure).tolist() == [1.0]


@pytest.mark.parametrize("sensitivity", [0.98, 0.5, 0.2])
def test_a_pool_of_equals_holds_the_best_mass(sensitivity: float) -> None:
    canary, belief = CanaryOdds(sensitivity=sensitivity), np.full(2000, 1 / 2000)
    planned = plan_round(belief, canary, 1, rng=np.random.default_rng(1))
    most, _ = capacity(canary)
    assert planned.bits[0] >= 0.99 * most
    assert float(bits_of(mass_of(belief, planned.pools[0]), canary)) >= 0.99 * most


def test_a_round_splits_what_earlier_pools_leave_together() -> None:
    """Rule 4: each pool takes about the same part inside and outside of every other."""
    canary, belief = CanaryOdds(sensitivity=0.98), np.full(4000, 1 / 4000)
    pools = plan_round(belief, canary, 5, rng=np.random.default_rng(1)).pools
    assert len(pools) == 5
    member = np.stack([np.isin(np.arange(4000), pool) for pool in pools])
    for a in range(5):
        for b in range(a):
            assert member[b, member[a]].mean() == pytest.approx(member[b, ~member[a]].mean(), abs=0.03)


def test_a_round_ends_where_the_next_canary_would_tell_little() -> None:
    """Rule 5: two suspects and a good canary need one, not ten."""
    planned = plan_round(np.array([0.5, 0.5]), CanaryOdds(sensitivity=0.98), 10, rng=np.random.default_rng(1))
    assert len(planned.pools) == 1
    assert planned.pools[0].tolist() in ([0], [1])


def test_nobody_to_doubt_needs_no_canary() -> None:
    assert plan_round(np.array([0.0, 0.0]), CanaryOdds(sensitivity=0.5), 3, rng=np.random.default_rng(1)).pools == ()


@given(seed=st.integers(0, 10_000), n=st.integers(1, 12), s=st.floats(0.1, 1.0))
def test_of_few_accounts_no_other_pool_tells_more(seed: int, n: int, s: float) -> None:
    """Rules 1 and 2: up to seven accounts are tried in all ways, more come close; somebody else may be it."""
    rng = np.random.default_rng(seed)
    belief = rng.dirichlet(np.full(n + 1, 0.7))[:n]
    canary = CanaryOdds(sensitivity=s)
    told = plan_round(belief, canary, 1, rng=rng).bits
    subsets = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    best = float(bits_of(subsets @ belief, canary).max())
    assert (told[0] if told else 0.0) >= (1.0 if n <= 7 else 0.85) * best - 1e-8


def test_the_same_seed_plans_the_same_round() -> None:
    belief = np.random.default_rng(3).dirichlet(np.full(500, 0.3))
    first, again = (
        plan_round(belief, CanaryOdds(sensitivity=0.5), 6, rng=np.random.default_rng(9)).pools for _ in range(2)
    )
    assert [p.tolist() for p in first] == [p.tolist() for p in again]


def test_campaigns_come_near_the_bound() -> None:
    canary, tests = CanaryOdds(sensitivity=0.8), []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        belief, leaker, count = np.full(300, 1 / 300), int(rng.integers(300)), 0
        while belief.max() < 0.99:
            for pool in plan_round(belief, canary, 10, rng=rng).pools:
                hit = rng.random() < (canary.sensitivity if leaker in pool else canary.false_hit)
                belief, count = update_belief(belief, pool, bool(hit), canary), count + 1
        tests.append(count)
    assert float(np.mean(tests)) < 1.35 * canaries_needed(300, canary)


def test_probabilities_become_a_belief_in_one_leaker() -> None:
    """Rule 1: two that hold .99 each share what there is; a sum below 1 leaves somebody else."""
    assert one_leaker([0.99, 0.99], 1.0) == pytest.approx([0.4995, 0.4995])
    assert one_leaker([0.4, 0.1], 0.9).tolist() == [0.4, 0.1]
    assert one_leaker([], 0.3).tolist() == []
