"""Acts of the hotline's staff, as a chained record, and what they come to.

1. Acts begin with what staff do: that a letter came is none, since an act has a time to the microsecond. No act tells
   when a reporter did anything, or holds a word of a letter.
2. An act is in the record, durably, before what it is about is shown or done. An act that writes a letter names its
   place and digest, and counts once that letter is in the mailbox (`desk`).
3. A name is opened, a report is closed as nuisance, and a reward is granted or cancelled by two: what one proposes
   another puts in force, in time. Whoever proposed it can take it back alone.
4. No act holds a reward's code, or anything that leads from its code to a report.
5. What can't be isn't in the record: `HotlineState.apply` raises ValueError, whoever wrote it.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from wayseal.cases.errors import CasebookChangedError
from wayseal.cases.hotline.letters import ReportType
from wayseal.cases.hotline.rewards import Award
from wayseal.cases.verdicts import GRANT_US, WAIT_US, ProposalState
from wayseal.journal.record import Act, StateRecord, same_person
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, Name, parsed_by

RECORD: Final = "hotline.jsonl"
_HEADER = {"wayseal": "hotline", "version": 1}
Bytes = Annotated[bytes, parsed_by(bytes.fromhex, str, bytes.hex)]
Place = Annotated[int, Field(ge=0)]


class ReportState(StrEnum):
    """How a report stands. reopened: its reporter wrote after it was closed; gone: deleted, a tombstone stands."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    CLOSED = "closed"
    NUISANCE = "nuisance"
    REOPENED = "reopened"
    GONE = "gone"


SETTABLE = ReportState.IN_PROGRESS, ReportState.WAITING, ReportState.CLOSED
"""What one person may set."""


