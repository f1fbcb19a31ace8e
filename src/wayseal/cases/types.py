"""Alerts, states of cases, and the recorded acts around them. All times are microseconds after 1970, UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from wayseal.cases.errors import CasebookError
from wayseal.cases.verdicts import AccountVerdict, HearingPoint, ProposalKind
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, parsed_by
from wayseal.model.times import iso, micros

FILE = "casebook.db"  # the default database, in the casebook's folder
MOST_ID = MOST_TAG = 40
"""Characters of an id that an error repeats, and of a tag."""
TAG = f"^[^\\n,]{{1,{MOST_TAG}}}$"
READ = "^[0-9]{1,18}:[0-9]{1,18}$"
"""A read's place in the ledger: source and row."""
_Count = Annotated[int, Field(ge=0)]
UNDO_US = 60_000_000
"""So long an act can be taken back (rule 19)."""
LINE = CLOSED | ConfigDict(extra="ignore")
"""A line holds its place in the chain, too."""


def _parse_time(text: str) -> int:
    try:
        at = micros(text)
        iso(at)  # what can't be said is refused: with an offset a time may lie outside of all years
    except (ValueError, OverflowError):
        raise CasebookError(N_("needs a time with its offset")) from None
    return at


Time = Annotated[int, parsed_by(_parse_time, str)]


class Unmasking(StrEnum):
    """A look with names: at what a case says, at several cases as a list, or at the reads of accounts one by one."""

    OPENED = "opened"
    UNMASKED = "unmasked"
    READS = "reads"


class CaseState(StrEnum):
    """How a case stands.

    Nobody saw its names yet, somebody did, somebody works on it, it waits for somebody else; it was closed by a verdict
    or as no case of its own; it was opened anew after that; or it went into another one.
    """

    NEW = "new"
    OPENED = "opened"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    REOPENED = "reopened"
    TRUE = "true"
    FALSE = "false"
    DUPLICATE = "duplicate"
    NO_CASE = "no_case"
    MERGED = "merged"


VERDICTS = frozenset({CaseState.TRUE, CaseState.FALSE})
CLOSED_STATES = VERDICTS | {CaseState.DUPLICATE, CaseState.NO_CASE}
OPEN_STATES = frozenset(CaseState) - CLOSED_STATES - {CaseState.MERGED}
_WORKED = frozenset({CaseState.IN_PROGRESS, CaseState.WAITING, CaseState.DUPLICATE, CaseState.NO_CASE})
CHANGES: Mapping[CaseState, frozenset[CaseState]] = {
    **{state: _WORKED - {state} for state in OPEN_STATES},
    **{state: frozenset({CaseState.REOPENED}) for state in CLOSED_STATES},
    CaseState.MERGED: frozenset(),
}
"""Which state a person may give to a case, by the one that it has (rule 14); verdicts are acts of their own."""


class ObservableKind(StrEnum):
    """The kinds of things cases can share. Of people: an account, a device, a network address."""

    ACCOUNT = "account"
    DEVICE = "device"
    ADDRESS = "address"
    OUTLET = "outlet"
    SELLER = "seller"
    NUMBER = "number"
    CASE = "case"


PERSONAL = frozenset({ObservableKind.ACCOUNT, ObservableKind.DEVICE, ObservableKind.ADDRESS})
"""Shown under pseudonyms (rule 7)."""


class Source(StrEnum):
    """Where what is in the queue comes from."""

    DETECTION = "detection"
    TRACE = "trace"
    PARTNER = "partner"
    RIGHTS = "rights"
    CANARY = "canary"
    LISTING = "listing"
    REPORT = "report"
    NUMBERS = "numbers"
    PARCELS = "parcels"


class ItemState(StrEnum):
    """How something in the queue stands. in_progress: somebody took it, and it is still to be decided on."""

    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    PROMOTED = "promoted"
    DISMISSED = "dismissed"


UNDECIDED = frozenset({ItemState.WAITING, ItemState.IN_PROGRESS})
"""States of what stands in the queue yet."""


