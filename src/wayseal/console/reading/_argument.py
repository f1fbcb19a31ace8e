"""Innocent explanations of an account's reads, weighed by what was laid out of its case. Pure.

1. Each says which numbers speak for or against it, or which table would have to be there; none is a verdict.
2. What is weighed are the reads behind a reason; where no reason counts any, those that no work explains.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.detect.timeline import CaseTimeline, TimelinePerson
from wayseal.detect.window import DAY_US

ODD = ("unexplained", "unknown")
"""Verdicts of reads that no work explains."""
_HELPED = ("outlet", "interface")
_TWO_PLACES = "two_places_at_once"


class Leaning(StrEnum):
    """Where the numbers lean: AGAINST an explanation, it is POSSIBLE, or nothing that is known says: OPEN."""

    AGAINST = "against"
    POSSIBLE = "possible"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """An innocent explanation. kind: which; code: of its text, whose blanks are `values`."""

    kind: str
    leaning: Leaning
    code: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The parcels that an account read on a case's days.

    parcels: how many; odd: of these, those that no work explains. named: how many numbers of a set it read.
    """

    parcels: int
    odd: int
    named: int


def count_parcels(timeline: CaseTimeline, place: int, numbers: frozenset[str]) -> Counted:
    """Counts what an account read, in parcels.

    Args:
        timeline: The case.
        place: Of the account among its people.
        numbers: Those that the case is about.
    """
    reads = _reads_of(timeline, place)
    parcels, odd = pc.unique(reads["waybill"]), reads.filter(pc.is_in(reads["verdict"], pa.array(ODD)))
    named = pc.is_in(parcels, pa.array(sorted(numbers), pa.string()))
    return Counted(
        parcels=len(parcels),
        odd=pc.count_distinct(odd["waybill"]).as_py(),
        named=pc.sum(named).as_py() or 0,
    )


def weigh(timeline: CaseTimeline, place: int) -> tuple[Weighed, ...]:
    """Weighs what would make an account's reads innocent (rules 1 and 2).

    Args:
        timeline: The case.
        place: Of the account among its people.

    Returns:
        A shared login; of people help elsewhere and a ticket that the log lacks; none, where all is explained.
    """
    person = timeline.head.people[place]
    reads = _reads_of(timeline, place)
    unexplained = pc.is_in(reads["verdict"], pa.array(ODD))
    counted = pc.greater(reads["counted"], 0)
    behind = counted if pc.any(counted).as_py() else unexplained
    odd, work = reads.filter(behind), reads.filter(pc.invert(pc.or_(behind, unexplained)))
    if not len(odd):
        return ()
    login = _shared_login(person, odd, work)
    if person.about.kind not in ("", "person"):
        return (login,)
    return login, _help(timeline, person, odd, work), _lost_ticket(timeline, person, odd)


def _reads_of(timeline: CaseTimeline, place: int) -> pa.Table:
    mine = pa.array(timeline.reads["person"].to_numpy() == place)
    return timeline.reads.select(["at", "waybill", "device", "verdict", "counted"]).filter(mine)


def _shared_login(person: TimelinePerson, odd: pa.Table, work: pa.Table) -> Weighed:
    places = next((one.value for one in person.about.reasons if one.detector == _TWO_PLACES), 0)
    named = odd.filter(pc.not_equal(odd["device"], ""))
    known = pc.unique(work["device"]).filter(pc.not_equal(pc.unique(work["device"]), ""))
    other = named.filter(pc.invert(pc.is_in(named["device"], known)))
    devices = pc.count_distinct(named["device"]).as_py()
    if places:
        return _weighed("login", "places", Leaning.POSSIBLE, n=places)
    if not devices:
        return _weighed("login", "unknown", Leaning.OPEN)
    if not len(known):
        return _weighed("login", "alone", Leaning.OPEN, n=len(named), devices=devices)
    if len(other):
        others = pc.count_distinct(other["device"]).as_py()
        return _weighed("login", "others", Leaning.POSSIBLE, n=len(other), of=len(named), devices=others)
    return _weighed("login", "same", Leaning.AGAINST, n=len(named), devices=devices)


def _help(timeline: CaseTimeline, person: TimelinePerson, odd: pa.Table, work: pa.Table) -> Weighed:
    """Help or a shift elsewhere: detection sets aside what looks like the work of one outlet or interface."""
    missing = [table for table in timeline.head.missing if table in ("waybills", "scans")]
    if missing:
        return _weighed("help", "unknown", Leaning.OPEN, tables=tuple(missing))
    days, worked = (
        set(np.unique((one["at"].to_numpy() + timeline.head.offset) // DAY_US).tolist()) for one in (odd, work)
    )
    about = {"days": len(days), "worked": len(days & worked)}
    aside = sum(one.reads for one in person.about.territory if one.ground in _HELPED)
    if aside:
        return _weighed("help", "aside", Leaning.AGAINST, n=aside, **about)
    return _weighed(
        "help",
        "young" if timeline.head.young else "none",
        Leaning.POSSIBLE if timeline.head.young else Leaning.AGAINST,
        **about,
    )


def _lost_ticket(timeline: CaseTimeline, person: TimelinePerson, odd: pa.Table) -> Weighed:
    if "tickets" in timeline.head.missing:
        return _weighed("ticket", "unknown", Leaning.OPEN)
    parcels = pc.unique(odd["waybill"])
    own = pa.array(sorted({one.waybill for one in person.tickets}), pa.string())
    here = pc.sum(pc.is_in(parcels, own)).as_py() or 0
    if here:
        return _weighed("ticket", "own", Leaning.POSSIBLE, n=here, of=len(parcels))
    if person.tickets:
        return _weighed("ticket", "elsewhere", Leaning.AGAINST, n=len(person.tickets))
    return _weighed("ticket", "never", Leaning.POSSIBLE)


def _weighed(kind: str, code: str, leaning: Leaning, **values: object) -> Weighed:
    return Weighed(kind=kind, leaning=leaning, code=f"weighed.{kind}_{code}", values=values)
