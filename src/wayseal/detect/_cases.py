"""From scores to cases: who belongs together, and why each stands out, with the reads behind it."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from wayseal.detect._alerts import AccountAlert, last_read
from wayseal.detect._comparison import Comparer, find_grounds
from wayseal.detect._judge import FRESH, MAIN, Finding, Floats
from wayseal.detect._link import LinkedAccounts
from wayseal.detect._result import MOST_READS, MOST_WAYBILLS, Case, Person, Read, Reason
from wayseal.detect._score import BEYOND, probability, shares_of
from wayseal.detect._signals import GROWN, Signals, count_left
from wayseal.detect._view import Longs, View
from wayseal.detect.peers import WEEKS
from wayseal.detect.policy import FALSE_ALARM, expected_loss, is_worth

_LEAST, _DETAIL, _SHARE = 0.5, 2.5, 0.3
"""Nats of a story, and of a detail, below which it is no reason; log odds of how much is read."""
_YOUNG = 3
"""Days: so short a story may be help, training or an audit."""
_DAY = 86_400_000_000
_WEEK = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseInputs:
    """What cases are made of. odds: of the accounts of `signals`, by day. names: gives keys of a kind their texts."""

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
        """Whether it may be help, training or an audit: not where what was read is sure by itself."""
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
