"""Alerts, cases and the recorded acts around them. All times are microseconds after 1970, UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from wayseal.cases._pseudonyms import Pseudonyms
from wayseal.cases._work import (
    CLOSED_STATES,
    LINE,
    OPEN_STATES,
    PERSONAL,
    UNDO_US,
    Alert,
    CaseState,
    Changed,
    FileNamed,
    ItemChanged,
    ItemState,
    Linked,
    Merged,
    NoteWritten,
    PackHeld,
    PackStep,
    Priority,
    Promoted,
    Queued,
    Source,
    Split,
    TaskContent,
    TaskSet,
    TaskState,
    Thing,
    ThingKind,
    Time,
    Undone,
)
from wayseal.cases.errors import CasebookUsageError, NoSuchCaseError
from wayseal.page.visible import shorten, visible

__all__ = [
    "CLOSED_STATES",
    "FILE",
    "MOST_LINE",
    "OPEN_STATES",
    "PERSONAL",
    "UNDO_US",
    "Act",
    "Alert",
    "CaseAct",
    "CaseState",
    "Casebook",
    "Changed",
    "FileNamed",
    "Forgotten",
    "Heard",
    "ItemChanged",
    "ItemState",
    "Judged",
    "Known",
    "Linked",
    "Look",
    "Merged",
    "NamesShown",
    "NoteWritten",
    "PackHeld",
    "PackStep",
    "Priority",
    "Promoted",
    "Pseudonyms",
    "Queued",
    "RecordedCase",
    "Registered",
    "Source",
    "Split",
    "TaskContent",
    "TaskSet",
    "TaskState",
    "Thing",
    "ThingKind",
    "Undone",
    "Verdict",
    "one_line",
]

FILE = "casebook.db"
"""The default database, in the casebook's folder."""
MOST_LINE = 500
MOST_ID = 40
"""Characters of an id that an error repeats."""
_Count = Annotated[int, Field(ge=0)]


