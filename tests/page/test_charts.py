"""Pictures: what they show, what they leave out, and that nothing breaks out of them."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.page.hostile import HOSTILE
from tests.page.pages import Element, Page
from wayseal.page.charts import (
    columns_chart,
    course_chart,
    intervals_chart,
    shares_chart,
    strength_chart,
    waterfall_chart,
    waterfall_table,
    whole_ticks,
)

ROWS = [("first reads", 3.0), ("a ticket", -1.0), ("nothing", 0.0), ("a new device", 2.0)]
weights = st.lists(st.tuples(st.sampled_from(HOSTILE), st.floats(-50, 50)), min_size=1, max_size=8)


def log10(value: float) -> str:
    """A weight with its sign."""
    return f"{value:+.1f}" if math.isfinite(value) else "–"


def drawn(rows: list[tuple[str, float]]) -> Page:
    picture = waterfall_chart("w", "t", "d", rows, told=log10)
    assert picture is not None
    return Page(picture)


def percent(element: Element, name: str) -> float:
    return float(element.attributes[name].rstrip("%"))


def test_pictures_of_nothing() -> None:
    assert columns_chart("x", "t", "d", [("a", 0)]) is None
    assert intervals_chart("x", "t", "d", [], 3) is None
    assert intervals_chart("x", "t", "d", [("a", 1, 2, 3)], 0) is None


@pytest.mark.parametrize(
    "rows", [[], [("a", 0.0)], [("a", 1.0), ("b", math.nan)], [("a", math.inf)], [("a", 1e308)] * 2]
)
def test_no_waterfall_of_nothing_or_of_what_is_no_number(rows: list[tuple[str, float]]) -> None:
    assert waterfall_chart("x", "t", "d", rows, told=log10) is None


def test_an_estimate_without_an_upper_limit_ends_in_an_arrow() -> None:
    picture = intervals_chart("x", "t", "d", [("a", 1.0, 2.0, 4.0), ("b", 3.0, math.inf, math.inf)], 2)
    assert picture is not None
    page = Page(picture)
    assert [e.text for e in page.styled("strong")] == ["→"]
    assert len(page.styled("dot")) == 1
    assert percent(page.styled("goal")[0], "x1") == percent(page.styled("dot")[0], "cx")


def test_of_many_columns_some_are_named() -> None:
    picture = columns_chart("x", "t", "d", [(str(n), n) for n in range(17)])
    assert picture is not None
    assert [e.text for e in Page(picture).styled("tick")] == ["0", "3", "6", "9", "12", "15"]
    assert [e.text for e in Page(picture).styled("amount")] == ["16"]


def test_a_course_goes_from_its_first_share_to_its_last() -> None:
    page = Page(course_chart("c", "t", "d", [("<1>", 0.25), ("2", 1.0), ("3", 0.5)]))
    dots = [(percent(one, "cx"), float(one.attributes["cy"])) for one in page.all("circle")]
    assert [x for x, _ in dots] == [0, 50, 100]
    assert dots[1][1] < dots[2][1] < dots[0][1], "the greater, the higher"
    assert len([one for one in page.all("line") if one.attributes["class"] == "curve"]) == 2
    assert [one.text for one in page.all("text")] == ["25%", "<1>", "50%", "3"]


def test_shares_are_cells_the_less_the_darker_and_low_ones_stand_out() -> None:
    rows: list[tuple[str, list[float | None]]] = [("<H1>", [1.0, None, 0.95]), ("H2", [0.5, 0.91, 0.9])]
    page = Page(shares_chart("s", "t", "d", ["a", "b", "c"], rows, 0.9) or "")
    cells = page.all("rect")
    assert len(cells) == 5, "none where nothing is known"
    assert [one.attributes["class"] for one in cells] == ["bar", "bar", "bar lead", "bar", "bar"]
    faint = [float(one.attributes["fill-opacity"]) for one in cells]
    assert faint[0] < faint[1] < faint[2] == 1
    assert [one.text for one in page.styled("tick")] == ["a", "b", "c"]
    assert shares_chart("s", "t", "d", [], [], 0.9) is None


def test_strength_stands_on_a_logarithmic_scale_with_ticks_and_words() -> None:
    bands = [(0.0, "weak", "×1"), (math.log(10), "clear", "×10"), (math.log(1000), "strong", "×1,000")]
    rows = [("<a>", math.log(1000), "strong"), ("b", -3.0, "weak"), ("c", 99.0, "beyond")]
    picture = strength_chart("s", "t", "d", rows, bands)
    assert picture is not None
    page = Page(picture)
    starts = [percent(one, "x") for one in page.styled("band")]
    assert [round(one / starts[1]) for one in starts] == [0, 1, 3]
    assert [percent(one, "width") for one in page.styled("lead")] == [starts[2], 0, 100]
    assert [one.text for one in page.styled("tick")] == ["×1", "×10", "×1,000"]
    assert [one.text for one in page.styled("band-name")] == ["weak", "clear", "strong"]
    assert strength_chart("s", "t", "d", [], bands) is None
    assert strength_chart("s", "t", "d", [("a", math.nan, "")], bands) is None


@given(st.floats(0, 1e9))
def test_ticks_are_whole_and_few(top: float) -> None:
    ticks = whole_ticks(top)
    assert ticks[0] == 0
    assert ticks[-1] >= top
    assert ticks[-2] < max(top, 1)
    assert len({b - a for a, b in itertools.pairwise(ticks)}) == 1
    assert 2 <= len(ticks) <= 5
    assert str(ticks[1]).strip("0") in ("1", "2", "5")


def test_every_bar_begins_where_the_one_above_it_ends() -> None:
    bars = drawn(ROWS).all("rect")
    spans = [(percent(bar, "x"), percent(bar, "width")) for bar in bars]
    assert spans == [(0, 75), (50, 25), (50, 0), (50, 50), (0, 100)]
    assert [bar.attributes["class"] for bar in bars] == ["part p1", "bar", "bar", "part p1", "bar lead"]


def test_a_line_at_zero_stands_only_where_a_bar_begins_there() -> None:
    lines = drawn([("a", 1.0), ("b", 2.0), ("c", 1.0)]).styled("base")
    assert [(line.attributes["x1"], line.attributes["y1"]) for line in lines] == [("0.00%", "17"), ("0.00%", "137")]


def test_a_sum_below_zero_ends_at_zero() -> None:
    last = drawn([("a", 1.0), ("b", -4.0)]).all("rect")[-1]
    assert (percent(last, "x"), percent(last, "width")) == (0, 75)
    assert last.attributes["class"] == "bar"


def test_weights_stand_beside_their_reasons_with_their_sign() -> None:
    page = drawn(ROWS)
    assert [e.text for e in page.styled("amount")] == ["+3.0", "-1.0", "+0.0", "+2.0", "+4.0"]
    assert [e.text.partition(" ")[0] for e in page.styled("strong")] == ["ΣΣ", "+4.0"]


def test_a_long_reason_is_shortened_more_on_a_narrow_screen() -> None:
    page = drawn([("x" * 100, 1.0)])
    assert [len(e.text) - 100 for e in page.styled("reason")][:2] == [80, 38]


@given(weights)
def test_a_waterfall_holds_whatever_it_is_given(rows: list[tuple[str, float]]) -> None:
    if (picture := waterfall_chart("w", "t", "d", rows, told=log10)) is not None:
        page = Page(picture)
        assert {e.tag for e in page.elements} == {"svg", "title", "desc", "text", "rect", "line"}
        for bar in page.all("rect"):
            assert percent(bar, "x") + percent(bar, "width") <= 100.02


@given(weights)
def test_the_table_says_the_same_as_the_picture(rows: list[tuple[str, float]]) -> None:
    table = waterfall_table(("reason", "weight"), rows, total="sum", told=log10)
    assert len(table.rows) == len(table.bars) == len(rows) + 1
    assert all(0 <= bar <= 1 for bar in table.bars)
    assert all(cell.isprintable() for row in table.rows for cell in row)
    if (picture := waterfall_chart("w", "t", "d", rows, told=log10)) is not None:
        assert [amount for _, amount in table.rows] == [e.text for e in Page(picture).styled("amount")]


def test_bars_of_a_table_are_sizes() -> None:
    table = waterfall_table(("reason", "weight"), ROWS, told=log10)
    assert table.rows[-1] == ("Σ", "+4.0")
    assert table.bars == (0.75, 0.25, 0, 0.5, 1)
    assert waterfall_table(("reason", "weight"), [("a", math.nan)], told=log10).bars == (0, 0)


def test_weights_are_written_as_one_says() -> None:
    def told(weight: float) -> str:
        return "much" if weight > 2 else "little"

    picture = waterfall_chart("w", "t", "d", [("a", 1.5), ("b", 2.5)], total="sum", told=told)
    assert picture is not None
    assert [e.text for e in Page(picture).styled("amount")] == ["little", "much", "much"]
    table = waterfall_table(("reason", "strength"), [("a", 1.5), ("b", 2.5)], total="sum", told=told)
    assert table.rows == (("a", "little"), ("b", "much"), ("sum", "much"))
    assert table.bars == (0.375, 0.625, 1.0)
