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
import re
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from wayseal.cases.errors import CasebookChangedError, OutletError
from wayseal.journal.record import Act, StateRecord, same_person
from wayseal.model.messages import N_
from wayseal.model.schema import Name, parse_json, plain
from wayseal.model.times import clock, time_at

FOLDER, RECORD = "outlets", "outlets.jsonl"
"""Within detection's folder of a ledger: where months and the record are."""
_HEADER = {"wayseal": "outlets", "version": 1}
WHATS: Final = {"audit": ("label", "disposal", "purchase"), "measure": ("warning", "fine", "closing", "penalty")}
"""What is sampled (labels, how they are disposed of, numbers that strangers tried to buy), and what is done."""
_PRICED = "fine", "penalty"
_HOLDS = {
    "audit": {"what", "day", "tried", "failed"}, "fault": {"day", "why"}, "measure": {"what", "why", "amount", "until"},
    "objection": {"about", "why"},
}  # fmt: skip
_FOLLOWS = {"fixed": "fault", "decided": "measure", "ended": "measure", "answered": "objection"}
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletAct(Act):
    """An act on an outlet. own: the outlet of who does it; "": none."""

    outlet: Name
    own: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made(OutletAct):
    """An audit, a fault, a measure that is proposed, or an objection.

    Attributes:
        id: Its letter and number.
        what: Of an audit or a measure (WHATS).
        day: Of an audit; when a fault was found.
        tried, failed: So many were looked at or tried, and so many of these failed or could be had.
        amount: Yuan.
        until: A measure's last day; None: until it is ended.
        about: A month, or what else is objected to, by its id.
    """

    kind: Literal["audit", "fault", "measure", "objection"]
    id: Name
    what: str = ""
    why: str = ""
    day: date | None = None
    tried: Annotated[int, Field(ge=0)] = 0
    failed: Annotated[int, Field(ge=0)] = 0
    amount: Annotated[int, Field(ge=1)] | None = None
    until: date | None = None
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed(OutletAct):
    """A fault was fixed; a measure decided by another, or ended; an objection answered. yes: in force, or upheld."""

    kind: Literal["fixed", "decided", "ended", "answered"]
    of: Name
    why: Name
    yes: bool = True
    day: date | None = None


ACT: Any = Annotated[Made | Followed, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What was made by an act, and the acts on it. ended: also by an objection that was upheld."""

    made: Made
    then: Followed | None = None
    ended: Followed | None = None

    def in_force(self, day: date) -> bool:
        """Check whether a measure holds on a day."""
        decided = self.then is not None and self.then.yes and self.ended is None
        return decided and (self.made.until is None or day <= self.made.until)


@dataclass(slots=True, kw_only=True)
class OutletState:
    """What the record comes to: things by their ids, in their order."""

    things: dict[str, Thing] = field(default_factory=dict)

    def of(self, outlet: str) -> list[Thing]:
        """Things of an outlet, the newest first."""
        return [one for one in self.things.values() if one.made.outlet == outlet][::-1]

    def copy(self) -> "OutletState":
        """One that doesn't change with it."""
        return OutletState(things=dict(self.things))

    def _check(self, act: Made | Followed) -> None:
        _must((act.own == act.outlet) is (act.kind == "objection"), N_("its own people object, and others do the rest"))
        today = time_at(act.at).astimezone(clock()).date()
        _must((act.day or today) <= today, N_("this day is yet to come"))
        (self._check_made if isinstance(act, Made) else self._check_following)(act, today)  # type: ignore[arg-type]

    def _check_made(self, act: Made, today: date) -> None:
        empty = Made(kind=act.kind, id="-", outlet="-", at=0, who="-")
        given = {name for name in set().union(*_HOLDS.values()) if getattr(act, name) != getattr(empty, name)}
        needed = _HOLDS[act.kind] - {"failed", "until"} - (set() if act.what in _PRICED else {"amount"})
        _must(
            needed <= given <= needed | {"failed", "until"} & _HOLDS[act.kind], N_("something is missing, or too much")
        )
        _must(act.what in WHATS.get(act.kind, ("",)), N_("choose one of the list"))
        _must(act.failed <= act.tried, N_("no more can fail than was looked at"))
        _must(act.until is None or act.until >= today, N_("its last day is over"))
        _must(act.id not in self.things, N_("this id is taken"))
        if act.kind == "objection":
            thing = self.things.get(act.about)
            known = _MONTH.fullmatch(act.about) if thing is None else thing.made.outlet == act.outlet
            _must(bool(known) and not act.about.startswith("o-"), N_("there is nothing to object to"))
            waiting = any(one.then is None and one.made.about == act.about for one in self.of(act.outlet))
            _must(not waiting, N_("an objection to it waits for an answer"))

    def _check_following(self, act: Followed, today: date) -> None:
        thing = self.things.get(act.of)
        if thing is None or (thing.made.kind, thing.made.outlet) != (_FOLLOWS[act.kind], act.outlet):
            raise ValueError(N_("there is no such thing of this outlet"))
        open_, about = thing.then is None and thing.ended is None, self.things.get(thing.made.about)
        _must(thing.in_force(today) if act.kind == "ended" else open_, N_("this was done already, or can't be yet"))
        if act.kind == "fixed":
            _must(
                bool(act.day and thing.made.day and thing.made.day <= act.day), N_("it was fixed before it was found")
            )
        elif act.kind == "decided":
            _must(not (act.yes and same_person(thing.made.who, act.who)), N_("another person has to decide"))
        elif act.kind == "answered" and about is not None:
            makers = [one.who for one in (about.made, about.then) if one is not None]
            _must(not any(same_person(act.who, who) for who in makers), N_("somebody has to answer who didn't make it"))

    def apply(self, act: Made | Followed) -> None:
        """Takes an act (rule 6). ValueError: it can't be, and why."""
        self._check(act)
        if isinstance(act, Made):
            self.things[act.id] = Thing(made=act)
            return
        thing = self.things[act.of]
        self.things[act.of] = replace(thing, ended=act) if act.kind == "ended" else replace(thing, then=act)
        if act.kind == "answered" and act.yes and (about := self.things.get(thing.made.about)):
            self.things[thing.made.about] = replace(about, ended=act)


def _must(can_be: bool, why: str) -> None:
    if not can_be:
        raise ValueError(why)


class OutletRecord(StateRecord[OutletState]):
    """The record of acts on outlets of one casebook."""

    def __init__(self, folder: Path) -> None:
        """Takes the folder, which the first act makes."""
        changed = partial(CasebookChangedError, N_("the record of outlets was changed"))
        super().__init__(folder / RECORD, _HEADER, ACT, OutletState, changed)

    def add(self, kind: str, **values: Any) -> None:
        """Adds an act, with an id of its own where it makes something.

        OutletError: it can't be, and why. CasebookChangedError; JournalBusyError; OSError: nothing was added.
        """
        with self.writing() as (state, write):
            if kind in _HOLDS:
                values["id"] = f"{kind[0]}-{sum(t.made.kind == kind for t in state.things.values()) + 1}"
            try:
                act = (Made if kind in _HOLDS else Followed)(kind=kind, **values)  # type: ignore[arg-type]
                parse_json(json.dumps(plain(act)), ACT)
            except ValueError:
                raise OutletError("this can't be kept as it was typed", key="act") from None
            try:
                write(act)
            except ValueError as error:
                raise OutletError(str(error), key="act") from None
