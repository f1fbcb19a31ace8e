"""How far a partner's clock stands from ours.

Obligations (code and tests cite the numbers):
1. A pair is one call in both logs: the same request id and waybill, or, where requests carry no common ids, any of ours
   with any of theirs on one waybill. Wrong pairs scatter, right ones agree.
2. The skew is the median of the densest minute of the differences (theirs minus ours), day by day where that can be
   told (3). It counts only where at least `LEAST` waybills and a fifth of all agree; else it can't be told.
3. A day's own skew counts where half of its waybills agree, near the whole's (clocks drift), or far from it with
   `MANY` of them (a clock was set anew) and twice as many as agree with the whole's: regular polls agree with each
   other, too. Days without one take the nearest day's.
4. A drift is said where it adds up to `VISIBLE_S` and to more than the days scatter; it is the median of the slopes
   between days.
5. A skew within `ZONE_SLACK_S` of a multiple of half an hour is another time zone; what is left is the clock.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wayseal.detect.partners._reads import DAY_US, Longs, UInts
from wayseal.detect.partners._result import Skew

WINDOW_US = 60_000_000
LEAST, SHARE = 3, 0.2
MANY, DAY_LEAST, DAY_SHARE = 20, 5, 0.5
NEAR_US = 1_800_000_000
JUMP_US = 600_000_000
VISIBLE_S = 5.0
ZONE_SLACK_S, HALF_HOUR_S, WIDEST_ZONE_S = 300.0, 1800, 26 * 3600
_MOST_DAYS = 400
_S = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPairs:
    """p pairs: at[p] µs (ours), diff[p] µs (theirs minus ours), waybill[p]."""

    at: Longs
    diff: Longs
    waybill: UInts


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """day[d]: UTC days, sorted, skew[d]: µs on each; `whole` before any is known. skew of a moment by its day."""

    summary: Skew | None
    whole: int = 0
    day: Longs
    skew: Longs

    def at(self, moment: Longs, days: int = 0) -> Longs:
        """The skew at moments of our clock, or of so many days later."""
        if not len(self.day):
            return np.full(len(moment), self.whole, np.int64)
        wanted = moment // DAY_US + days
        after = np.minimum(np.searchsorted(self.day, wanted), len(self.day) - 1)
        before = np.maximum(after - 1, 0)
        nearer = np.abs(self.day[before] - wanted) < np.abs(self.day[after] - wanted)
        return self.skew[np.where(nearer, before, after)]

    @property
    def jumps(self) -> bool:
        """Whether the clock was set anew on the way."""
        return self.summary is not None and bool(self.summary.jumps)


NO_CLOCK = Clock(summary=None, day=np.zeros(0, np.int64), skew=np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mode:
    """The densest minute: its median, how many waybills agree, of how many."""

    middle: int
    agreeing: int
    of: int


def clock_of(pairs: CallPairs) -> Clock:
    """The partner's clock (obligations 2 to 5)."""
    if not len(pairs.diff):
        return NO_CLOCK
    whole = _mode(pairs.diff, pairs.waybill)
    day, skew = _days(pairs, whole)
    made = Clock(summary=None, whole=whole.middle, day=day, skew=skew)
    right = np.abs(pairs.diff - made.at(pairs.at)) <= WINDOW_US
    agreeing = len(np.unique(pairs.waybill[right]))
    if agreeing < LEAST or agreeing < SHARE * whole.of:
        return NO_CLOCK
    jumps = _jumps(day, skew)
    seconds = float(whole.middle if jumps else np.median(pairs.diff[right])) / _S
    summary = Skew(
        seconds=seconds,
        zone=_zone(seconds),
        waybills=whole.of,
        agreeing=agreeing / whole.of,
        drift=None if jumps else _drift(day, skew),
        jumps=jumps,
    )
    return replace(made, summary=summary)


def _mode(diff: Longs, waybill: UInts) -> _Mode:
    """Obligation 2; of several densest minutes the one nearest to 0."""
    order = np.argsort(diff, kind="stable")
    value, owner = diff[order], waybill[order]
    end = np.searchsorted(value, value + WINDOW_US, side="right")
    size = end - np.arange(len(value))
    best = np.flatnonzero(size == size.max())
    start = int(best[np.argmin(np.abs(value[best]))])
    inside = slice(start, int(end[start]))
    return _Mode(
        middle=int(np.median(value[inside])), agreeing=len(np.unique(owner[inside])), of=len(np.unique(waybill))
    )


def _days(pairs: CallPairs, whole: _Mode) -> tuple[Longs, Longs]:
    """Obligation 3."""
    day = pairs.at // DAY_US
    order = np.argsort(day, kind="stable")
    found, start = np.unique(day[order], return_index=True)
    days, skews = [], []
    for one, rows in zip(found.tolist(), np.split(order, start[1:]), strict=True):
        mode = _mode(pairs.diff[rows], pairs.waybill[rows])
        near = abs(mode.middle - whole.middle) <= NEAR_US
        as_ever = np.abs(pairs.diff[rows] - whole.middle) <= WINDOW_US
        kept = 0 if near else 2 * len(np.unique(pairs.waybill[rows][as_ever]))
        if mode.agreeing >= max(DAY_LEAST if near else MANY, DAY_SHARE * mode.of, kept):
            days.append(one)
            skews.append(mode.middle)
    return np.array(days, np.int64), np.array(skews, np.int64)


def _jumps(day: Longs, skew: Longs) -> tuple[tuple[int, float], ...]:
    """Days on which the clock stood more than ten minutes from the day before."""
    far = np.flatnonzero(np.abs(np.diff(skew)) > JUMP_US) + 1
    return tuple((int(day[n]), float(skew[n] / _S)) for n in far.tolist())


def _drift(day: Longs, skew: Longs) -> float | None:
    """Obligation 4."""
    day, seconds = day[:_MOST_DAYS].astype(np.float64), skew[:_MOST_DAYS] / _S
    if len(day) < 3:
        return None
    one, other = np.triu_indices(len(day), 1)
    slope = float(np.median((seconds[other] - seconds[one]) / (day[other] - day[one])))
    left: npt.NDArray[np.float64] = seconds - slope * day
    scatter = float(np.median(np.abs(left - np.median(left))))
    whole = abs(slope) * float(day[-1] - day[0])
    return slope if whole >= max(VISIBLE_S, 4 * scatter) else None


def _zone(seconds: float) -> int:
    """Obligation 5: minutes."""
    zone = round(seconds / HALF_HOUR_S) * HALF_HOUR_S
    return zone // 60 if abs(seconds - zone) <= ZONE_SLACK_S and abs(zone) <= WIDEST_ZONE_S else 0
