"""Acts on outlets, as a chained record, and what they come to: audits, faults, measures, objections.

1. Nobody of an outlet acts on it, but to object: then nobody else does.
2. A measure is proposed by one and decided by another. Whoever proposed it can take it back alone. A fine and a penalty
   by contract name an amount, and nothing else does.
3. The outlet's manager objects to a month's figures, an audit, a fault or a measure: to each once while no answer is
   there. Somebody answers who didn't make what it is about, propose it or decide it. An objection that is upheld ends
   the measure, and leaves the audit or the fault out; figures stay as they were, with the answer beside them.
4. What was counted can be: no more failed than was looked at, nothing fixed before it was found, nothing of tomorrow.
5. An outlet's own word is an objection, and never counts in a figure. Nothing here does: audits stand beside figures.
6. What can't be isn't in the record: `OutletState.apply` raises ValueError, whoever wrote it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from wayseal.cases.errors import CasebookChangedError, OutletError
from wayseal.journal.record import Act, Record, same_person
from wayseal.model.messages import N_
from wayseal.model.schema import Name, parse_json, plain
from wayseal.model.times import clock, time_at

RECORD: Final = "outlets.jsonl"
_HEADER = {"wayseal": "outlets", "version": 1}
Count = Annotated[int, Field(ge=0)]
AUDITS: Final = "label", "disposal", "purchase"
"""Of labels as they hang and how they are disposed of, and numbers that strangers tried to buy."""
MEASURES: Final = "warning", "fine", "closing", "penalty"
PRICED: Final = "fine", "penalty"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletAct(Act):
    """An act on an outlet. own: the outlet of who does it; "": none."""

    outlet: Name
    own: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited(OutletAct):
    """A sample was looked at, or bought: so many, of which so many failed, or could be had."""

    kind: Literal["audited"] = "audited"
    id: Name
    what: Literal["label", "disposal", "purchase"]
    day: date
    tried: Annotated[int, Field(ge=1)]
    failed: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultFound(OutletAct):
    """A fault was found, to be fixed."""

    kind: Literal["fault_found"] = "fault_found"
    id: Name
    day: date
    why: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed(OutletAct):
    """A measure was proposed. amount: yuan. until: its last day; None: until it is ended."""

    kind: Literal["proposed"] = "proposed"
    id: Name
    measure: Literal["warning", "fine", "closing", "penalty"]
    why: Name
    amount: Annotated[int, Field(ge=1)] | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Objected(OutletAct):
    """The outlet's manager objects. about: a month, or an audit, a fault, a measure by its id."""

    kind: Literal["objected"] = "objected"
    id: Name
    about: Name
    why: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed(OutletAct):
    """A fault was fixed; a measure decided by another, or ended; an objection answered. yes: in force, or upheld."""

    kind: Literal["fixed", "decided", "ended", "answered"]
    of: Name
    yes: bool = True
    why: str = ""
    day: date | None = None


Made = Audited | FaultFound | Proposed | Objected
ACT: Any = Annotated[Made | Followed, Field(discriminator="kind")]
_LETTER = {Audited: "a", FaultFound: "f", Proposed: "m", Objected: "o"}
_FOLLOWS: dict[str, type[Made]] = {"fixed": FaultFound, "decided": Proposed, "ended": Proposed, "answered": Objected}


@dataclass(slots=True, kw_only=True)
class Thing:
    """What was made by an act, and the acts on it. ended: also by an objection that was upheld."""

    made: Any
    then: Followed | None = None
    ended: Followed | None = None

    @property
    def struck(self) -> bool:
        """An objection to it was upheld: it counts no more."""
        return self.ended is not None and self.ended.kind == "answered"

    def in_force(self, day: date) -> bool:
        """Check whether a measure holds on a day."""
        decided = self.then is not None and self.then.yes and self.ended is None
        return decided and (self.made.until is None or day <= self.made.until)

    def days(self, today: date) -> int:
        """How long a fault took to be fixed, or has been open."""
        fixed = None if self.then is None else self.then.day
        return int(((fixed or today) - self.made.day).days)


