"""How a read before a sale weighs: delays, likelihood ratios, and which sources are worth a look."""

import math
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trace.rim import Triples, events, make
from wayseal.model.kinds import SourceKind
from wayseal.trace import _screen
from wayseal.trace._delay import Delay, past_h, sale_weight, scenarios, unrelated_weight
from wayseal.trace._evidence import ACTOR, CHANNEL, OUTLET, REGION, SESSION, Evidence
from wayseal.trace._likelihood import certain_events, likelihood, seen_pairs, shares, touch_shares
from wayseal.trace._posterior import RHO_MAX, Prior
from wayseal.trace._screen import classes, log_bayes_factors

pytestmark = pytest.mark.kernels

ZERO = np.zeros(1, np.int32)


def weight(evidence_sold: float, at: float, *, delay: Delay | None = None, **more: float) -> float:
    extra: dict[str, Any] = {name: np.array([value]) for name, value in more.items()}
    evidence = make([evidence_sold], **extra)
    return float(sale_weight(evidence, ZERO, np.array([at]), delay or Delay())[0])


def test_density_integrates_to_distribution() -> None:
    delay = Delay()
    hours = np.linspace(0.001, 400, 400_000)
    step = hours[1] - hours[0]
    summed = np.cumsum(delay.density(hours)) * step
    assert np.abs(summed - delay.distribution(hours)).max() < 2e-3
    assert delay.distribution(np.array([-1.0, 0.0])).tolist() == [0.0, 0.0]
    assert delay.density(np.array([-1.0, 0.0])).tolist() == [0.0, 0.0]


def test_median_is_the_median() -> None:
    assert Delay(medians_h=(6.0,)).distribution(np.array([6.0]))[0] == pytest.approx(0.5)


@given(st.floats(0, 1000))
def test_a_read_after_the_sale_weighs_nothing(late: float) -> None:
    assert weight(10.0, 10.0 + late) == 0.0


def test_the_flat_part_leaves_nothing_of_the_past_out() -> None:
    delay = Delay(flat=0.1)
    assert weight(48.0, 0.5, delay=delay) >= 0.1 / 48
    assert weight(500.0, 1.0, delay=delay) >= 0.1 / 500


def test_an_interval_counts_what_ends_in_it() -> None:
    delay = Delay(medians_h=(6.0,), flat=0.0)
    between = weight(20.0, 10.0, delay=delay, absent_at=15.0)
    whole = delay.distribution(np.array([10.0, 5.0]))
    assert between == pytest.approx(whole[0] - whole[1])
    # A read after the last look without the number: everything up to the sale.
    assert weight(20.0, 18.0, delay=delay, absent_at=15.0) == pytest.approx(delay.distribution(np.array([2.0]))[0])


def test_a_narrow_interval_is_the_density_times_its_width() -> None:
    narrow = weight(20.0, 10.0, absent_at=20.0 - 1e-3)
    assert narrow == pytest.approx(weight(20.0, 10.0) * 1e-3, rel=1e-3)


def test_a_read_between_order_and_sale_weighs_more() -> None:
    plain = weight(30.0, 27.0)
    assert weight(30.0, 27.0, asked_at=26.0) > plain
    assert weight(30.0, 20.0, asked_at=26.0) < weight(30.0, 20.0)
    assert weight(30.0, 27.0, asked_at=31.0) == plain


def test_past_is_at_least_a_life() -> None:
    evidence = make([10.0, 100.0, 5.0], born=np.array([0.0, 0.0, np.nan]))
    assert past_h(evidence).tolist() == [48.0, 100.0, 48.0]


def test_unrelated_is_the_mean_over_a_life() -> None:
    evidence = make([30.0], born=np.array([0.0]))
    delay = Delay(medians_h=(6.0,), flat=0.0)
    expected = delay.distribution(np.array([30.0]))[0] / 48.0
    assert unrelated_weight(evidence, delay)[0] == pytest.approx(expected, rel=0.02)
    assert unrelated_weight(make([30.0], born=np.array([math.nan])), delay)[0] > 0


def test_scenarios_are_the_mixture_and_its_parts() -> None:
    assert [len(d.medians_h) for d in scenarios(Delay())] == [3, 1, 1, 1]
    single = Delay(medians_h=(6.0,))
    assert scenarios(single) == (single,)


