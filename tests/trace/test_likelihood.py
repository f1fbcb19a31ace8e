from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trace.making import make
from wayseal.trace._delay import Delay
from wayseal.trace._evidence import ACTOR, CHANNEL, OUTLET, REGION, Evidence
from wayseal.trace._likelihood import likelihood, seen, shares, touch_shares


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


def test_sampled_shares_shrink_and_are_never_zero() -> None:
    evidence = make([1.0], reads=[(0, 0, 0.5), (1, 0, 0.5)], volume=[0.0, 50.0], size=99.0, sampled=True)
    share = shares(evidence)
    assert 0 < share[0, 0] < 0.001
    assert share[1, 0] == pytest.approx((50 + 50 / 99) / 100)
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
    source, leak = seen(evidence)
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
