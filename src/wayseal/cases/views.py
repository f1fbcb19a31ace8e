"""What pages are told: rows of lists, a case with all that belongs to it. Times are microseconds after 1970, UTC.

People stand under the names that the reader may see: pseudonyms, unless names were asked for and an act is on record
that shows them (rule 7).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from wayseal.cases.types import (
    Answered,
    CaseState,
    ItemState,
    ObservableKind,
    PackStep,
    Priority,
    Proposed,
    ReadMark,
    Source,
    TaskContent,
)
from wayseal.cases.verdicts import GRANT_US, HearingPoint, ProposalState

R = TypeVar("R")


class CaseSort(StrEnum):
    """By what cases are listed: last change, expected loss, score, number, first alert (each down), or priority."""

    CHANGED = "changed"
    LOSS = "loss"
    SCORE = "score"
    NUMBER = "number"
    ALERTED = "alerted"
    PRIORITY = "priority"


class ItemSort(StrEnum):
    """By what the queue is listed: expected loss, score, how long it waits, or how old it is."""

    LOSS = "loss"
    SCORE = "score"
    WAITING = "waiting"
    AGE = "age"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases are meant. states: empty for all. owner: "" for those of nobody. thing: as pages show it.

    by_id: an account may be given by its id as well: whoever asks so learns its pseudonym. among: things as pages show
    them, of which a case has to have one. tag: in its one spelling.
    """

    states: frozenset[CaseState] = frozenset()
    owner: str | None = None
    source: Source | None = None
    thing: str | None = None
    by_id: bool = False
    among: tuple[str, ...] = ()
    tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """A filter for the queue. owner: "" for nobody's. snoozed: what was put off, instead of what waits now."""

    source: Source | None = None
    owner: str | None = None
    snoozed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[R]):
    """Some rows. after: what the next page begins behind, None: there is none."""

    rows: tuple[R, ...]
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Something that was found by words.

    Attributes:
        what: A kind of `ObservableKind`, or case, item, note, file.
        id: The case, or what stands in the queue, that it is of.
        ref: Of a note its id, of a file its SHA-256, of a thing how it may be called; else "".
        text: As it is written: title, reason, note, name of a file.
        state: Of a case or an item.
        more: In so many others it is, too.
    """

    what: str
    id: str
    ref: str = ""
    text: str = ""
    state: str = ""
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching(Generic[R]):
    """All that fits a filter, up to a bound. total: how many fit. line: the casebook's last line when that was so."""

    rows: tuple[R, ...]
    total: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservableRow:
    """A thing under the name that may be shown.

    hidden: that is a pseudonym. alias: what it is called in addresses, whoever looks. via: the case that it came with.
    guilty: of an account: its verdict; None for none. lacking: what hearings of its person lack.
    """

    kind: ObservableKind
    name: str
    hidden: bool
    alias: str
    via: str = ""
    guilty: bool | None = None
    lacking: tuple[HearingPoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case in a list. things: its first ones. snoozed_until: 0 for not put off. line: of the last change.

    due: the first day on which an open task of it is due.
    """

    id: str
    state: CaseState
    source: Source
    title: str | None
    owner: str | None
    priority: Priority
    snoozed_until: int
    score: float
    parcels_a_day: float
    worth: bool
    detectors: tuple[str, ...]
    alerted_at: int
    last_alerted_at: int
    read_until: int
    made_at: int
    changed_at: int
    line: int
    statements: int
    merged_into: str | None
    tags: tuple[str, ...] = ()
    due: str | None = None
    things: tuple[ObservableRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """Something in the queue. id: `q-…`, or the id of a case of detection.

    since: when it happened, as far as that is known; queued_at: since when it waits. count: how many things it names.
    """

    id: str
    case: str | None
    source: Source
    state: ItemState
    owner: str | None
    snoozed_until: int
    score: float
    parcels_a_day: float
    reason: str
    since: int
    queued_at: int
    count: int
    changed_at: int
    line: int
    things: tuple[ObservableRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """How a casebook stands. line: the last one. closed: cases that were closed since a moment."""

    line: int
    closed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many: cases by state, waiting items by source, open cases by owner, open tasks by owner ("" for nobody's).

    day: how the casebook stands since a moment, where one was given. tags: cases by tag.
    """

    states: Mapping[str, int]
    queue: Mapping[str, int]
    owners: Mapping[str, int]
    tasks: Mapping[str, int]
    day: Day
    tags: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note. version: what an edit names. text: "" for one that was taken out."""

    id: str
    version: int
    text: str
    first_who: str
    who: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task of a case."""

    case: str
    id: str
    content: TaskContent
    who: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedRead:
    """A read that is starred or commented on. read: its source and row in the ledger."""

    read: str
    waybill: str
    mark: ReadMark
    who: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A file that belongs to a case."""

    digest: str
    name: str
    size: int
    who: str
    at: int
    sm3: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A pack of evidence that was sealed. digest: SHA-256 of the zip; items: how many it holds."""

    seal: str
    digest: str
    size: int
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PackAct:
    """An act on a pack: a step of its custody. to: to whom it went, or who brought it back."""

    pack: Pack
    step: PackStep
    at: int
    who: str
    why: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Something that one person proposed (rule 24), and its answer; accounts stand under names that may be shown."""

    made: Proposed
    answer: Answered | None

    def state_at(self, now: int) -> ProposalState:
        """How it stands: nothing waits for longer than it was to."""
        if self.answer is None:
            return ProposalState.WAITING if now < self.made.until else ProposalState.LAPSED
        return ProposalState.GRANTED if self.answer.yes else ProposalState.DECLINED

    def lets(self, now: int) -> bool:
        """True if its proposer may do now what another person agreed to."""
        return self.answer is not None and self.answer.yes and now < self.answer.at + GRANT_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A person's words. text: None while a name of the case may not be shown. account: whose, None: the only one.

    points: what of a hearing was done.
    """

    case: str
    at: int
    who: str
    account: str | None
    text: str | None
    points: tuple[HearingPoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An act on a case's timeline. act: its name. told: what it says beside who and why, without hidden names."""

    line: int
    case: str
    act: str
    at: int
    who: str
    why: str
    told: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActLine:
    """An act without anything personal, and without what somebody wrote.

    Attributes:
        line: Of the journal.
        at: When.
        who: Who did it; "" for detection.
        act: Its name.
        ids: The first cases, or things in the queue, that it is about.
        others: How many more there are.
        field: What was changed; "" where nothing can be told.
        before: How it was.
        after: How it is.
        of_item: It is about something in the queue.
    """

    line: int
    at: int
    who: str
    act: str
    ids: tuple[str, ...]
    others: int
    field: str = ""
    before: str | None = None
    after: str | None = None
    of_item: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """A case, or something in the queue, that shares things with a case; proposed, never merged by itself."""

    id: str
    state: str
    shared: tuple[ObservableRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """A case, or something in the queue, that has a thing of another one."""

    id: str
    thing: ObservableRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """The loss that a case judged true stands for, in parcels.

    Attributes:
        before: Between its first alert and the decision, at the rate that its last alert told.
        after: Of later cases of the same accounts that were alerted after the decision and aren't refuted.
        detectors: That gave reasons.
        accounts: Whose reads they are.
    """

    before: float
    after: float
    detectors: tuple[str, ...]
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseWeek:
    """A week of casework.

    Attributes:
        opened: Cases that were made in it.
        closed: Cases that were closed in it and still are: state → how many.
        hours: Their times from being made to being closed, in hours, the shortest first.
        losses: Of those judged true.
    """

    opened: int = 0
    closed: Mapping[str, int] = field(default_factory=dict)
    hours: tuple[float, ...] = ()
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticeable:
    """A case as notices tell of it. score, parcels_a_day: of its last alert. alerted_at: the earliest."""

    id: str
    score: float
    parcels_a_day: float
    accounts: int
    alerted_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The acts of somebody at one moment. lines: the newest first. ids: cases and items. back: it can be taken back."""

    lines: tuple[int, ...]
    ids: tuple[str, ...]
    at: int
    back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteVersion:
    """A version of a note. text: "" for one that took it out."""

    version: int
    text: str
    who: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmaskingOnRecord:
    """Somebody's recorded looks at a case's names. at, why: of the last act; accounts: of all."""

    at: int
    why: str
    accounts: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingRow:
    """A listing in the queue. at: when it was put there; reason: what was written of it."""

    id: str
    at: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A case with all that belongs to it. merged: the cases that went into it. named: all its names may be shown.

    looked_at: when whoever was named as looker last had a look at its names recorded; 0 for not.
    """

    row: CaseRow
    things: tuple[ObservableRow, ...]
    named: bool
    looked_at: int
    merged: tuple[str, ...]
    statements: tuple[Statement, ...]
    tasks: tuple[Task, ...]
    proposals: tuple[Proposal, ...]
    notes: tuple[Note, ...]
    files: tuple[FileRow, ...]
    similar: tuple[Similar, ...]
    timeline: Page[Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The changes behind a line. line: to ask from the next time. more: there is more than is told here."""

    line: int
    cases: tuple[CaseRow, ...]
    items: tuple[ItemRow, ...]
    more: bool