def test_a_number_that_the_buyer_chose_is_mostly_looked_up_for_the_answer() -> None:
    """Rule 4."""
    plain = weight(10.0, 9.0, asked_at=8.0)
    chosen = weight(10.0, 9.0, asked_at=8.0, chosen=True)
    assert chosen - plain > 0.5 * (Delay().chosen - Delay().ordered) / 2
    assert weight(10.0, 3.0, asked_at=8.0, chosen=True) < weight(10.0, 3.0, asked_at=8.0)


def ratio(evidence: Evidence, source: int, leak: int, *, timed: bool = True) -> float:
    found = likelihood(evidence, timed=timed)
    return float(found.dense(np.array([source], np.int32))[0, 0, leak])


def test_arrays_of_the_wrong_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="born, overall"):
        make([1.0], born=np.zeros(2), overall=np.zeros(9))


def test_without_times_it_is_the_inverse_share() -> None:
    evidence = make([10.0], reads=[(0, 0, 5.0)], volume=[20.0], size=1000.0)
    assert ratio(evidence, 0, 0, timed=False) == pytest.approx(0.95 * 1000 / 20)


def test_reads_after_the_sale_are_no_evidence() -> None:
    evidence = make([10.0], reads=[(0, 0, 11.0), (1, 0, 9.0)])
    assert ratio(evidence, 0, 0) == 0
    assert ratio(evidence, 0, 0, timed=False) == 0
    assert ratio(evidence, 1, 0) > 0


@given(st.lists(st.floats(0.0, 47.0), min_size=2, max_size=12), st.floats(1.0, 60.0))
def test_an_unrelated_readers_time_ratio_averages_at_most_about_one(times: list[float], sold: float) -> None:
    """Rule 1: over the readers of a parcel, with one more reader at any time, the ratio averages 1."""
    reads = [(s, 0, t) for s, t in enumerate(times)]
    evidence = make([sold], reads=reads, volume=[1000.0] * len(times), size=1000.0, lost=0.0)
    found = likelihood(evidence)
    total = found.ratio[0].sum()
    assert total <= len(times) + 1 + 1e-9


def test_the_latest_reader_before_the_sale_gains_most() -> None:
    evidence = make([40.0], reads=[(0, 0, 2.0), (1, 0, 36.0), (2, 0, 20.0)])
    values = [ratio(evidence, s, 0) for s in range(3)]
    assert values[1] > values[2] > values[0] > 0


def test_many_reads_of_one_account_count_once() -> None:
    once = make([40.0], reads=[(0, 0, 36.0), (1, 0, 30.0)])
    often = make([40.0], reads=[(0, 0, 36.0)] * 50 + [(1, 0, 30.0)])
    assert ratio(often, 0, 0) == pytest.approx(ratio(once, 0, 0))


def test_a_lost_read_needs_the_parcel_at_the_outlet() -> None:
    evidence = make(
        [10.0, 10.0],
        reads=[(0, 0, 5.0)],
        touches=[(0, 1, 1.0)],
        touch_volume=[100.0],
        size=1000.0,
    )
    assert ratio(evidence, 0, 1) == pytest.approx(0.05 * 10)
    late = make([10.0, 10.0], reads=[(0, 0, 5.0)], touches=[(0, 1, 11.0)], touch_volume=[100.0])
    assert ratio(late, 0, 1) == 0


@pytest.mark.parametrize("kind", [OUTLET, REGION, CHANNEL])
def test_routes_weigh_by_their_share(kind: int) -> None:
    evidence = make([10.0], touches=[(0, 0, 5.0)], kind=[kind], touch_volume=[50.0], size=1000.0)
    assert ratio(evidence, 0, 0, timed=False) == pytest.approx(20.0)
    # Issue is as exact as a read; passing counts half, so its time changes the ratio less.
    assert 10.0 <= ratio(evidence, 0, 0) <= (200.0 if kind == CHANNEL else 40.0)
    late = make([10.0], touches=[(0, 0, 12.0)], kind=[kind], touch_volume=[50.0])
    assert ratio(late, 0, 0) == 0


