"""The days of a log: local midnights, and what falls out of opening hours."""

from dataclasses import dataclass

import numpy as np

from wayseal_sim.types import DAY, HOUR, Floats, Ints, hour_of_day, midnight

WARM = 4
"""Days before the log from which parcels are on their way."""
_FIRST = 1_767_542_400_000_000  # midnight of 2026-01-05, a Monday, in China
_OPEN = 8
_WEEK = np.array([1.06, 1.04, 1.02, 1.0, 1.0, 0.94, 0.9])


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The log: its first local midnight (UTC microseconds) and its days; volume of each day.

    curve: from WARM days before the log on.
    """

    start: int
    days: int
    curve: Floats
    peak: int

    @property
    def end(self) -> int:
        """Excluded."""
        return self.start + self.days * DAY

    def day_of(self, at: Ints) -> Ints:
        """Day of the log, 0 for its first; negative before."""
        out: Ints = (at - self.start) // DAY
        return out


def build_span(curve: str, days: int, rng: np.random.Generator) -> Span:
    """A span that begins at midnight of a drawn day of 2026."""
    first = int(rng.integers(0, 300))
    day = np.arange(-WARM, days)
    much = _WEEK[(day + first) % 7] * rng.lognormal(0, 0.05, len(day))
    peak = max(1, int(days * rng.uniform(0.45, 0.75)))
    if curve == "peak":
        much = np.where((day == peak) | (day == peak + 1), much * rng.uniform(3, 5), much)
    elif curve == "dip":
        much = np.where((day >= peak) & (day < peak + 3), much * rng.uniform(0.15, 0.4), much)
    elif curve == "holiday":
        much = np.where((day >= peak) & (day < peak + 3), much * rng.uniform(0.08, 0.15), much)
    elif curve == "flat":
        much = np.ones(len(day))
    return Span(start=_FIRST + first * DAY, days=days, curve=much / much.sum(), peak=peak)


def opened(at: Ints, rng: np.random.Generator, close: int = 20) -> Ints:
    """Times in opening hours: what falls at night waits for the morning."""
    hour = hour_of_day(at)
    day = midnight(at) + np.where(hour >= close, DAY, 0)
    morning = day + _OPEN * HOUR + (rng.random(len(at)) * 2 * HOUR).astype(np.int64)
    out: Ints = np.where((hour < _OPEN) | (hour >= close), morning, at)
    return out


def hours(rng: np.random.Generator, n: int, low: float, high: float) -> Ints:
    """So many stretches between two numbers of hours."""
    out: Ints = (rng.uniform(low, high, n) * HOUR).astype(np.int64)
    return out