class Look(StrEnum):
    """A look with names: at what a case says, at several cases as a list, or at the reads of accounts one by one."""

    OPENED = "opened"
    UNMASKED = "unmasked"
    READS = "reads"


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
    look: Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The person concerned was heard. who: who wrote it down. actor: whose account, where the case has several."""

    __pydantic_config__: ClassVar = LINE
    case: str
    at: Time
    who: str
    statement: str
    actor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Somebody judged a case. true: the reads were not work. before: how it stood."""

    __pydantic_config__: ClassVar = LINE
    case: str
    at: Time
    true: bool
    who: str
    why: str
    before: CaseState


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
    NamesShown
    | Heard
    | Verdict
    | Changed
    | NoteWritten
    | TaskSet
    | Linked
    | FileNamed
    | PackHeld
    | Merged
    | Split
    | Undone
    | Promoted
)
"""What people did with a case."""
Act = Registered | Forgotten | Queued | ItemChanged | CaseAct


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCase:
    """A case: its accounts in the order in which they came, its alerts, and what was done with it.

    named: the accounts whose names may be shown because of this case. verdict: the one that counts, the last.
    closed_at: when it was closed, None where it is open. merged_into: the case that it went into.
    """

    id: str
    actors: tuple[str, ...]
    alerts: tuple[Alert, ...]
    acts: tuple[CaseAct, ...] = ()
    named: frozenset[str] = frozenset()
    state: CaseState = CaseState.NEW
    verdict: Verdict | None = None
    closed_at: int | None = None
    merged_into: str | None = None

    @property
    def closed(self) -> bool:
        """True if nothing more is to be done with it as it stands."""
        return self.state in CLOSED_STATES

    @property
    def heard(self) -> tuple[Heard, ...]:
        """The statements of the persons concerned."""
        return tuple(act for act in self.acts if isinstance(act, Heard))

    @property
    def score(self) -> float:
        """That of the last alert."""
        return self.alerts[-1].score

    @property
    def parcels_a_day(self) -> float:
        """That of the last alert."""
        return self.alerts[-1].parcels_a_day

    @property
    def worth(self) -> bool:
        """True if it was worth acting on by the last alert."""
        return self.alerts[-1].worth

    @property
    def alerted_at(self) -> int:
        """The time of its earliest alert."""
        return min(alert.alerted_at for alert in self.alerts)

    @property
    def last_alerted_at(self) -> int:
        """The time of its latest alert."""
        return max(alert.alerted_at for alert in self.alerts)

    @property
    def read_until(self) -> int:
        """The time of the newest read that an alert told of: what a verdict is about."""
        return max(alert.until for alert in self.alerts)

    @property
    def detectors(self) -> tuple[str, ...]:
        """All that ever gave a reason, in the order in which they first did."""
        return tuple(dict.fromkeys(name for alert in self.alerts for name in alert.detectors))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The lesson of a verdict: whose reads, alerted from when to when by which detectors, were work or not.

    read_until: up to when these reads were known.
    """

    case: str
    actors: tuple[str, ...]
    detectors: tuple[str, ...]
    alerted_at: int
    last_alerted_at: int
    read_until: int
    true: bool
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The part of a casebook that detection has to know.

    opened: the accounts whose names may be shown (rule 7). linked: those of each open case of several.
    """

    verdicts: tuple[Judged, ...] = ()
    opened: frozenset[str] = frozenset()
    linked: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Casebook:
    """The content of a casebook."""

    cases: tuple[RecordedCase, ...] = ()
    forgotten: tuple[Forgotten, ...] = ()

    def case(self, id_: str) -> RecordedCase:
        """The case of that id; NoSuchCaseError if there is none."""
        for case in self.cases:
            if case.id == id_:
                return case
        name = shorten(visible(id_), MOST_ID) or '""'
        raise NoSuchCaseError("there is no case {name}; `wayseal case list` shows which there are", name=name)

    @property
    def opened_actors(self) -> frozenset[str]:
        """The accounts whose names may be shown (rule 7)."""
        return frozenset().union(*(case.named for case in self.cases))

    @property
    def known(self) -> Known:
        """The part of it that detection has to know."""
        several = (
            tuple(sorted(set(c.actors))) for c in sorted(self.cases, key=lambda c: c.id) if c.state in OPEN_STATES
        )
        linked = tuple(some for some in several if len(some) > 1)
        return Known(verdicts=self.verdicts, opened=self.opened_actors, linked=linked)

    def closed_before(self, moment: int) -> tuple[RecordedCase, ...]:
        """The cases that were closed before a moment.

        Cases that ever went into one another, or came apart, share acts: they go together, after the last was closed.
        """
        families = self._families()
        open_ = {
            families[case.id]
            for case in self.cases
            if case.state is not CaseState.MERGED and (case.closed_at is None or case.closed_at >= moment)
        }
        return tuple(case for case in self.cases if families[case.id] not in open_)

    def _families(self) -> dict[str, str]:
        """One case for all that share acts, by case."""
        of = {case.id: case.id for case in self.cases}

        def root(id_: str) -> str:
            while of[id_] != id_:
                id_ = of[id_]
            return id_

        for case in self.cases:
            for act in case.acts:
                other = act.into if isinstance(act, Merged) else act.made if isinstance(act, Split) else ""
                if other in of and act.case in of:  # type: ignore[union-attr]
                    of[root(other)] = root(act.case)  # type: ignore[union-attr]
        return {id_: root(id_) for id_ in of}

    def waiting_since(self, moment: int) -> tuple[RecordedCase, ...]:
        """The open cases that had their last alert before a moment."""
        return tuple(case for case in self.cases if case.state in OPEN_STATES and case.last_alerted_at < moment)

    @property
    def verdicts(self) -> tuple[Judged, ...]:
        """The lessons of the verdicts that count, by case."""
        return tuple(
            Judged(
                case=case.id,
                actors=case.actors,
                detectors=case.detectors,
                alerted_at=case.alerted_at,
                last_alerted_at=case.last_alerted_at,
                read_until=case.read_until,
                true=verdict.true,
                at=verdict.at,
            )
            for case in self.cases
            if (verdict := case.verdict) is not None
        )


def one_line(text: str, field: str) -> str:
    """A text that can say who or why: one line of up to MOST_LINE characters. CasebookUsageError names the field."""
    if not text.strip() or len(text) > MOST_LINE or not text.isprintable():
        raise CasebookUsageError("one line of up to {most} characters", key=field, most=MOST_LINE)
    return text
