"""The result of a scope."""

from dataclasses import dataclass
from typing import Annotated

from wayseal.model.kinds import SourceKind
from wayseal.page.programs import OrNull, rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCount:
    """Something by name: how many distinct waybills, how many reads (0 where the source doesn't read)."""

    name: OrNull
    waybills: int
    reads: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Distinct waybills from one city to another; None where the tables don't say."""

    origin: str | None
    destination: str | None
    waybills: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Distinct waybills that came from a region, and that went there."""

    name: OrNull
    sent: int
    received: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How far the work that the ledger knows explains what was read, in distinct waybills.

    reason: why nothing can be said ("" where it can). checked: waybills whose route is known. passed: of them, those
    that touched a place where the account works; ticket: others on which it had a ticket; assigned: others of a
    customer or interface that it answers for. unexplained: none of these. unknown: no route known.
    """

    reason: OrNull = ""
    checked: int = 0
    passed: int = 0
    ticket: int = 0
    assigned: int = 0
    unexplained: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ByQuery:
    """The result of replayed queries beside the logged reads.

    waybills: distinct ones that were shown for certain. uncertain: others that may have been; expected: how many of
    these. replayed: the source's queries of any time that could be put to waybills.
    """

    waybills: int = 0
    uncertain: int = 0
    expected: Annotated[float, rounded(1)] = 0.0
    replayed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeResult:
    """The scope of one source.

    since, until: the period that was asked for, first and last: the least and greatest time of what was found (µs since
    1970, None without). days: day of China since 1970 → counts, without gaps. hours[24]: reads (of routes: arrivals) by
    the hour of China. routes, actions, vias, fields: most waybills first. unsaid: reads whose fields the log doesn't
    say. queries: logged questions in the period; by_query: what they showed. missing: tables that would have told more.
    """

    wayseal: str
    ledger_digest: str
    source: str
    kind: SourceKind
    role: str | None
    outlet: str | None
    since: int | None
    until: int | None
    waybills: int
    reads: int
    first: int | None
    last: int | None
    days: tuple[tuple[int, int, int], ...]
    hours: tuple[int, ...]
    routes: tuple[Route, ...]
    regions: tuple[Region, ...]
    actions: tuple[NamedCount, ...]
    vias: tuple[NamedCount, ...]
    fields: tuple[NamedCount, ...]
    unsaid: int
    queries: int
    by_query: ByQuery
    work: Work
    missing: tuple[str, ...]
