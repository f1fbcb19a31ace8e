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


def microseconds(text: object) -> int:
    """Microseconds of a text; ValueError where it is no time with an offset, or one before 1970 or after 2199."""
    if not isinstance(text, str) or not _TEXT.fullmatch(text):
        raise ValueError("no time of RFC 3339")
    try:
        at = (datetime.fromisoformat(text.upper()) - _EPOCH) // _MICROSECOND
    except (OverflowError, ValueError):
        at = -1
    if not 0 <= at < _LAST:
        raise ValueError("no time from 1970 to 2199")
    return at


def text(at: int) -> str:
    """A time in UTC, with microseconds."""
    seconds, rest = divmod(at, 1_000_000)
    return f"{second(seconds)}.{rest:06d}Z"


@lru_cache(maxsize=1024)
def second(at: int) -> str:
    """A time in UTC without its zone; at: seconds since 1970. Remembered: many are told within the same second."""
    return (_NAIVE + timedelta(seconds=at)).isoformat()


Moment = Annotated[
    int,
    BeforeValidator(microseconds),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-03-02T08:18:00Z"]}),
]
"""A time of a body: text outside, microseconds inside."""
