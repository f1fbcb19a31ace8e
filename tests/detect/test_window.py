"""Which days are looked at: the numbered rules of `window`."""

from contextlib import suppress
from functools import partial

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.viewed import CHINA, FIRST
from wayseal.detect.window import (
    APART,
    DAY_US,
    DAYS,
    FEW,
    HOUR_US,
    MOST_DAYS,
    Window,
    WindowError,
    parse_day,
    parse_offset,
    window_of,
)


def log(*rows: tuple[float, int]) -> pa.Table:
    """Reads by local day after FIRST (and hour of it, as a fraction)."""
    hours = [int(((FIRST + day) * DAY_US - CHINA) // HOUR_US) for day, _ in rows]
    order = np.argsort(hours, kind="stable")
    return pa.table(
        {"hour": pa.array(np.array(hours)[order], pa.int64()), "reads": np.array([n for _, n in rows])[order]}
    )


def days(window: Window | None) -> tuple[int, int, int, int]:
    assert window is not None
    return window.past - FIRST, window.first - FIRST, window.last - FIRST, window.stray


MONTHS = log(*((d + 0.5, 1_000) for d in range(60)))


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, (4, 32, 59, 0)),
        (None, 40, (0, 13, 40, 0)),
        (None, 10, (0, 0, 10, 0)),
        (50, None, (22, 50, 59, 0)),
        (50, 50, (22, 50, 50, 0)),
        (10, 20, (0, 10, 20, 0)),
        (-5, 3, (-5, -5, 3, 0)),
        (None, 80, (25, 53, 80, 0)),
    ],
)
def test_1_and_3_four_weeks_and_four_before(
    since: int | None, until: int | None, expected: tuple[int, int, int, int]
) -> None:
    def local(day: int | None) -> int | None:
        return None if day is None else FIRST + day

    assert days(window_of(MONTHS, CHINA, local(since), local(until))) == expected


def test_1_a_short_log_is_looked_at_whole() -> None:
    assert days(window_of(log((0.1, 5), (3.9, 5)), CHINA, None, None)) == (0, 0, 3, 0)
    assert days(window_of(log((0, 1)), CHINA, None, None)) == (0, 0, 0, 0)


def test_1_days_are_local() -> None:
    late = log((0 + 23 / 24, 10))
    assert days(window_of(late, CHINA, None, None)) == (0, 0, 0, 0)
    assert days(window_of(late, 0, None, None)) == (0, 0, 0, 0)
    early = log((0 + 1 / 24, 10))
    assert days(window_of(early, 0, None, None)) == (-1, -1, -1, 0), "an hour after midnight in China is the day before"


def test_no_reads_no_window() -> None:
    assert window_of(log(), CHINA, None, None) is None
    assert window_of(log((0, 0)), CHINA, None, 5) is None


@pytest.mark.parametrize("far", [-10_000, -3, 18, 5_000])
def test_2_clocks_that_jumped_move_nothing(far: int) -> None:
    usual = [(float(d), 100_000) for d in range(14)]
    window = window_of(log(*usual, (far, 10)), CHINA, None, None)
    assert days(window) == (0, 0, 13, 10)


def test_2_at_both_ends() -> None:
    usual = [(float(d), 100_000) for d in range(14)]
    assert days(window_of(log(*usual, (-9_999, 14), (9_999, 14)), CHINA, None, None)) == (0, 0, 13, 28)


def test_2_two_days_outside_are_near() -> None:
    usual = [(float(d), 100_000) for d in range(14)]
    assert days(window_of(log(*usual, (-2, 1), (15, 1)), CHINA, None, None)) == (-2, -2, 15, 0)


