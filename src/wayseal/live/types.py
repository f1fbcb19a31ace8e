"""The stream's records: what comes in, where it stood in its source, and what is told of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from wayseal.model.runtime import Closing


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The place in a source up to which everything was taken.

    Attributes:
        stream: What the source is, so that one made anew under its old name is another: `nats/ORDERS/2026-…`,
            `kafka/reads/TOPIC-ID`, `file/DEVICE/INODE`.
        parts: The last offset taken of each part, such as of a partition; "" where a source has but one.
    """

    stream: str
    parts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some events as they arrived.

    Attributes:
        lines: JSON Lines, each with its newline: a row of a table of the contract, its name under `table`
            (`accesses` where it is left out).
        position: The source's place behind them.
    """

    lines: bytes
    position: Position


class Source(Protocol):
    """Where events come from. It keeps no place of its own: who reads says where to begin."""

    name: str

    @property
    def away(self) -> float | None:
        """Since when it doesn't answer, by the monotonic clock; None: it does, or nothing can be away."""

    def open(self, after: Position | None) -> Closing:
        """Begins behind a place; None: at the first event that there is.

        GapError: the source doesn't hold what comes next. SourceError: it can't be read.
        """

    def batches(self, linger: float) -> Iterator[Batch | None]:
        """Yield what arrives, in order, and None after `linger` seconds without any; ends where the source does."""

    def release(self, position: Position) -> None:
        """Tells the source that all up to a place is kept elsewhere."""


class NoticeKind(StrEnum):
    """What a notice says: somebody stands out; no more, since work explains it; more, or less, than was said."""

    RAISED = "raised"
    WITHDRAWN = "withdrawn"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TippingRead:
    """The read that tipped the balance. at: microseconds since 1970; number: its place in the arrival log, from 1."""

    waybill: str
    at: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A count that speaks for pulling. value: of the day so far; usual: what 19 of 20 peers have in a day."""

    detector: str
    value: int
    usual: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What the stream tells of an account.

    Attributes:
        id: A function of the arrival log: hash of rule, account, day, level and the event that tipped.
        kind: Raised, withdrawn or changed.
        at: Stream time, microseconds since 1970.
        day: Local day since 1970 that it is of.
        actor: Id of the account; shown under its pseudonym until somebody opens it.
        probability: That the account pulls.
        reasons: What was counted.
        tipped_by: The event; of a withdrawal the scan, ticket or waybill that explained.
        limits: Version of the limits, which names the batch run that they are of.
        raised: Id of the notice that this one withdraws or changes; "" of one that is raised.
    """

    id: str
    kind: NoticeKind
    at: int
    day: int
    actor: str
    probability: float
    reasons: tuple[Reason, ...]
    tipped_by: TippingRead
    limits: str
    raised: str = ""
