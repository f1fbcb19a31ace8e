"""All detectors on a view, weighed together."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wayseal.detect._view import View
from wayseal.detect.detectors import Detector, Odd
from wayseal.detect.peers import WEEKS, DailyEvidence, Usual, evidence, fit

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


CAP = 15.0
"""Most nats of one detector."""
ALWAYS = frozenset(("unexplained_first_reads", "canary_touch", "partner_contract"))
OFTEN = 0.1
"""Share of those who pull that does what a detector not in ALWAYS looks for."""
_THREADS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one detector says of a view: counts, what is usual among peers, evidence.

    cleared: bool (a, d), days said to be work, or None for no day.
    """

    name: str
    odd: Odd
    usual: Usual
    evidence: DailyEvidence
    cleared: Flags | None = None

    @property
    def weight(self) -> Floats:
        """float64 (a, d): nats that count (`cap_evidence`)."""
        return cap_evidence(self.name, self.evidence.total)

    def weight_on(self, actor: int, day: int) -> float:
        """The same of one account and day (places)."""
        return float(cap_evidence(self.name, self.evidence.total[actor : actor + 1, day])[0])

    @property
    def reported(self) -> Longs:
        """int64 (a, d): the counts that a report gives."""
        return self.odd.odd if self.odd.reported is None else self.odd.reported


def cap_evidence(name: str, nats: Floats) -> Floats:
    """Nats of a detector that count, up to CAP.

    Not everybody who pulls does what a further detector looks for: only a share (OFTEN) is thought to.
    """
    if name not in ALWAYS:
        nats = np.logaddexp(np.log1p(-OFTEN), np.log(OFTEN) + nats)
    out: Floats = np.minimum(nats, CAP)
    return out


def judge(view: View, detectors: Sequence[Detector], cleared: Flags | None = None) -> tuple[Finding, ...]:
    """Each detector's findings. cleared: bool (a, d), days of which somebody has said that they were work."""

    def found(detector: Detector) -> Finding:
        odd = detector.count(view)
        usual = fit(odd.odd, odd.base, view.group, view.role)
        weighed = evidence(odd.odd, odd.base, view.group, usual, cleared)
        if odd.least > 0:
            weighed = _at_least(weighed, odd, cleared)
        return Finding(name=detector.name, odd=odd, usual=usual, evidence=weighed, cleared=cleared)

    with ThreadPoolExecutor(_THREADS) as pool:
        return tuple(pool.map(found, detectors))


def _at_least(weighed: DailyEvidence, odd: Odd, cleared: Flags | None) -> DailyEvidence:
    """Evidence of no less than `odd.least` on the four weeks from an odd read on, unless its day is cleared."""
    total, since = weighed.total.copy(), weighed.since.copy()
    counts = odd.odd > 0 if cleared is None else (odd.odd > 0) & ~cleared
    for actor in np.flatnonzero(counts.any(axis=1)).tolist():
        days = np.flatnonzero(counts[actor])
        for day in range(int(days[0]), total.shape[1]):
            recent = days[(days > day - WEEKS) & (days <= day)]
            if len(recent) and total[actor, day] < odd.least:
                total[actor, day], since[actor, day] = odd.least, recent[0]
    return replace(weighed, total=total, since=since)


def add_evidence(findings: Sequence[Finding], shape: tuple[int, int]) -> Floats:
    """Evidence of all detectors, float64 (a, d) in nats.

    They are added, each up to CAP: no model of what is usual is so right that one detector alone may say more. What
    each says is weighed given what the one before it counts (walks, batches and early reads out of
    the unexplained ones), or is about other reads.
    """
    out = np.zeros(shape)
    for one in findings:
        out += one.weight
    return out
