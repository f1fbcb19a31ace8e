"""Numbers, text, the spool, and words: those of the rooms that read the tables.

The market: the report's curve, and which numbers are sold.
"""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayseal.detect.rights import load_map
from wayseal.model.numbers import candidates, clean_waybill
from wayseal.vault.policy import Policy, default_texts
from wayseal_sim import SimulateError, preset
from wayseal_sim._calendar import build_calendar
from wayseal_sim._fields import BEYOND, BEYOND_CODE, USUAL, field_lists
from wayseal_sim._leakers import Candidates
from wayseal_sim._market import draw_stock, sell
from wayseal_sim._numbers import KEYS, Numbers, render
from wayseal_sim._reads import ReadReason
from wayseal_sim._spool import Spool, merge
from wayseal_sim._staff import Role
from wayseal_sim._tables import _RIGHTS
from wayseal_sim.text import coded, fixed_width, hexes, mix
from wayseal_sim.types import DAY, HOUR, LOCAL, NEVER, Ints, hour_of_day, midnight, stream


def texts(number: Ints) -> list[str]:
    out: list[str] = fixed_width(render(number)).to_pylist()
    return out


@given(st.integers(0, 2**40), st.lists(st.lists(st.integers(0, KEYS - 1), max_size=60), max_size=5))
def test_no_number_is_dealt_twice(seed: int, keys: list[list[int]]) -> None:
    numbers = Numbers(seed)
    dealt = [n for run in keys for n in numbers.deal(np.array(run, np.int64)).tolist()]
    assert len(set(dealt)) == len(dealt)
    assert all(10**12 <= n < 10**13 for n in dealt)


def test_a_sender_gets_numbers_in_a_row_and_then_a_new_block() -> None:
    dealt = Numbers(5).deal(np.full(1_200, 7))
    steps = np.diff(dealt)
    assert (steps == 1).sum() == 1_197
    assert (np.abs(steps[steps != 1]) > 1_000).all()


def test_numbers_are_written_as_couriers_write_them() -> None:
    number = np.array([1_000_000_000_007, 9_876_543_210_123])
    assert texts(number) == ["YT1000000000007", "YT9876543210123"]
    for text in texts(Numbers(1).deal(np.arange(50))):
        assert clean_waybill(text) == text
        assert candidates(text)


@given(st.lists(st.integers(0, 2**62), unique=True, max_size=50), st.integers(0, 2**62))
def test_mixing_is_one_to_one(values: list[int], salt: int) -> None:
    mixed = mix(np.array(values, np.int64), salt)
    assert len(set(mixed.tolist())) == len(values)
    words = hexes("s-", mixed).to_pylist()
    assert all(len(w) == 14 and w.startswith("s-") for w in words)


def test_negative_codes_are_null() -> None:
    words = pa.array(["a", "b"])
    assert coded(np.array([1, -1, 0]), words).to_pylist() == ["b", None, "a"]
    assert coded(np.array([0, 0]), words).null_count == 0
    twice = coded(np.array([0, 2, -1, 1]), pa.array(["a", "b", "a"]))
    assert (twice.to_pylist(), twice.dictionary.to_pylist()) == (["a", "a", None, "b"], ["a", "b"])


runs = st.lists(st.lists(st.integers(-20, 130), max_size=20), max_size=6)


