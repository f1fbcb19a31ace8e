from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tables import each
from wayseal.store._times import (
    compile_format,
    format_offset,
    parse_epoch,
    parse_iso,
    parse_offset,
    parse_pattern,
    parse_plain,
)
from wayseal.store.errors import StoreError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1))  # noqa: DTZ001
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


ISO = [
    ("2024-01-05T08:00:00Z", "2024-01-05T08:00:00+00:00", False),
    ("2024-01-05 08:00:00", "2024-01-05T08:00:00+00:00", True),
    ("2024-01-05t08:00z", "2024-01-05T08:00:00+00:00", False),
    ("2024-01-05T08:00:00+08:00", "2024-01-05T00:00:00+00:00", False),
    ("2024-01-05 08:00:00 +0530", "2024-01-05T02:30:00+00:00", False),
    ("2024-01-05 08:00:00+08", "2024-01-05T00:00:00+00:00", False),
    ("2024-01-05 08:00:00 UTC", "2024-01-05T08:00:00+00:00", False),
    ("2024-01-05", "2024-01-05T00:00:00+00:00", True),
    ("2024-01-05T08:00:00.123456789-01:00", "2024-01-05T09:00:00.123456+00:00", False),
    ("2024-01-05T08:00:00,5", "2024-01-05T08:00:00.500000+00:00", True),
    (" 2024-02-29T080000 ", "2024-02-29T08:00:00+00:00", True),
    ("2023-02-29", None, None),
    ("2024-13-01", None, None),
    ("2024-00-01", None, None),
    ("2024-01-05T24:00:00", None, None),
    ("2024-01-05T08:60:00", None, None),
    ("2024-01-05T08:00:60", None, None),
    ("2024-01-05T23:00:00+23:00", "2024-01-05T00:00:00+00:00", False),
    ("2024-01-05T08:00:00+24:00", None, None),
    ("2024-01-05T08:00:00+08:60", None, None),
    ("2024-1-5", None, None),
    ("２０２４-01-05", None, None),
    ("1704441600", None, None),
    ("yesterday", None, None),
    ("", None, None),
    (None, None, None),
]


@each(("text", "moment", "naive"), ISO)
def test_iso(text: str | None, moment: str | None, naive: bool | None) -> None:
    # The company of other values decides which way is taken, and must not change the answer.
    for company in ([], ["2024-01-05T08:00:00Z"], ["2024-01-05 08:00:00"], ["x"]):
        times = parse_iso(pa.array([text, *company], pa.string()))
        assert bool(times.ok[0]) is (moment is not None)
        if moment is not None:
            assert times.us[0] == micros(datetime.fromisoformat(moment))
            assert bool(times.naive[0]) is naive


@given(st.lists(st.tuples(MOMENTS, st.none() | OFFSETS), min_size=1))
def test_iso_agrees_with_the_standard_library(moments: list[tuple[datetime, timezone | None]]) -> None:
    aware = [m.replace(tzinfo=tz) for m, tz in moments]
    times = parse_iso(pa.array([m.isoformat() for m in aware]))
    assert times.ok.all()
    assert times.naive.tolist() == [m.tzinfo is None for m in aware]
    expected = [micros(m if m.tzinfo else m.replace(tzinfo=UTC)) for m in aware]
    assert times.us.tolist() == expected


@given(st.lists(st.text(max_size=30)))
def test_iso_refuses_quietly(texts: list[str]) -> None:
    times = parse_iso(pa.array(texts, pa.string()))
    assert len(times.us) == len(texts)


SLASHES = [
    ("2026/3/3 15:38", "2026-03-03T15:38:00+00:00", True),
    ("2026/03/13 5:08:09", "2026-03-13T05:08:09+00:00", True),
    ("2026/12/31", "2026-12-31T00:00:00+00:00", True),
    ("2026/3/3 15:38 +08:00", "2026-03-03T07:38:00+00:00", False),
    (" 2026/3/3  15:38:00.25Z ", "2026-03-03T15:38:00.250000+00:00", False),
    ("2026-03-03T15:38Z", "2026-03-03T15:38:00+00:00", False),
    ("3/3/2026 15:38", None, None),
    ("26/3/3 15:38", None, None),
    ("2026/13/3", None, None),
    ("2026/2/30", None, None),
    ("2026/3/3 24:00", None, None),
    ("2026/3-3", None, None),
    (None, None, None),
]


@each(("text", "moment", "naive"), SLASHES)
def test_year_first_with_slashes(text: str | None, moment: str | None, naive: bool | None) -> None:
    for company in ([], ["2024-01-05T08:00:00Z"], ["x", None]):
        times = parse_plain(pa.array([text, *company], pa.string()))
        assert bool(times.ok[0]) is (moment is not None)
        if moment is not None:
            assert times.us[0] == micros(datetime.fromisoformat(moment))
            assert bool(times.naive[0]) is naive
        assert times.ok[1:].tolist() == [c is not None and c != "x" for c in company]


DAYS = [
    ("2026-03-05", True),
    ("2026-03-05 ", True),
    ("2026-03-05Z", True),
    ("2026-03-05 +08:00", True),
    ("2026/3/5", True),
    ("2026-03-05T00:00", False),
    ("2026-03-05 00:00:00Z", False),
    ("2026/3/5 0:00", False),
    ("2026/3", False),
    (None, False),
]


