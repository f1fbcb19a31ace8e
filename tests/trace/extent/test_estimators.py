"""The estimators against published examples, closed forms and an optimiser that knows nothing of them."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from wayseal.trace.extent import estimate_stock
from wayseal.trace.extent._estimate import (
    CHI2,
    Criterion,
    Estimate,
    Model,
    chao,
    chapman,
    design,
    disjoint_lower_bound,
    fit_poisson,
    histories,
    interval,
    log_normal,
    models,
)

SPINA_BIFIDA = np.array([247, 142, 49, 60, 112, 12, 4], np.float64)
"""Birth, death and rehabilitation records of spina bifida in New York (Hook, Albright and Cross 1980): 626 cases, by
history 001, 010, 011, 100, 101, 110, 111 with the first list as the lowest bit."""


def of(
    count: NDArray[np.float64],
    pairs: tuple[tuple[int, int], ...],
    *,
    uneven: bool = False,
    criterion: Criterion = Criterion.AIC,
) -> Model:
    return next(m for m in models(count, criterion) if m.pairs == pairs and m.uneven is uneven)


def test_chapman_on_the_textbook_turtles() -> None:
    """10 marked, 15 caught later, 5 of them marked: 28 (Wikipedia, "Mark and recapture")."""
    assert int(chapman(10, 15, 5).value) == 28


def test_the_log_normal_interval_is_that_of_its_formula() -> None:
    """Seber's variance: (n₁+1)(n₂+1)(n₁−m)(n₂−m) / (m+1)²(m+2), by hand for 2,000, 1,500 and 300."""
    found = chapman(2000, 1500, 300)
    value = 2001 * 1501 / 301 - 1
    variance = 2001 * 1501 * 1700 * 1200 / (301**2 * 302)
    factor = math.exp(1.959964 * math.sqrt(math.log(1 + variance / (value - 3200) ** 2)))
    assert found.value == pytest.approx(value)
    assert (found.low, found.high) == pytest.approx(
        (3200 + (value - 3200) / factor, 3200 + (value - 3200) * factor), rel=1e-6
    )


@pytest.mark.parametrize(
    ("first", "second", "both"), [(30, 40, 1), (100, 80, 3), (20, 25, 6), (5, 5, 5), (6, 3, 1), (60, 90, 40)]
)
def test_with_few_shared_the_interval_is_the_exact_one(first: int, second: int, both: int) -> None:
    """Against SciPy's hypergeometric distribution: outside the interval one of the tails is below 2.5 %."""
    from scipy import stats  # dear to load, and most who load this file run no test of it

    found = chapman(first, second, both)
    seen = first + second - both
    totals = np.arange(seen, 40 * seen)
    below = stats.hypergeom.cdf(both, totals, first, second)
    above = stats.hypergeom.sf(both - 1, totals, first, second)
    allowed = totals[(below >= 0.025) & (above >= 0.025)].tolist()
    assert found.low == pytest.approx(min(allowed[0], found.value))
    if allowed[-1] < 40 * seen - 1:
        assert found.high == pytest.approx(max(allowed[-1], found.value))
    else:
        assert found.high >= allowed[-1]


@pytest.mark.parametrize("sizes", [(10, 12), (100, 1), (7, 8, 9)])
def test_the_lower_limit_of_lists_apart_is_exact(sizes: tuple[int, ...]) -> None:
    def chance(total: int) -> float:
        out, taken = 1.0, 0
        for size in sizes:
            out *= math.comb(total - taken, size) / math.comb(total, size)
            taken += size
        return out

    low = int(disjoint_lower_bound(sizes).low)
    assert math.isnan(disjoint_lower_bound(sizes).value)
    assert math.isinf(disjoint_lower_bound(sizes).high)
    assert chance(low) >= 0.025 > chance(low - 1)