@pytest.mark.parametrize(("reads", "stray"), [(14 * 1_000, FEW), (14 * 100, 1)])
def test_2_a_few_stray_times_of_a_small_log(reads: int, stray: int) -> None:
    usual = [(float(d), reads // 14) for d in range(14)]
    assert days(window_of(log(*usual, (20, stray)), CHINA, None, None)) == (0, 0, 13, stray)
    moved = days(window_of(log(*usual, (20, stray + 1)), CHINA, None, None))
    assert moved[2:] == (20, 0), "more than a few are no accident"


def test_2_a_tiny_log_has_no_stray_times() -> None:
    assert days(window_of(log((0, 50), (300, 1)), CHINA, None, None)) == (245, 273, 300, 0)


@pytest.mark.parametrize("far", [-5_000, -APART, 13 + APART, 5_000])
def test_2_a_clock_that_is_off_for_long(far: int) -> None:
    """More than a few reads, for weeks; but weeks without any lie between, and they are less than one in a hundred."""
    usual = [(float(d), 1_000) for d in range(14)]
    off = [(float(far + (d if far > 0 else -d)), 10) for d in range(13)]
    assert days(window_of(log(*usual, *off), CHINA, None, None)) == (0, 0, 13, 130)
    more = days(window_of(log(*usual, *off, (far, 50)), CHINA, None, None))
    assert more[3] == 0, "so many may be a log that went on after a gap"


def test_2_a_gap_in_the_log_alone_is_no_sign() -> None:
    halves = [(float(d), 100) for d in (*range(14), *range(100, 114))]
    assert days(window_of(log(*halves), CHINA, None, None)) == (58, 86, 113, 0)


@pytest.mark.parametrize(
    ("since", "until", "says"),
    [
        (5, 4, "--from must not be after --to"),
        (60, None, "--from must not be after --to"),
        (None, -1, "--from must not be after --to"),
        (0, MOST_DAYS, "at most 400 days"),
        (100, 120, "no read is of these days"),
        (-9, -1, "no read is of these days"),
        (-MOST_DAYS, None, "at most 400 days"),
    ],
)
def test_windows_that_cannot_be(since: int | None, until: int | None, says: str) -> None:
    with pytest.raises(WindowError, match=says) as raised:
        window_of(MONTHS, CHINA, None if since is None else FIRST + since, None if until is None else FIRST + until)
    assert raised.value.exit_code == 2


def test_as_many_days_as_there_may_be() -> None:
    assert days(window_of(MONTHS, CHINA, FIRST + 60 - MOST_DAYS, None))[1:3] == (60 - MOST_DAYS, 59)


def test_days_and_offsets_as_a_person_writes_them() -> None:
    assert parse_day(None, "--from") is None
    assert parse_day("2026-03-02", "--from") == FIRST
    assert parse_offset("+08:00") == CHINA
    assert parse_offset("-03:00") == -3 * HOUR_US
    assert parse_offset("+00:00") == parse_offset("Z") == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-02-30",
        "2026-03-02T08:00",
        "03/02/2026",
        "1969-12-31",
        "0001-01-01",
        "9999-12-31",
        "1970-01-01",
    ],
)
def test_days_that_are_none(text: str) -> None:
    with pytest.raises(WindowError, match="--to must"):
        parse_day(text, "--to")


@pytest.mark.parametrize("text", ["", "8", "+8", "+05:30", "+08:00:01", "+25:00", "08:00", ".5", "CST", "+08:00+08:00"])
def test_offsets_that_are_none(text: str) -> None:
    with pytest.raises(WindowError, match="--offset must"):
        parse_offset(text)


@given(st.text(max_size=12))
def test_any_text_is_a_day_or_is_refused(text: str) -> None:
    for parse in (partial(parse_day, text, "--from"), partial(parse_offset, text)):
        with suppress(WindowError):
            assert isinstance(parse(), int)


@given(
    st.lists(st.tuples(st.integers(-400, 400), st.integers(1, 10**6)), min_size=1, max_size=30), st.integers(-12, 14)
)
def test_every_read_lies_in_the_log_or_is_stray(rows: list[tuple[int, int]], hours: int) -> None:
    table = log(*((float(d), n) for d, n in dict(rows).items()))
    window = window_of(table, hours * HOUR_US, None, None)
    assert window is not None
    assert window.past <= window.first <= window.last
    assert window.first - window.past <= DAYS
    assert window.last - window.first < DAYS
    assert 0 <= window.stray <= (2e-3 + 1e-2 * len(rows)) * sum(dict(rows).values())