def test_a_channel_gains_by_an_early_sale() -> None:
    touch = [(0, 0, 0.0)]
    early = make([1.5], touches=touch, kind=[CHANNEL], touch_volume=[100.0])
    late = make([45.0], touches=touch, kind=[CHANNEL], touch_volume=[100.0])
    assert ratio(early, 0, 0) > ratio(late, 0, 0)


def test_shares_are_never_zero() -> None:
    exact = make([1.0], reads=[(0, 0, 0.5)], volume=[0.0], size=99.0)
    assert shares(exact)[0, 0] == pytest.approx(1 / 99)
    assert touch_shares(exact)[0, 0] > 0


def test_strata_have_shares_of_their_own() -> None:
    evidence = replace(
        make([10.0, 10.0], reads=[(0, 0, 5.0), (0, 1, 5.0)], lost=0.0),
        stratum=np.array([0, 1], np.int32),
        size=np.array([1000.0, 10.0]),
        volume=np.array([[10.0, 10.0]]),
        touch_volume=np.zeros((1, 2)),
    )
    assert ratio(evidence, 0, 0, timed=False) == pytest.approx(100.0)
    assert ratio(evidence, 0, 1, timed=False) == pytest.approx(1.0)


def test_seen_lists_what_was_had_before_the_sale() -> None:
    evidence = make(
        [10.0, 20.0],
        reads=[(0, 0, 5.0), (0, 0, 6.0), (0, 1, 21.0)],
        touches=[(1, 0, 1.0), (1, 1, 30.0), (0, 1, 2.0)],
        kind=[ACTOR, OUTLET],
    )
    source, leak = seen_pairs(evidence)
    assert list(zip(source.tolist(), leak.tolist(), strict=True)) == [(0, 0), (1, 0)]


def test_every_delay_has_a_row_and_a_base() -> None:
    evidence = make([10.0], reads=[(0, 0, 9.0)])
    found = likelihood(evidence, (Delay(), Delay(medians_h=(1.5,)), Delay(medians_h=(24.0,))))
    assert found.ratio.shape == (3, 1)
    assert found.log_base.shape == (3,)
    assert found.log_base[1] > found.log_base[2]


def test_nothing_gives_nothing() -> None:
    found = likelihood(make([], kind=[]))
    assert found.ratio.shape == (1, 0)


def soft(sold: list[float], reads: Triples, weight: list[float], **more: Any) -> Evidence:
    return replace(make(sold, reads=reads, **more), reads=events(reads, weight))


def test_a_soft_read_counts_by_its_probability() -> None:
    """Rule 6: e times what a sure read gives, where nothing depends on time."""
    reads = [(0, 0, 5.0), (1, 0, 5.0), (1, 0, 6.0), (2, 0, 12.0)]
    evidence = soft([10.0], reads, [0.25, 0.5, 0.5, 1.0], volume=[20.0] * 3)
    sure = ratio(make([10.0], reads=[(0, 0, 5.0)], volume=[20.0]), 0, 0, timed=False)
    assert ratio(evidence, 0, 0, timed=False) == pytest.approx(0.25 * sure)
    assert ratio(evidence, 1, 0, timed=False) == pytest.approx(0.75 * sure)
    assert ratio(evidence, 2, 0, timed=False) == 0


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.floats(0, 30)), min_size=1, max_size=10))
def test_sure_weights_change_nothing(reads: list[tuple[int, int, float]]) -> None:
    """Rule 6: with w = 1 everywhere the ratios are the same numbers."""
    kind = [ACTOR] * 4
    plain = likelihood(make([20.0, 25.0], reads=reads, kind=kind))
    told = likelihood(soft([20.0, 25.0], reads, [1.0] * len(reads), kind=kind))
    np.testing.assert_array_equal(plain.source, told.source)
    np.testing.assert_array_equal(plain.leak, told.leak)
    np.testing.assert_array_equal(plain.ratio, told.ratio)
    np.testing.assert_array_equal(plain.log_base, told.log_base)


@given(st.floats(0.01, 1.0))
def test_a_weight_that_all_reads_share_cancels(w: float) -> None:
    """Rule 6: numerator and count shrink alike, so a log that is vague throughout accuses and clears nobody."""
    reads = [(0, 0, 5.0), (0, 1, 6.0)]
    vague = soft([10.0, 11.0], reads, [w, w], volume=[200.0 * w], lost=0.0)
    sure = make([10.0, 11.0], reads=reads, volume=[200.0], lost=0.0)
    for leak in range(2):
        assert ratio(vague, 0, leak, timed=False) == pytest.approx(ratio(sure, 0, leak, timed=False))


