"""The same hours of an account, of its peers and of its own past."""

import numpy as np
import numpy.typing as npt

from wayseal.detect._view import View
from wayseal.detect.lanes._types import HourProfile

_HOURS = 24
_LOW, _MIDDLE, _HIGH = 5, 50, 95
Floats = npt.NDArray[np.float64]


def profile_hours(view: View, first: int, key: np.uint64) -> HourProfile | None:
    """Reads an hour of the day, of an account beside others.

    Args:
        view: The days that are looked at, and those before.
        first: First local day since 1970 that is looked at.
        key: Of the account.

    Returns:
        The profile; None: the account read nothing in all these days.
    """
    place = np.flatnonzero(view.keys == key)
    if not len(place):
        return None
    mine, split = int(place[0]), (first - view.day) * _HOURS
    actor, hour = view.hours["actor"].to_numpy(), view.hours["hour"].to_numpy()
    reads = view.hours["reads"].to_numpy()
    peers = np.flatnonzero((view.group == view.group[mine]) & (np.arange(len(view.keys)) != mine))
    among = np.full(len(view.keys), -1, np.int64)
    among[peers] = np.arange(len(peers))
    now, past = hour >= split, hour < split
    own = actor == mine
    theirs = now & (among[actor] >= 0)
    table = _means(among[actor[theirs]], hour[theirs], reads[theirs], len(peers))
    table = table[table.any(axis=1)]
    band = np.percentile(table, [_LOW, _MIDDLE, _HIGH], axis=0) if len(table) else np.zeros((3, _HOURS))
    return HourProfile(
        now=_floats(_own_mean(hour[own & now], reads[own & now])),
        past=_floats(_own_mean(hour[own & past], reads[own & past])),
        low=_floats(band[0]),
        middle=_floats(band[1]),
        high=_floats(band[2]),
        days=len(np.unique(hour[own & now] // _HOURS)),
        past_days=len(np.unique(hour[own & past] // _HOURS)),
        peers=len(table),
    )


def _own_mean(hour: npt.NDArray[np.int32], reads: npt.NDArray[np.int64]) -> Floats:
    made: Floats = _means(np.zeros(len(hour), np.int64), hour, reads, 1)[0]
    return made


def _means(who: npt.NDArray[np.int64], hour: npt.NDArray[np.int32], reads: npt.NDArray[np.int64], n: int) -> Floats:
    """Float64 (n, 24): mean reads at an hour of the day, over the days on which each of them read."""
    total = np.bincount(who * _HOURS + hour % _HOURS, reads, minlength=n * _HOURS).reshape(n, _HOURS)
    day = hour.astype(np.int64) // _HOURS
    span = int(day.max(initial=0)) + 1
    days = np.bincount(np.unique(who * span + day) // span, minlength=n)
    made: Floats = total / np.maximum(days, 1)[:, None]
    return made


def _floats(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(value), 2) for value in values)