@given(runs, st.integers(1, 40))
def test_the_spool_gives_back_every_row_inside_the_log_once_and_in_order(runs: list[list[int]], width: int) -> None:
    end = 100 // width * width or width
    spool, out, serial = Spool(0, end, width), [], 0
    for run in runs:
        place = np.arange(serial, serial + len(run))
        spool.add((np.array(run, np.int64), place))
        serial += len(run)
    for until in (end // 2, end):
        for start, parts in spool.ready(until):
            at, (places,) = merge(start, parts)
            out += list(zip(at.tolist(), places.tolist(), strict=True))
    flat = [(t, k) for k, t in enumerate(t for run in runs for t in run) if 0 <= t < end]
    assert out == sorted(flat)


def test_rights_are_in_the_built_in_map() -> None:
    assert {name for row in _RIGHTS for name in row} <= load_map(None).keys()


def test_roles_are_those_of_the_default_policy() -> None:
    assert {role.name.lower() for role in Role} <= set(Policy.parse(*default_texts(), 1).roles)


def test_fields_are_those_of_the_purpose() -> None:
    codes = np.array([ReadReason.TRACK, BEYOND_CODE, ReadReason.SORT, ReadReason.ORDER], np.int64)
    assert field_lists(codes).to_pylist() == [
        ["status"],
        list(BEYOND),
        ["route"],
        ["name", "phone", "address", "goods"],
    ]
    assert set(USUAL) == set(ReadReason)
    assert field_lists(np.zeros(0, np.int64)).to_pylist() == []


SCENARIO = preset("tiny", bought=400, days=12, market_days=5, unknown_share=0.0, buyer="anything")
CALENDAR = build_calendar(SCENARIO)


def pile(since: Ints, until: int = NEVER) -> Candidates:
    n = len(since)
    return Candidates(
        number=np.arange(n),
        origin=np.arange(n) % 7,
        destination=np.zeros(n, np.int64),
        since=since,
        until=np.minimum(since + until, NEVER) if until < NEVER else np.full(n, NEVER),
    )


def evenly(n: int) -> Ints:
    return np.sort(stream(1, 1).integers(CALENDAR.start, CALENDAR.end, n))


EMPTY = pile(np.zeros(0, np.int64))


def test_the_stock_lies_within_the_reports_bands(subtests: pytest.Subtests) -> None:
    for seed in range(40):
        with subtests.test(seed=seed):
            stock = draw_stock(stream(seed, 1))
            assert stock.at(10.9) == 0
            assert 8_000 <= stock.at(13.0) <= 9_000
            assert 18_000 <= stock.at(16.0) <= 25_000
            assert 20_000 <= stock.at(17.0) <= 30_000
            assert (np.diff(stock.at(np.linspace(11, 18.5, 100))) >= -1e-9).all()
            assert stock.at(22.5) == 0


def test_sales_follow_the_stock_over_the_day() -> None:
    sales = sell(SCENARIO, CALENDAR, (pile(evenly(50_000)), EMPTY), seed=3)
    hour = ((sales.sold + LOCAL) % DAY) / HOUR
    assert hour.min() >= 11
    assert hour.max() < 22
    grid = np.linspace(11, 22, 2_000)
    curve = np.mean([s.at(grid) for s in sales.stocks], axis=0)
    expected = np.cumsum(curve) / curve.sum()
    found = np.searchsorted(np.sort(hour), grid) / len(hour)
    assert np.abs(found - expected).max() < 1.63 / np.sqrt(len(hour))  # Kolmogorov–Smirnov, 1 %
    assert (midnight(sales.sold) >= sales.opening).all()
    assert len(set(zip(sales.pile.tolist(), sales.item.tolist(), strict=True))) == 400


def test_the_delay_from_read_to_sale_is_log_normal() -> None:
    since = evenly(80_000)
    sales = sell(SCENARIO, CALENDAR, (pile(since), EMPTY), seed=4)
    delay = (sales.sold - since[sales.item]) / HOUR
    assert (delay > 0).all()
    z = (np.log(delay) - np.log(SCENARIO.delay_median_h)) / SCENARIO.delay_sigma
    assert abs(z.mean()) < 4 / np.sqrt(len(z))
    assert z.std() == pytest.approx(1, abs=0.15)


def test_what_is_only_good_until_pickup_is_sold_before_it() -> None:
    since = evenly(50_000)
    sales = sell(SCENARIO, CALENDAR, (pile(since, 3 * HOUR), EMPTY), seed=5)
    assert (sales.sold - since[sales.item] < 3 * HOUR).all()


def test_a_buyer_of_a_few_outlets_gets_only_theirs() -> None:
    scenario = preset("tiny", bought=50, days=12, market_days=5, buyer="outlets", leaker="nobody")
    since = evenly(20_000)
    sales = sell(scenario, CALENDAR, (pile(since),), seed=6)
    assert len(sales.outlets) == 4
    assert set((sales.item % 7).tolist()) <= set(sales.outlets)


def test_the_unknown_share_comes_from_the_last_pile() -> None:
    scenario = preset("tiny", bought=600, days=12, market_days=5, unknown_share=0.2)
    sales = sell(scenario, CALENDAR, (pile(evenly(5_000)), pile(evenly(5_000)), pile(evenly(9_000))), seed=7)
    share = np.bincount(sales.pile, minlength=3) / 600
    assert share == pytest.approx([0.4, 0.4, 0.2], abs=0.07)


def test_too_few_numbers_are_an_error() -> None:
    with pytest.raises(SimulateError, match="bought must be fewer"):
        sell(SCENARIO, CALENDAR, (pile(evenly(10)), EMPTY), seed=1)
    with pytest.raises(SimulateError, match="more outlets"):
        sell(preset("tiny", buyer="outlets"), CALENDAR, (EMPTY, EMPTY), seed=1)


def test_orders_follow_the_clock_of_china() -> None:
    at = CALENDAR.issue_times(np.linspace(0, 1, 100_001)[:-1])
    by_hour = np.bincount(hour_of_day(at), minlength=24)
    assert by_hour.argmax() == 10
    assert by_hour[3] < by_hour[10] / 10
    assert at[0] == CALENDAR.start
    assert at[-1] < CALENDAR.end
    assert CALENDAR.day_name(CALENDAR.start) == "2026-03-02"
