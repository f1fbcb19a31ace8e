"""Alerts, cases and the recorded acts around them. All times are microseconds after 1970, UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from wayseal.detect.errors import CasebookError, CasebookUsageError, NoSuchCaseError
from wayseal.model.schema import CLOSED, parsed_by
from wayseal.model.times import iso, micros
from wayseal.page.visible import shorten, visible

FILE = "casebook.jsonl"
"""The journal, in the casebook's folder."""
MOST_LINE = 500
MOST_ID = 40
"""Characters of an id that an error repeats."""


_LINE = CLOSED | ConfigDict(extra="ignore")
"""A line holds its place in the chain, too."""


def _parse_time(text: str) -> int:
    try:
        at = micros(text)
        iso(at)  # what can't be said is refused: with an offset a time may lie outside of all years
    except (ValueError, OverflowError):
        raise CasebookError("needs a time with its offset") from None
    return at


_Time = Annotated[int, parsed_by(_parse_time, str)]
_Count = Annotated[int, Field(ge=0)]


class CaseState(StrEnum):
    """How a case stands: nobody opened it yet, somebody did, or it was closed by a verdict."""

    NEW = "new"
    OPENED = "opened"
    TRUE = "true"
    FALSE = "false"


class Look(StrEnum):
    """What was shown with names: what a case says, several cases as a list, or the reads of accounts one by one."""

    OPENED = "opened"
    UNMASKED = "unmasked"
    READS = "reads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What detection says of some accounts: a score, when it tipped, and which detectors gave the reasons.

    read_until: the time of the newest read that it told of; None in casebooks that didn't note it.
    """

    __pydantic_config__: ClassVar = _LINE
    actors: tuple[str, ...]
    alerted_at: _Time
    score: float
    detectors: tuple[str, ...]
    read_until: _Time | None = None

    @property
    def until(self) -> int:
        """Up to when its reads are known."""
        return self.alerted_at if self.read_until is None else max(self.alerted_at, self.read_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """An alert was put into a case; at: when. first: it made the case."""

    __pydantic_config__: ClassVar = _LINE
    case: str
    at: _Time
    alert: Alert
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesShown:
    """Names were shown. cases: case → the accounts that were named: of reads some of it, else all that it had then."""

    __pydantic_config__: ClassVar = _LINE
    cases: Mapping[str, tuple[str, ...]]
    at: _Time
    who: str
    why: str
    look: Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The person concerned was heard. who: who wrote it down. actor: whose account, where the case has several."""

    __pydantic_config__: ClassVar = _LINE
    case: str
    at: _Time
    who: str
    statement: str
    actor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Somebody judged a case. true: the reads were not work."""

    __pydantic_config__: ClassVar = _LINE
    case: str
    at: _Time
    true: bool
    who: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """Cases were forgotten: those closed before a moment. The chain starts anew behind it.

    cases, acts: how many went. cut: lines cut off by crashes that went, too. lines, head: how many lines there were,
    and the SHA-256 of the last. last: the highest number that a case was given so far.
    """

    __pydantic_config__: ClassVar = _LINE
    at: _Time
    who: str
    why: str
    before: Annotated[_Time, Field(alias="before_at")]
    cases: _Count
    acts: _Count
    cut: _Count
    lines: _Count
    head: str
    last: _Count


Act = Registered | NamesShown | Heard | Verdict | Forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCase:
    """A case: its accounts in the order in which they came, its alerts, and what was done with it.

    named: the accounts whose names may be shown because of this case.
    """

    id: str
    actors: tuple[str, ...]
    alerts: tuple[Alert, ...]
    acts: tuple[NamesShown | Heard | Verdict, ...] = ()
    named: frozenset[str] = frozenset()

    @property
    def state(self) -> CaseState:
        """How it stands; the last verdict counts."""
        if (verdict := self.verdict) is not None:
            return CaseState.TRUE if verdict.true else CaseState.FALSE
        return CaseState.OPENED if any(isinstance(act, NamesShown) for act in self.acts) else CaseState.NEW

    @property
    def verdict(self) -> Verdict | None:
        """The verdict that counts: the last one."""
        return next((act for act in reversed(self.acts) if isinstance(act, Verdict)), None)

    @property
    def heard(self) -> tuple[Heard, ...]:
        """What the persons concerned said."""
        return tuple(act for act in self.acts if isinstance(act, Heard))

    @property
    def score(self) -> float:
        """That of the last alert."""
        return self.alerts[-1].score

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
    """What a verdict teaches: whose reads, alerted from when to when by which detectors, were work or not.

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
class Casebook:
    """What a casebook says. unread: numbers of lines that a crash cut off."""

    cases: tuple[RecordedCase, ...] = ()
    forgotten: tuple[Forgotten, ...] = ()
    unread: tuple[int, ...] = ()

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

    def closed_before(self, moment: int) -> tuple[RecordedCase, ...]:
        """The cases whose verdict was given before a moment."""
        return tuple(case for case in self.cases if case.verdict is not None and case.verdict.at < moment)

    def waiting_since(self, moment: int) -> tuple[RecordedCase, ...]:
        """The cases without a verdict that had their last alert before a moment."""
        return tuple(case for case in self.cases if case.verdict is None and case.last_alerted_at < moment)

    @property
    def verdicts(self) -> tuple[Judged, ...]:
        """What the verdicts that count teach, by case."""
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
