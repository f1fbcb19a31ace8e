"""Which days are looked at.

1. The window ends with the last day of the log and is four weeks long, unless it is given.
2. Times that lie more than two days outside nearly all reads are stray: clocks that jumped. They don't move the
   window, and they are counted. Nearly all are all but one in 100,000 at each end; of small logs all but FEW, if that
   is no more than one in a thousand. So are those that APART days without any read part from most of the log, if they
   are less than one in a hundred: one clock that is years off may go on for long.
3. Four weeks before the window are looked at as its past.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa

from wayseal.detect.errors import DetectError
from wayseal.model.arrays import Flags, Longs
from wayseal.model.times import clock_us

DAY_US, HOUR_US = 86_400_000_000, 3_600_000_000
DAYS = 28
MOST_DAYS = 400
_FIRST, _LAST = date(1970, 1, 2), date(9998, 12, 31)
"""Days that can be written as times, whatever the offset."""
_STRAY, _NEAR = 1e-5, 48
FEW, _THOUSANDTH = 3, 1e-3
APART, _HUNDREDTH = 28, 1e-2


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Local days since 1970, all included: past from `past`, asked about `first` to `last`; stray: reads outside."""

    past: int
    first: int
    last: int
    stray: int


class WindowError(DetectError):
    """A day that can't be read, or a window that can't be."""

    exit_code = 2


def parse_day(text: str | None, name: str) -> int | None:
    """Days since 1970 of a date such as 2026-03-02; None for None. WindowError names the option."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise WindowError("{name} must be a day such as 2026-03-02", name=name) from None
    if not _FIRST <= day <= _LAST:
        raise WindowError("{name} must lie between {first} and {last}", name=name, first=_FIRST, last=_LAST)
    return (day - date(1970, 1, 1)).days


def parse_offset(text: str | None) -> int:
    """Offset from UTC in µs: +08:00; None: that of the clock of reports. WindowError."""
    if text is None:
        return clock_us()
    try:
        moment = datetime.fromisoformat("2000-01-01T00:00:00" + text)
    except ValueError:
        raise WindowError("--offset must be such as +08:00") from None
    ahead = moment.utcoffset()
    if ahead is None or ahead % timedelta(hours=1):
        raise WindowError("--offset must be whole hours, such as +08:00")
    return ahead // timedelta(microseconds=1)


def _near(hour: Longs, reads: Longs) -> Flags:
    """Which hours (sorted) are not stray (rule 2)."""
    part = np.cumsum(np.append(0, np.diff(hour) >= APART * 24))
    each = np.bincount(part, reads)
    most = part == np.argmax(each)
    main = most | (each >= _HUNDREDTH * reads.sum())[part]
    kept = np.where(main, reads, 0)
    few = max(_STRAY * kept.sum(), min(FEW, _THOUSANDTH * kept.sum()))
    up, down = np.cumsum(kept), np.cumsum(kept[::-1])[::-1]
    low, high = int(hour[np.argmax(up > few)]), int(hour[np.flatnonzero(down > few)[-1]])
    near: Flags = main & (hour >= low - _NEAR) & (hour <= high + _NEAR)
    return near


def _days_with_reads(hour: Longs, offset: int) -> tuple[int, int]:
    """The first and the last local day of all, stray ones too: whoever asks for these may look at them."""
    return (int(hour.min()) * HOUR_US + offset) // DAY_US, (int(hour.max()) * HOUR_US + offset) // DAY_US


def window_of(activity: pa.Table, offset: int, since: int | None, until: int | None) -> Window | None:
    """The window of a log (hour since 1970, reads); None without reads. since, until: local days, both included."""
    hour, reads = activity["hour"].to_numpy().astype(np.int64), activity["reads"].to_numpy()
    total = int(reads.sum())
    if not total:
        return None
    near = _near(hour, reads)
    begin, end = ((int(h) * HOUR_US + offset) // DAY_US for h in (hour[near].min(), hour[near].max()))
    last = end if until is None else until
    first = max(begin, last - DAYS + 1) if since is None else since
    if first > last:
        raise WindowError("--from must not be after --to, nor after the log")
    if (ends := _days_with_reads(hour, offset))[0] > last or ends[1] < first:
        days = [str(date(1970, 1, 1) + timedelta(days=day)) for day in ends]
        raise WindowError("no read is of these days; the log goes from {first} to {last}", first=days[0], last=days[1])
    if last - first >= MOST_DAYS:
        raise WindowError("at most {most} days can be looked at together", most=MOST_DAYS)
    past = min(first, max(begin, first - DAYS))
    return Window(past=past, first=first, last=last, stray=int(reads[~near].sum()))