class TaskState(StrEnum):
    """How a task stands."""

    TO_DO = "to_do"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    DONE = "done"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    """The priority of a case or item: what is to be looked at first."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class PackStep(StrEnum):
    """A step with a pack of evidence: it was sealed, a copy was fetched, it was handed over, it came back."""

    SEALED = "sealed"
    COPIED = "copied"
    HANDED_OVER = "handed_over"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Observable:
    """Something that cases can share."""

    __pydantic_config__: ClassVar = CLOSED
    kind: ObservableKind
    value: Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert of detection on some accounts: a score, when it tipped, and which detectors gave the reasons.

    parcels_a_day: so many are lost if it is right; 0: unknown. worth: it was worth acting on. read_until: when the
    newest read was that it told of; None in casebooks that didn't note it.
    """

    __pydantic_config__: ClassVar = LINE
    actors: tuple[str, ...]
    alerted_at: Time
    score: float
    detectors: tuple[str, ...]
    parcels_a_day: Annotated[float, Field(ge=0)]
    worth: bool
    read_until: Time | None = None

    @property
    def until(self) -> int:
        """Up to when its reads are known."""
        return self.alerted_at if self.read_until is None else max(self.alerted_at, self.read_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class _CaseAct:
    """An act on a case: when, and who did it."""

    __pydantic_config__: ClassVar = LINE
    case: str
    at: Time
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReasonedAct(_CaseAct):
    """An act on a case that says why."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """An alert was put into a case; at: when. first: it made the case."""

    __pydantic_config__: ClassVar = LINE
    case: str
    at: Time
    alert: Alert
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesShown:
    """Names were shown. cases: case → the accounts that were named: of reads some of it, else all that it had then."""

    __pydantic_config__: ClassVar = LINE
    cases: Mapping[str, tuple[str, ...]]
    at: Time
    who: str
    why: str
    look: Unmasking


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard(_CaseAct):
    """The person concerned was heard. who: who wrote it down. actor: whose account, where the case has several.

    points: what of a hearing was done, beside the statement.
    """

    statement: str
    actor: str | None
    points: tuple[HearingPoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(_ReasonedAct):
    """Somebody judged accounts of a case; none are named where it has none, or all were meant before each was named.

    true: the reads were not work. before: how the case stood.
    """

    true: bool
    before: CaseState
    accounts: tuple[AccountVerdict, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed(_ReasonedAct):
    """Something was proposed that another person answers, until a moment (rule 24).

    Attributes:
        proposal: Its id.
        kind: What.
        until: It lapses then, unless it was answered.
        true: Of a verdict: the reads were not work.
        accounts: Of a verdict: which; () for all.
        lacking: Of a verdict: it says that hearings lack something.
        to: Of a pack: for whom.
    """

    proposal: str
    kind: ProposalKind
    until: Time
    true: bool = False
    accounts: tuple[str, ...] = ()
    lacking: bool = False
    to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(_ReasonedAct):
    """A proposal was put in force, or (not `yes`) declined; by whoever made it: taken back."""

    proposal: str
    yes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed(_ReasonedAct):
    """Something about a case was changed; times (snoozed) are told as ISO 8601, None is nothing."""

    field: Literal["state", "owner", "priority", "snoozed", "title"]
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteWritten(_CaseAct):
    """A note was written, as its version; before: its text until then, None where it is new. after: "": taken out."""

    note: str
    version: Annotated[int, Field(ge=1)]
    before: str | None
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskContent:
    """The content of a task. due: a day, such as 2026-03-02."""

    __pydantic_config__: ClassVar = CLOSED
    text: str
    state: TaskState
    owner: str | None = None
    due: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSet(_CaseAct):
    """A task was made or changed; before: None where it is new. after: None where making it was taken back."""

    task: str
    before: TaskContent | None
    after: TaskContent | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMark:
    """A mark on a read of a case: a star, a comment, or both. comment: one line; "" for none."""

    __pydantic_config__: ClassVar = CLOSED
    starred: bool
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMarked(_CaseAct):
    """A read was starred or commented on, or no longer is. read: source and row in the ledger, such as 3:1042.

    waybill: Of the read: in a ledger that was made anew the same place may be another read. before, after: None for no
    mark.
    """

    read: Annotated[str, Field(pattern=READ)]
    waybill: Annotated[str, Field(min_length=1)]
    before: ReadMark | None
    after: ReadMark | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged(_CaseAct):
    """A case got a tag, or (not `on`) lost it."""

    tag: Annotated[str, Field(pattern=TAG)]
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked(_ReasonedAct):
    """A case was linked to a thing, or (not `on`) no longer is."""

    thing: Observable
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNamed(_ReasonedAct):
    """A file belongs to a case, or (not `on`) no longer does: SHA-256, name and size; its content lies elsewhere.

    sm3: its SM3, where the machine that took it in said so.
    """

    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    name: str
    size: Annotated[int, Field(ge=0)]
    on: bool
    sm3: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged(_ReasonedAct):
    """A case went into another one, or (not `on`) came out of it again. before: how it stood."""

    into: str
    before: CaseState
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(_ReasonedAct):
    """Things of a case went into one of their own."""

    made: str
    things: tuple[Observable, ...]
    alert: Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class PackHeld(_ReasonedAct):
    """An act on a pack of evidence (rule 21).

    Attributes:
        step: What.
        seal: Of the pack.
        digest: SHA-256 of its zip.
        size: Bytes of it.
        items: How many it holds.
        to: To whom it went, or who brought it back; "" for nobody.
    """

    step: PackStep
    seal: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]
    items: Annotated[int, Field(ge=0)]
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone(_CaseAct):
    """An act was taken back. line: its line. case: the case, or the thing in the queue, that it was about."""

    line: Annotated[int, Field(ge=2)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """Something wants a decision. since: since when it is known. until: when the last of it was seen; None: then."""

    __pydantic_config__: ClassVar = LINE
    item: str
    at: Time
    who: str
    source: Source
    things: tuple[Observable, ...]
    score: Annotated[float, Field(ge=0, le=1)]
    reason: str
    since: Time
    until: Time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChanged:
    """Something in the queue was dismissed, taken by somebody or put off."""

    __pydantic_config__: ClassVar = LINE
    item: str
    at: Time
    who: str
    why: str
    field: Literal["state", "owner", "snoozed"]
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promoted:
    """Something in the queue became a case, with all its things."""

    __pydantic_config__: ClassVar = LINE
    item: str
    case: str
    at: Time
    who: str
    why: str
    alert: Alert
    things: tuple[Observable, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """Cases were forgotten: those closed before a moment. The chain starts anew behind it.

    cases, acts: how many went. lines, head: how many lines there were, and the SHA-256 of the last. last, last_item:
    the highest number that a case, or a thing in the queue, was given so far.
    """

    __pydantic_config__: ClassVar = LINE
    at: Time
    who: str
    why: str
    before: Annotated[Time, Field(alias="before_at")]
    cases: _Count
    acts: _Count
    lines: _Count
    head: str
    last: _Count
    last_item: _Count = 0


CaseAct = (
    NamesShown | Heard | Verdict | Proposed | Answered | Changed | NoteWritten | TaskSet | ReadMarked
    | Tagged | Linked | FileNamed | PackHeld | Merged | Split | Undone | Promoted
)  # fmt: skip
"""What people did with a case."""
Act = Registered | Forgotten | Queued | ItemChanged | CaseAct
