import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trace.making import make
from wayseal.trace._delay import Delay, past_h, sale_weight, scenarios, unrelated_weight

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
