"""From scores to cases: who belongs together, and why each stands out, with the reads behind it.

What a count is held against, and which of an account's reads look like its work: for people who read a case.

1. Others are the account's peers; where it has none that read in these days, its role; else everybody.
2. An account's own days are those before the count begins, on which it read.
3. Ground that reads have in common is named by the outlets that most of them passed, each read once, and by the
   interfaces that issued them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from wayseal.detect._alerts import AccountAlert, last_read
from wayseal.detect._judge import FRESH, MAIN, Finding
from wayseal.detect._link import LinkedAccounts
from wayseal.detect._missing_work import count_unknown_work, find_teams
from wayseal.detect._result import (
    MOST_READS,
    MOST_WAYBILLS,
    Case,
    Comparison,
    Ground,
    Others,
    Person,
    Read,
    Reason,
    ServiceArea,
)
from wayseal.detect._score import BEYOND, probability, shares_of
from wayseal.detect._service_area import AT_OUTLET, BY_CHANNEL, IN_AREA, OUTLETS
from wayseal.detect._signals import GROWN, Signals, count_left
from wayseal.detect._view import View
from wayseal.detect.peers import WEEKS
from wayseal.detect.policy import FALSE_ALARM, expected_loss, is_worth
from wayseal.model.arrays import Flags, Floats, Longs, UInts

Names = Callable[[str, Sequence[int]], list[str]]


class Comparer:
    """Compares the accounts of a view."""

    def __init__(self, view: View) -> None:
        """The tables that all comparisons need."""
        self.view = view
        self._odd, self._judged = count_unknown_work(view)
        self._team = find_teams(view)

    def compare(self, counts: Longs, actor: int, since: int, until: int) -> tuple[Comparison, tuple[int, int]]:
        """The yardstick of an account's counts on some days, and the range of others' (rules 1 and 2).

        counts: int64 (a, d). since, until: first and last of these days.
        """
        view = self.view
        others, which = self._others(actor, since, until)
        then = counts[which, since : until + 1].sum(axis=1)
        low, high = np.quantile(then, (0.05, 0.95)) if len(which) else (0.0, 0.0)
        past = view.reads[actor, :since] > 0
        mates: Flags = self._team == self._team[actor]
        mates[actor] = False
        all_ = int(self._judged[mates].sum())
        made = Comparison(
            others=others,
            accounts=len(which),
            days=int(past.sum()),
            own=int(counts[actor, :since][past].sum()),
            unknown=float(self._odd[mates].sum() / all_) if all_ else 0.0,
        )
        return made, (round(float(low)), round(float(high)))

    def _others(self, actor: int, since: int, until: int) -> tuple[Others, Longs]:
        """Rule 1."""
        view = self.view
        active: Flags = np.any(view.reads[:, since : until + 1] > 0, axis=1)
        active[actor] = False
        levels = (
            (Others.PEERS, view.group == view.group[actor]),
            (Others.ROLE, view.role == view.role[actor]),
            (Others.EVERYBODY, np.ones(len(active), np.bool_)),
        )
        for others, mine in levels:
            if (found := np.flatnonzero(active & mine)).size:
                return others, found
        return Others.NOBODY, np.zeros(0, np.int64)


def find_grounds(view: View, actor: int, skip: int, names: Names) -> tuple[ServiceArea, ...]:
    """Common traits of an account's reads from the view's column `skip` on (rule 3), the most reads first."""
    s = view.suspects
    low, high = np.searchsorted(s.actor, [actor, actor + 1])
    rows = np.flatnonzero((s.day[low:high] >= skip) & (s.territory[low:high] > 0)) + low
    why = s.territory[rows]
    out = [
        ServiceArea(ground=Ground.OUTLET, id=id_, reads=n) for id_, n in _outlets(view, rows[why == AT_OUTLET], names)
    ]
    issued, count = np.unique(s.channel[rows[why == BY_CHANNEL]], return_counts=True)
    ids = names("channel", issued.tolist())
    out += [ServiceArea(ground=Ground.INTERFACE, id=i, reads=n) for i, n in zip(ids, count.tolist(), strict=True)]
    if inside := int((why == IN_AREA).sum()):
        out.append(ServiceArea(ground=Ground.AREA, id="", reads=inside))
    return tuple(sorted(out, key=lambda t: (-t.reads, t.ground, t.id)))


def _outlets(view: View, rows: Longs, names: Names) -> Iterator[tuple[str, int]]:
    """Outlets that most of some reads passed, each read counted at one."""
    keys: UInts = view.grounds.outlets
    for _ in range(OUTLETS):
        places = np.sort(view.suspects.places[rows], axis=1)
        fresh = np.ones(places.shape, np.bool_)
        fresh[:, 1:] = places[:, 1:] != places[:, :-1]
        count = np.bincount(places[fresh & (places >= 0)], minlength=len(keys))
        if not count.any():
            return
        best = int(count.argmax())
        there = (places == best).any(axis=1)
        yield names("outlet", [int(keys[best])])[0], int(there.sum())
        rows = rows[~there]


_LEAST, _DETAIL, _SHARE = 0.5, 2.5, 0.3
"""Nats of a story, and of a detail, below which it is no reason; log odds of how much is read."""
_YOUNG = 3
"""Days: so short a story may be help, training or an audit."""
_DAY = 86_400_000_000
_WEEK = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseInputs:
    """The material of cases. odds: of the accounts of `signals`, by day. names: gives keys of a kind their texts."""

    view: View
    findings: Sequence[Finding]
    signals: Signals
    odds: Floats
    names: Callable[[str, Sequence[int]], list[str]]
    first_day: int
    false_alarm: float = FALSE_ALARM


def build_cases(
    inputs: CaseInputs, alerted: Sequence[AccountAlert], without: Set[int], groups: Sequence[LinkedAccounts]
) -> tuple[tuple[Case, ...], int]:
    """Cases, the greatest expected loss first, and how many accounts found no room in the budget.

    A case is an alerted account, with all that are linked with it. without: accounts that found no room.
    """
    alert_of = {a.actor: a for a in alerted}
    make = _Maker(inputs, alert_of)
    out: list[Case] = []
    taken: set[int] = set()
    for group in groups:
        if alert_of.keys() & set(group.actors):
            taken.update(group.actors)
            out.append(make.case(group.actors, tuple(sorted(group.by))))
    out += [make.case([a.actor], ()) for a in alerted if a.actor not in taken]
    return tuple(sorted(out, key=_strongest)), len(without - taken)


def _strongest(case: Case) -> tuple[float, float, int, tuple[str, ...]]:
    return -expected_loss(case.score, case.parcels_a_day), -case.score, case.alerted_at, case.actors


def _parcels_a_day(at: Longs) -> float:
    """How many a day, from the first to the newest, over a week at least. at: µs of reads."""
    days = (int(at.max()) - int(at.min())) / _DAY if len(at) else 0.0
    return len(at) / max(days, _WEEK)


class _Maker:
    """Makes cases of accounts. alert_of: accounts that were alerted by themselves."""

    def __init__(self, inputs: CaseInputs, alert_of: Mapping[int, AccountAlert]) -> None:
        self.inputs = inputs
        self.alert_of = alert_of
        self._last = inputs.view.shape[1] - 1
        self._first = max(inputs.first_day, self._last + 1 - WEEKS)
        self._comparer = Comparer(inputs.view)
        self._sure = {f.name for f in inputs.findings if f.sure}
        self._main, self._fresh = (next((f for f in inputs.findings if f.name == n), None) for n in (MAIN, FRESH))

    @cached_property
    def _left(self) -> Longs:
        return count_left(self.inputs.view)

    def case(self, members: Sequence[int], by: tuple[str, ...]) -> Case:
        """The case of some accounts. by: what links them."""
        view, s = self.inputs.view, self.inputs.view.suspects
        odds = self.inputs.odds[[self.inputs.signals.row_of(a) for a in members]]
        members = [members[k] for k in np.lexsort((np.array(members), -odds[:, -1])).tolist()]
        alerts = [a for k in members if (a := self.alert_of.get(k))]
        day = min(a.day for a in alerts)
        people = [self._person(a, day) for a in members]
        best = odds.max(axis=0)
        rows = np.concatenate([self._odd_rows(a) for a in members])
        newest = rows[np.argsort(-s.at[rows], kind="stable")][:MOST_WAYBILLS]
        more = sum(r.value - r.peers[1] for p in people for r in p.reasons if r.detector == BEYOND)
        score = probability(float(best[-1]))
        grown = sum(self._more(a) for a in members)
        a_day = max(_parcels_a_day(s.at[rows]), more / (self._last + 1 - self._first), grown)
        return Case(
            id="",
            people=tuple(people),
            score=score,
            evidence=people[0].evidence,
            alerted_at=min(a.at for a in alerts),
            reads=len(rows),
            waybills=tuple(self.inputs.names("waybill", s.waybill[newest].tolist())),
            by=by,
            last_read=int(s.at[rows].max(initial=0)),
            young=all(self._is_young(r) for p in people for r in p.reasons),
            parcels_a_day=a_day,
            worth=is_worth(score, a_day, self.inputs.false_alarm),
            course=tuple((view.day + d, probability(float(best[d]))) for d in range(day, self._last + 1)),
        )

    def _person(self, actor: int, alerted: int) -> Person:
        """An account of a case that was alerted on a day."""
        inputs, view = self.inputs, self.inputs.view
        signals = inputs.signals.of(actor, self._last)
        shares = shares_of(signals)
        before = shares_of(inputs.signals.of(actor, alerted))
        reasons = [
            self._reason(f, actor, since, shares[f.name], before[f.name])
            for f in inputs.findings
            if f.name in shares and (since := self._since(f, actor)) is not None
        ]
        if shares.get(BEYOND, 0.0) >= _SHARE:
            reasons.append(self._told(BEYOND, view.first, actor, self._first, shares[BEYOND], before[BEYOND]))
        if shares.get(GROWN, 0.0) >= _SHARE:
            since = int(inputs.signals.growth.since[inputs.signals.row_of(actor), self._last])
            reasons.append(self._told(GROWN, self._left, actor, since, shares[GROWN], before[GROWN]))
        alert = self.alert_of.get(actor)
        return Person(
            actor=inputs.names("actor", [int(view.keys[actor])])[0],
            role=view.roles[view.role[actor]],
            kind=view.kinds[view.kind[actor]],
            place=view.places[view.place[actor]] if view.place[actor] >= 0 else "",
            evidence=sum(shares.values()),
            signals=signals,
            alerted_at=None if alert is None else alert.at,
            reasons=tuple(sorted(reasons, key=lambda r: (-r.weight, r.detector))),
            odd=len(self._odd_rows(actor)),
            territory=find_grounds(view, actor, inputs.first_day, inputs.names),
        )

    def _since(self, finding: Finding, actor: int) -> int | None:
        """Since which day a detector's reads are told: of its most nats in four weeks; None: it is no reason."""
        both = [finding, self._fresh] if finding.name == MAIN and self._fresh else [finding]
        most = max(both, key=lambda f: f.evidence.total[actor, self._first :].max())
        nats = most.evidence.total[actor, self._first :]
        if nats.max() < (_DETAIL if finding.is_detail else _LEAST):
            return None
        return int(most.evidence.since[actor, self._first + int(np.flatnonzero(nats == nats.max())[-1])])

    def _more(self, actor: int) -> float:
        """How many more parcels a day it reads than before."""
        growth, row = self.inputs.signals.growth, self.inputs.signals.row_of(actor)
        return float(growth.more[row, self._last] / (self._last + 1 - growth.since[row, self._last]))

    def _odd_rows(self, actor: int) -> Longs:
        """The account's unexplained first reads since it began to stand out."""
        since = None if self._main is None else self._since(self._main, actor)
        return np.zeros(0, np.int64) if since is None else _rows(self.inputs.view, self._main, actor, since)

    def _reason(self, finding: Finding, actor: int, since: int, weight: float, before: float) -> Reason:
        inputs, view = self.inputs, self.inputs.view
        rows = _rows(view, finding, actor, since)
        told = self._told(finding.name, finding.odd.odd, actor, since, weight, before)
        return (
            told
            if not len(rows)
            else replace(
                told,
                until=int(view.suspects.at[rows].max()),
                reads=tuple(_reads(inputs, rows[-MOST_READS:])),
                total_reads=len(rows),
            )
        )

    def _told(self, name: str, counts: Longs, actor: int, since: int, weight: float, before: float) -> Reason:
        view = self.inputs.view
        newest = int(np.flatnonzero(counts[actor] > 0)[-1])
        against, peers = self._comparer.compare(counts, actor, since, self._last)
        return Reason(
            detector=name,
            weight=weight,
            before=before,
            value=int(counts[actor, since:].sum()),
            peers=peers,
            since=(view.day + since) * _DAY - view.offset,
            until=last_read(view, actor, newest),
            values={"days": int((counts[actor, since:] > 0).sum())},
            against=against,
        )

    def _is_young(self, reason: Reason) -> bool:
        """True if it may be help, training or an audit: not where what was read is sure by itself."""
        days = reason.values.get("days")
        return reason.detector not in self._sure and isinstance(days, int) and days <= _YOUNG


def _rows(view: View, finding: Finding | None, actor: int, since: int) -> Longs:
    """The account's suspects that a detector counts, since a day."""
    if finding is None or finding.odd.suspects is None:
        return np.zeros(0, np.int64)
    low, high = np.searchsorted(view.suspects.actor, [actor, actor + 1])
    out: Longs = np.flatnonzero(finding.odd.suspects[low:high] & (view.suspects.day[low:high] >= since)) + low
    return out


def _reads(inputs: CaseInputs, rows: Longs) -> list[Read]:
    s, view = inputs.view.suspects, inputs.view
    numbers = inputs.names("waybill", s.waybill[rows].tolist())
    actors = inputs.names("actor", view.keys[s.actor[rows]].tolist())
    words = {"unknown": s.unknown, "weak": s.weak, "own_ticket": s.own, "early": s.early}
    why = np.select([flags[rows] for flags in words.values()], list(words), "")
    rows_ = zip(numbers, actors, s.at[rows].tolist(), why.tolist(), strict=True)
    return [Read(waybill=w, actor=a, at=at, why=y) for w, a, at, y in rows_]
