"""An account judged in the middle of a day, beside what the newest batch run learnt: what the stream is held against.

1. What is usual, who is whose peer, what explains an account's work and what each reason counts for are the batch
   run's, by its own functions. Only the account's own reads of the day are new.
2. What a detector says that counts no single unexplained reads (how much is read, devices, hours, places) is what it
   said at the end of the day before, as where a batch run looks for the moment of an alert (`_alerts`).
3. Where the day is over, and nobody else has read since the batch run, it says of the account what a batch run says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from wayseal.detect._alerts import AS_TODAY, learn_lift
from wayseal.detect._detect import (
    Options,
    cleared_days,
    learn_baseline,
    measure_view,
    usable_detectors,
    verdicts_by_group,
    view_of,
    with_external_counts,
)
from wayseal.detect._judge import FRESH, MAIN, STORIES, Finding, Peers, judge
from wayseal.detect._one_account import LastDay
from wayseal.detect._result import NOTHING, ExternalEvidence
from wayseal.detect._score import odds_of, probability, shares_of
from wayseal.detect._service_area import IN_AREA, NONE, Learnt, ServiceAreas
from wayseal.detect._signals import (
    NEVER,
    NOW,
    TOLD_BY,
    UNDATED,
    Signals,
    StandsOutAlike,
    count_fresh,
    describe_story,
    fresher_than,
)
from wayseal.detect._view import Suspects, View, suspects_of
from wayseal.detect.detectors import FRESH_ALONE, Choice, detectors
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import Facts, learnt_facts
from wayseal.detect.peers import stack, weigh
from wayseal.detect.policy import is_worth
from wayseal.detect.window import DAY_US, Window, window_of
from wayseal.ledger import Snapshot
from wayseal.model.arrays import Flags, Floats, UInts
from wayseal.model.progress import Progress, silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """The count of one detector on the day so far, and the 95th percentile of what peers have in a whole day."""

    detector: str
    value: int
    usual: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is said of an account now.

    Attributes:
        probability: That it pulls.
        worth: Whether that is worth acting on (`detect.policy`).
        counts: What speaks for it, the strongest first.
    """

    probability: float
    worth: bool
    counts: tuple[Count, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counter:
    """A detector of single unexplained reads: its finding in the batch run, and what causes say on the last day.

    choose, among: the suspects that count, and those out of which. typical: (a,), what is added to the account's own
    explained reads instead; None: nothing. usual: (g,), the most of 19 of 20 peers in a day; fitted: (5, g, d), see
    `peers.weigh`.
    """

    finding: Finding
    causes: LastDay
    choose: Choice
    among: Choice
    typical: Floats | None
    usual: Floats
    fitted: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Account:
    """An account as the day begins.

    row: where the view has it, known: or one of the largest group that stands for it. signals: of the day before, but
    for who it is (rule 2). learnt: territory. fresh: how many of its earlier unexplained reads are of fresh parcels,
    and how many there are.
    """

    row: int
    known: bool
    signals: dict[str, float]
    learnt: Learnt | None
    fresh: tuple[int, int]


class Intraday:
    """Accounts of a ledger as a batch run knows them, ready to be judged on one day."""

    def __init__(
        self,
        view: View,
        findings: tuple[Finding, ...],
        signals: Signals,
        lift: Floats,
        options: Options,
        first_day: int,
    ):
        """view: its last column is the day; findings, signals: of it; lift: log odds that are taken off, (a,).

        first_day: column of the first day that is asked about.
        """
        self.view, self.signals, self._lift, self._options = view, signals, lift, options
        self._order = np.argsort(view.keys)
        s = view.suspects
        self._areas = ServiceAreas(view, np.flatnonzero(s.plain | (s.territory > 0)))
        self._last = view.shape[1] - 1
        self._bounds = np.searchsorted(s.actor, np.arange(len(view.keys) + 1, dtype=s.actor.dtype))
        self._maybe_people, self._of_role = view.maybe_people, np.log(np.maximum(np.bincount(view.role), 1))
        self._undated = float(signals.values[UNDATED].max(initial=0.0)) if UNDATED in signals.values else None
        self._accounts: dict[int, _Account] = {}
        self.day = view.day + self._last
        self.version = str(learn_baseline(view, findings)["version"])
        peers = Peers(view)
        main = next((f for f in findings if f.name == MAIN), None)
        self._counters = tuple(self._counter(peers, f, main or f) for f in findings if f.odd.suspects is not None)
        most = [f.evidence.total for f in findings if f.name in STORIES]
        self._alike = StandsOutAlike(view, np.max(most, axis=0), first_day) if most else None
        self._stranger = int(np.argmax(np.bincount(view.group)[view.group])) if len(view.keys) else -1

    def _counter(self, peers: Peers, finding: Finding, main: Finding) -> _Counter:
        own = finding.name != MAIN and finding.odd.among is None
        what = finding if own else main
        detector = next(one for one in (*detectors(), FRESH_ALONE) if one.name == finding.name)
        assert detector.choose is not None  # noqa: S101 (it counts suspects)
        return _Counter(
            finding=finding,
            causes=LastDay(peers, what.odd.odd, what.causes),
            choose=detector.choose,
            among=detector.among or detector.choose,
            typical=None if finding.odd.among is not None else _typical(self.view, finding),
            usual=finding.usual.high[:, : self._last].max(axis=1, initial=0.0).round(),
            fitted=stack(finding.usual),
        )

    @property
    def start(self) -> int:
        """The first moment of the day, microseconds since 1970."""
        return self.day * DAY_US - self._options.offset

    def judge(
        self, account: int, rows: Mapping[str, npt.NDArray[Any]], numbers: UInts, judged: int, *, told: bool = True
    ) -> Judgement | None:
        """Judges an account by what it has read so far on the day.

        Args:
            account: Its key.
            rows: Columns of its first reads of the day that no strong template explains, as the suspects of `facts`
                have them, by time.
            numbers: Their waybills' numbers as integers, uint64 (n,); 0 where one has none.
            judged: Its first reads of the day that are judged one by one: all but those under a mandate.
            told: Whether somebody was told of it; else it is judged only where a count is above its usual.

        Returns:
            What is to be said of it; None: nothing, since no count is above its usual.
        """
        one = self._accounts.get(account)
        if one is None:
            one = self._accounts[account] = self._look_up(account)
        today = self._settle(one, suspects_of(rows, numbers, self.view.grounds))
        found = [(c, n) for c in self._counters if (n := int(np.count_nonzero(c.choose(today))))]
        # Fresh reads are told with the unexplained ones.
        counts = [
            Count(detector=c.finding.name, value=n, usual=int(c.usual[self.view.group[one.row]]))
            for c, n in found
            if c.finding.name != FRESH
        ]
        if not told and all(count.value <= count.usual for count in counts):
            return None
        signals = self._signals(one, today, found, judged)
        p = probability(odds_of(signals, float(self._lift[one.row]) if one.known else 0.0))
        lost = max((c.value for c in counts if c.detector in (MAIN, *STORIES)), default=0)
        worth = is_worth(p, lost, self._options.false_alarm)
        if worth:
            shares = shares_of(signals)
            counts.sort(key=lambda c: (-shares.get(c.detector, 0.0), c.detector))
        return Judgement(probability=p, worth=worth, counts=tuple(counts))

    def _signals(
        self, one: _Account, today: Suspects, found: Sequence[tuple[_Counter, int]], judged: int
    ) -> dict[str, float]:
        """An account's signals now, by what its counters counted."""
        told = one.signals.copy()
        story = told.get(NOW, 0.0)
        for counter, n in found:
            beside = None if counter.typical is None else max(judged - n, 0) + float(counter.typical[one.row])
            base = float(np.count_nonzero(counter.among(today))) if beside is None else beside
            nats, said = self._weigh(counter, one, n, base, judged, story)
            name = counter.finding.name
            told[name] = max(nats, told.get(name, 0.0))
            if said:
                story = said[NOW]
                told |= said
        return told | self._of_day(one, today, told)

    def _look_up(self, account: int) -> _Account:
        at = int(np.searchsorted(self.view.keys, np.uint64(account), sorter=self._order))
        known = at < len(self._order) and int(self.view.keys[self._order[at]]) == account
        row = int(self._order[at]) if known else self._stranger
        learnt, fresh = None, (0, 0)
        if known:
            s, low, high = self.view.suspects, int(self._bounds[row]), int(self._bounds[row + 1])
            plain = s.plain[low:high] | (s.territory[low:high] > 0)
            past = np.flatnonzero(plain & (s.day[low:high] < self._last)) + low
            learnt = self._areas.learn(row, s.day[past], self._areas.touched(s.places[past], s.channel[past]))
            fresh = count_fresh(s, low, high, self._last)
        return _Account(
            row=row, known=known, signals=self._signals_before(row, known=known), learnt=learnt, fresh=fresh
        )

    def _settle(self, one: _Account, today: Suspects) -> Suspects:
        """The day's reads, those within the account's territory explained."""
        unknown = today.unknown & (not self.view.gaps)
        new = np.flatnonzero(today.plain)
        if not len(new) or one.row < 0:
            return replace(today, unknown=unknown)
        why = np.zeros(len(today), np.int32)
        touched = self._areas.touched(today.places[new], today.channel[new])
        why[new] = self._areas.label_last_day(one.row, one.learnt, touched)
        weak = today.weak | (today.plain & (why == IN_AREA))
        return replace(today, plain=today.plain & (why == NONE), weak=weak, unknown=unknown, territory=why)

    def _signals_before(self, row: int, *, known: bool) -> dict[str, float]:
        """Signals at the end of the day before, but for who the account is (rule 2)."""
        signals = self.signals
        at = signals.row_of(row)
        if known and self._last and at < len(signals.actors) and int(signals.actors[at]) == row:
            now, before = signals.of(row, self._last), signals.of(row, self._last - 1)
            return {name: value if name in AS_TODAY else before[name] for name, value in now.items()}
        out = dict.fromkeys(signals.values, 0.0)
        out["role"] = float(self._of_role[self.view.role[row]]) if row >= 0 else 0.0
        out["service"] = 0.0 if row < 0 or self._maybe_people[row] else 1.0
        out |= {name: float(np.log(NEVER)) for name in ("unknown", "unknown_service") if name in out}
        return out if self._undated is None else out | {UNDATED: self._undated}

    def _weigh(
        self, counter: _Counter, one: _Account, odd: int, base: float, judged: int, story: float
    ) -> tuple[float, dict[str, float]]:
        """Nats of a detector now, and the story's signals where it tells it with no less than `story` nats."""
        f, row, last = counter.finding, one.row, self._last
        n, m = np.zeros((1, last + 1), np.int64), np.zeros((1, last + 1))
        if one.known:
            n[0, :last], m[0, :last] = f.odd.odd[row, :last], f.odd.base[row, :last]
        n[0, last], m[0, last] = odd, base
        new_day = not self.view.reads[row, last]
        causes = counter.causes.causes(row, odd, new_day=new_day, judged=judged, history=one.known)
        cleared: Flags | None = None if f.cleared is None or not one.known else f.cleared[row : row + 1]
        said = weigh(n, m, self.view.group[row : row + 1], counter.fitted, causes, cleared)
        nats = float(said.total[0, last])
        if f.name not in STORIES or nats < story:
            return nats, {}
        since = int(said.since[0, last])
        inside = np.arange(last + 1) >= since
        told = describe_story(n * inside, m * inside, np.array([last + 1 - since]))
        out = {name: float(value[0]) for name, value in told.items()}
        out |= {NOW: nats, TOLD_BY: float(STORIES.index(f.name)), "steady": float(np.log(causes.steady[0, last]))}
        return nats, out | {"unknown": float(np.log(max(causes.unknown[0, last], NEVER)))}

    def _of_day(self, one: _Account, today: Suspects, told: Mapping[str, float]) -> dict[str, float]:
        """Signals that hang on the story as a whole: who else stands out alike, how fresh the parcels are."""
        out: dict[str, float] = {}
        row = one.row
        if self._alike is not None and row >= 0:
            out["alike"] = self._alike.count(row if one.known else None, int(self.view.role[row]), told.get(NOW, 0.0))
        if row >= 0 and self._maybe_people[row]:
            out["fresher"] = fresher_than(self.signals, one.fresh, today)
        elif row >= 0:
            out |= {f"{name}_service": value for name, value in {**told, **out}.items() if name in ("unknown", "alike")}
        return out


def _typical(view: View, finding: Finding) -> Floats:
    """float64 (a,): what base adds to an account's own explained reads, as of its group's newest day with reads."""
    judged = view.first - view.mandate
    added = np.where(judged > 0, finding.odd.base - (judged - finding.odd.odd), 0.0)
    by_group = np.ones(int(view.group.max(initial=-1)) + 1)
    for day in range(view.shape[1]):
        there = np.flatnonzero(judged[:, day] > 0)
        by_group[view.group[there]] = added[there, day]
    out: Floats = by_group[view.group]
    return out


def prepare(
    snapshot: Snapshot,
    options: Options,
    external: ExternalEvidence = NOTHING,
    *,
    day: int | None = None,
    progress: Progress = silent,
) -> Intraday | None:
    """Readies a ledger's accounts to be judged on a day, by what the newest batch run learnt and nothing since.

    Args:
        snapshot: The ledger.
        options: As of the batch run; `folder` is where its facts are kept.
        external: What detection is told beside the reads.
        day: Local day since 1970; None, or one before the log's last: its last.
        progress: Told how far it is.

    Returns:
        Them; None where the log is empty.

    Raises:
        LedgerError: A file of the ledger is damaged or missing.
        OSError: Facts can't be kept.
    """
    templates = load_templates(None) if options.templates is None else options.templates
    facts: Facts = learnt_facts(snapshot, options.folder, templates, options.offset, progress)
    activity = facts.hours.group_by("hour").aggregate([("reads", "sum")]).rename_columns(["hour", "reads"])
    window = window_of(activity.sort_by("hour"), options.offset, options.since, options.until)
    if window is None:
        return None
    last = max(window.last, window.last if day is None else day)
    window = Window(past=window.past, first=window.first, last=last, stray=window.stray)
    everyone = snapshot.keys(snapshot.actors()["actor"].to_pylist())
    view = with_external_counts(view_of(snapshot, facts, window, everyone), snapshot, external)
    progress("judge", 0, 1)
    able = usable_detectors(snapshot, facts, external)[0]
    findings = judge(view, able, cleared_days(view, snapshot, external))
    _, signals = measure_view(view, findings, window.first - window.past)
    progress("judge", 1, 1)
    lift = learn_lift(view, *verdicts_by_group(view, snapshot, external))
    return Intraday(view, findings, signals, lift, options, window.first - window.past)
