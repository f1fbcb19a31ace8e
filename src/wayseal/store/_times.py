"""Times: ISO 8601 and strptime-like formats to microseconds UTC, whole columns at once."""

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.store.errors import StoreError

type_utc = pa.timestamp("us", tz="UTC")
_NO_ZONE = 24 * 60
_LONGEST_DAY = len("2026-03-05")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONE = r"(?P<zone>[Zz]|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})"
_DIRECTIVES = {
    "Y": r"(?P<year>[0-9]{4})",
    "y": r"(?P<year2>[0-9]{2})",
    "m": r"(?P<month>[0-9]{1,2})",
    "b": r"(?P<name>(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))",
    "d": r"(?P<day>[0-9]{1,2})",
    "H": r"(?P<hour>[0-9]{1,2})",
    "I": r"(?P<hour12>[0-9]{1,2})",
    "p": r"(?P<half>(?i:am|pm))",
    "M": r"(?P<minute>[0-9]{1,2})",
    "S": r"(?P<second>[0-9]{1,2})",
    "f": r"(?P<fraction>[0-9]{1,9})",
    "z": _ZONE,
}
# Without separators ("20170101") a one-digit month would be ambiguous.
_FIXED = {"m": "month", "d": "day", "H": "hour", "I": "hour12", "M": "minute", "S": "second"}
ISO = (
    r"^\s*(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"(?:[Tt ](?P<hour>[0-9]{2}):?(?P<minute>[0-9]{2})(?::?(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?)?"
    r"\s*" + _ZONE + r"?\s*$"
)

# 2026/3/3 15:38, as spreadsheets write times; the year stands first, so that month and day can't be mixed up.
SLASHES = (
    r"^\s*(?P<year>[0-9]{4})/(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})"
    r"(?:\s+(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9}))?)?)?"
    r"\s*" + _ZONE + r"?\s*$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """A parsed column: `us` microseconds since 1970 UTC (0 where not ok), `ok`, and `naive`: no offset was written.

    day: no time of day was written; `us` is when the day begins.
    """

    us: npt.NDArray[np.int64]
    ok: npt.NDArray[np.bool_]
    naive: npt.NDArray[np.bool_]
    day: npt.NDArray[np.bool_]


def parse_offset(text: str) -> timedelta:
    """An offset from UTC such as "+08:00", "+0800", "+08", "Z" or "UTC"; StoreError if it is none."""
    if text in {"Z", "z", "UTC", "GMT"}:
        return timedelta(0)
    match = re.fullmatch(r"([+-])([0-9]{2}):?([0-9]{2})?", text)
    if match is None or int(match[2]) > 23 or int(match[3] or 0) > 59:
        raise StoreError("not an offset from UTC; write it like +08:00")
    delta = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return -delta if match[1] == "-" else delta


def format_offset(offset: timedelta) -> str:
    """The offset as text, "+08:00"."""
    minutes = round(offset.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


@cache
def compile_format(form: str) -> str:
    """The regular expression of a strptime-like format; StoreError names the directive that is unknown or twice."""
    known = {"T": "%H:%M:%S", "F": "%Y-%m-%d", "R": "%H:%M"}
    spelt = re.sub(r"%([TFR])", lambda m: known[m[1]], form)
    out = []
    pieces = re.split(r"(%.|%$)", spelt)
    seen: set[str] = set()
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            out.append(r"\s+".join(re.escape(p) for p in re.split(r"\s+", piece)))
            continue
        letter = piece[1:]
        if letter == "%":
            out.append("%")
            continue
        if letter not in _DIRECTIVES or letter in seen:
            raise StoreError("%{letter} is not known here, or stands there twice", letter=letter)
        seen.add(letter)
        glued = _touches_digits(pieces, index)
        fixed = glued and letter in _FIXED
        out.append(f"(?P<{_FIXED[letter]}>[0-9]{{2}})" if fixed else _DIRECTIVES[letter])
    if not ({"Y", "y"} & seen and {"m", "b"} & seen and "d" in seen):
        raise StoreError("a time needs a year, a month and a day")
    return r"^\s*" + "".join(out) + r"\s*$"


def _touches_digits(pieces: list[str], index: int) -> bool:
    before = index >= 2 and pieces[index - 1] == ""
    after = index + 2 < len(pieces) and pieces[index + 1] == ""
    return before or after


def parse_iso(texts: pa.Array) -> Times:
    """A string column in ISO 8601, with or without offsets, mixed; null and everything else is not ok."""
    count = len(texts)
    for kind, naive in ((type_utc, False), (pa.timestamp("us"), True)):
        try:
            parsed = pc.cast(texts, kind)
        except pa.ArrowInvalid:
            continue
        ok = valid_mask(parsed)
        short = pc.less_equal(pc.binary_length(texts), _LONGEST_DAY).fill_null(False).to_numpy(zero_copy_only=False)
        return Times(us=as_us(parsed), ok=ok, naive=np.full(count, naive), day=ok & short)
    return parse_pattern(texts, ISO)


def parse_plain(texts: pa.Array) -> Times:
    """A string column in ISO 8601 or, as spreadsheets write it, with the year first and slashes; else not ok."""
    times = parse_iso(texts)
    rest = ~times.ok & valid_mask(texts)
    if not rest.any():
        return times
    more = parse_pattern(pc.if_else(pa.array(rest), texts, pa.scalar(None, pa.string())), SLASHES)
    return Times(
        us=np.where(more.ok, more.us, times.us),
        ok=times.ok | more.ok,
        naive=np.where(more.ok, more.naive, times.naive),
        day=np.where(more.ok, more.day, times.day),
    )


def parse_pattern(texts: pa.Array, pattern: str) -> Times:
    """A string column by a pattern with named groups, as `compile_format` makes them."""
    found = pc.extract_regex(texts, pattern)
    names = [found.type.field(i).name for i in range(found.type.num_fields)]
    parts = dict(zip(names, found.flatten(), strict=True))
    ok = valid_mask(found)
    year = _ints(parts.get("year"), len(texts), 0)
    if "year2" in parts:
        short = _ints(parts["year2"], len(texts), 0)
        year = np.where(short < 69, 2000 + short, 1900 + short)
    month = _month(parts, len(texts))
    day = _ints(parts.get("day"), len(texts), 0)
    hour, hour_ok = _hour(parts, len(texts))
    minute = _ints(parts.get("minute"), len(texts), 0)
    second = _ints(parts.get("second"), len(texts), 0)
    zone, zoned = _zone(parts.get("zone"), len(texts))
    ok &= (month >= 1) & (month <= 12) & (day >= 1) & (day <= _month_days(year, month))
    ok &= hour_ok & (minute <= 59) & (second <= 59) & (np.abs(zone) < _NO_ZONE)
    seconds = ((_days(year, month, day) * 24 + hour) * 60 + minute - zone) * 60 + second
    us = seconds * 1_000_000 + _fraction(parts.get("fraction"), len(texts))
    return Times(us=np.where(ok, us, 0), ok=ok, naive=~zoned, day=ok & ~_timed(parts, len(texts)))


def parse_epoch(numbers: pa.Array, unit_us: float) -> Times:
    """A column of numbers (strings or numeric) counted from 1970 in units of `unit_us` microseconds."""
    values = numbers
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        texts = pc.utf8_trim_whitespace(pc.cast(values, pa.string()))
        good = pc.match_substring_regex(texts, r"^[+-]?(?:[0-9]{1,18}|[1-8][0-9]{18})(?:\.[0-9]*)?$")
        texts = pc.if_else(good, texts, pa.scalar(None, pa.string()))
        dotted = pc.any(pc.match_substring(texts, ".")).as_py()
        values = pc.cast(texts, pa.float64() if dotted else pa.int64())
    ok = valid_mask(values)
    plain = values.fill_null(0).to_numpy(zero_copy_only=False)
    floats = plain.astype(np.float64) * unit_us
    ok &= np.isfinite(floats) & (np.abs(floats) < 2**62)
    if plain.dtype.kind in "iu":
        counted = np.where(ok, plain, 0).astype(np.int64)
        us = counted * int(unit_us) if unit_us >= 1 else counted // round(1 / unit_us)
    else:
        us = np.round(np.where(ok, floats, 0)).astype(np.int64)
    never = np.zeros(len(ok), np.bool_)
    return Times(us=us, ok=ok, naive=never, day=never)


def as_us(array: pa.Array) -> npt.NDArray[np.int64]:
    """The int64 values of a timestamp("us") column, 0 where null."""
    plain = pc.cast(array, pa.int64())
    out: npt.NDArray[np.int64] = plain.fill_null(0).to_numpy(zero_copy_only=False)
    return out


def valid_mask(array: pa.Array) -> npt.NDArray[np.bool_]:
    """True where the column isn't null; a fresh, writable array."""
    if array.null_count == 0:
        return np.ones(len(array), np.bool_)
    return np.array(array.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)


def _ints(part: pa.Array | None, count: int, missing: int) -> npt.NDArray[np.int64]:
    if part is None:
        return np.full(count, missing, np.int64)
    filled = pc.if_else(pc.equal(part, ""), str(missing), part).fill_null(str(missing))
    out: npt.NDArray[np.int64] = pc.cast(filled, pa.int64()).to_numpy(zero_copy_only=False)
    return out


def _month(parts: dict[str, pa.Array], count: int) -> npt.NDArray[np.int64]:
    if "name" not in parts:
        return _ints(parts.get("month"), count, 0)
    index = pc.index_in(pc.utf8_lower(parts["name"]), pa.array(_MONTHS)).fill_null(-1)
    out: npt.NDArray[np.int64] = index.to_numpy(zero_copy_only=False).astype(np.int64) + 1
    return out


def _hour(parts: dict[str, pa.Array], count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    if "hour12" not in parts:
        hour = _ints(parts.get("hour"), count, 0)
        return hour, hour <= 23
    short = _ints(parts["hour12"], count, 0)
    half = parts.get("half")
    late = np.zeros(count, np.bool_)
    if half is not None:
        late = np.array(pc.equal(pc.utf8_lower(half), "pm").fill_null(False).to_numpy(False))
    return short % 12 + 12 * late, (short >= 1) & (short <= 12)


def _timed(parts: dict[str, pa.Array], count: int) -> npt.NDArray[np.bool_]:
    """Where a time of day was written."""
    hour = parts.get("hour", parts.get("hour12"))
    if hour is None:
        return np.zeros(count, np.bool_)
    return np.asarray(pc.not_equal(hour.fill_null(""), "").to_numpy(zero_copy_only=False), np.bool_)


def _zone(part: pa.Array | None, count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    if part is None:
        return np.zeros(count, np.int64), np.zeros(count, np.bool_)
    coded = part.fill_null("").dictionary_encode()
    minutes = [_zone_minutes(z) for z in coded.dictionary.to_pylist()]
    written = [z != "" for z in coded.dictionary.to_pylist()]
    index = coded.indices.to_numpy(zero_copy_only=False)
    return np.array(minutes, np.int64)[index], np.array(written, np.bool_)[index]


def _zone_minutes(zone: str) -> int:
    if not zone or zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    if int(digits[:2]) > 23 or int(digits[2:]) > 59:
        return _NO_ZONE
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return -minutes if zone[0] == "-" else minutes


def _fraction(part: pa.Array | None, count: int) -> npt.NDArray[np.int64]:
    if part is None:
        return np.zeros(count, np.int64)
    digits = pc.utf8_rpad(part.fill_null(""), width=9, padding="0")
    return _ints(digits, count, 0) // 1000


def _month_days(year: npt.NDArray[np.int64], month: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    days = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    out: npt.NDArray[np.int64] = days[np.clip(month, 0, 12)] + (leap & (month == 2))
    return out


def _days(
    year: npt.NDArray[np.int64], month: npt.NDArray[np.int64], day: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Days since 1970-01-01 in the Gregorian calendar, counted from March so that the leap day comes last."""
    shifted = year - (month <= 2)
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    out: npt.NDArray[np.int64] = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    return out
