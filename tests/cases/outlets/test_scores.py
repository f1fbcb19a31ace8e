"""What is expected of outlets and what is said of them; each rule has a test that fails without it."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from wayseal.cases.outlets.scores import (
    FEW_PEOPLE,
    FLAGGED,
    LEAST,
    LEVELS,
    OTHERS,
    TOO_FEW,
    TREND,
    USUAL,
    VERDICTS,
    Cells,
    Expected,
    Scores,
    credible,
    expect,
    find_discoveries,
    find_spread,
    fit_prior,
    funnel,
    judge,
    step_trend,
)
from wayseal.cases.outlets.tails import count_above, count_limit, exact_interval, gamma_at, gamma_below
from wayseal.model.arrays import Floats, Longs

MEANS = st.floats(0.05, 3_000)
SPREADS = st.sampled_from([0.0, 0.01, 0.1, 0.7, 2.0])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 5_000), MEANS, SPREADS)
def test_tails_of_counts_are_scipys(x: int, mean: float, spread: float) -> None:
    got = float(count_above(np.array([x]), mean, spread)[0])
    other = stats.nbinom(1 / spread, 1 / (1 + mean * spread)) if spread else stats.poisson(mean)
    assert got == pytest.approx(other.sf(x - 1), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(MEANS, st.floats(0.1, 1_000), st.sampled_from([0.001, 0.025, 0.5, 0.975, 0.999]))
def test_quantiles_of_rates_are_scipys(shape: float, rate: float, level: float) -> None:
    at = float(gamma_at(level, np.array([shape]), rate)[0])
    assert at == pytest.approx(stats.gamma.ppf(level, shape, scale=1 / rate), rel=1e-6, abs=1e-9)
    assert float(gamma_below(np.array([shape]), rate, at)[0]) == pytest.approx(level, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 3_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_intervals_of_audits_are_exact(counts: tuple[int, int]) -> None:
    failed, tried = counts
    exact = stats.binomtest(failed, tried).proportion_ci(method="exact")
    assert exact_interval(failed, tried) == pytest.approx((exact.low, exact.high), abs=1e-8)


@pytest.mark.parametrize("level", LEVELS)
def test_limits_of_a_funnel_hold_their_share_of_counts(level: float) -> None:
    """Rule 4: a count beyond a limit is at most as probable as said, and the next one within it is more so."""
    mean = np.geomspace(LEAST, 500, 20)
    low, high = (side * mean for side in funnel(mean, level, 0.0))
    half = (1 - level) / 2
    assert (stats.poisson.sf(np.ceil(high) - 1, mean) <= half + 1e-9).all()
    assert (stats.poisson.sf(np.floor(high) - 1, mean) >= half - 1e-9).all()
    assert (stats.poisson.cdf(np.floor(low), mean) <= half + 1e-9)[low > 0].all()
    wide = funnel(mean, level, 0.2)[1]
    assert (wide * mean > high).all()
    assert count_limit(0.5, mean, 0.0) == pytest.approx(mean, abs=1.0)


def cells(judged: Longs, odd: Longs) -> Cells:
    """Of tables (outlets, strata)."""
    outlet, stratum = np.nonzero(judged)
    return Cells(
        outlet=outlet.astype(np.int32), stratum=stratum.astype(np.int32), judged=judged[outlet, stratum],
        odd=odd[outlet, stratum],
    )  # fmt: skip


def drawn(n: int, per: int, rates: tuple[float, ...], seed: int = 1) -> tuple[Longs, Longs]:
    rng = np.random.default_rng(seed)
    judged = rng.poisson(per, (n, len(rates)))
    return judged, rng.binomial(judged, np.array(rates))


def test_others_rates_make_what_is_expected_and_ones_own_dont() -> None:
    """Rule 1: an outlet of which most reads are unexplained changes what is expected of it by nothing."""
    judged, odd = drawn(30, 1_000, (0.01, 0.05))
    before = expect(cells(judged, odd), 30)
    odd[0] = judged[0] // 2
    after = expect(cells(judged, odd), 30)
    assert after.expected[0] == pytest.approx(before.expected[0])
    by_hand = sum(judged[0, s] * (odd[1:, s].sum() + 0.5) / judged[1:, s].sum() for s in range(2))
    assert after.expected[0] == pytest.approx(by_hand)


def test_strata_are_taken_apart() -> None:
    """Rule 1: who reads where rates are high isn't held to the rate of all."""
    judged, odd = np.full((40, 2), 1_000), np.full((40, 2), 10)
    odd[:, 1] = 100
    judged[0], odd[0] = (0, 2_000), (0, 200)
    found = expect(cells(judged, odd), 40)
    assert found.expected[0] == pytest.approx(200, rel=0.01)
    assert np.nansum(found.cell) == pytest.approx(found.expected.sum())


def test_one_that_pulls_raises_what_is_expected_of_others_by_a_little() -> None:
    """Rule 1: it counts with a cut."""
    judged, odd = np.full((20, 1), 1_000), np.full((20, 1), 20)
    odd[0] = 900
    assert expect(cells(judged, odd), 20).expected[1] < 25


def test_a_stratum_that_few_others_have_is_not_compared() -> None:
    """Rule 2."""
    judged, odd = np.zeros((20, 2), np.int64), np.zeros((20, 2), np.int64)
    judged[:, 0], odd[:, 0] = 1_000, 10
    judged[:OTHERS, 1], odd[:OTHERS, 1] = 1_000, 500
    found = expect(cells(judged, odd), 20)
    assert found.odd[0] == 10
    assert found.judged[0] == 1_000
    judged[OTHERS, 1] = 1_000
    assert expect(cells(judged, odd), 20).odd[0] == 510


