"""When the balance tips: the day, and on it the read.

Obligations (code and tests cite the numbers):
1. An account is reported once in a window: on the first day on whose end evidence reaches its threshold and the day's
   budget has room; the strongest come first. What is said of their unexplained reads and doesn't count, since no
   detector alone may say so much, goes in with UNCOUNTED of it: most is lost by those. Who finds no room waits for the
   next day. Who never found any is told.
2. `at` is the time of the read that tipped the balance: the first unexplained read with which the evidence of the days
   before, and the unexplained reads of the day up to it, reach the threshold. Where only the day as a whole does, it is
   the account's last read of the day: never earlier than could be known.
3. The threshold is the prior, one in PRIOR, plus what verdicts have taught about the account's peers.
4. Reaching it is reason to look. The score is lower: evidence overstates, as no model knows all that people do at work.
   By how much was counted: RIGHT has how many cases with so much evidence beyond the threshold were right, of couriers
   of many kinds (docs/benchmarks.md).
5. Once the times of all odd reads are known, the moment is sought again: at a moment of the alert's day the evidence of
   a detector is that of the day before, and of its odd reads of the day up to the moment. Where a detector counts out
   of suspects, those up to the moment; else out of the whole day.
6. Detectors whose odd reads have no times (two places at once, beyond capacity, what others counted) count at the day's
   end. If only they tip the balance, the moment is what it was.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from wayseal.detect._judge import MAIN, Finding, Floats, Longs
from wayseal.detect._view import View
from wayseal.detect._weigh import Kind, Said, weigh
from wayseal.detect.peers import DailyEvidence, Usual, evidence

PRIOR = 5_000
THRESHOLD = math.log(PRIOR)
UNCOUNTED = 0.1
"""How much of what doesn't count goes into who finds room first."""
RIGHT = ((0.0, 0.007), (2.7, 0.08), (4.0, 0.15), (5.7, 0.5), (6.45, 0.88), (8.7, 0.96), (20.7, 0.999))
"""Nats beyond the threshold, and the share of cases that are right there; between them, in logits, on a line."""
_HOUR, _DAY = 3_600_000_000, 86_400_000_000
_BEYOND: Floats = np.array([beyond for beyond, _ in RIGHT])
_LOGITS: Floats = np.array([math.log(share / (1.0 - share)) for _, share in RIGHT])


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAlert:
    """An account (place in the view) whose evidence reached the threshold: day (place), µs of the read, evidence."""

    actor: int
    day: int
    at: int
    evidence: float


def score_of(nats: float, threshold: float = THRESHOLD) -> float:
    """Probability of pulling, given the evidence and the prior (obligation 4)."""
    beyond = nats - threshold
    outside = min(beyond - _BEYOND[0], 0.0) + max(beyond - _BEYOND[-1], 0.0)
    logit = float(np.interp(beyond, _BEYOND, _LOGITS)) + float(outside)
    return 1.0 / (1.0 + math.exp(min(max(-logit, -700.0), 700.0)))


def find_alerts(
    view: View, findings: Sequence[Finding], total: Floats, threshold: Floats, first_day: int, budget: int
) -> tuple[tuple[AccountAlert, ...], frozenset[int]]:
    """Alerts of the days from `first_day` on, in order of time, and the accounts that found no room (obligation 1).

    threshold: float64 (a,).
    """
    reached = total >= threshold[:, None]
    stories = (one.evidence.total for one in findings if one.kind in (Kind.STORY, Kind.WEAK))
    said = sum(stories, np.zeros(view.shape))
    out: list[AccountAlert] = []
    done = np.zeros(view.shape[0], np.bool_)
    for day in range(first_day, view.shape[1]):
        waiting = np.flatnonzero(reached[:, day] & ~done)
        strength = total[waiting, day] - threshold[waiting] + UNCOUNTED * said[waiting, day]
        order = waiting[np.lexsort((waiting, -strength))]
        for actor in order[:budget].tolist():
            at = find_tipping_time(view, findings, total, actor, day, float(threshold[actor]))
            out.append(AccountAlert(actor=actor, day=day, at=at, evidence=float(total[actor, day])))
            done[actor] = True
    without = np.flatnonzero(reached[:, first_day:].any(axis=1) & ~done)
    return tuple(sorted(out, key=lambda a: (a.at, a.actor))), frozenset(without.tolist())


