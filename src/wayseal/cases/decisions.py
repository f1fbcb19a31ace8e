"""What wants a decision, and decisions on many at once. Times are microseconds after 1970, UTC."""

from dataclasses import dataclass
from enum import StrEnum

from wayseal.cases.errors import CaseStateError, NoSuchCaseError
from wayseal.cases.types import CaseState, Observable, Priority, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """Something that wants a decision.

    Attributes:
        source: Where it comes from.
        things: What it names.
        reason: A line, or codes with ", " between them.
        score: How likely there is something in it.
        since: When it is known since, µs.
        about: So many things at the start say what it is about; the others are what was found of that, and what is
            new of them comes to the entry that stands in the queue. None: all of them say it.
        until: When the last of it was seen, µs; None: then, too.
    """

    source: Source
    things: tuple[Observable, ...]
    reason: str
    score: float
    since: int
    until: int | None = None
    about: int | None = None


class BulkAction(StrEnum):
    """An action on many at once: taken up, dismissed, given to somebody, put off, made urgent, a state or tag given."""

    PROMOTE = "promote"
    DISMISS = "dismiss"
    ASSIGN = "assign"
    SNOOZE = "snooze"
    PRIORITY = "priority"
    STATE = "state"
    TAG = "tag"
    UNTAG = "untag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision on many. owner: None for nobody. until: None for no longer put off."""

    action: BulkAction
    why: str = ""
    owner: str | None = None
    until: int | None = None
    priority: Priority | None = None
    state: CaseState | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The outcome of a decision on many.

    Attributes:
        done: What was decided on.
        changed: What somebody changed since it was seen: left as it is.
        refused: What it can't be done to, and why.
        same: How many were so already.
    """

    done: tuple[str, ...]
    changed: tuple[str, ...]
    refused: tuple[tuple[str, CaseStateError | NoSuchCaseError], ...]
    same: int