def test_three_lists_by_closed_forms() -> None:
    """One pair independent: n₁₀₀·n₀₀₁/n₁₀₁; all pairs dependent: the saturated formula (Fienberg 1972; IWGDMF 1995)."""
    cells = {
        bits: SPINA_BIFIDA[(bits[0] | bits[1] << 1 | bits[2] << 2) - 1]
        for bits in itertools.product((0, 1), repeat=3)
        if any(bits)
    }
    one = cells[1, 0, 0] * cells[0, 0, 1] / cells[1, 0, 1]
    assert of(SPINA_BIFIDA, ((0, 1), (1, 2))).unseen == pytest.approx(one, rel=1e-6)
    top = cells[1, 1, 1] * cells[1, 0, 0] * cells[0, 1, 0] * cells[0, 0, 1]
    every = top / (cells[1, 1, 0] * cells[1, 0, 1] * cells[0, 1, 1])
    assert of(SPINA_BIFIDA, ((0, 1), (0, 2), (1, 2))).unseen == pytest.approx(every, rel=1e-6)


def test_spina_bifida_chooses_the_model_of_the_paper() -> None:
    """Hook et al.: birth and death records depend on each other, and death and rehabilitation; some 80 % were seen."""
    best = models(SPINA_BIFIDA, Criterion.AIC)[0]
    assert best.pairs == ((0, 1), (1, 2))
    assert 0.80 < 626 / (626 + best.unseen) < 0.84
    assert models(SPINA_BIFIDA, Criterion.BIC)[0].pairs == best.pairs


@pytest.mark.parametrize("uneven", [False, True])
def test_the_fit_against_an_optimiser(uneven: bool) -> None:
    from scipy import optimize

    pairs = () if uneven else ((0, 1),)
    matrix = design(3, pairs, uneven=uneven)

    def loss(beta: NDArray[np.float64]) -> float:
        eta = matrix @ beta
        return float(np.exp(eta).sum() - SPINA_BIFIDA @ eta)

    start = np.zeros(matrix.shape[1])
    found = optimize.minimize(loss, start, method="BFGS", options={"gtol": 1e-8}).x
    beta = fit_poisson(matrix, SPINA_BIFIDA)
    assert beta is not None
    assert beta == pytest.approx(found, abs=1e-4)


def test_the_profile_interval_against_plain_search() -> None:
    """Both ends lie where the profile falls by half of χ²'s quantile, the profile found by an optimiser."""
    from scipy import optimize

    model = of(SPINA_BIFIDA, ((0, 1), (1, 2)))
    inner = design(3, model.pairs)
    matrix = np.vstack([np.eye(1, inner.shape[1]), inner])

    def profile(unseen: float) -> float:
        whole = np.concatenate([[unseen], SPINA_BIFIDA])

        def loss(beta: NDArray[np.float64]) -> float:
            eta = matrix @ beta
            return float(np.exp(eta).sum() - whole @ eta)

        eta = matrix @ optimize.minimize(loss, np.zeros(matrix.shape[1]), method="BFGS", options={"gtol": 1e-7}).x
        total = whole.sum()
        log_p = eta - math.log(total)
        return math.lgamma(total + 1) - math.lgamma(unseen + 1) + float(whole @ log_p)

    found = interval(SPINA_BIFIDA, model)
    top = max(profile(x) for x in np.linspace(model.unseen - 15, model.unseen + 15, 31))
    for end in (found.low, found.high):
        assert top - profile(end - 626) == pytest.approx(CHI2 / 2, abs=0.01)


def test_chao_on_the_snowshoe_hares() -> None:
    """68 hares in 6 nights, 25 once and 22 twice (Cormack 1989): the bias-corrected bound by hand."""
    assert chao(68, 25, 22, 6).value == pytest.approx(68 + 5 / 6 * 25 * 24 / (2 * 23))


def test_chao_without_any_caught_twice() -> None:
    found = chao(10, 9, 0, 3)
    assert found.value == pytest.approx(10 + 2 / 3 * 9 * 8 / 2)
    assert 10 < found.low < found.value < found.high


def test_nothing_unseen_leaves_no_interval() -> None:
    assert log_normal(5, 5, 1) == Estimate(value=5, low=5, high=5)
    assert chao(5, 0, 5, 2) == Estimate(value=5, low=5, high=5)


