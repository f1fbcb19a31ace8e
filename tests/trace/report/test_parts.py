"""The small parts: visible ids, numbers in words, line breaking, pictures, colours."""

import math
import re
from datetime import UTC, datetime
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayseal.trace._result import DelayPart, LeakRow
from wayseal.trace.report import _numbers
from wayseal.trace.report._charts import OTHERS, UNKNOWN, kappa_chart, parts
from wayseal.trace.report._matrix import _hill, _opacity
from wayseal.trace.report._messages import Voice
from wayseal.trace.report._story import ranges
from wayseal.trace.report._visible import cells, shorten, visible
from wayseal.trace.report._wrap import wrap

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
    assert _numbers.percent(value) == text


@pytest.mark.parametrize(("value", "text"), [(1.0, "100%"), (0.0, "0%"), (0.0001, "<0.1%"), (math.inf, "–")])
def test_share(value: float, text: str) -> None:
    assert _numbers.share(value) == text


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
    assert _numbers.expected(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.413, "0.41"), (0.0123, "0.012"), (1e-9, "<0.0001"), (math.nan, "–")])
def test_p_value(value: float, text: str) -> None:
    assert _numbers.p_value(value) == text


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
        (-1.0, "0.1", "0.1"),
        (math.inf, "–", "–"),
    ],
)
def test_ratio(log10: float, en: str, zh: str) -> None:
    assert Voice("en").say("unit.ratio", r=log10) == en
    assert Voice("zh").say("unit.ratio", r=log10) == zh


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
    assert Voice("en").hours(hours) == en
    assert Voice("zh").hours(hours) == zh


def test_moments() -> None:
    assert _numbers.parse("soon") is None
    assert _numbers.parse("2026-03-10T08:00:00") == datetime(2026, 3, 10, 8, tzinfo=UTC)
    assert _numbers.clock(datetime(2026, 3, 10, 20, tzinfo=UTC)) == "2026-03-11 04:00"
    assert _numbers.clock(datetime.max.replace(tzinfo=UTC)) == "–"
    assert _numbers.before(datetime(2026, 3, 10, tzinfo=UTC), 1e12) is None
    assert _numbers.before(None, 1) is None


def test_ranges() -> None:
    assert ranges([3, 7, 12, 13, 14, 15, 3]) == "3, 7, 12–15"
    assert ranges([]) == ""


def test_a_list_in_words_escapes_what_was_not_escaped() -> None:
    assert Voice("en", html=True).all_of(["<b>", "c", "d"]) == "&lt;b&gt;, c and d"
    assert Voice("zh").all_of(["甲", "乙"]) == "甲 和 乙"
    assert Voice("zh").all_of([]) == ""


def leak(*points: tuple[str, float]) -> LeakRow:
    return LeakRow(waybill="w", line=1, seen_at="", found=True, missing=None, accounts=1, points_at=points, unknown=0.2)


def test_parts_of_the_leaks_sum_to_one() -> None:
    shares = parts([leak(("a", 0.6), ("x", 0.2))], 0.2, {"a": "A", "b": "B"})
    assert [key for key, _ in shares] == ["A", OTHERS, UNKNOWN]
    assert [part for _, part in shares] == pytest.approx([0.6, 0.2, 0.2])
    assert parts([], 1.0, {}) == [(UNKNOWN, 1.0)]
    assert [key for key, _ in parts([], 0.7, {})] == [OTHERS, UNKNOWN]


def test_pictures_with_little_to_show() -> None:
    voice = Voice("en")
    assert kappa_chart([(2.0, 0.5)], 2.0, voice) is not None
    assert kappa_chart([(0.0, 0.5), (2.0, math.nan)], 2.0, voice) is None
    assert _hill([DelayPart(weight=1, median_h=1e300, sigma=1e-3)], 0, 1, 50) == ""


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_more_probable_cell_is_never_lighter(a: float, b: float) -> None:
    low, high = sorted((a, b))
    for own in (True, False):
        assert _opacity(low, own=own) <= _opacity(high, own=own)


def palettes() -> list[dict[str, str]]:
    css = resources.files("wayseal.trace.report").joinpath("templates", "report.css").read_text("utf-8")
    blocks = re.findall(r":root \{([^}]*)\}", css)
    return [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in blocks]


def light(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    low, high = sorted((light(a), light(b)))
    return (high + 0.05) / (low + 0.05)


def blend(top: str, ground: str, opacity: float) -> str:
    pairs = [(int(top[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(opacity * t + (1 - opacity) * g):02x}" for t, g in pairs)


@pytest.mark.parametrize("theme", [0, 1, 2], ids=["light", "dark", "print"])
def test_contrast_is_aa(theme: int) -> None:
    p = palettes()[theme]
    text = [("ink", "paper"), ("ink", "wash"), ("muted", "paper"), ("muted", "wash"), ("accent", "paper")]
    for front, back in [*text, ("accent", "accent-wash"), ("on-accent", "accent")]:
        assert contrast(p[front], p[back]) >= 4.5, (front, back)
    for graphic in ("mark", "accent"):
        assert contrast(p[graphic], p["paper"]) >= 3, graphic
    for value in (0.0, 0.3, 0.6, 0.61, 0.8, 1.0):
        cell = blend(p["accent"], p["wash"], _opacity(value, own=True))
        assert contrast(p["on-accent" if value > 0.6 else "ink"], cell) >= 4.5, value
        assert contrast(p["ink"], blend(p["mark"], p["wash"], _opacity(value, own=False))) >= 4.5, value
