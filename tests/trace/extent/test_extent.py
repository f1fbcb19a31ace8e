"""From a leaks file to an extent: lists, what is left out, and what is said."""

import math
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from tests.trace.rim import World, leaks, number, opened, quiet, sale
from wayseal.ledger import Snapshot
from wayseal.trace.extent import Criterion, ExtentResult, ListBasis, extent
from wayseal.trace.extent._captures import MOST, read_captures
from wayseal.trace.extent._estimate import Status

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
