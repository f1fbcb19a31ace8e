"""From evidence to cases: who belongs together, and why each stands out, with the reads behind it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from wayseal.detect._alerts import AccountAlert, score_of
from wayseal.detect._comparison import Comparer, find_grounds
from wayseal.detect._judge import MAIN, Finding, Floats
from wayseal.detect._link import COST, LinkedAccounts
from wayseal.detect._result import MOST_READS, MOST_WAYBILLS, Case, Person, Read, Reason
from wayseal.detect._view import Longs, View
from wayseal.detect._weigh import YOUNG, Kind

_LEAST = 0.5
"""Nats below which a detector is no reason."""
_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseInputs:
    """What cases are made of. names: gives keys of a kind their texts."""

    view: View
    findings: Sequence[Finding]
    total: Floats
    threshold: Floats
    names: Callable[[str, Sequence[int]], list[str]]
    first_day: int


def build_cases(
    inputs: CaseInputs,
    alerted: Sequence[AccountAlert],
    without: Set[int],
    groups: Sequence[LinkedAccounts],
    budget: int,
) -> tuple[tuple[Case, ...], int]:
    """Cases by score, and how many found no room in the budget.

    A case is an alerted account, or linked accounts of which one was alerted or that together reach their threshold;
    the last need room on their day. without: accounts that reached it and found no room.
    """
    alert_of = {a.actor: a for a in alerted}
    make = _Maker(inputs, alert_of)
    out: list[Case] = []
    joint: list[Case] = []
    taken: set[int] = set()
    for group in groups:
        if members := _members(inputs, group, alert_of):
            taken.update(members)
            made = make.case(members, tuple(sorted(group.by)))
            (out if alert_of.keys() & set(members) else joint).append(made)
    out += [make.case([a.actor], ()) for a in alerted if a.actor not in taken]
    used = Counter(_day_of(inputs, case) for case in out)
    held = len(without - taken)
    for case in sorted(joint, key=_strongest):
        day = _day_of(inputs, case)
        if used[day] < budget:
            used[day] += 1
            out.append(case)
        else:
            held += 1
    return tuple(sorted(out, key=_strongest)), held


def _strongest(case: Case) -> tuple[float, int, tuple[str, ...]]:
    return -case.evidence, case.alerted_at, case.actors


def _day_of(inputs: CaseInputs, case: Case) -> int:
    return (case.alerted_at + inputs.view.offset) // _DAY


def _members(inputs: CaseInputs, group: LinkedAccounts, alert_of: dict[int, AccountAlert]) -> list[int]:
    best = {a: float(inputs.total[a, inputs.first_day :].max()) for a in group.actors}
    if not any(a in alert_of for a in group.actors):
        joint = sum(best.values()) - COST * (len(group.actors) - 1)
        if joint < max(float(inputs.threshold[a]) for a in group.actors):
            return []
    return sorted(group.actors, key=lambda a: (-best[a], a))


def _peak(inputs: CaseInputs, actor: int) -> int:
    """The last day on which the account stands out most."""
    days = inputs.total[actor, inputs.first_day :]
    return inputs.first_day + int(np.flatnonzero(days == days.max())[-1])


def _odd_rows(inputs: CaseInputs, actor: int) -> Longs:
    """The account's unexplained first reads since it began to stand out."""
    view, day = inputs.view, _peak(inputs, actor)
    main = next((f for f in inputs.findings if f.name == MAIN), None)
    low, high = np.searchsorted(view.suspects.actor, [actor, actor + 1])
    if main is None or main.odd.suspects is None:
        return np.zeros(0, np.int64)
    since = int(main.evidence.since[actor, day])
    out: Longs = np.flatnonzero(main.odd.suspects[low:high] & (view.suspects.day[low:high] >= since)) + low
    return out


