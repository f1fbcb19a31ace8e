"""All detectors on a view, weighed together."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wayseal.detect._unknown_work import find_unknown_work
from wayseal.detect._view import View
from wayseal.detect.detectors import Detector, Odd
from wayseal.detect.peers import WEEKS, DailyEvidence, Usual, evidence, fit

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


CAP = 15.0
"""Most nats of one detector."""
YOUNG, EPISODE = 3, 12.5
"""Most nats of one detector of which all evidence is of YOUNG days: helping out, training, an audit are over by then."""
MAIN = "unexplained_first_reads"
ALWAYS = frozenset((MAIN, "canary_touch", "partner_contract"))
OFTEN = 0.1
"""Share of those who pull that does what a detector not in ALWAYS looks for."""
_THREADS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one detector says of a view: counts, what is usual among peers, evidence.

    unknown: float64 (a, d), how probable it is that no table knows the account's work. cleared: bool (a, d), days said
    to be work, or None for no day. part: float64 (a, d), how much of it counts, for what is counted out of the unexplained
    reads: all that is says no more than these do themselves. None: all of it.
    """

    name: str
    odd: Odd
    usual: Usual
    evidence: DailyEvidence
    unknown: Floats
    cleared: Flags | None = None
    part: Floats | None = None

    @property
    def weight(self) -> Floats:
        """float64 (a, d): nats that count."""
        age = np.arange(self.odd.odd.shape[1]) - self.evidence.since
        nats = cap_evidence(self.name, self.evidence.total, age)
        return nats if self.part is None else nats * self.part

    def weight_on(self, actor: int, day: int) -> float:
        """The same of one account and day (places)."""
        cell = slice(actor, actor + 1), slice(day, day + 1)
        nats = float(cap_evidence(self.name, self.evidence.total[cell], day - self.evidence.since[cell])[0, 0])
        return nats if self.part is None else nats * float(self.part[actor, day])

    @property
    def reported(self) -> Longs:
        """int64 (a, d): the counts that a report gives."""
        return self.odd.odd if self.odd.reported is None else self.odd.reported


def cap_evidence(name: str, nats: Floats, age: Longs) -> Floats:
    """Nats of a detector that count, up to CAP, or EPISODE where their first day is at most YOUNG days ago (`age`).

    Not everybody who pulls does what a further detector looks for: only a share (OFTEN) is thought to.
    """
    if name not in ALWAYS:
        nats = np.logaddexp(np.log1p(-OFTEN), np.log(OFTEN) + nats)
    out: Floats = np.minimum(nats, np.where(age < YOUNG, EPISODE, CAP))
    return out


def judge(view: View, detectors: Sequence[Detector], cleared: Flags | None = None) -> tuple[Finding, ...]:
    """Each detector's findings. cleared: bool (a, d), days of which somebody has said that they were work."""
    unexplained = find_unknown_work(view, view.count(view.suspects.plain | view.suspects.unknown))

    def found(detector: Detector) -> Finding:
        odd = detector.count(view)
        own = detector.name != MAIN and odd.among is None
        unknown = find_unknown_work(view, odd.odd) if own else unexplained
        usual = fit(odd.odd, odd.base, view.group, view.role)
        weighed = evidence(odd.odd, odd.base, view.group, usual, unknown, cleared)
        if odd.least > 0:
            weighed = _at_least(weighed, odd, cleared)
        return Finding(name=detector.name, odd=odd, usual=usual, evidence=weighed, unknown=unknown, cleared=cleared)

    with ThreadPoolExecutor(_THREADS) as pool:
        findings = tuple(pool.map(found, detectors))
    main = next((f for f in findings if f.name == MAIN), None)
    return findings if main is None else tuple(_in_part(findings, main, view.shape))


def _in_part(findings: Sequence[Finding], main: Finding, shape: tuple[int, int]) -> Iterator[Finding]:
    """Findings, of which those that are about the same reads as the main one count in part.

    What is counted out of the unexplained reads says no more than these do. What is weakly explained and what isn't
    are as a rule two sides of one story, and say together no more than one detector may.
    """
    details = add_evidence([f for f in findings if f.odd.among is not None], shape)
    for one in findings:
        if one.odd.among is not None:
            yield replace(one, part=np.minimum(1.0, main.weight / np.maximum(details, 1e-9)))
        elif one.odd.weak:
            most = np.maximum(_most(main), _most(one))
            yield replace(one, part=np.clip((most - main.weight) / np.maximum(one.weight, 1e-9), 0.0, 1.0))
        else:
            yield one


def _most(finding: Finding) -> Floats:
    """float64 (a, d): what a finding may say at most, given how long it goes on."""
    age = np.arange(finding.odd.odd.shape[1]) - finding.evidence.since
    most: Floats = np.where((age < YOUNG) | (finding.evidence.total < 1.0), EPISODE, CAP)
    return most


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
