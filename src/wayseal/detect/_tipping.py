"""The read that tipped the balance, once the times of all odd reads are known.

Obligations (code and tests cite the numbers):
1. At a moment of the alert's day the evidence of a detector is that of the day before, and of its odd reads of the day
   up to the moment. Where a detector counts out of suspects, those up to the moment; else out of the whole day.
2. Detectors whose odd reads have no times (two places at once, beyond capacity, what others counted) count at the day's
   end. If only they tip the balance, the moment is what it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields

import numpy as np

from wayseal.detect._judge import Finding, Longs, cap_evidence
from wayseal.detect._view import View
from wayseal.detect.peers import Usual, evidence


def refine_tipping_time(
    view: View, findings: Sequence[Finding], actor: int, day: int, threshold: float, times: Mapping[str, Longs]
) -> int | None:
    """µs of the first odd read with which the evidence reaches the threshold; None where no read does.

    times: detector → µs of its odd reads of the account on that day, sorted.
    """
    held = sum(f.weight_on(actor, day - 1) for f in findings if f.name not in times) if day else 0.0
    timed = [f for f in findings if f.name in times and len(times[f.name])]
    every = np.unique(np.concatenate([np.zeros(0, np.int64), *(times[f.name] for f in timed)]))
    few, many = 0, len(every)
    while few < many:
        middle = (few + many) // 2
        moment = int(every[middle])
        total = held + sum(_partly(view, f, actor, day, times[f.name], moment) for f in timed)
        few, many = (few, middle) if total >= threshold else (middle + 1, many)
    return int(every[few]) if few < len(every) else None


def _partly(view: View, finding: Finding, actor: int, day: int, times: Longs, moment: int) -> float:
    """Weight of a detector at a moment of the day (obligation 1)."""
    odd = finding.odd.odd[actor : actor + 1, : day + 1].copy()
    base = finding.odd.base[actor : actor + 1, : day + 1].copy()
    odd[0, day] = min(int(odd[0, day]), int(np.searchsorted(times, moment, side="right")))
    if finding.odd.among is not None:
        s = view.suspects
        low, high = np.searchsorted(s.actor, [actor, actor + 1])
        then = finding.odd.among[low:high] & (s.day[low:high] == day) & (s.at[low:high] <= moment)
        base[0, day] = then.sum()
    g, usual = int(view.group[actor]), finding.usual
    mine = Usual(**{f.name: getattr(usual, f.name)[g : g + 1, : day + 1] for f in fields(Usual)})
    cleared = None if finding.cleared is None else finding.cleared[actor : actor + 1, : day + 1]
    nats = evidence(odd, base, np.zeros(1, np.int32), mine, cleared).total[:, day]
    return float(cap_evidence(finding.name, nats)[0])
