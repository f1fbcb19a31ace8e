"""Pictures: what they show and what they leave out."""

import math

from tests.page.pages import Element, Page
from wayseal.page.charts import columns_chart, intervals_chart


def percent(element: Element, name: str) -> float:
    return float(element.attributes[name].rstrip("%"))


def test_pictures_of_nothing() -> None:
    assert columns_chart("x", "t", "d", [("a", 0)]) is None
    assert intervals_chart("x", "t", "d", [], 3) is None
    assert intervals_chart("x", "t", "d", [("a", 1, 2, 3)], 0) is None


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
