"""What is usual: recovered from counts that were drawn, robust, shrunk (obligations of `peers/_fit.py`)."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.peers.drawing import Floats, Longs, draw, one_group
from tests.effort import examples
from wayseal.detect.peers import FITTED, Usual, fit
from wayseal.detect.peers._fit import RARE, REFIT, WEEK, WEEKS

MODELS = [(0.01, 0.3, 0.3), (0.05, 1.0, 0.5), (0.3, 0.3, 0.3), (0.3, 2.0, 1.0)]


def last(usual: Usual, group: int = 0) -> dict[str, float]:
    return {name: float(getattr(usual, name)[group, -1]) for name in FITTED}


@pytest.mark.parametrize(("rate", "between", "within"), MODELS)
def test_what_was_drawn_is_found(rate: float, between: float, within: float) -> None:
    """A little less of a rate, as the most eager are cut; rather more between people than there is."""
    odd, base = draw(3, 400, 40, rate=rate, between=between, within=within)
    found = last(fit(odd, base, one_group(400), one_group(400)))
    assert 0.8 * rate < found["rate"] < 1.1 * rate
    assert 0.75 * between < found["between"] < 1.6 * between
    assert 0.6 * within < found["within"] < 1.4 * within
    assert RARE <= found["burst"] < 0.02


def test_bursts_are_found() -> None:
    odd, base = draw(4, 400, 40, rate=0.01, between=0.5, within=0.3, burst=0.01)
    found = last(fit(odd, base, one_group(400), one_group(400)))
    assert 0.006 < found["burst"] < 0.015
    assert 12 < found["size"] < 28
    assert 0.008 < found["rate"] < 0.02


@pytest.mark.parametrize("what", ["odd", "base", "both", "nothing odd", "one day", "alike"])
@pytest.mark.parametrize(("rate", "between", "within"), MODELS)
def test_one_in_twenty_may_be_anything(rate: float, between: float, within: float, what: str) -> None:
    """Obligation 1."""
    odd, base = draw(3, 400, 40, rate=rate, between=between, within=within, burst=0.01)
    before = last(fit(odd, base, one_group(400), one_group(400)))
    some = np.random.default_rng(0).choice(400, 20, replace=False)
    if what in ("odd", "both"):
        odd[some] = 10**7
    if what in ("base", "both", "nothing odd"):
        base[some] = 10**7
    if what == "nothing odd":
        odd[some] = 0
    if what == "one day":
        odd[some, 30] += 10**7
    if what == "alike":
        odd[some], base[some] = 30, 40
    after = last(fit(odd, base, one_group(400), one_group(400)))
    assert 0.8 < after["rate"] / before["rate"] < 1.5
    assert 0.6 < after["within"] / before["within"] < 1.6
    assert after["between"] < 3 * before["between"] + 0.6
    assert after["burst"] < before["burst"] + 0.01
    if what != "one day" or rate < 0.1:  # where much is usual, ordinary bursts aren't seen: only the huge ones are
        assert after["size"] < 20 * before["size"]


@pytest.mark.parametrize("others", [0, 1, 2, 5])
def test_one_burst_does_not_say_how_large_bursts_are(others: int) -> None:
    """Obligation 1: nor does what somebody pulls on the log's first day."""
    odd, base = np.zeros((400, 1), np.int64), np.full((400, 1), 40.0)
    odd[: others + 1, 0] = 20
    before = last(fit(odd, base, one_group(400), one_group(400)))["size"]
    odd[0, 0] = 5_000
    assert last(fit(odd, base, one_group(400), one_group(400)))["size"] == pytest.approx(before)


@pytest.mark.parametrize("people", [3, 9, 19])
def test_one_in_a_small_group_may_be_anything(people: int) -> None:
    """Obligation 1: fewer than twenty people have no twentieth."""
    odd, base = draw(4, people, 28, rate=0.02, between=0.3, within=0.3)
    before = last(fit(odd, base, one_group(people), one_group(people)))["rate"]
    odd[0] += 50
    assert last(fit(odd, base, one_group(people), one_group(people)))["rate"] < 2 * before + 0.02


