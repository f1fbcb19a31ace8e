"""When waybills are issued: the rhythm of days and hours in China time."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from wayseal_sim._scenario import Scenario
from wayseal_sim.types import DAY, HOUR, LOCAL, Floats, Ints

# Orders by hour of the day: a morning of shops, an afternoon, and an evening of shoppers.
_HOURS = (
    1.2, 0.7, 0.4, 0.3, 0.3, 0.5, 1.1, 2.2, 4.2, 6.4, 7.2, 6.6,
    5.0, 5.4, 6.6, 6.8, 6.4, 5.4, 4.4, 4.6, 5.6, 6.0, 4.6, 2.6,
)  # fmt: skip
_WEEK = (1.05, 1.04, 1.02, 1.0, 1.0, 0.92, 0.88)
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The log's span in UTC microseconds, and the distribution of issue times over it."""

    start: int
    end: int
    days: int
    first_day: date
    cumulative: Floats

    def issue_times(self, u: Floats) -> Ints:
        """The times at which the shares `u` (ascending, 0 to 1) of all waybills have been issued."""
        hours = np.interp(u, self.cumulative, np.arange(len(self.cumulative)))
        out: Ints = self.start + (hours * HOUR).astype(np.int64)
        return out

    def share_at(self, at: Ints) -> Floats:
        """The share of all waybills that has been issued at moments; the inverse of `issue_times`."""
        out: Floats = np.interp((at - self.start) / HOUR, np.arange(len(self.cumulative)), self.cumulative)
        return out

    def day_name(self, at: int) -> str:
        """The China date of a moment."""
        return date.fromordinal(self.first_day.toordinal() + (at - self.start) // DAY).isoformat()


def build_calendar(scenario: Scenario) -> Calendar:
    """The calendar of a scenario: whole days from midnight to midnight in China."""
    first = date.fromisoformat(scenario.start)
    start = (first.toordinal() - _EPOCH) * DAY - LOCAL
    weekday = [_WEEK[(first.weekday() + d) % 7] for d in range(scenario.days)]
    weights = np.outer(weekday, _HOURS).ravel()
    cumulative = np.concatenate([[0.0], np.cumsum(weights)])
    return Calendar(
        start=start,
        end=start + scenario.days * DAY,
        days=scenario.days,
        first_day=first,
        cumulative=cumulative / cumulative[-1],
    )
