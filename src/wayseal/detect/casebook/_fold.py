"""What recorded acts come to, one after another: the cases and how they stand (rules 7, 9 and 12)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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
        except (KeyError, TypeError, ValueError, OverflowError):
            faults.append(Fault(line=number, code=Code.ACT))
        else:
            acts.append((number, act))
    return folder, acts, faults