@dataclass(slots=True, kw_only=True)
class OutletState:
    """What the record comes to: things by their ids, in their order."""

    things: dict[str, Thing] = field(default_factory=dict)

    def of(self, outlet: str, kind: type[Made]) -> list[Thing]:
        """Things of an outlet, of one kind, the newest first."""
        found = [one for one in self.things.values() if one.made.outlet == outlet and isinstance(one.made, kind)]
        return found[::-1]

    def objections(self, outlet: str, about: str) -> list[Thing]:
        """Objections to something of an outlet."""
        return [one for one in self.of(outlet, Objected) if one.made.about == about]

    def check(self, act: Made | Followed) -> None:
        """ValueError: the act can't be, and why."""
        manager = isinstance(act, Objected)
        _must((act.own == act.outlet) is manager, N_("an outlet's own people object, and head office does the rest"))
        today = time_at(act.at).astimezone(clock()).date()
        _must((getattr(act, "day", None) or today) <= today, N_("this day is yet to come"))
        match act:
            case Audited():
                _must(act.failed <= act.tried, N_("no more can fail than was looked at"))
            case Proposed():
                _must((act.amount is not None) == (act.measure in PRICED), N_("a fine and a penalty name an amount"))
                _must(act.until is None or act.until >= today, N_("its last day is over"))
            case Objected():
                self._check_objection(act)
            case Followed():
                self._check_following(act, today)
        _must(getattr(act, "id", "") not in self.things, N_("this id is taken"))

    def _check_objection(self, act: Objected) -> None:
        thing = self.things.get(act.about)
        known = _is_month(act.about) if thing is None else thing.made.outlet == act.outlet
        _must(known and not act.about.startswith("o-"), N_("there is nothing to object to"))
        waiting = any(one.then is None for one in self.objections(act.outlet, act.about))
        _must(not waiting, N_("an objection to it waits for an answer"))

    def _check_following(self, act: Followed, today: date) -> None:
        thing = self.things.get(act.of)
        if thing is None or not isinstance(thing.made, _FOLLOWS[act.kind]) or thing.made.outlet != act.outlet:
            raise ValueError(N_("there is no such thing of this outlet"))
        made: Any = thing.made
        if act.kind == "ended":
            return _must(thing.in_force(today), N_("this measure is not in force"))
        _must(thing.then is None and thing.ended is None, N_("this was done already"))
        if act.kind == "fixed":
            _must(act.day is not None and made.day <= act.day, N_("nothing is fixed before it is found"))
        elif act.kind == "decided":
            _must(not (act.yes and same_person(made.who, act.who)), N_("another person has to decide"))
        elif about := self.things.get(made.about):
            makers = [one.who for one in (about.made, about.then) if one is not None]
            own = any(same_person(act.who, who) for who in makers)
            _must(not own, N_("somebody else has to answer: you made what it is about"))
        return None

    def apply(self, act: Made | Followed) -> None:
        """Takes an act (rule 6)."""
        self.check(act)
        if not isinstance(act, Followed):
            self.things[act.id] = Thing(made=act)
            return
        thing = self.things[act.of]
        if act.kind == "ended":
            thing.ended = act
        else:
            thing.then = act
        if act.kind == "answered" and act.yes and (about := self.things.get(thing.made.about)):
            about.ended = act


def _must(can_be: bool, why: str) -> None:
    if not can_be:
        raise ValueError(why)


def _is_month(text: str) -> bool:
    try:
        return date.fromisoformat(f"{text}-01").isoformat()[:7] == text
    except ValueError:
        return False


class OutletRecord:
    """The record of acts on outlets of one casebook. Safe to use from many threads and processes."""

    def __init__(self, folder: Path) -> None:
        """Takes the folder, which the first act makes."""
        changed = partial(CasebookChangedError, N_("the record of outlets was changed"))
        self._acts = Record(folder / RECORD, _HEADER, ACT, self._begin, changed)

    def _begin(self) -> Callable[[Made | Followed], None]:
        self._state = OutletState()
        return self._state.apply

    def state(self) -> OutletState:
        """What the record comes to now; to be looked at only. CasebookChangedError: it isn't what was written."""
        with self._acts.mutex:
            self._acts.read()
            return OutletState(things=dict(self._state.things))

    def add(self, kind: type[Made | Followed], **values: Any) -> None:
        """Adds an act, with an id of its own where it makes something.

        OutletError: it can't be, and why. CasebookChangedError; JournalBusyError; OSError: nothing was added.
        """
        with self._acts.writing() as write:
            if any(one.name == "id" for one in fields(kind)):
                n = sum(type(one.made) is kind for one in self._state.things.values())
                values["id"] = f"{_LETTER[kind]}-{n + 1}"
            act = kind(**values)
            try:
                self._state.check(act)
                parse_json(json.dumps(plain(act)), ACT)
            except ValueError as error:
                raise OutletError(str(error), key="act") from None
            write(act)