def find_tipping_time(
    view: View, findings: Sequence[Finding], total: Floats, actor: int, day: int, threshold: float
) -> int:
    """µs of the read that tipped the balance (obligation 2)."""
    before = float(total[actor, day - 1]) if day else 0.0
    main = next((f for f in findings if f.name == MAIN), None)
    last = _last_read(view, actor, day)
    if main is None or main.odd.suspects is None:
        return last
    s = view.suspects
    low, high = np.searchsorted(s.actor, [actor, actor + 1])
    rows = np.flatnonzero(main.odd.suspects[low:high] & (s.day[low:high] == day)) + low
    held = float(main.weight[actor, day - 1]) if day else 0.0
    enough = threshold - (before - held)
    few, many = 1, len(rows) + 1
    while few < many:
        middle = (few + many) // 2
        if middle <= len(rows) and _partly(main, view, actor, day, middle) < enough:
            few = middle + 1
        else:
            many = middle
    return int(s.at[rows[few - 1]]) if few <= len(rows) else last


def _partly(main: Finding, view: View, actor: int, day: int, count: int) -> float:
    """Evidence of the main detector on the day's end had there been so many odd reads only, and all else as it was."""
    said = _said_with(main, view, actor, day, count, float(main.odd.base[actor, day]))
    return float(weigh([said])[0][0])


def _said_with(finding: Finding, view: View, actor: int, day: int, odd: int, base: float) -> Said:
    """What a detector would say of an account at a day's end, with these counts of the day and all else as it was."""
    until = slice(actor, actor + 1), slice(None, day + 1)
    counts, bases = finding.odd.odd[until].copy(), finding.odd.base[until].copy()
    counts[0, day], bases[0, day] = odd, base
    g = int(view.group[actor])
    mine = Usual(**{f.name: getattr(finding.usual, f.name)[g : g + 1, : day + 1] for f in fields(Usual)})
    cleared = None if finding.cleared is None else finding.cleared[until]
    one = evidence(counts, bases, np.zeros(1, np.int32), mine, finding.causes.until(actor, day), cleared)
    return Said(kind=finding.kind, nats=one.total[:, day], age=one.age_of(counts)[:, day])


def _last_read(view: View, actor: int, day: int) -> int:
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


def thresholds(view: View, false: Longs, true: Longs) -> Floats:
    """float64 (a,): the threshold of each account. false, true: int64 (groups,), verdicts on its peers' cases."""
    lift = np.log((1.0 + false) / (1.0 + true))
    return np.maximum(THRESHOLD + np.clip(lift, -1.0, 4.0), 1.0)[view.group]


def refine_tipping_time(
    view: View, findings: Sequence[Finding], actor: int, day: int, threshold: float, times: Mapping[str, Longs]
) -> int | None:
    """µs of the first odd read with which the evidence reaches the threshold; None where no read does.

    times: detector → µs of its odd reads of the account on that day, sorted.
    """
    timed = [f for f in findings if f.name in times and len(times[f.name])]
    held = [_said_before(f, actor, day) for f in findings if f.name not in times] if day else []
    every = np.unique(np.concatenate([np.zeros(0, np.int64), *(times[f.name] for f in timed)]))
    few, many = 0, len(every)
    while few < many:
        middle = (few + many) // 2
        moment = int(every[middle])
        now = [_said_until(view, f, actor, day, times[f.name], moment) for f in timed]
        total = sum(float(nats[0]) for nats in weigh([*held, *now]))
        few, many = (few, middle) if total >= threshold else (middle + 1, many)
    return int(every[few]) if few < len(every) else None


def _said_before(finding: Finding, actor: int, day: int) -> Said:
    """What a detector said at the end of the day before."""
    until, said = (slice(actor, actor + 1), slice(None, day)), finding.evidence
    mine = DailyEvidence(total=said.total[until], since=said.since[until])
    return Said(kind=finding.kind, nats=mine.total[:, -1], age=mine.age_of(finding.odd.odd[until])[:, -1])


def _said_until(view: View, finding: Finding, actor: int, day: int, times: Longs, moment: int) -> Said:
    """What a detector says at a moment of the day (obligation 5)."""
    odd = min(int(finding.odd.odd[actor, day]), int(np.searchsorted(times, moment, side="right")))
    base = float(finding.odd.base[actor, day])
    if finding.odd.among is not None:
        s = view.suspects
        low, high = np.searchsorted(s.actor, [actor, actor + 1])
        base = float((finding.odd.among[low:high] & (s.day[low:high] == day) & (s.at[low:high] <= moment)).sum())
    return _said_with(finding, view, actor, day, odd, base)