def test_few_peers_lean_on_their_role_and_a_role_on_everybody() -> None:
    """Obligation 2: three people who do it ten times as often are believed in part, three hundred wholly."""
    often, base = draw(5, 300, 30, rate=0.2, between=0.3, within=0.3)
    seldom, other = draw(6, 600, 30, rate=0.02, between=0.3, within=0.3)
    odd, reads = np.vstack([seldom, often]), np.vstack([other, base])

    def rate_of(people: int, role: int) -> float:
        rows = 600 + people
        group = np.repeat([0, 1], [600, people]).astype(np.int32)
        return last(fit(odd[:rows], reads[:rows], group, group * np.int32(role)), 1)["rate"]

    assert 0.02 < rate_of(3, 0) < rate_of(30, 0) < rate_of(300, 0) < 0.22
    assert rate_of(300, 0) > 0.18
    assert rate_of(3, 0) < 0.08
    assert rate_of(3, 0) < rate_of(3, 1)
    everybody = last(fit(odd[:600], reads[:600], one_group(600), one_group(600)))["rate"]
    assert (
        last(fit(odd[:601], reads[:601], np.append(one_group(600), np.int32(1)), one_group(601)), 1)["rate"]
        < 2 * everybody
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rows_in_another_order(seed: int) -> None:
    """Obligation 3, but for the last digits of sums of floats."""
    odd, base = draw(seed, 120, 33, rate=0.05, between=1, within=0.5, burst=0.02)
    chance = np.random.default_rng(seed)
    group = chance.integers(0, 5, 120).astype(np.int32)
    role = group // np.int32(2)
    order = chance.permutation(120)
    one, two = fit(odd, base, group, role), fit(odd[order], base[order], group[order], role[order])
    for field in fields(one):
        np.testing.assert_allclose(getattr(one, field.name), getattr(two, field.name), rtol=1e-9)


COUNTS = st.integers(1, 8).flatmap(
    lambda days: st.lists(
        st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=days, max_size=days),
        min_size=1, max_size=6,
    )
)  # fmt: skip


def arrays(rows: list[list[tuple[int, int]]]) -> tuple[Longs, Floats]:
    whole = np.array(rows, np.int64).reshape(len(rows), -1, 2)
    odd, base = whole[..., 0], whole[..., 1].astype(float)
    return np.where(base > 0, odd, 0), base


@examples(50)
@given(COUNTS, st.data())
def test_whatever_the_counts(rows: list[list[tuple[int, int]]], data: st.DataObject) -> None:
    """Finite, positive where logarithms are taken, and never warned about."""
    odd, base = arrays(rows)
    group = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows))), np.int32)
    usual = fit(odd, base, group, np.zeros(len(group), np.int32))
    for field in fields(usual):
        values = getattr(usual, field.name)
        assert values.shape == (int(group.max(initial=-1)) + 1, odd.shape[1])
        assert np.all(np.isfinite(values))
        assert np.all(values >= 0)
    for name in FITTED:
        assert np.all(getattr(usual, name) > 0)
    assert np.all(usual.low <= usual.high)
    assert np.all(usual.burst <= 1)
    assert np.all(usual.size > 1)


def test_days_to_come_change_nothing_and_days_long_ago_are_forgotten() -> None:
    """Obligation 4 and the first lines: of a day, four weeks up to it count."""
    odd, base = draw(7, 60, 50, rate=0.1, between=0.5, within=0.5)
    whole = fit(odd, base, one_group(60), one_group(60))
    for day in (1, 5, 13, 30):
        short = fit(odd[:, :day], base[:, :day], one_group(60), one_group(60))
        for field in fields(whole):
            assert np.array_equal(getattr(short, field.name), getattr(whole, field.name)[:, :day])
    other = odd.copy()
    other[:, :10] += 50
    changed = fit(other, base, one_group(60), one_group(60)).rate[0] != whole.rate[0]
    assert changed[:30].all()
    assert not changed[10 + WEEKS + REFIT :].any()
    steps = np.flatnonzero(np.diff(whole.rate[0])) + 1
    assert set(range(1, WEEK)) <= set(steps.tolist())
    assert set(np.diff(steps[steps >= WEEK]).tolist()) <= {REFIT}


def test_low_and_high_are_counts_of_the_day() -> None:
    odd = np.arange(100, dtype=np.int64)[:, None] * np.array([1, 2, 0])
    base = np.where(odd >= 0, 1000.0, 0.0)
    base[50:, 1] = 0
    odd[50:, 1] = 0
    usual = fit(odd, base, one_group(100), one_group(100))
    assert usual.low[0].tolist() == [4, 4, 0]
    assert usual.high[0].tolist() == [94, 94, 0]


def test_nobody() -> None:
    nothing = fit(np.zeros((0, 3), np.int64), np.zeros((0, 3)), one_group(0), one_group(0))
    assert nothing.rate.shape == (0, 3)
