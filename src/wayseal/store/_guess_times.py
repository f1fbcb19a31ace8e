"""How the times of a foreign file are written: in one column or in two, in one way or several, and in which zone."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.store._column_plan import parse_times
from wayseal.store._headings import time_formats
from wayseal.store.tables import EARLIEST, LATEST

CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?|[0-9]{6}")
DATE = re.compile(r"[0-9]{4}[-/.]?[0-9]{1,2}[-/.]?[0-9]{1,2}|[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日")
# What every format of times has: a digit first, and six of them.
_TIMELIKE = re.compile(r"\s*[0-9](?:[^0-9]*[0-9]){5}.*", re.DOTALL)
_OFFSET = re.compile(r"(?:(?:UTC|GMT)(?=[+-][0-9])|(?=[+-][0-9]{2}:?[0-9]{2}$))([+-])([0-9]{1,2}):?([0-9]{2})?", re.I)
_CHINA = frozenset(["asia/shanghai", "asia/chongqing", "prc", "北京时间"])
_MOST = 0.9
_COUNTED = ("epoch", "%Y%m%d")
"""How formats of digits alone begin, which other numbers have too."""
_SECONDS = "%Y%m%d%H%M%S"
"""The one of them with too many digits for chance: beside other ways to write a time it is one more."""
_SPAN: Mapping[str, float] = {"epoch_s": 400 * 86400.0, "epoch_ms": 400 * 86_400_000.0}
"""What a log spans at most, in the units of each, where only its numbers say that it counts time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How a column of times is written.

    formats, naive, share: in which ways, whether without an offset, and how much of the column is.
    unread, by_day: how many rows of the sample are written in none of the formats; whether a row gives a day and no
    time of it.
    """

    formats: tuple[str, ...] = ("iso",)
    naive: bool = False
    share: float = 1.0
    unread: int = 0
    by_day: bool = False

    @property
    def counted(self) -> bool:
        """True if it is digits alone, which other numbers are, too."""
        return self.formats[0].startswith(_COUNTED) and self.formats[0] != _SECONDS


def mostly(pattern: re.Pattern[str], texts: Sequence[str]) -> bool:
    """True if so many of the texts have this shape; none is no shape."""
    return _enough(sum(bool(pattern.fullmatch(text)) for text in texts), len(texts))


def _enough(good: int, count: int) -> bool:
    """Nine in ten; one odd row (a total at the end) is nothing."""
    return bool(good) and (good >= _MOST * count or (count - good == 1 and good > 1))


def time_format(values: Sequence[str]) -> Written | None:
    """How most values are written: in one format, or in several; None: they are no times."""
    if not mostly(_TIMELIKE, values):
        return None
    texts = pa.array(values, pa.string())
    read, naive, by_day = np.zeros(len(values), np.bool_), False, False
    formats: list[str] = []
    while not read.all():
        best = max((_fits(form, texts, ~read) for form in time_formats() if not formats or _joins(form)),
                   key=lambda fit: int(fit.good.sum()))  # fmt: skip
        if not best.good.any() or best.form in formats:
            break
        formats.append(best.form)
        read, naive, by_day = read | best.good, naive or best.naive, by_day or best.by_day
        if not _joins(best.form):
            break
    if not _enough(int(read.sum()), len(values)):
        return None
    return Written(
        formats=tuple(formats), naive=naive, share=float(read.mean()), unread=int((~read).sum()), by_day=by_day
    )


def _joins(form: str) -> bool:
    """True if a format may stand beside others in one column."""
    return form == _SECONDS or not form.startswith(_COUNTED)


class _Fit(NamedTuple):
    """Which of the values that are not read yet have a format; whether any of them has no offset, or no time of day."""

    form: str
    good: npt.NDArray[np.bool_]
    naive: bool
    by_day: bool


def _fits(form: str, texts: pa.Array, wanted: npt.NDArray[np.bool_]) -> _Fit:
    times = parse_times((form,), texts)
    good = times.ok & (times.us >= EARLIEST) & (times.us < LATEST) & wanted
    return _Fit(form, good, bool((times.naive & good).any()), bool((times.day & good).any()))


def counts_time(written: Written, texts: Sequence[str]) -> bool:
    """True if numbers alone say that they count from 1970: whole seconds or thousandths, all of about one year."""
    if written.formats[0] not in _SPAN or written.share < 1.0:
        return False
    numbers = [float(text) for text in texts]
    return max(numbers) - min(numbers) < _SPAN[written.formats[0]]


def joined_format(
    columns: Mapping[str, Sequence[str | None]], dates: Sequence[str], clocks: Sequence[str]
) -> tuple[tuple[str, str], Written] | None:
    """A date in one column and a time of day in another."""
    pairs = [(d, c) for d in dates for c in clocks if d != c]
    # 20170101 is a date, a time of day 201701 could be one too: the name decides, then the order.
    pairs.sort(key=lambda p: -(says(p[0], "date", "日期") + says(p[1], "time", "时")))
    for date, clock in pairs:
        made = time_format([f"{d} {c}" for d, c in zip(columns[date], columns[clock], strict=True) if d and c])
        if made is not None:
            return (date, clock), made
    return None


def says(name: str, *words: str) -> int:
    """How many of the words a name has."""
    return sum(w in name.casefold() for w in words)


def offset_of(text: str) -> str | None:
    """The offset that a text is ("+0800", "UTC+8", "Asia/Shanghai"), as "+08:00"; None if it is none."""
    plain = text.strip()
    if plain.casefold() in _CHINA:
        return "+08:00"
    match = _OFFSET.fullmatch(plain)
    if match is None or int(match[2]) > 14:
        return None
    return f"{match[1]}{int(match[2]):02}:{match[3] or '00'}"


def zone_of(columns: Mapping[str, Sequence[str]]) -> tuple[str, frozenset[str]] | None:
    """The column that says in which zone the times beside it are, and the offsets in it; None if none does."""
    for name, texts in columns.items():
        found = {offset_of(text) for text in set(texts)} if texts and len(set(texts)) < 30 else {None}
        if None not in found:
            return name, frozenset(str(one) for one in found)
    return None


def with_zone(times: Sequence[str | None], zones: Sequence[str | None]) -> Written | None:
    """How times are written with the zone behind them."""
    made = time_format([f"{t} {z}" for t, z in zip(times, zones, strict=True) if t and z])
    return None if made is None or made.naive else made