def test_the_mean_over_reads_is_weighted() -> None:
    """Rules 4 and 6: a read that hardly happened hardly moves the time."""
    reads = [(0, 0, 36.0), (0, 0, 2.0), (1, 0, 20.0)]
    late, between, even = (ratio(soft([40.0], reads, [1.0, w, 1.0]), 0, 0) for w in (1e-9, 0.5, 1.0))
    assert late > between > even
    alone = ratio(make([40.0], reads=[reads[0], reads[2]]), 0, 0)
    assert late == pytest.approx(alone, rel=1e-6)


def test_a_soft_reader_weighs_less_among_the_others() -> None:
    """Rule 6: whoever hardly read the parcel hardly tells what is usual for it."""
    reads = [(0, 0, 20.0), (1, 0, 39.0)]
    alone = ratio(make([40.0], reads=reads[:1]), 0, 0)
    beside = [ratio(soft([40.0], reads, [1.0, w]), 0, 0) for w in (1e-9, 0.5, 1.0)]
    assert beside[0] == pytest.approx(alone, rel=1e-6)
    assert beside[0] > beside[1] > beside[2]


def test_where_yes_or_no_is_said_half_is_yes() -> None:
    """Rule 7: before the sale and after it apart; several soft reads add up."""
    reads = [(0, 0, 5.0), (0, 0, 6.0), (1, 0, 5.0), (2, 0, 5.0), (2, 0, 12.0)]
    evidence = soft([10.0], reads, [0.3, 0.3, 0.4, 0.1, 0.9])
    source, leak = seen_pairs(evidence)
    assert list(zip(source.tolist(), leak.tolist(), strict=True)) == [(0, 0)]
    assert certain_events(evidence, evidence.reads).at.tolist() == [5.0, 6.0, 12.0]
    sure = make([10.0], reads=reads)
    assert certain_events(sure, sure.reads) is sure.reads


def test_who_looked_up_a_chosen_number_is_not_measured_against_itself() -> None:
    """Rule 8: the read that the question brought about leaves g, where the buyer had named the number."""
    given = partial(
        make, [500.0], reads=[(0, 0, 499.0), (1, 0, 3.0)], volume=[1000.0, 1000.0], asked_at=np.array([498.0])
    )
    chosen, plain = given(chosen=np.array([True])), given()
    assert ratio(chosen, 0, 0) > 20 * ratio(plain, 0, 0)
    assert ratio(chosen, 1, 0) < 2
    assert ratio(given(chosen=np.array([False])), 0, 0) == ratio(plain, 0, 0)
    # A read after the answer is none that it brought about.
    after = make([500.0], reads=[(0, 0, 501.0)], asked_at=np.array([498.0]), chosen=np.array([True]))
    assert ratio(after, 0, 0) == 0


def test_rho_spreads_kappa_over_all_sources_of_the_kind() -> None:
    evidence = make(
        [9.0],
        reads=[(0, 0, 1.0)],
        kind=[ACTOR, OUTLET],
        universe={SourceKind.ACTOR: 20_000, SourceKind.OUTLET: 400},
    )
    prior = Prior()
    assert prior.rho(evidence)[0] == pytest.approx(2 / 20_000)
    assert prior.rho(evidence, scale=5.0)[0] == pytest.approx(10 / 20_000)
    assert prior.rho(evidence)[1] == pytest.approx(prior.kappa[SourceKind.OUTLET] / 400)


def test_few_sources_are_not_half_guilty_from_the_start() -> None:
    assert Prior().rho(make([9.0], reads=[(0, 0, 1.0)], universe={SourceKind.ACTOR: 3}))[0] == RHO_MAX


def test_an_account_shares_its_prior_with_its_sessions() -> None:
    evidence = make(
        [9.0],
        kind=[ACTOR, ACTOR, SESSION],
        parent=np.array([-1, -1, 0], np.int32),
        universe={SourceKind.ACTOR: 100, SourceKind.SESSION: 1000},
    )
    assert Prior().rho(evidence).tolist() == pytest.approx([0.01, 0.02, 0.001])


