"""Who reads more than before: the numbered obligations of growth in `_signals`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from wayseal.detect._signals import LEAST_DAYS, PEERS, measure_growth
from wayseal.model.arrays import Longs

DAYS, STEP = 14, 8
ROLE = np.zeros(8, np.int32)


def reads(n: int = 8, a_day: int = 500, seed: int = 1) -> Longs:
    """Accounts that read about as much every day."""
    return np.random.default_rng(seed).poisson(a_day, (n, DAYS)).astype(np.int64)


def grown(more: int = 200) -> Longs:
    """Of whom the first reads more from a day on."""
    out = reads()
    out[0, STEP:] += more
    return out


@given(st.integers(4, DAYS - 1), st.integers(0, 5))
@examples(40)
def test_1_later_days_change_nothing(day: int, seed: int) -> None:
    counts = reads(seed=seed)
    counts[0, STEP:] += 300
    whole, part = measure_growth(counts, ROLE), measure_growth(counts[:, : day + 1], ROLE)
    assert np.allclose(whole.score[:, : day + 1], part.score)
    assert np.allclose(whole.more[:, : day + 1], part.more)


def test_2_the_step_is_found_with_its_day_and_size() -> None:
    found = measure_growth(grown(), ROLE)
    assert found.score[0, -1] > 3 > found.score[1:, -1].max()
    assert found.since[0, -1] == STEP
    assert found.more[0, -1] == pytest.approx(200 * (DAYS - STEP), rel=0.25)
    assert found.score[0, STEP + LEAST_DAYS - 2] < found.score[0, STEP + LEAST_DAYS - 1]


def test_2_a_storm_of_a_day_is_none_nor_is_a_beginning() -> None:
    storm, begun = reads(), reads()
    storm[0, STEP] *= 4
    begun[0, :STEP], begun[0, STEP] = 0, 60
    for counts in (storm, begun):
        assert measure_growth(counts, ROLE).score[0, -1] < 2


def test_2_a_few_reads_are_no_growth() -> None:
    counts = np.full((8, DAYS), 3, np.int64)
    counts[0, STEP:] = 8
    assert measure_growth(counts, ROLE).score[0, -1] < 2


def test_3_what_all_do_is_none() -> None:
    counts = reads()
    counts[:, STEP:] *= 2
    assert measure_growth(counts, ROLE).score.max() < 3
    apart = np.arange(8, dtype=np.int32)
    assert measure_growth(counts, apart).score.max() < 3, "where a role is small all others tell"
    few = measure_growth(counts[: PEERS - 1], ROLE[: PEERS - 1])
    assert few.score[:, -1].min() > 3, "where there are fewer nobody tells"


def test_nobody_and_nothing() -> None:
    for counts in (np.zeros((0, DAYS), np.int64), np.zeros((3, DAYS), np.int64), np.zeros((3, 0), np.int64)):
        found = measure_growth(counts, np.zeros(len(counts), np.int32))
        assert found.score.shape == counts.shape
        assert not found.score.any()
