"""Times at the border: text of RFC 3339 outside, microseconds since 1970 inside."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

_TEXT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE = _EPOCH.replace(tzinfo=None)
_LAST = 7_258_118_400_000_000
"""The year 2200."""
_MICROSECOND = timedelta(microseconds=1)


def parse_timestamp(text: object) -> int:
    """Microseconds of a text; ValueError where it is no time with an offset, or one before 1970 or after 2199."""
    if not isinstance(text, str) or not _TEXT.fullmatch(text):
        raise ValueError("no time of RFC 3339")
    try:
        us = (datetime.fromisoformat(text.upper()) - _EPOCH) // _MICROSECOND
    except (OverflowError, ValueError):
        us = -1
    if not 0 <= us < _LAST:
        raise ValueError("no time from 1970 to 2199")
    return us


def format_timestamp(us: int) -> str:
    """A time in UTC, with microseconds."""
    seconds, rest = divmod(us, 1_000_000)
    return f"{format_second(seconds)}.{rest:06d}Z"


@lru_cache(maxsize=1024)
def format_second(seconds: int) -> str:
    """A time in UTC without its zone; seconds: since 1970. Remembered: many are told within the same second."""
    return (_NAIVE + timedelta(seconds=seconds)).isoformat()


Timestamp = Annotated[
    int,
    BeforeValidator(parse_timestamp),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-03-02T08:18:00Z"]}),
]
"""A time of a body: text outside, microseconds inside."""
