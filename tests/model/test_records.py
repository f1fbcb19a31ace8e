"""What goes to a vault and comes back: times, values, and what is refused without being told back."""

from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from wayseal.model.fields import Field
from wayseal.model.records import Ask, Parcel, format_time, parse_time
from wayseal.model.times import micros_of, time_at


@given(st.integers(0, 7_258_118_399_999_999), st.integers(-840, 840))
def test_times_come_back(at: int, minutes: int) -> None:
    moment = time_at(at)
    assert micros_of(moment) == at
    assert parse_time(format_time(moment)) == moment
    told = moment.astimezone(timezone(timedelta(minutes=minutes)))
    assert parse_time(told.isoformat()) == moment
    assert format_time(told) == format_time(moment)


@pytest.mark.parametrize(
    "given_text",
    [
        "",
        "2026-03-02",
        "2026-03-02T00:00:00",
        "2026-13-02T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-03-02T24:00:01Z",
        "1969-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "2026-03-02T00:00:00.1234567Z",
        "２026-03-02T00:00:00Z",
        1_700_000_000,
        True,
        None,
    ],
)
def test_what_is_no_time(given_text: object) -> None:
    with pytest.raises(ValueError, match="no time"):
        parse_time(given_text)


def test_a_parcel_is_read_by_its_fields() -> None:
    told = {
        "waybill": "YT1",
        "values": {"goods": "样品", "sender_name": None},
        "keep_until": "2026-03-02T08:00:00+08:00",
    }
    read = TypeAdapter(Parcel).validate_python(told)
    assert read == Parcel(waybill="YT1", values={Field.GOODS: "样品"}, keep_until=parse_time("2026-03-02T00:00:00Z"))
    ((field, _),) = read.values.items()
    assert isinstance(field, Field)


@pytest.mark.parametrize(
    ("kind", "told", "place", "code"),
    [
        (Parcel, {"waybill": "YT1", "values": {"shoe": "保密"}}, ("values", "shoe"), "extra_forbidden"),
        (Parcel, {"waybill": "YT1", "values": {"goods": ""}}, ("values", "goods"), "string_too_short"),
        (Parcel, {"waybill": "YT1", "values": {}, "shoe": 1}, ("shoe",), "unexpected_keyword_argument"),
        (Ask, {"waybill": "YT1", "purpose": "p", "reason": "r", "fields": []}, ("fields",), "too_short"),
        (Ask, {"waybill": "YT1", "purpose": "p", "reason": "r", "fields": ["x"]}, ("fields", 0), "enum"),
    ],
)
def test_what_cant_be_is_told_by_its_place(kind: type, told: object, place: tuple[object, ...], code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(told)
    (error,) = caught.value.errors()
    assert (error["loc"], error["type"]) == (place, code)