def figures(odd: Longs, expected: Floats | float) -> Expected:
    of = np.broadcast_to(np.asarray(expected, np.float64), odd.shape)
    return Expected(judged=100 * odd, odd=odd, expected=of, variance=0 * of, cell=of)


def verdicts(scores: Scores) -> list[str]:
    return [VERDICTS[k] for k in scores.verdict]


def test_one_employee_is_no_figure_and_few_expected_is_too_few_to_say() -> None:
    """Rule 3: however many were counted."""
    odd = np.array([900, 900, 900, 20, 21, 19, 20, 22, 18])
    found = figures(odd, np.array([20.0, 20.0, LEAST - 0.01, *[20.0] * 6]))
    scores = judge(found, np.array([1, 2, 9, *[9] * 6], np.int32))
    assert verdicts(scores)[:4] == [FEW_PEOPLE, FEW_PEOPLE, TOO_FEW, USUAL]
    assert np.isnan(scores.rate[:3]).all()
    assert np.isnan(scores.discovery[:3]).all()
    assert not scores.alarm[:2].any()
    assert scores.trend[4, 0] == 0


def test_outlets_that_differ_by_chance_alone_have_no_spread_and_others_have_theirs() -> None:
    """Rule 4."""
    rng = np.random.default_rng(7)
    expected = rng.uniform(5, 200, 4_000)
    assert sum(find_spread(rng.poisson(expected), expected) > 0 for _ in range(10)) <= 1
    uneven = rng.poisson(expected * rng.gamma(1 / 0.09, 0.09, 4_000))
    assert find_spread(uneven, expected) == pytest.approx(0.09, rel=0.15)
    uneven[:120] *= 20
    assert find_spread(uneven, expected) == pytest.approx(0.09, rel=0.35)


def test_the_prior_is_found_again_and_intervals_hold_their_share() -> None:
    """Rule 5."""
    rng = np.random.default_rng(8)
    expected = rng.uniform(1, 60, 6_000)
    truth = rng.gamma(8.0, 1 / 7.0, 6_000)
    odd = rng.poisson(truth * expected)
    prior = fit_prior(odd, expected)
    assert prior == pytest.approx((8.0, 7.0), rel=0.12)
    low, high = credible(odd, expected, prior)
    assert ((low <= truth) & (truth <= high)).mean() == pytest.approx(0.95, abs=0.01)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=40))
def test_discoveries_are_scipys(chances: list[float]) -> None:
    """Rule 6."""
    assert find_discoveries(np.array(chances)) == pytest.approx(stats.false_discovery_control(chances))


def test_of_many_that_are_usual_none_is_flagged_and_one_far_beyond_is() -> None:
    """Rule 6: at the 99.8 % limit alone 40 would be told. The trend's limit is that of rule 8."""
    rng = np.random.default_rng(9)
    expected = rng.uniform(10, 60, 20_000)
    odd = rng.poisson(expected)
    expected[0], odd[0] = 30.0, 75
    scores = judge(figures(odd, expected), np.full(20_000, 9, np.int32))
    said = verdicts(scores)
    assert math.exp(scores.limit) == pytest.approx(20_000)
    assert said[0] == FLAGGED
    assert said.count(FLAGGED) <= 2
    assert (odd / expected > funnel(expected, 0.998, 0.0)[1]).sum() > 10


def test_a_step_to_twice_is_told_in_months_and_a_level_of_ones_own_isnt() -> None:
    """Rules 7 and 8."""
    rng = np.random.default_rng(10)
    n, limit = 4_000, math.log(4_000)
    level = rng.gamma(1 / 0.09, 0.09, n)
    trend = np.zeros((len(TREND), n))
    alarms = np.zeros(n, np.bool_)
    for month in range(18):
        odd = rng.poisson(40.0 * level * np.where((np.arange(n) < 200) & (month >= 10), 2.0, 1.0))
        trend = step_trend(trend, odd, np.full(n, 40.0), 0.09, 0.0)
        alarms |= trend[4] >= limit
        if month == 9:
            assert alarms.sum() <= 3
    assert alarms[:200].mean() > 0.9
    assert alarms[200:].sum() <= 6


def test_what_comes_and_goes_tells_less() -> None:
    """Rule 7."""
    still = np.zeros((len(TREND), 1))
    sure, unsure = (step_trend(still, np.array([80]), np.array([40.0]), 0.0, passing) for passing in (0.0, 0.1))
    assert sure[4, 0] > 3 * unsure[4, 0] > 0
    assert step_trend(sure, np.array([0]), np.array([40.0]), 0.0, 0.0)[4, 0] == 0


def test_a_month_after_another_knows_what_lasts() -> None:
    """Rule 7: of two months that differ alike all of the spread lasts; of a first month none does."""
    rng = np.random.default_rng(11)
    n, people = 3_000, np.full(3_000, 9, np.int32)
    level, expected = rng.gamma(1 / 0.09, 0.09, n), np.full(n, 50.0)
    months = [rng.poisson(expected * level) for _ in range(2)]
    first = judge(figures(months[0], expected), people)
    second = judge(figures(months[1], expected), people, first.trend, (months[0], expected))
    assert first.lasting == 0
    assert second.lasting == pytest.approx(second.spread, rel=0.2)
    anew = rng.poisson(expected * rng.gamma(1 / 0.09, 0.09, n))
    assert judge(figures(anew, expected), people, first.trend, (months[0], expected)).lasting < 0.01
