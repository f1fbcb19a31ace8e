"""Baskets, what is in them, and runs over them. Times are microseconds after 1970, UTC; who: a login."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from wayseal.model.times import HOUR_US


class BasketAct(StrEnum):
    """An act on a basket."""

    MADE = "made"
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    RENAMED = "renamed"
    CLOSED = "closed"
    OPENED = "opened"


class RunKind(StrEnum):
    """The work of a run: the name of its job."""

    CHECK = "trace_check"
    TRACE = "trace"
    LEFT_OUT = "trace_left_out"


class Problem(StrEnum):
    """Why what was typed can't be taken, beside the reasons of a file's reader."""

    UNREADABLE = "unreadable"
    NO_TABLE = "no_table"
    NO_TIME = "no_time"
    NOT_A_CONDITION = "not_a_condition"
    TOO_LONG = "too_long"
    CONTROL = "control"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number that turned up, in the contract's terms, with what was paid and by whom.

    seen_day: only the day is known, and seen_at is its beginning. asked: conditions, as JSON.
    """

    waybill: str
    seen_at: int
    seen_day: bool = False
    asked_at: int | None = None
    absent_at: int | None = None
    found_by: str | None = None
    seller: str | None = None
    asked: str | None = None
    price: str = ""
    bought_by: str = ""

    @property
    def sold_at(self) -> int:
        """By when it was on sale for sure: of a day, its last moment."""
        return self.seen_at + (24 * HOUR_US - 1) * self.seen_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A number in a basket. row: its place, which stays; since: the version that it is of."""

    row: int
    since: int
    number: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A number as it stands in a basket. basket, name: which; version: of the basket, that brought it as it is."""

    basket: str
    name: str
    version: int
    number: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault in what was typed. line: from 1, 0 for the fields beside it. reason: a code of texts.

    column: of the contract, or a field; "" for the whole line.
    """

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The numbers that were typed: all of them, or faults and none."""

    numbers: tuple[Number, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """A basket. id: as pages name it; numbers: how many are in it."""

    id: str
    number: int
    name: str
    version: int
    numbers: int
    closed: bool
    changed_at: int
    changed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One act: it made that version. count: numbers that it was about."""

    version: int
    at: int
    act: BasketAct
    who: str
    why: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run over a version of a basket.

    Attributes:
        number: Higher is newer.
        job: Its job.
        kind: What it does.
        basket: Id of the basket.
        version: Of the basket.
        seed: Of all randomness.
        at: When it was begun.
        who: By whom.
        of: The run whose numbers are left out one by one; "" for others.
        state: How its job stood when it was last looked at.
        told: What its job gave, once it was done.
        item: What it became in the queue; "" while nothing.
    """

    number: int
    job: str
    kind: RunKind
    basket: str
    version: int
    seed: int
    at: int
    who: str
    of: str = ""
    state: str = "queued"
    told: Mapping[str, str] = field(default_factory=dict)
    item: str = ""

    @property
    def open(self) -> bool:
        """Return whether its job may still change."""
        return self.state in ("queued", "running")
