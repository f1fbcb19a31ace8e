"""All detectors on a view."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wayseal.detect._unknown_work import Peers
from wayseal.detect._view import View
from wayseal.detect.detectors import Detector, Odd
from wayseal.detect.peers import WEEKS, Causes, DailyEvidence, Usual, evidence, fit

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


MAIN = "unexplained_first_reads"
FRESH = "fresh_first_reads"
RESPONSIBILITY = "responsibility_only"
STORIES = (FRESH, RESPONSIBILITY)
"""Detectors of whom the one that says most tells since when, and how, somebody reads what no work explains."""
SURE = frozenset(("canary_touch", "partner_contract"))
_THREADS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one detector says of a view: counts, what is usual among peers, evidence.

    causes: how probable innocent causes are. cleared: bool (a, d), days said to be work, or None for no day.
    """

    name: str
    odd: Odd
    usual: Usual
    evidence: DailyEvidence
    causes: Causes
    cleared: Flags | None = None

    @property
    def sure(self) -> bool:
        """Whether what it counts is sure by itself, and no matter of what is usual."""
        return self.name in SURE

    @property
    def is_detail(self) -> bool:
        """Whether it tells only how unexplained reads were done, or what else there was."""
        return self.name != MAIN and not self.sure and not self.odd.weak


def judge(view: View, detectors: Sequence[Detector], cleared: Flags | None = None) -> tuple[Finding, ...]:
    """Each detector's findings. cleared: bool (a, d), days of which somebody has said that they were work."""
    peers = Peers(view)
    main = view.count(view.suspects.plain | view.suspects.unknown)
    main_causes = peers.find_causes(main)

    def found(detector: Detector) -> Finding:
        odd = detector.count(view)
        own = detector.name != MAIN and odd.among is None
        causes = peers.find_causes(odd.odd) if own else main_causes
        usual = fit(odd.odd, odd.base, view.group, view.role)
        weighed = evidence(odd.odd, odd.base, view.group, usual, causes, cleared)
        if odd.least > 0:
            weighed = _at_least(weighed, odd, cleared)
        return Finding(
            name=detector.name,
            odd=odd,
            usual=usual,
            evidence=weighed,
            causes=causes,
            cleared=cleared,
        )

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
