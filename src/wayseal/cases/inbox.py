"""Whom an act concerns, and why: the one table of what of the casebook goes into somebody's inbox. Pure.

1. An act concerns nobody who did it themselves, and each other person once, for the first reason that fits.
2. What was taken back concerns nobody any more.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from wayseal.cases.types import (
    Act,
    CaseState,
    Changed,
    Heard,
    ItemChanged,
    NoteWritten,
    Registered,
    TaskSet,
    Verdict,
)
from wayseal.cases.writing import mentions_of

SELLER_BACK = "market_back"
"""The reason of what the market puts into the queue where a seller whose shop was gone is back."""


class Concern(StrEnum):
    """Why something is in an inbox: given to them, named in a note, an answer, a job that ended, something is back."""

    ASSIGNED = "assigned"
    MENTIONED = "mentioned"
    ANSWERED = "answered"
    JOB = "job"
    BACK = "back"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something that concerns somebody.

    Attributes:
        at: When, in microseconds after 1970.
        kind: Why.
        what: The act; of what time or the market brought back `snoozed` and `seller`, of a job its state.
        id: Of the case, the thing in the queue, or the job.
        who: Who did it; "" for nobody.
        of: The kind of a job; "" of all else.
    """

    at: int
    kind: Concern
    what: str
    id: str
    who: str = ""
    of: str = ""

    @property
    def key(self) -> str:
        """What it is known by."""
        return f"{self.at}.{self.id}"


def concerned_by(act: Act, owner: str | None) -> Mapping[str, Concern]:
    """Find the people whom an act concerns (rule 1).

    Args:
        act: It.
        owner: Who has the case, or the thing in the queue, that it is about.

    Returns:
        Login → why.
    """
    found: dict[str, Concern] = {}
    for login, why in _concerned(act, owner):
        if login and login != getattr(act, "who", None):
            found.setdefault(login, why)
    return found


def _concerned(act: Act, owner: str | None) -> Iterator[tuple[str | None, Concern]]:
    match act:
        case Changed(field="owner") | ItemChanged(field="owner"):
            yield act.after, Concern.ASSIGNED
        case TaskSet() if act.after is not None:
            if act.before is None or act.before.owner != act.after.owner:
                yield act.after.owner, Concern.ASSIGNED
        case NoteWritten():
            for login in sorted({*mentions_of(act.after)} - {*mentions_of(act.before or "")}):
                yield login, Concern.MENTIONED
            yield (owner if act.after else None), Concern.ANSWERED
        case Heard() | Verdict():
            yield owner, Concern.ANSWERED
        case Changed(field="state", after=CaseState.REOPENED) | Registered(first=False):
            yield owner, Concern.BACK
        case _:
            return
