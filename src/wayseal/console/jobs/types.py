"""Jobs as values. All times are microseconds after 1970, UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from wayseal.model.messages import Message


class JobState(StrEnum):
    """Where a job stands. broken_off: its worker died, or the console was stopped, before it came to its end."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    BROKEN_OFF = "broken_off"


_PREFIX = "j-"
WAITING = frozenset({JobState.QUEUED, JobState.RUNNING})
"""States that a worker will change."""
AGAIN = frozenset({JobState.FAILED, JobState.CANCELLED, JobState.BROKEN_OFF})
"""States from which a job can be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job.

    Attributes:
        id: Such as j-17.
        kind: A kind of `console.jobs.kinds`.
        values: What it was asked to do.
        subject: What it is about, such as a case; empty for the ledger as a whole.
        who: The login of whoever asked for it.
        state: Where it stands.
        stage: What it does now, in the engine's own word; empty before it begins.
        done: Of `total`, in that stage.
        total: 0: it can't be told.
        result: What came of it, if it is done.
        error: Why it failed or broke off.
        tries: How often a worker has taken it.
        cancelling: Somebody wants it to end.
        created_at: When it was asked for.
        started_at: When it was taken the last time.
        ended_at: When it came to its end.
    """

    id: str
    kind: str
    values: Mapping[str, str]
    subject: str
    who: str
    state: JobState
    stage: str
    done: int
    total: int
    result: Mapping[str, str]
    error: Message | None
    tries: int
    cancelling: bool
    created_at: int
    started_at: int | None
    ended_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLine:
    """A line of a job's log."""

    at: int
    text: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What is started each day, or each hour, by itself.

    Attributes:
        kind: A kind of `console.jobs.kinds`.
        hour: On the console's clock; None: each hour.
        who: The login of whoever set it.
        set_at: When.
        last: The last day on which it was started, or hour, as days or hours after 1970 on that clock; None: it never
            was.
    """

    kind: str
    hour: int | None
    who: str
    set_at: int
    last: int | None


def id_of(number: int) -> str:
    """A job's id."""
    return f"{_PREFIX}{number}"


def number_of(id_: str) -> int | None:
    """The number in an id; None: this is none."""
    digits = id_.removeprefix(_PREFIX)
    right = id_.startswith(_PREFIX) and digits.isascii() and digits.isdigit() and len(digits) < 16
    return int(digits) if right else None