class Wanted(StrEnum):
    """What is for two to do. cancel: a reward, whose code was lost, say."""

    IDENTITY = "identity"
    NUISANCE = "nuisance"
    REWARD = "reward"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A letter of staff's, in the box of its act."""

    __pydantic_config__: ClassVar = CLOSED
    place: Place
    digest: Bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """What somebody proposes to pay. rules: the name of those that it follows; days: so long its code counts."""

    __pydantic_config__: ClassVar = CLOSED
    rules: Name
    days: Annotated[int, Field(ge=1)]
    award: Award


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxAct(Act):
    """An act about one report."""

    box: Bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(BoxAct):
    """Somebody is about to read letters that they hadn't opened, by their digests."""

    kind: Literal["opened"] = "opened"
    letters: Annotated[tuple[Bytes, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeFound(BoxAct):
    """The first who opened a report found its type."""

    kind: Literal["type_found"] = "type_found"
    type: ReportType


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOut(BoxAct):
    """Somebody is about to take out a file, a name (by its proposal), or words for a case or for the queue ("").

    apart: a file, risky or not, is to be opened on a machine apart. case: into whose files it goes.
    """

    kind: Literal["taken_out"] = "taken_out"
    what: Literal["file", "name", "words"]
    id: str
    apart: bool = False
    case: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(BoxAct):
    """An answer to all of a reporter's letters up to a place."""

    kind: Literal["answered"] = "answered"
    upto: Place
    letter: Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(BoxAct):
    """A note among staff. replaces: the place of an earlier one."""

    kind: Literal["noted"] = "noted"
    letter: Written
    replaces: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSet(BoxAct):
    """A state was set, as of the reporter's letters up to a place, and the reporter told."""

    kind: Literal["state_set"] = "state_set"
    state: ReportState
    upto: Place
    why: Name
    letter: Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned(BoxAct):
    """A report was given to somebody, or to nobody."""

    kind: Literal["assigned"] = "assigned"
    owner: Name | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLinked(BoxAct):
    """A report was linked to a case, or no longer is."""

    kind: Literal["case_linked"] = "case_linked"
    case: Name
    on: bool
    why: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed(BoxAct):
    """Somebody proposed something that is for two. of: the proposal of the reward to be cancelled."""

    kind: Literal["proposed"] = "proposed"
    id: Name
    what: Wanted
    why: Name
    reward: Reward | None = None
    of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied(BoxAct):
    """A proposal was put in force by another, or declined. upto, letter: as of a state, where the reporter is told."""

    kind: Literal["replied"] = "replied"
    id: Name
    yes: bool
    why: str = ""
    upto: Place = 0
    letter: Written | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminded(BoxAct):
    """A reporter was told up to which day a report is kept. It deletes nothing."""

    kind: Literal["reminded"] = "reminded"
    until: date
    letter: Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged(BoxAct):
    """A report is about to be deleted, by a rule, with all of the reporter's letters up to a place."""

    kind: Literal["purged"] = "purged"
    rule: Name
    upto: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid(Act):
    """Finance paid a code. code: its MAC."""

    kind: Literal["paid"] = "paid"
    code: Name
    voucher: Name
    amount: Annotated[int, Field(ge=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayClosed(Act):
    """A day of the log was closed, and signed, with so many leaves up to it."""

    kind: Literal["day_closed"] = "day_closed"
    day: date
    size: Annotated[int, Field(gt=0, multiple_of=8)]
    root: Bytes


AnyAct = (
    Opened | TypeFound | TakenOut | Answered | Noted | StateSet | Assigned | CaseLinked | Proposed | Replied
    | Reminded | Purged | Paid | DayClosed
)  # fmt: skip
ACT: Any = Annotated[AnyAct, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What was proposed, and the reply."""

    proposed: Proposed
    replied: Replied | None = None

    def state(self, now: int) -> ProposalState:
        """How it stands at a time, microseconds after 1970."""
        if self.replied is not None:
            return ProposalState.GRANTED if self.replied.yes else ProposalState.DECLINED
        return ProposalState.WAITING if now <= self.proposed.at + WAIT_US else ProposalState.LAPSED


@dataclass(slots=True, kw_only=True)
class HotlineState:
    """What the record comes to.

    Attributes:
        boxes: Acts about each report, in their order.
        types: The types of reports that were opened.
        opened: The letters that somebody opened, by report and person.
        proposals: By their ids.
        cancelled: Rewards that were, by their proposals.
        paid: By the MAC of the code.
        written: Letters of staff's, by report, and when their act was.
        days: The days of the log that are closed, in their order.
    """

    boxes: dict[bytes, tuple[AnyAct, ...]] = field(default_factory=dict)
    types: dict[bytes, ReportType] = field(default_factory=dict)
    opened: dict[tuple[bytes, str], frozenset[bytes]] = field(default_factory=dict)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    cancelled: dict[str, Replied] = field(default_factory=dict)
    paid: dict[str, Paid] = field(default_factory=dict)
    written: dict[tuple[bytes, Written], int] = field(default_factory=dict)
    days: dict[date, DayClosed] = field(default_factory=dict)

    def granted(self, box: bytes | None = None) -> list[Proposed]:
        """Rewards that were granted and not cancelled, of one report or of all."""
        found = [p.proposed for p in self.proposals.values() if p.replied is not None and p.replied.yes]
        rewards = [one for one in found if one.what is Wanted.REWARD and one.id not in self.cancelled]
        return [one for one in rewards if box in (None, one.box)]

    def may_open(self, id_: str, who: str, now: int) -> bool:
        """Check whether somebody may open the name that they proposed to open, now."""
        one = self.proposals.get(id_)
        return (
            one is not None and one.proposed.what is Wanted.IDENTITY and one.proposed.who == who
            and one.replied is not None and one.replied.yes and now <= one.replied.at + GRANT_US
        )  # fmt: skip

    def of(self, box: bytes) -> tuple[AnyAct, ...]:
        """The acts about a report."""
        return self.boxes.get(box, ())

    def copy(self) -> "HotlineState":
        """One that doesn't change with it."""
        return HotlineState(**{name: dict(getattr(self, name)) for name in self.__slots__})

    def apply(self, act: AnyAct) -> None:
        """Takes an act (rule 5)."""
        match act:
            case Opened():
                key = act.box, act.who
                self.opened[key] = self.opened.get(key, frozenset()) | frozenset(act.letters)
            case TypeFound():
                _must(act.box not in self.types)
                self.types[act.box] = act.type
            case TakenOut(what="name"):
                _must(self.may_open(act.id, act.who, act.at) and self.proposals[act.id].proposed.box == act.box)
            case Noted(replaces=int(note)):
                _must(any(isinstance(one, Noted) and one.letter.place == note for one in self.of(act.box)))
            case StateSet():
                _must(act.state in SETTABLE)
            case Proposed():
                self._propose(act)
            case Replied():
                self._reply(act)
            case Purged():
                _must(any(isinstance(one, Reminded) for one in self.of(act.box)))
            case Paid():
                _must(act.code not in self.paid)
                self.paid[act.code] = act
            case DayClosed():
                last = next(reversed(self.days.values()), None)
                _must(last is None or (last.day < act.day and last.size < act.size))
                self.days[act.day] = act
        if isinstance(act, BoxAct):
            self.boxes[act.box] = (*self.of(act.box), act)
            if (letter := getattr(act, "letter", None)) is not None:
                self.written[act.box, letter] = act.at

    def _propose(self, act: Proposed) -> None:
        _must(act.id not in self.proposals and (act.reward is None) == (act.what is not Wanted.REWARD))
        known = {one.id for one in self.granted(act.box)}
        _must(act.of in known if act.what is Wanted.CANCEL else not act.of)
        self.proposals[act.id] = Proposal(proposed=act)

    def _reply(self, act: Replied) -> None:
        _must(act.id in self.proposals)
        known = self.proposals[act.id]
        said = known.proposed
        told = act.yes and said.what in (Wanted.NUISANCE, Wanted.REWARD)
        waits = known.replied is None and (not act.yes or known.state(act.at) is ProposalState.WAITING)
        _must(waits and said.box == act.box and (act.letter is not None) == told)
        _must(not (act.yes and same_person(said.who, act.who)))
        if act.yes and said.what is Wanted.CANCEL:
            _must(said.of not in self.cancelled)
            self.cancelled[said.of] = act
        self.proposals[act.id] = Proposal(proposed=said, replied=act)


def _must(can_be: bool) -> None:
    if not can_be:
        raise ValueError("act")


class HotlineRecord(StateRecord[HotlineState]):
    """The record of acts of one hotline (rules 2 and 5)."""

    def __init__(self, folder: Path) -> None:
        """Takes the folder, which the first act makes; nobody else may hold its lock while asking for acts."""
        changed = partial(CasebookChangedError, N_("the record of the hotline was changed"))
        super().__init__(folder / RECORD, _HEADER, ACT, HotlineState, changed)
