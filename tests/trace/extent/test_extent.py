"""How much leaked: the estimators against published examples and closed forms, and the whole from files."""

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.effort import examples
from tests.trace.rim import World, leaks, number, opened, quiet, sale
from wayseal.ledger import Snapshot
from wayseal.trace.extent import Criterion, ExtentResult, ListBasis, estimate_stock, extent
from wayseal.trace.extent._captures import MOST, read_captures
from wayseal.trace.extent._estimate import (
    CHI2,
    Estimate,
    Model,
    Status,
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


KNOWN = 400
Rows = Sequence[dict[str, Any]]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """A ledger that knows 400 numbers, 100 a day, and nothing but reads."""
    world = World()
    for place in range(KNOWN):
        world.read(24 * (place // 100) + place % 24, "u-1", number(place))
    with opened(world, tmp_path_factory.mktemp("extent")) as snapshot:
        yield snapshot


def found(places: Sequence[int], hours: float = 30, **more: Any) -> list[dict[str, Any]]:
    return [sale(number(place), hours, **more) for place in places]


def said(
    snapshot: Snapshot, rows: Rows, by: ListBasis | None = None, criterion: Criterion = Criterion.AIC
) -> ExtentResult:
    with TemporaryDirectory() as folder:
        return extent(snapshot, leaks(Path(folder), rows), by=by, criterion=criterion, progress=quiet)


TWO = [*found(range(60), found_by="purchase"), *found(range(40, 90), hours=60, found_by="report")]


def test_two_ways_of_finding(snapshot: Snapshot) -> None:
    result = said(snapshot, TWO)
    assert (result.status, result.method, result.by) == (Status.ESTIMATE, "chapman", "found_by")
    assert result.total is not None
    assert result.total.value == pytest.approx(61 * 51 / 21 - 1)
    assert [(x.name, x.numbers, x.shared) for x in result.lists] == [("purchase", 60, 20), ("report", 50, 20)]
    assert (result.numbers, result.rows, result.purchases, result.bought) == (90, 110, 60, 60)
    daily = result.daily(result.total)
    assert daily is not None
    assert result.days == 2
    assert daily.value == result.total.value / 2
    assert result.waybills_a_day == 100
    assert result.warnings == ("two_lists", "open", "dependence", "chances")


def test_three_lists_are_modelled(snapshot: Snapshot) -> None:
    rng = random.Random(4)
    rows = [
        row for kind in ("purchase", "report", "seizure") for row in found(rng.sample(range(200), 70), found_by=kind)
    ]
    result = said(snapshot, rows)
    assert result.method == "loglinear"
    assert result.total is not None
    assert result.least is not None
    assert result.total.low < 200 < result.total.high
    near = [m for m in result.models if m.worse <= 2]
    assert result.total.low == min(m.estimate.low for m in near)
    assert result.total.high == max(m.estimate.high for m in near)
    assert result.models[0].worse == 0
    assert result.total.value in {m.estimate.value for m in near}
    assert result.least.value <= result.total.high


def test_where_the_models_set_no_upper_limit_none_is_given(snapshot: Snapshot) -> None:
    rows = [
        *found([*range(60), 380, 381, 399], found_by="purchase"),
        *found([*range(100, 150), 380, 382, 399], found_by="report"),
    ]
    result = said(snapshot, [*rows, *found([*range(200, 255), 381, 382, 399], found_by="seizure")])
    assert result.total is not None
    assert result.models[0].uneven
    assert (result.status, result.method) == (Status.LOWER_BOUND, "loglinear")
    assert math.isnan(result.total.value)
    assert math.isinf(result.total.high)
    assert "no_upper" in result.warnings


def test_without_overlap_there_is_a_lower_limit_alone(snapshot: Snapshot) -> None:
    result = said(snapshot, [*found(range(30), found_by="purchase"), *found(range(50, 80), found_by="report")])
    assert (result.status, result.method) == (Status.LOWER_BOUND, "apart")
    assert result.total is not None
    assert math.isnan(result.total.value)
    assert math.isinf(result.total.high)
    assert result.total.low > 60
    assert result.least is None
    assert "no_overlap" in result.warnings


def test_too_little_for_any_model_falls_back_to_chaos_bound(snapshot: Snapshot) -> None:
    """Two lists that are the same, and a third of one number that both have: no model has a finite maximum."""
    rows = [*found(range(3), found_by="purchase"), *found(range(3), found_by="report"), *found([0], found_by="fraud")]
    result = said(snapshot, rows)
    assert (result.status, result.method) == (Status.LOWER_BOUND, "chao")
    assert "no_upper" in result.warnings
    assert result.total is not None
    assert result.total.low >= 3


def test_one_list_says_nothing_but_the_stock(snapshot: Snapshot) -> None:
    rows = [*found(range(30), found_by="purchase"), *found(range(5), hours=31, found_by="purchase")]
    result = said(snapshot, rows)
    assert (result.status, result.total, result.warnings) == (Status.NOTHING, None, ("one_list",))
    assert result.stock is not None
    assert 30 <= result.stock.low < result.stock.value < result.stock.high
    assert result.daily(result.total) is None


def test_rows_that_say_nothing_make_no_list_of_finding_but_days(snapshot: Snapshot) -> None:
    result = said(snapshot, [*found(range(30)), *found(range(20, 50), hours=60)])
    assert (result.by, result.method, len(result.lists)) == ("day", "chapman", 2)
    assert result.lists[0].name == "2026-03-03"
    assert said(snapshot, found(range(30)), by=ListBasis.SELLER).warnings == ("no_list",)
    assert said(snapshot, found(range(30))).warnings == ("no_list",)


def test_lists_as_they_are_asked_for(snapshot: Snapshot) -> None:
    rows = [{**row, "seller": f"s{n % 3}"} for n, row in enumerate(TWO)]
    assert said(snapshot, rows).by == "found_by"
    by_seller = said(snapshot, rows, by=ListBasis.SELLER)
    assert [x.name for x in by_seller.lists] == ["s0", "s1", "s2"]
    by_day = said(snapshot, rows, by=ListBasis.DAY)
    assert [x.name for x in by_day.lists] == ["2026-03-03"]
    assert by_day.purchases == 60


def test_sellers_when_there_is_one_way_of_finding(snapshot: Snapshot) -> None:
    rows = [*found(range(30), found_by="purchase", seller="a"), *found(range(20, 45), found_by="purchase", seller="b")]
    assert said(snapshot, rows).by == "seller"


def test_many_lists_are_put_together(snapshot: Snapshot) -> None:
    rows = [row for n in range(9) for row in found(range(n, 40 - n), hours=24 * n + 2, seller=f"s{n}")]
    sellers = said(snapshot, rows, by=ListBasis.SELLER)
    assert [x.name for x in sellers.lists] == ["s0", "s1", "s2", "s3", "…"]
    days = said(snapshot, rows, by=ListBasis.DAY)
    assert len(days.lists) == MOST
    assert days.lists[0].name.startswith("2026-03-02")
    assert any("/" in x.name for x in days.lists)


def test_what_is_left_out_is_counted(snapshot: Snapshot) -> None:
    rows = [*TWO, TWO[0], TWO[0], *found([9000, 9001], found_by="report"), *found([3], hours=33)]
    result = said(snapshot, rows)
    assert (result.repeated, result.foreign, result.unlisted) == (2, 2, 1)
    assert result.total == said(snapshot, TWO).total


def test_numbers_that_nobody_knows_leave_nothing(snapshot: Snapshot) -> None:
    result = said(snapshot, found([9000, 9001], found_by="report"))
    assert (result.status, result.numbers, result.foreign, result.days) == (Status.NOTHING, 0, 2, 0)
    assert result.waybills_a_day is None
    assert result.daily(result.stock) is None


def test_days_outside_the_ledger_are_compared_with_all_its_days(snapshot: Snapshot) -> None:
    assert said(snapshot, found(range(5), hours=2000, found_by="report")).waybills_a_day == 100


def test_small_lists_and_small_overlaps_are_said(snapshot: Snapshot) -> None:
    result = said(snapshot, [*found(range(10), found_by="purchase"), *found(range(8, 30), found_by="report")])
    assert {"small_list", "small_overlap"} <= set(result.warnings)
    three = said(
        snapshot,
        [
            *found(range(40), found_by="purchase"),
            *found(range(20, 60), found_by="report"),
            *found(range(30, 35), found_by="fraud"),
            *found(range(100, 130), found_by="seizure"),
        ],
    )
    assert "pairs_apart" in three.warnings


@examples(25)
@given(st.randoms(use_true_random=False), st.integers(0, 20))
def test_the_order_of_rows_and_rows_twice_mean_nothing(snapshot: Snapshot, chance: random.Random, twice: int) -> None:
    """Obligation 1 of the lists."""
    plain = said(snapshot, TWO)
    rows = [*TWO, *TWO[:twice]]
    chance.shuffle(rows)
    shuffled = said(snapshot, rows)
    # As texts: an estimate may be nan, which is not equal to itself.
    assert repr(shuffled.total) == repr(plain.total)
    assert repr(shuffled.lists) == repr(plain.lists)
    assert repr(shuffled.stock) == repr(plain.stock)
    assert shuffled.repeated == twice


@examples(25)
@given(
    st.sets(st.integers(0, KNOWN - 1), min_size=2, max_size=60),
    st.sets(st.integers(0, KNOWN - 1), min_size=2, max_size=60),
)
def test_there_are_never_fewer_than_were_caught(snapshot: Snapshot, one: set[int], other: set[int]) -> None:
    result = said(snapshot, [*found(sorted(one), found_by="purchase"), *found(sorted(other), found_by="report")])
    assert result.total is not None
    assert result.total.low >= len(one | other) - 1e-6
    assert not result.total.high < result.total.low
    assert result.numbers == len(one | other)


def test_counts_add_up_to_the_numbers(snapshot: Snapshot, tmp_path: Path) -> None:
    caught = read_captures(snapshot, leaks(tmp_path, TWO), None)
    assert caught.count.tolist() == [40, 30, 20]
    assert caught.count.sum() == caught.numbers
