"""From when to when: dates and moments as a person writes them.

1. A date is that whole day on the clock of reports (UTC+8, unless another is set); as an end it is included.
2. A moment (with a time of day) counts as it is, as an end it is excluded; without an offset it is of that clock.
3. An end that is not after the start is refused.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from wayseal.model.errors import WaysealError
from wayseal.model.times import clock, micros_of

FIRST, LAST = -(1 << 62), 1 << 62


class PeriodError(WaysealError):
    """A period that can't be used as it was given."""

    exit_code: ClassVar[int] = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Microseconds since 1970, the second excluded. FIRST and LAST stand for no limit."""

    since: int = FIRST
    until: int = LAST


def hours_of(text: str) -> int:
    """By how many hours a clock is ahead of UTC, as the environment says it; PeriodError."""
    if (hours := re.fullmatch(r"[+-]?[0-9]{1,2}", text)) and -12 <= int(text) <= 14:
        return int(hours[0])
    raise PeriodError("needs a whole number from -12 to 14").at(key="WAYSEAL_UTC_OFFSET_HOURS")


def parse_period(start: str | None, end: str | None) -> Period:
    """The period between two texts (rules 1 to 3); PeriodError names the one that can't be read."""
    since = FIRST if start is None else _micros(start, "--from", days=0)
    until = LAST if end is None else _micros(end, "--to", days=1)
    if since >= until:
        raise PeriodError("--to lies before --from, or at it: the period is empty")
    return Period(since=since, until=until)


def _micros(text: str, option: str, *, days: int) -> int:
    text = text.strip()
    try:
        if len(text) <= len("2026-03-02"):
            day = date.fromisoformat(text)
            moment = datetime(day.year, day.month, day.day, tzinfo=clock()) + timedelta(days=days)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=clock())
        return micros_of(moment)
    except (ValueError, OverflowError):
        raise PeriodError(
            "{option} is neither a date such as 2026-03-02 nor a time such as 2026-03-02T08:00+08:00", option=option
        ) from None