@pytest.mark.parametrize("lists", [3, 4, 5])
def test_models_find_the_size_of_independent_lists(lists: int) -> None:
    rng = np.random.default_rng(lists)
    caught = rng.random((4000, lists)) < 0.25
    count = np.bincount(caught @ (1 << np.arange(lists)), minlength=1 << lists)[1:].astype(float)
    found = models(count, Criterion.BIC)
    independent = of(count, (), criterion=Criterion.BIC)
    assert count.sum() + independent.unseen == pytest.approx(4000, rel=0.05)
    assert found[0].score <= independent.score
    ends = interval(count, independent)
    assert ends.low < count.sum() + independent.unseen < ends.high


def test_a_pair_that_depends_is_found_among_five_lists() -> None:
    rng = np.random.default_rng(8)
    caught = rng.random((3000, 5)) < 0.2
    caught[:, 3] = rng.random(3000) < np.where(caught[:, 1], 0.6, 0.1)
    count = np.bincount(caught @ (1 << np.arange(5)), minlength=32)[1:].astype(float)
    assert (1, 3) in models(count, Criterion.BIC)[0].pairs


def test_chances_that_differ_are_seen_with_enough_numbers() -> None:
    rng = np.random.default_rng(5)
    odds = -1.5 + rng.normal(0, 1.2, 20_000)[:, None]
    caught = rng.random((20_000, 4)) < 1 / (1 + np.exp(-odds))
    count = np.bincount(caught @ (1 << np.arange(4)), minlength=16)[1:].astype(float)
    uneven, independent = of(count, (), uneven=True), of(count, ())
    assert uneven.score < independent.score
    assert abs(count.sum() + uneven.unseen - 20_000) < abs(count.sum() + independent.unseen - 20_000)


def test_a_model_without_a_finite_maximum_is_left_out() -> None:
    """Every number on exactly one list but one: the pairs that share nothing are in no model."""
    count = np.zeros(7)
    count[[0, 1, 3]] = 30
    count[2] = 1
    assert all(p == (0, 1) for m in models(count, Criterion.AIC) for p in m.pairs)
    assert fit_poisson(design(3, ((0, 2),)), count) is None
    assert fit_poisson(design(3, ()), np.zeros(7)) is None
    assert models(np.array([9.0, 0, 0, 0, 0, 0, 0]), Criterion.AIC) == []


def test_the_upper_end_may_be_open() -> None:
    """A handful of coincidences: uneven chances set no upper limit, independence does."""
    count = np.array([60, 50, 1, 55, 1, 1, 1], np.float64)
    assert math.isinf(interval(count, of(count, (), uneven=True)).high)
    found = interval(count, of(count, ()))
    assert found.low < found.value < found.high < math.inf


def test_the_stock_by_repeats() -> None:
    """23 people and one shared birthday; and the exact limit without a repeat."""
    found = estimate_stock(23, 22)
    assert found is not None
    assert found.low < 253 < found.high
    none = estimate_stock(23, 23)
    assert none is not None
    assert math.isnan(none.value)

    def differ(size: int) -> float:
        return math.prod(1 - i / size for i in range(23))

    assert differ(int(none.low)) >= 0.025 > differ(int(none.low) - 1)
    assert estimate_stock(1, 1) is None
    same = estimate_stock(5, 1)
    assert same is not None
    assert same.value == same.low == 1


@given(st.integers(2, 300), st.data())
def test_more_repeats_mean_a_smaller_stock(purchases: int, data: st.DataObject) -> None:
    different = data.draw(st.integers(2, purchases))
    more, fewer = estimate_stock(purchases, different), estimate_stock(purchases, different - 1)
    assert more is not None
    assert fewer is not None
    assert fewer.low <= more.low
    assert fewer.high <= more.high
    assert fewer.low >= different - 1


@given(st.integers(1, 400), st.integers(1, 400), st.data())
def test_more_overlap_means_fewer_numbers(first: int, second: int, data: st.DataObject) -> None:
    both = data.draw(st.integers(1, min(first, second)))
    found = chapman(first, second, both)
    assert found.low <= found.value <= found.high
    assert found.low >= first + second - both - 1e-6
    assert chapman(second, first, both) == found
    assume(both > 1)
    assert chapman(first, second, both - 1).value > found.value


def test_histories_have_the_bits_of_their_place() -> None:
    assert histories(2).tolist() == [[1, 0], [0, 1], [1, 1]]