@each(("text", "day"), DAYS)
def test_a_day_without_a_time_is_told_from_midnight(text: str | None, day: bool) -> None:
    for company in ([], ["2024-01-05T08:00:00Z"], ["2024-01-05 08:00:00"], ["x", None]):
        assert parse_plain(pa.array([text, *company], pa.string())).day.tolist() == [day, *[False] * len(company)]
    for form, timed in (("%Y/%m/%d", False), ("%Y/%m/%d %H", True), ("%I%p %Y/%m/%d", True)):
        texts = pa.array([{"%Y/%m/%d": "2026/3/5", "%Y/%m/%d %H": "2026/3/5 0"}.get(form, "12am 2026/3/5")])
        assert parse_pattern(texts, compile_format(form)).day.tolist() == [not timed]
    assert not parse_epoch(pa.array(["1772668800"]), 1e6).day.any()


FORMATS = [
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y%m%d%H%M%S",
    "%Y%m%d %H%M%S",
    "%Y年%m月%d日 %H时%M分%S秒",
    "%d/%b/%Y:%H:%M:%S %z",
    "%d.%m.%y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%F %T",
    "100%% %F %R",
]


@given(form=st.sampled_from(FORMATS), moment=MOMENTS, offset=OFFSETS)
def test_formats_agree_with_strptime(form: str, moment: datetime, offset: timezone) -> None:
    if "%y" in form:
        moment = moment.replace(year=1970 + moment.year % 98)
        if moment.month == 2:
            moment = moment.replace(day=min(moment.day, 28))
    text = moment.replace(tzinfo=offset).strftime(form).replace(str(moment.year), f"{moment.year:04}")
    spelt = form.replace("%F", "%Y-%m-%d").replace("%T", "%H:%M:%S").replace("%R", "%H:%M")
    expected = datetime.strptime(text, spelt)  # noqa: DTZ007
    times = parse_pattern(pa.array([text, "x", None]), compile_format(form))
    assert times.ok.tolist() == [True, False, False]
    assert bool(times.naive[0]) is ("%z" not in form)
    assert times.us[0] == micros(expected if expected.tzinfo else expected.replace(tzinfo=UTC))


PADDING = [
    ("%Y/%m/%d %H:%M", "2024/1/5 8:03", True),
    ("%Y/%m/%d %H:%M", "2024/1/5   8:03", True),
    ("%I:%M %Y/%m/%d", "13:00 2024/01/05", False),
    ("%I:%M %Y/%m/%d", "12:00 2024/01/05", True),
    ("%Y%m%d", "202415", False),
    ("%d %b %Y", "5 foo 2024", False),
    ("%d %b %Y", "5 JAN 2024", True),
]


@pytest.mark.parametrize(("form", "text", "good"), PADDING)
def test_leading_zeros(form: str, text: str, good: bool) -> None:
    assert bool(parse_pattern(pa.array([text]), compile_format(form)).ok[0]) is good


@pytest.mark.parametrize("form", ["%Y", "%Y-%m", "", "%Y-%m-%d %q", "%Y-%m-%d %Y", "%Y-%m-%d %"])
def test_formats_that_are_none(form: str) -> None:
    with pytest.raises(StoreError, match=r".+"):
        compile_format(form)


EPOCHS = [
    (["1704441600", " 1704441600.25 ", "x", "", None, "1e9"], 1e6, [1704441600_000000, 1704441600_250000, 0, 0, 0, 0]),
    (["1704441600123"], 1e3, [1704441600_123000]),
    (["1704441600123456789"], 1e-3, [1704441600_123456]),
    (["999999999999999999"], 1e6, [0]),
]


@pytest.mark.parametrize(("texts", "unit", "expected"), EPOCHS)
def test_epochs(texts: list[str | None], unit: float, expected: list[int]) -> None:
    times = parse_epoch(pa.array(texts, pa.string()), unit)
    assert np.abs(times.us - np.array(expected)).max() <= 1
    assert times.ok.tolist() == [e != 0 for e in expected]
    assert not times.naive.any()


def test_epochs_of_numbers() -> None:
    assert parse_epoch(pa.array([1704441600, None]), 1e6).us.tolist() == [1704441600_000000, 0]
    floats = parse_epoch(pa.array([1704441600.5, float("nan"), float("inf")]), 1e6)
    assert floats.us.tolist() == [1704441600_500000, 0, 0]


OFFSET_TEXTS = [("+08:00", 480), ("+0800", 480), ("-05", -300), ("+05:30", 330), ("Z", 0), ("UTC", 0)]


@pytest.mark.parametrize(("text", "minutes"), OFFSET_TEXTS)
def test_offsets(text: str, minutes: int) -> None:
    assert parse_offset(text) == timedelta(minutes=minutes)
    assert parse_offset(format_offset(parse_offset(text))) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "8", "+8", "+24:00", "+08:60", "Asia/Shanghai", "+08:00 "])
def test_offsets_that_are_none(text: str) -> None:
    with pytest.raises(StoreError, match="offset"):
        parse_offset(text)