def test_a_part_of_what_is_expected_of_accounts_goes_by_what_they_read() -> None:
    plain = partial(make, [9.0], kind=[ACTOR, ACTOR, OUTLET], volume=[900.0, 10.0, 0.0])
    universe = {SourceKind.ACTOR: 1000, SourceKind.OUTLET: 100}
    rho = Prior().rho(plain(universe=universe, overall_reads=100_000.0))
    assert rho.tolist() == pytest.approx([0.0016 + 0.0036, 0.0016 + 0.00004, 0.002])
    alike = Prior().rho(make([9.0], universe=universe, overall_reads=9_000.0, kind=[ACTOR], volume=[9.0]))
    assert alike.tolist() == pytest.approx([2 / 1000]), "where all read alike it is even"
    even = Prior(by_reads=0).rho(plain(universe=universe, overall_reads=100_000.0))
    assert even.tolist() == pytest.approx([0.002, 0.002, 0.002])


def test_the_prior_of_an_account_that_reads_most_of_all_is_capped() -> None:
    evidence = make([9.0], kind=[ACTOR], volume=[900.0], overall_reads=1000.0, universe={SourceKind.ACTOR: 1000})
    assert Prior().rho(evidence)[0] == RHO_MAX


def test_sessions_share_what_their_account_has_by_its_reads() -> None:
    evidence = make(
        [9.0],
        kind=[ACTOR, SESSION],
        parent=np.array([-1, 0], np.int32),
        volume=[100.0, 40.0],
        overall_reads=10_000.0,
        universe={SourceKind.ACTOR: 100, SourceKind.SESSION: 1000},
    )
    assert Prior().rho(evidence).tolist() == pytest.approx([(0.016 + 0.004) / 2, (0.0016 + 0.0016) / 2])


def test_the_bayes_factor_is_the_integral_over_the_share() -> None:
    evidence = make([9.0, 9.0], reads=[(0, 0, 1.0)], volume=[10.0], size=1000.0)
    found = likelihood(evidence, timed=False)
    u = np.linspace(0, 1, 200_001)
    expected = np.log(np.mean((1 - u + u * 95.0) * (1 - u)))
    assert log_bayes_factors(found)[0] == pytest.approx(expected, abs=1e-4)


def test_equal_evidence_is_one_class() -> None:
    reads = [(0, 0, 5.0), (0, 1, 5.0), (1, 0, 5.0), (1, 1, 5.0), (2, 0, 5.0)]
    evidence = make([9.0, 9.0], reads=reads)
    seats = classes(evidence, likelihood(evidence), Prior().rho(evidence))
    assert sorted(tuple(m.tolist()) for m in seats.members) == [(0, 1), (2,)]
    pair = [len(m) for m in seats.members].index(2)
    assert seats.log_odds[pair] == pytest.approx(seats.log_odds[1 - pair] + np.log(2))


def test_a_session_needs_two_leaks() -> None:
    reads = [(0, 0, 5.0), (0, 1, 5.0), (1, 0, 5.0), (1, 1, 5.0), (2, 0, 5.0)]
    evidence = make(
        [9.0, 9.0],
        reads=reads,
        kind=[ACTOR, SESSION, SESSION],
        parent=np.array([-1, 0, 0], np.int32),
        volume=[20.0, 10.0, 5.0],
    )
    seats = classes(evidence, likelihood(evidence), Prior().rho(evidence))
    assert {int(c) for m in seats.members for c in m} == {0, 1}


def test_only_the_best_get_a_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_screen, "SEATS", 3)
    reads = [(s, leak, 5.0 + s / 100) for s in range(10) for leak in range(1 + s)]
    evidence = make([9.0] * 10, reads=reads)
    seats = classes(evidence, likelihood(evidence), Prior().rho(evidence))
    assert [m.tolist() for m in seats.members] == [[9], [8], [7]]


def test_no_candidate_no_seat() -> None:
    evidence = make([9.0], kind=[])
    seats = classes(evidence, likelihood(evidence), Prior().rho(evidence))
    assert seats.members == ()
    assert seats.ratio.shape == (0, 1)
