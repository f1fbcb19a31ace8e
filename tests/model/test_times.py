from datetime import UTC, datetime, timedelta, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tables import each
from wayseal.model.period import PeriodError, hours_of
from wayseal.model.times import HOUR_US, SECOND_US, iso, micros

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(st.integers(0, 130 * 365 * 24 * HOUR_US))
def test_a_moment_reads_back(us: int) -> None:
    text = iso(us)
    assert (datetime.fromisoformat(text) - EPOCH) / timedelta(microseconds=1) == us
    assert text.endswith("Z")
    assert ("." in text) == bool(us % SECOND_US)


def test_as_it_is_written() -> None:
    assert iso(0) == "1970-01-01T00:00:00Z"
    assert iso(1_500_000) == "1970-01-01T00:00:01.500000Z"
    assert iso(HOUR_US) == "1970-01-01T01:00:00Z"
    assert iso(-1) == "1969-12-31T23:59:59.999999Z"


@given(st.integers(0, 130 * 365 * 24 * HOUR_US), st.timezones())
def test_a_moment_with_any_offset_reads_back(us: int, zone: tzinfo) -> None:
    moment = (EPOCH + timedelta(microseconds=us)).astimezone(zone)
    assert micros(moment.isoformat()) == micros(iso(us)) == us


@pytest.mark.parametrize("text", ["", "2026-03-02", "2026-03-02T08:00", "tomorrow", "2026-13-02T08:00Z"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match=r"format|offset|month"):
        micros(text)


@each("text", ["8", "+8", "-12", "14", "0"])
def test_whole_hours(text: str) -> None:
    assert hours_of(text) == int(text)


@each("text", ["", "5.5", "+08:00", "15", "-13", "８", "east"])
def test_what_is_no_clock_is_refused_by_the_setting_that_says_it(text: str) -> None:
    with pytest.raises(PeriodError, match="from -12 to 14") as caught:
        hours_of(text)
    assert caught.value.key == "WAYSEAL_UTC_OFFSET_HOURS"
