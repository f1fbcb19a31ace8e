"""A case laid out, as a value."""

from dataclasses import dataclass

import pyarrow as pa

from wayseal.detect._result import Person

READS = pa.schema(
    [
        ("at", pa.int64()),
        ("person", pa.int32()),
        ("waybill", pa.string()),
        ("action", pa.string()),
        ("via", pa.string()),
        ("purpose", pa.string()),
        ("session", pa.string()),
        ("ip", pa.string()),
        ("device", pa.string()),
        ("source", pa.int32()),
        ("row", pa.int64()),
        ("first", pa.bool_()),
        ("counted", pa.int64()),
        ("verdict", pa.string()),
        ("template", pa.string()),
    ]
)
"""Reads of a case by (at, source, row). person: place among its people; counted: bit n for its detector n.

verdict: mandate, strong, weak, unexplained, unknown; template: what explains it, "" for nothing. Texts are "" for none.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A post of an account: outlet, city, region, channel or customer. µs; None: without that bound."""

    scope: str
    value: str
    since: int | None
    until: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSpan:
    """A ticket of the account on a waybill that it read. closed: None while it is open."""

    ticket: str
    waybill: str
    opened: int
    closed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HourProfile:
    """Reads an hour of the local day, 24 values each, a mean over the days on which the account read.

    now: on the case's days. past: in the weeks before. low, middle, high: 5th percentile, median and 95th of peers on
    the case's days. days, past_days: days with reads. peers: how many accounts.
    """

    now: tuple[float, ...]
    past: tuple[float, ...]
    low: tuple[float, ...]
    middle: tuple[float, ...]
    high: tuple[float, ...]
    days: int
    past_days: int
    peers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LanePerson:
    """An account of a case.

    about: as detection found it, without single reads; of one that it finds no more, without reasons. scans: (hour
    since 1970, scans) of the waybills that it read, by itself or where it works. hours: None without facts.
    """

    about: Person
    duties: tuple[Duty, ...]
    tickets: tuple[TicketSpan, ...]
    scans: tuple[tuple[int, int], ...]
    hours: HourProfile | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneHead:
    """A case laid out, but for its reads.

    Attributes:
        case: Its id.
        digest: Of the ledger that it was made of.
        read_until: Microseconds since 1970 of the case's newest read, as the casebook had it.
        since: Microseconds since 1970 at which its first local day begins.
        until: The same at which its last local day is over.
        offset: Of local days, microseconds ahead of UTC.
        detectors: Names, by the bits of `counted`.
        unlisted: Those of them whose reads can't be listed.
        people: Its accounts.
        evidence: Nats; 0 where detection finds the case no more.
        young: Whether all of it is of few days.
        by: What links the accounts.
        missing: Tables that explanations are made of and the ledger lacks.
        cut: Whether reads that no detector counts were left out, as there are too many.
    """

    case: str
    digest: str
    read_until: int
    since: int
    until: int
    offset: int
    detectors: tuple[str, ...]
    unlisted: tuple[str, ...]
    people: tuple[LanePerson, ...]
    evidence: float
    young: bool
    by: tuple[str, ...]
    missing: tuple[str, ...]
    cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLanes:
    """A case laid out.

    Attributes:
        head: All but its reads.
        reads: By time (`READS`).
    """

    head: LaneHead
    reads: pa.Table
