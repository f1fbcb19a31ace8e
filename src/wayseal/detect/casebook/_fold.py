"""What recorded acts come to, one after another: the cases and how they stand (rules 7, 9, 10, 12 and 13)."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

from wayseal.detect.casebook._acts import to_act
from wayseal.detect.casebook.findings import Code, Fault
from wayseal.detect.casebook.types import (
    Act,
    Alert,
    Casebook,
    Forgotten,
    Heard,
    NamesShown,
    RecordedCase,
    Registered,
    Verdict,
)

PREFIX = "c-"


@dataclass(slots=True, kw_only=True)
class _Draft:
    actors: dict[str, None] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    acts: list[NamesShown | Heard | Verdict] = field(default_factory=list)
    named: set[str] = field(default_factory=set)


class ActReplayer:
    """Takes acts in their order. last: the highest number that a case was given so far (rule 9)."""

    def __init__(self) -> None:
        self._drafts: dict[str, _Draft] = {}
        self._forgotten: list[Forgotten] = []
        self.last = 0

    def take(self, act: Act) -> None:
        """Takes an act; KeyError or ValueError where it can't follow what was taken before, and nothing is taken."""
        match act:
            case Registered():
                self._registered(act)
            case NamesShown():
                for case, actors in act.cases.items():
                    if not set(actors) <= self._drafts[case].actors.keys():
                        raise ValueError("actors")
                for case, actors in act.cases.items():
                    self._drafts[case].named.update(actors)
                    self._drafts[case].acts.append(act)
            case Heard():
                draft = self._drafts[act.case]
                if act.actor is not None and act.actor not in draft.actors:
                    raise ValueError("actor")
                draft.acts.append(act)
            case Verdict():
                draft = self._drafts[act.case]
                draft.acts.append(act)
                if not act.true:
                    draft.named.clear()
            case Forgotten():
                self._forgotten.append(act)
                self.last = max(self.last, act.last)

    def _registered(self, act: Registered) -> None:
        if not act.alert.actors:
            raise ValueError("actors")
        number = number_of(act.case)
        if act.first:
            if act.case in self._drafts:
                raise ValueError("case")
            self._drafts[act.case] = _Draft()
            self.last = max(self.last, number)
        draft = self._drafts[act.case]
        draft.actors.update(dict.fromkeys(act.alert.actors))
        draft.alerts.append(act.alert)

    def book(self, unread: Iterable[int] = ()) -> Casebook:
        """What was taken, as a value. unread: lines that a crash cut off."""
        cases = (
            RecordedCase(
                id=id_,
                actors=tuple(draft.actors),
                alerts=tuple(draft.alerts),
                acts=tuple(draft.acts),
                named=frozenset(draft.named),
            )
            for id_, draft in self._drafts.items()
        )
        return Casebook(cases=tuple(cases), forgotten=tuple(self._forgotten), unread=tuple(unread))


def number_of(case: str) -> int:
    """The number in a case's id; ValueError where it is none."""
    digits = case.removeprefix(PREFIX)
    if not case.startswith(PREFIX) or not digits.isascii() or not digits.isdigit() or digits.startswith("0"):
        raise ValueError("case")
    return int(digits)


def replay_acts(
    entries: Iterable[tuple[int, Mapping[str, Any]]],
) -> tuple[ActReplayer, list[tuple[int, Act]], list[Fault]]:
    """The acts of numbered lines, each with its line, and the lines that say what can't be."""
    folder, acts, faults = ActReplayer(), [], []
    for number, found in entries:
        try:
            act = to_act(found)
            folder.take(act)
        except (KeyError, ValueError):
            faults.append(Fault(line=number, code=Code.ACT))
        else:
            acts.append((number, act))
    return folder, acts, faults


WEEKS_US = 28 * 86_400_000_000
"""Four weeks: so long an open case waits for a further alert."""


def find_continued_case(cases: Iterable[RecordedCase], alert: Alert, taken: Set[str]) -> RecordedCase | None:
    """The case that an alert belongs to; None where it is a case of its own. taken: cases that others have.

    cases: in the order in which they were made.
    """
    actors = frozenset(alert.actors)
    some = [case for case in cases if case.id not in taken and not actors.isdisjoint(case.actors)]
    waiting = [case for case in some if case.verdict is None and _near(case, alert.alerted_at)]
    if waiting:
        return max(waiting, key=lambda case: _likeness(actors, case))
    judged = [
        case
        for case in some
        if case.verdict is not None and actors.issubset(case.actors) and alert.alerted_at <= case.read_until
    ]
    return max(judged, key=lambda case: _likeness(actors, case), default=None)


def _near(case: RecordedCase, at: int) -> bool:
    return case.alerted_at - WEEKS_US <= at <= case.last_alerted_at + WEEKS_US


def _likeness(actors: frozenset[str], case: RecordedCase) -> float:
    """The share of accounts in common; of equal ones `max` takes the oldest."""
    return len(actors.intersection(case.actors)) / len(actors.union(case.actors))


@dataclass(frozen=True, slots=True, kw_only=True)
class Remainder:
    """cases: ids of those that go. acts: how many recorded acts go. kept: those that stay, in their order."""

    cases: frozenset[str]
    acts: int
    kept: tuple[Act, ...]


def forget_cases(acts: Sequence[Act], book: Casebook, before: int) -> Remainder:
    """What is left without the cases closed before a moment; an act over several cases stays for those that stay."""
    gone = frozenset(case.id for case in book.closed_before(before))
    kept: list[Act] = []
    for act in acts:
        if isinstance(act, Forgotten):
            kept.append(act)
        elif isinstance(act, NamesShown):
            cases = {case: actors for case, actors in act.cases.items() if case not in gone}
            if cases:
                kept.append(replace(act, cases=cases))
        elif act.case not in gone:
            kept.append(act)
    return Remainder(cases=gone, acts=len(acts) - len(kept), kept=tuple(kept))
