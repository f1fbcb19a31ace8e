"""When somebody is worth a look: the day, and on it the read.

Obligations (code and tests cite the numbers):
1. An account is reported once in a window: on the first day on whose end its score reaches ALERT and the day's budget
   has room; those of whom most is expected to be lost come first (probability times unexplained reads so far). Who
   finds no room waits for the next day. Who never found any is told.
2. `at` is the time of the read with which the score reached ALERT: at a moment of the alert's day a detector says what
   it would say of the odd reads of the days before and of those of the day up to the moment. Where only the day as a
   whole does, it is the account's last read of the day: never earlier than could be known.
3. Where a detector counts out of suspects, those up to the moment; else out of the whole day. Detectors whose odd reads
   have no times (two places at once, beyond capacity, what others counted) say what they said the day before, and so do
   all signals of how much is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from wayseal.detect._judge import STORIES, Finding
from wayseal.detect._score import GROUND, LEVEL, STORY, log_odds
from wayseal.detect._signals import NOW, UNDATED, Signals, describe_story
from wayseal.detect._view import View
from wayseal.detect.peers import DailyEvidence, Usual, evidence
from wayseal.model.arrays import Floats, Longs

AS_TODAY = STORY - {NOW, "days", "share"} | GROUND | {UNDATED, "fresher"}
_HOUR, _DAY = 3_600_000_000, 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAlert:
    """An account (place in the view) whose score reached ALERT: day (place), µs of the read."""

    actor: int
    day: int
    at: int


def find_alerts(
    view: View, signals: Signals, odds: Floats, first_day: int, budget: int
) -> tuple[tuple[AccountAlert, ...], frozenset[int]]:
    """Alerts of the days from `first_day` on, in order of time, and the accounts that found no room (obligation 1).

    odds: float64 (c, d), log odds of the accounts of `signals`. Times are those of the last reads of the day.
    """
    reached = odds >= LEVEL
    lost = signals.odd / (1.0 + np.exp(-odds))
    out: list[AccountAlert] = []
    done = np.zeros(len(odds), np.bool_)
    for day in range(first_day, view.shape[1]):
        waiting = np.flatnonzero(reached[:, day] & ~done)
        order = waiting[np.lexsort((waiting, -odds[waiting, day], -lost[waiting, day]))]
        for row in order[:budget].tolist():
            actor = int(signals.actors[row])
            out.append(AccountAlert(actor=actor, day=day, at=last_read(view, actor, day)))
            done[row] = True
    without = signals.actors[reached[:, first_day:].any(axis=1) & ~done]
    return tuple(sorted(out, key=lambda a: (a.at, a.actor))), frozenset(without.tolist())


def find_moment(
    view: View,
    findings: Sequence[Finding],
    signals: Signals,
    alert: AccountAlert,
    lift: float,
    times: Mapping[str, Longs],
) -> int | None:
    """µs of the first odd read with which the score reaches ALERT; None where no read does (obligations 2 and 3).

    lift: log odds that are taken off. times: detector → µs of its odd reads of the account on that day, sorted.
    """
    actor, day = alert.actor, alert.day
    today = signals.of(actor, day)
    before = signals.of(actor, day - 1) if day else {}
    known = {n: today[n] if n in AS_TODAY else before.get(n, 0.0) for n in today}
    timed = [f for f in findings if f.name in times and len(times[f.name])]
    every = np.unique(np.concatenate([np.zeros(0, np.int64), *(times[f.name] for f in timed)]))
    few, many = 0, len(every)
    while few < many:
        middle = (few + many) // 2
        moment = int(every[middle])
        told = dict(known)
        for one in timed:
            told |= _told_until(view, one, alert, told, times[one.name], moment)
        reached = float(log_odds({n: np.array([v]) for n, v in told.items()})[0]) - lift >= LEVEL
        few, many = (few, middle) if reached else (middle + 1, many)
    return int(every[few]) if few < len(every) else None


def _told_until(
    view: View, finding: Finding, alert: AccountAlert, known: Mapping[str, float], times: Longs, moment: int
) -> dict[str, float]:
    """A detector's signals at a moment of the alert's day; the story's, too, where it says most."""
    actor, day = alert.actor, alert.day
    until = slice(actor, actor + 1), slice(None, day + 1)
    odd, base = finding.odd.odd[until].copy(), finding.odd.base[until].copy()
    odd[0, day] = min(int(odd[0, day]), int(np.searchsorted(times, moment, side="right")))
    if finding.odd.among is not None:
        s = view.suspects
        low, high = np.searchsorted(s.actor, [actor, actor + 1])
        base[0, day] = (finding.odd.among[low:high] & (s.day[low:high] == day) & (s.at[low:high] <= moment)).sum()
    said = _weigh(view, finding, alert, odd, base)
    nats = float(said.total[0, day])
    out = {finding.name: max(nats, known[finding.name])}
    if finding.name in STORIES and nats >= known.get(NOW, 0.0):
        since = int(said.since[0, day])
        inside = np.arange(day + 1) >= since
        story = describe_story(odd * inside, base * inside, np.array([day + 1 - since]))
        out |= {NOW: nats, **{name: float(value[0]) for name, value in story.items()}}
    return out


def _weigh(view: View, finding: Finding, alert: AccountAlert, odd: Longs, base: Floats) -> DailyEvidence:
    """Evidence of a detector on the account with these counts."""
    actor, day = alert.actor, alert.day
    g = int(view.group[actor])
    mine = Usual(**{f.name: getattr(finding.usual, f.name)[g : g + 1, : day + 1] for f in fields(Usual)})
    cleared = None if finding.cleared is None else finding.cleared[actor : actor + 1, : day + 1]
    return evidence(odd, base, np.zeros(1, np.int32), mine, finding.causes.until(actor, day), cleared)


def last_read(view: View, actor: int, day: int) -> int:
    """End of the last hour of the day in which the account read, or its last use of a device, µs."""
    start = (view.day * _DAY) - view.offset
    uses = _rows_of(view.uses, actor, day, day)
    if len(uses):
        return int(view.uses["to"].to_numpy()[uses].max())
    hours = _rows_of(view.hours, actor, day * 24, day * 24 + 23, "hour")
    last = int(view.hours["hour"].to_numpy()[hours].max(initial=day * 24))
    return start + (last + 1) * _HOUR - 1


def _rows_of(table: pa.Table, actor: int, least: int, most: int, column: str = "day") -> Longs:
    """Rows of an account, by which the view's tables are sorted, with a column between two values."""
    low, high = np.searchsorted(table["actor"].to_numpy(), [actor, actor + 1])
    values = table[column].to_numpy()[low:high]
    out: Longs = np.flatnonzero((values >= least) & (values <= most)) + low
    return out


def learn_lift(view: View, false: Longs, true: Longs) -> Floats:
    """float64 (a,): log odds taken off each account. false, true: int64 (groups,), verdicts on its peers' cases."""
    lift: Floats = np.clip(np.log((1.0 + false) / (1.0 + true)), -1.0, 4.0)[view.group]
    return lift