class _Maker:
    """Makes cases of accounts. alert_of: accounts that were alerted by themselves."""

    def __init__(self, inputs: CaseInputs, alert_of: Mapping[int, AccountAlert]) -> None:
        self.inputs = inputs
        self.alert_of = alert_of
        self._comparer = Comparer(inputs.view)
        self._sure = {f.name for f in inputs.findings if f.kind is Kind.SURE}

    def case(self, members: list[int], by: tuple[str, ...]) -> Case:
        """The case of some accounts. by: what links them."""
        inputs = self.inputs
        people = [self._person(a) for a in members]
        nats = sum(p.evidence for p in people) - COST * (len(people) - 1)
        alerted = [a.at for k in members if (a := self.alert_of.get(k))]
        end = (inputs.view.day + inputs.view.shape[1]) * _DAY - inputs.view.offset
        reasons = [r for p in people for r in p.reasons]
        tipped = min(alerted) if alerted else max((r.until for r in reasons), default=end - 1)
        rows = np.concatenate([_odd_rows(inputs, a) for a in members])
        newest = rows[np.argsort(-inputs.view.suspects.at[rows], kind="stable")][:MOST_WAYBILLS]
        return Case(
            id="",
            people=tuple(people),
            score=score_of(nats, float(inputs.threshold[members].min())),
            evidence=nats,
            alerted_at=tipped,
            reads=len(rows),
            waybills=tuple(inputs.names("waybill", inputs.view.suspects.waybill[newest].tolist())),
            by=by,
            last_read=int(inputs.view.suspects.at[rows].max(initial=0)),
            young=all(self._is_young(r) for r in reasons),
        )

    def _person(self, actor: int) -> Person:
        inputs, view, day = self.inputs, self.inputs.view, _peak(self.inputs, actor)
        reasons = [r for f in inputs.findings if (r := self._reason(f, actor, day)) is not None]
        alert = self.alert_of.get(actor)
        return Person(
            actor=inputs.names("actor", [int(view.keys[actor])])[0],
            role=view.roles[view.role[actor]],
            kind=view.kinds[view.kind[actor]],
            place=view.places[view.place[actor]] if view.place[actor] >= 0 else "",
            evidence=float(inputs.total[actor, day]),
            alerted_at=None if alert is None else alert.at,
            reasons=tuple(sorted(reasons, key=lambda r: (-r.weight, r.detector))),
            odd=len(_odd_rows(inputs, actor)),
            territory=find_grounds(view, actor, inputs.first_day, inputs.names),
        )

    def _reason(self, finding: Finding, actor: int, day: int) -> Reason | None:
        weight = float(finding.weight[actor, day])
        if weight < _LEAST:
            return None
        inputs, view, since = self.inputs, self.inputs.view, int(finding.evidence.since[actor, day])
        counts = finding.reported
        against, peers = self._comparer.compare(counts, actor, since, day)
        rows = _rows(view, finding, actor, since, day)
        midnight = (view.day + since) * _DAY - view.offset
        end = (view.day + day + 1) * _DAY - view.offset
        return Reason(
            detector=finding.name,
            weight=weight,
            value=int(counts[actor, since : day + 1].sum()),
            peers=peers,
            since=midnight,
            until=int(view.suspects.at[rows].max()) if len(rows) else end - 1,
            values={"days": day - since + 1},
            reads=tuple(_reads(inputs, rows[-MOST_READS:])),
            total_reads=len(rows),
            against=against,
        )

    def _is_young(self, reason: Reason) -> bool:
        """Whether it may be help, training or an audit: not where what was read is sure by itself."""
        days = reason.values.get("days")
        return reason.detector not in self._sure and isinstance(days, int) and days <= YOUNG


def _rows(view: View, finding: Finding, actor: int, since: int, day: int) -> Longs:
    if finding.odd.suspects is None:
        return np.zeros(0, np.int64)
    low, high = np.searchsorted(view.suspects.actor, [actor, actor + 1])
    days = view.suspects.day[low:high]
    out: Longs = np.flatnonzero(finding.odd.suspects[low:high] & (days >= since) & (days <= day)) + low
    return out


def _reads(inputs: CaseInputs, rows: Longs) -> list[Read]:
    s, view = inputs.view.suspects, inputs.view
    numbers = inputs.names("waybill", s.waybill[rows].tolist())
    actors = inputs.names("actor", view.keys[s.actor[rows]].tolist())
    why = np.where(s.unknown[rows], "unknown", np.where(s.weak[rows], "weak", np.where(s.early[rows], "early", "")))
    rows_ = zip(numbers, actors, s.at[rows].tolist(), why.tolist(), strict=True)
    return [Read(waybill=w, actor=a, at=at, why=y) for w, a, at, y in rows_]
