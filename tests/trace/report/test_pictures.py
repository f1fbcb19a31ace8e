"""The pictures of a trace and what they are made of."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.page.colours import THEMES, blend, contrast, palettes
from wayseal.page.words import Translator, catalogue
from wayseal.trace._result import DelayPart, LeakRow
from wayseal.trace.report._charts import OTHERS, UNKNOWN, _hill, _opacity, kappa_chart, parts
from wayseal.trace.report._story import ranges


def test_ranges() -> None:
    assert ranges([3, 7, 12, 13, 14, 15, 3]) == "3, 7, 12–15"
    assert ranges([]) == ""


def leak(*points: tuple[str, float]) -> LeakRow:
    return LeakRow(waybill="w", line=1, seen_at="", found=True, missing=None, accounts=1, points_at=points, unknown=0.2)


def test_parts_of_the_leaks_sum_to_one() -> None:
    shares = parts([leak(("a", 0.6), ("x", 0.2))], 0.2, {"a": "A", "b": "B"})
    assert [key for key, _ in shares] == ["A", OTHERS, UNKNOWN]
    assert [part for _, part in shares] == pytest.approx([0.6, 0.2, 0.2])
    assert parts([], 1.0, {}) == [(UNKNOWN, 1.0)]
    assert [key for key, _ in parts([], 0.7, {})] == [OTHERS, UNKNOWN]


def test_pictures_with_little_to_show() -> None:
    translator = Translator("en", more=catalogue("en", "wayseal.trace.report"))
    assert kappa_chart([(2.0, 0.5)], 2.0, translator) is not None
    assert kappa_chart([(0.0, 0.5), (2.0, math.nan)], 2.0, translator) is None
    assert _hill([DelayPart(weight=1, median_h=1e300, sigma=1e-3)], 0, 1, 50) == ""


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_more_probable_cell_is_never_lighter(a: float, b: float) -> None:
    low, high = sorted((a, b))
    for own in (True, False):
        assert _opacity(low, own=own) <= _opacity(high, own=own)


@pytest.mark.parametrize("theme", range(3), ids=THEMES)
def test_the_contrast_of_cells_is_aa(theme: int) -> None:
    p = palettes()[theme]
    for value in (0.0, 0.3, 0.6, 0.61, 0.8, 1.0):
        cell = blend(p["accent"], p["wash"], _opacity(value, own=True))
        assert contrast(p["on-accent" if value > 0.6 else "ink"], cell) >= 4.5, value
        assert contrast(p["ink"], blend(p["mark"], p["wash"], _opacity(value, own=False))) >= 4.5, value
