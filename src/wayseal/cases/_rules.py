"""Which case an alert belongs to (rule 10), and what is left when closed cases are forgotten (rule 13)."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace

from wayseal.cases._project_records import concerned
from wayseal.cases._work import (
    CLOSED_STATES,
    OPEN_STATES,
    Alert,
    CaseState,
    ItemChanged,
    ItemState,
    Linked,
    Promoted,
    Queued,
    ThingKind,
)
from wayseal.cases.types import Act, Forgotten, NamesShown, Undone

WEEKS_US = 28 * 86_400_000_000
"""Four weeks: so long an open case waits for a further alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A case that shares accounts with an alert. number: its place among cases."""

    id: str
    number: int
    state: CaseState
    actors: frozenset[str]
    alerted_at: int
    last_alerted_at: int
    read_until: int


def find_continued_case(cases: Iterable[Candidate], alert: Alert, taken: Set[str]) -> Candidate | None:
    """The case that an alert belongs to; None where it is a case of its own. taken: cases that others have."""
    actors = frozenset(alert.actors)
    some = [case for case in sorted(cases, key=lambda case: case.number) if case.id not in taken]
    some = [case for case in some if not actors.isdisjoint(case.actors)]
    waiting = [case for case in some if case.state in OPEN_STATES and _near(case, alert.alerted_at)]
    if waiting:
        return max(waiting, key=lambda case: _likeness(actors, case))
    judged = [
        case
        for case in some
        if case.state in CLOSED_STATES and actors.issubset(case.actors) and alert.alerted_at <= case.read_until
    ]
    return max(judged, key=lambda case: _likeness(actors, case), default=None)


def _near(case: Candidate, at: int) -> bool:
    return case.alerted_at - WEEKS_US <= at <= case.last_alerted_at + WEEKS_US


def _likeness(actors: frozenset[str], case: Candidate) -> float:
    """The share of accounts in common; of equal ones `max` takes the oldest."""
    return len(actors.intersection(case.actors)) / len(actors.union(case.actors))


@dataclass(frozen=True, slots=True, kw_only=True)
class Remainder:
    """acts: how many recorded acts go. kept: those that stay, in their order, each with the line it had."""

    acts: int
    kept: tuple[tuple[int, Act], ...]


def forget_cases(acts: Sequence[tuple[int, Act]], cases: Set[str], before: int) -> Remainder:
    """What is left without some cases; an act over several cases stays for those that stay.

    With a case goes what it was in the queue; what was dismissed there before a moment goes, too.
    """
    gone = cases | {act.item for _, act in acts if isinstance(act, Promoted) and act.case in cases}
    gone |= _dismissed(acts, before)
    undone = {act.line for _, act in acts if isinstance(act, Undone)}
    gone |= {act.case for line, act in acts if isinstance(act, Promoted) and line in undone and act.item in gone}
    kept: list[tuple[int, Act]] = []
    lines: set[int] = set()
    for line, act in acts:
        left = _without(act, gone)
        if left is not None and not (isinstance(left, Undone) and left.line not in lines):
            kept.append((line, left))
            lines.add(line)
    return Remainder(acts=len(acts) - len(kept), kept=tuple(kept))


def _dismissed(acts: Sequence[tuple[int, Act]], before: int) -> set[str]:
    left: dict[str, int] = {}
    states = {line: act for line, act in acts if isinstance(act, ItemChanged) and act.field == "state"}
    for line, act in acts:
        if line in states and isinstance(act, ItemChanged) and act.after == ItemState.DISMISSED:
            left[act.item] = act.at
        elif line in states or (isinstance(act, Undone) and act.line in states) or isinstance(act, Promoted):
            for id_ in concerned(act):
                left.pop(id_, None)
    return {item for item, at in left.items() if at < before}


def _without(act: Act, gone: Set[str]) -> Act | None:
    """What is left of an act; None: nothing."""
    match act:
        case Forgotten():
            return act
        case NamesShown():
            cases = {case: actors for case, actors in act.cases.items() if case not in gone}
            return replace(act, cases=cases) if cases else None
        case Queued() | ItemChanged():
            return None if act.item in gone else act
        case Promoted():
            return None if act.case in gone else act
        case Linked() if act.thing.kind is ThingKind.CASE and act.thing.value in gone:
            return None
        case _:
            return None if concerned(act)[0] in gone else act


def renumber(kept: Iterable[tuple[int, Act]], first: int) -> list[Act]:
    """Acts as they stand on lines from `first` on: what one takes back is known by its new line."""
    lines: dict[int, int] = {}
    made: list[Act] = []
    for number, (line, act) in enumerate(kept, start=first):
        lines[line] = number
        made.append(replace(act, line=lines[act.line]) if isinstance(act, Undone) else act)
    return made
