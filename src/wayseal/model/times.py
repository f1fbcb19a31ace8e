"""Moments as they are written for people and programs."""

import time
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta, timezone

SECOND_US = 1_000_000
MINUTE_US = 60_000_000
HOUR_US = 3_600_000_000
DAY_US = 86_400_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now_us() -> int:
    """The system's time in microseconds after 1970."""
    return time.time_ns() // 1000


def iso(us: int) -> str:
    """Microseconds after 1970 as ISO 8601 in UTC, to the second unless there is more to say."""
    return time_at(us).isoformat().replace("+00:00", "Z")


def micros(text: str) -> int:
    """A time in ISO 8601 with an offset as microseconds after 1970; ValueError if it is something else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no offset")
    return micros_of(moment)


def micros_of(at: datetime) -> int:
    """A time as microseconds after 1970."""
    return (at - EPOCH) // timedelta(microseconds=1)


def time_at(us: int) -> datetime:
    """Microseconds after 1970 as a time in UTC."""
    return EPOCH + timedelta(microseconds=us)


_CLOCK: ContextVar[timezone] = ContextVar("clock", default=timezone(timedelta(hours=8)))
"""Of all that people read: China's, until an entry (a command, a request, a job) sets another (`set_clock`)."""


def set_clock(hours: int) -> None:
    """Sets the clock of pages, reports, lists and days, as hours ahead of UTC, for what runs in this context."""
    _CLOCK.set(timezone(timedelta(hours=hours)))


def clock() -> timezone:
    """The clock of pages, reports, lists and days."""
    return _CLOCK.get()


def clock_hours() -> int:
    """By how many hours it is ahead of UTC."""
    return clock().utcoffset(None) // timedelta(hours=1)


def clock_us() -> int:
    """The same in microseconds."""
    return clock_hours() * HOUR_US


def clock_name() -> str:
    """The clock's name for people: UTC+8."""
    return f"UTC{clock_hours():+d}"


def stamp(us: int, *, exact: bool = False) -> str:
    """Microseconds after 1970 on that clock, with its offset: 2026-03-02T08:00:00+08:00. exact: with fractions."""
    return time_at(us).astimezone(clock()).isoformat(timespec="auto" if exact else "seconds")


def offset_text(hours: int) -> str:
    """A clock's offset from UTC as commands take it: +08:00."""
    return f"{hours:+03d}:00"


def day_name(day: int) -> str:
    """A day after 1970-01-01 as 2026-03-04."""
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()
