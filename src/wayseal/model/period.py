"""From when to when: dates and moments as a person writes them.

1. A date is that whole day in China (UTC+8), the day in which reports speak; as an end it is included.
2. A moment (with a time of day) counts as it is, as an end it is excluded; without an offset it is China's.
3. An end that is not after the start is refused.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import ClassVar

from wayseal.model.errors import WaysealError

CHINA = timezone(timedelta(hours=8))
_EPOCH = datetime.fromtimestamp(0, CHINA)
_MICRO = timedelta(microseconds=1)
FIRST, LAST = -(1 << 62), 1 << 62


class PeriodError(WaysealError):
    """A period that can't be used as it was given."""

    exit_code: ClassVar[int] = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Microseconds since 1970, the second excluded. FIRST and LAST stand for no limit."""

    since: int = FIRST
    until: int = LAST


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
            moment = datetime(day.year, day.month, day.day, tzinfo=CHINA) + timedelta(days=days)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
        return (moment - _EPOCH) // _MICRO
    except (ValueError, OverflowError):
        raise PeriodError(
            "{option} is neither a date such as 2026-03-02 nor a time such as 2026-03-02T08:00+08:00", option=option
        ) from None
