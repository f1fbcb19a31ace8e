"""The small parts: visible ids, numbers in words, line breaking, colours."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.page.colours import THEMES, contrast, palettes
from wayseal.page import numbers
from wayseal.page._render import wrap
from wayseal.page.visible import cells, shorten, visible
from wayseal.page.words import Translator

anything = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("u-1042", "u-1042"),
        ("", '""'),
        (" a  b ", "‹U+0020›a‹U+0020›‹U+0020›b‹U+0020›"),
        ("a b", "a b"),
        ("杭州 一部", "杭州 一部"),
        ("a\u202eb", "a‹U+202E›b"),
        ("\x1b[31m", "‹U+001B›[31m"),
        ("\ud800", "‹U+D800›"),
        ("a\u3000b", "a‹U+3000›b"),
        ("e\u0301", "e\u0301"),
        ("\u0301e", "‹U+0301›e"),
        ("e\u0301\u0302\u0303", "e\u0301\u0302‹U+0303›"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(anything)
def test_what_is_visible_is_printable_and_never_empty(text: str) -> None:
    assert visible(text).isprintable()
    assert visible(text)


@given(anything, st.integers(4, 60))
def test_shortened_text_fits(text: str, width: int) -> None:
    shown = visible(text)
    assert cells(shorten(shown, width)) <= width
    assert shorten(shown, max(width, cells(shown))) == shown


@given(anything, st.integers(20, 100), st.sampled_from(["", "  - ", "  10. "]))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int, first: str) -> None:
    shown = visible(text)
    lines = wrap(shown, width, first=first, rest=" " * len(first))
    assert all(cells(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == (first + shown).replace(" ", "")


def test_no_line_of_chinese_starts_with_a_comma() -> None:
    lines = wrap("一二三四五六七八九十，一二三四五六七八九。", 20)
    assert lines == ["一二三四五六七八九", "十，一二三四五六七八", "九。"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.9968, "99.7%"),
        (0.99951, ">99.9%"),
        (1.0, ">99.9%"),
        (0.5, "50%"),
        (0.0004, "<0.1%"),
        (0.0, "<0.1%"),
        (math.nan, "–"),
    ],
)
def test_percent(value: float, text: str) -> None:
    assert numbers.percent(value) == text


@pytest.mark.parametrize(("value", "text"), [(1.0, "100%"), (0.0, "0%"), (0.0001, "<0.1%"), (math.inf, "–")])
def test_share(value: float, text: str) -> None:
    assert numbers.share(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.41, "0.4"),
        (12.9, "13"),
        (9.96, "10"),
        (0.02, "0.02"),
        (0.003, "<0.01"),
        (0.0, "0"),
        (2.0, "2"),
        (math.nan, "–"),
    ],
)
def test_expected(value: float, text: str) -> None:
    assert numbers.expected(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.413, "0.41"), (0.0123, "0.012"), (1e-9, "<0.0001"), (math.nan, "–")])
def test_p_value(value: float, text: str) -> None:
    assert numbers.p_value(value) == text


@pytest.mark.parametrize(
    ("log10", "en", "zh"),
    [
        (6.81, "6.5 million", "650 万"),
        (0.5, "3.2", "3.2 "),
        (1.65, "45", "45 "),
        (2.9999, "1 thousand", "1,000 "),
        (3.3, "2 thousand", "2,000 "),
        (4.3, "20 thousand", "2 万"),
        (9.0, "1 billion", "10 亿"),
        (14.0, "100 trillion", "100 万亿"),
        (-1.0, "0.1", "0.1 "),
        (math.inf, "–", "–"),
    ],
)
def test_ratio(log10: float, en: str, zh: str) -> None:
    assert Translator("en").say("unit.ratio", r=log10) == en
    assert Translator("zh").say("unit.ratio", r=log10) == zh


@pytest.mark.parametrize(
    ("hours", "en", "zh"),
    [
        (0.2, "12 min", "12 分钟"),
        (5.24, "5.2 h", "5.2 小时"),
        (50, "50 h", "50 小时"),
        (103.2, "4.3 d", "4.3 天"),
        (math.nan, "–", "–"),
    ],
)
def test_hours(hours: float, en: str, zh: str) -> None:
    assert Translator("en").hours(hours) == en
    assert Translator("zh").hours(hours) == zh


def test_moments() -> None:
    assert numbers.parse("soon") is None
    assert numbers.parse("2026-03-10T08:00:00") == datetime(2026, 3, 10, 8, tzinfo=UTC)
    assert numbers.clock(datetime(2026, 3, 10, 20, tzinfo=UTC)) == "2026-03-11 04:00"
    assert numbers.clock(datetime.max.replace(tzinfo=UTC)) == "–"
    assert numbers.before(datetime(2026, 3, 10, tzinfo=UTC), 1e12) is None
    assert numbers.before(None, 1) is None


def test_a_list_in_words_escapes_what_was_not_escaped() -> None:
    assert Translator("en", html=True).all_of(["<b>", "c", "d"]) == "&lt;b&gt;, c and d"
    assert Translator("zh").all_of(["甲", "乙"]) == "甲、乙"
    assert Translator("zh").all_of([]) == ""


@pytest.mark.parametrize("theme", range(3), ids=THEMES)
def test_contrast_is_aa(theme: int) -> None:
    p = palettes()[theme]
    text = [("ink", "paper"), ("ink", "wash"), ("muted", "paper"), ("muted", "wash"), ("accent", "paper")]
    text += [("warn", "paper"), ("warn", "warn-wash"), ("accent", "accent-wash"), ("on-accent", "accent")]
    for front, back in text:
        assert contrast(p[front], p[back]) >= 4.5, (front, back)
    for graphic in ("mark", "accent"):
        assert contrast(p[graphic], p["paper"]) >= 3, graphic
