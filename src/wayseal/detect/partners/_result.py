"""Results of a check of partners."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from pydantic import PlainSerializer

from wayseal.model.times import day_name
from wayseal.page.programs import Day, Moment, OrNull, alias, dump_row, rounded


class Kind(StrEnum):
    """How an interface can break its contract; public interface, as it stands in the JSON."""

    NO_CONTRACT = "no_contract"
    BEFORE_START = "before_start"
    AFTER_END = "after_end"
    FIELD = "field"
    PURPOSE = "purpose"
    ACTION = "action"
    WAYBILLS_PER_DAY = "waybills_per_day"
    CALLS_PER_DAY = "calls_per_day"
    CALLS_PER_HOUR = "calls_per_hour"
    HOURS = "hours"
    ADDRESS = "address"
    CHANNEL = "channel"
    CUSTOMER = "customer"
    GOODS_CLASS = "goods_class"
    ONLY_OURS = "only_ours"


VOLUMES = frozenset({Kind.WAYBILLS_PER_DAY, Kind.CALLS_PER_DAY, Kind.CALLS_PER_HOUR})


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCount:
    """Something by name, and how many reads carry it."""

    name: str
    reads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A read as evidence; at: µs since 1970, by our clock."""

    waybill: str
    at: Moment
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """The worst day or hour: when it began (µs since 1970), how much there was, how much was agreed."""

    at: Moment
    value: int
    agreed: int


def _by_day(rows: "ByDay") -> list[dict[str, object]]:
    return [{"actor": actor, "day": day_name(day), "reads": n} for actor, day, n in rows]


ByDay = Annotated[tuple[tuple[str, int, int], ...], PlainSerializer(_by_day)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One way in which a partner's reads went beyond its contract.

    reads: in breach (of a volume: beyond it). waybills: distinct ones (of a volume: None). days: local days with any.
    worst: the day (or hour) with the most. first, last: µs; of a volume, the starts of the first and last day or hour.
    what: the values that were not agreed, most reads first. agreed: what the contract says. by_day: (actor, local day
    since 1970, reads), of a volume under the actor that read most then.
    """

    kind: Kind
    reads: int
    waybills: int | None
    days: int
    first: Moment
    last: Moment
    worst: Worst
    agreed: tuple[str, ...]
    what: tuple[NamedCount, ...]
    examples: tuple[Example, ...]
    by_day: ByDay


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """Reads that could not be judged: why (a code of the messages), how many, of how many that were looked at."""

    code: str
    reads: int
    of: int


def _jumps(jumps: tuple[tuple[int, float], ...]) -> list[dict[str, object]]:
    return [{"day": day_name(day), "seconds": round(seconds, 3)} for day, seconds in jumps]


@dataclass(frozen=True, slots=True, kw_only=True)
class Skew:
    """The partner's clock against ours, as the calls that both logged show it.

    seconds: theirs minus ours, the median. zone: the part of it that is another time zone, in minutes. waybills: how
    many it was estimated from; agreeing: share of them within a minute of it. drift: seconds a day, None where none is
    visible. jumps: (UTC day since 1970, seconds from then on) where the clock was set anew.
    """

    seconds: Annotated[float, rounded(3)]
    zone: Annotated[int, alias("time_zone_minutes")]
    waybills: int
    agreeing: Annotated[float, rounded(4)]
    drift: Annotated[Annotated[float, rounded(3)] | None, alias("drift_s_per_day")]
    jumps: Annotated[tuple[tuple[int, float], ...], PlainSerializer(_jumps)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where calls came from that only we logged; known: whether calls that both logged came from there too."""

    name: Annotated[str, alias("address")]
    reads: Annotated[int, alias("calls")]
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OneSided:
    """Calls that one side alone logged. repeats: of them, those that repeat another one of the same side exactly."""

    calls: int = 0
    repeats: int = 0
    waybills: int = 0
    first: Moment | None = None
    last: Moment | None = None
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDay:
    """Calls of one local day: in our log, in theirs, in both, in one alone."""

    day: Day
    ours: int
    theirs: int
    both: int
    only_ours: int
    only_theirs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaybillCounts:
    """A waybill with more calls in one log than in the other."""

    waybill: str
    ours: int
    theirs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDifference:
    """Calls of which both logs say fields, and differ in this one; side: the log that has it, "ours" or "theirs"."""

    name: Annotated[str, alias("field")]
    side: Annotated[str, alias("only_in")]
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressDifference:
    """Calls that came from one address by our log and from another by theirs."""

    ours: str
    theirs: str
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """Both sides' logs of one partner, put side by side.

    since, until: the time that both logs cover (µs, ours), None where they share none; outside: calls (ours, theirs)
    beyond it. ids: "shared" (requests carry the same ids in both logs), "foreign" (both have ids of their own), "none".
    skew: None where it can't be told (and 0 is taken). by_id, by_time: calls matched. new_addresses: of the calls that
    only we have, those from addresses that no call of both logs came from. waybills_differ, days_differ: with another
    count here than there; days_shared: compared days.
    """

    ours: int
    theirs: int
    since: Annotated[Moment | None, alias("from")]
    until: Annotated[Moment | None, alias("to")]
    outside: tuple[int, int]
    ids: Annotated[str, alias("request_ids")]
    skew: Skew | None
    by_id: int
    by_time: int
    only_ours: OneSided
    only_theirs: OneSided
    addresses: tuple[Address, ...]
    new_addresses: int
    waybills_differ: int
    differing_waybills: tuple[WaybillCounts, ...]
    days_differ: int
    days: tuple[CallDay, ...]
    fields_compared: int
    fields_differ: int
    differing_fields: tuple[FieldDifference, ...]
    addresses_compared: int
    addresses_differ: int
    differing_addresses: tuple[AddressDifference, ...]
    by_day: ByDay


class Place(StrEnum):
    """Where an id that doesn't fit stands; public interface, as it stands in the JSON."""

    ACCOUNT = "account"
    LOG = "log"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """An id of a partner that fits nothing on the other side.

    place: where it stands: with an account or in a partner's own log, and no contract names it; or in a contract, and
    no row of the ledger has it. count: reads of the account, calls of the log. nearest: the id on the other side that
    is most like it, "" for none. contract: name of the file that has it or, where none does, the nearest; "" for none.
    """

    id: str
    place: Annotated[Place, alias("where")]
    count: int
    nearest: OrNull
    contract: OrNull


def _offset(minutes: int) -> str:
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _calls(c: Reconciliation) -> dict[str, object]:
    """Group for the JSON what stands apart in the record."""
    row = dump_row(c)
    alone = {key: row[key] for key in ("addresses", "by_day")}
    differ = {"compared": c.fields_compared, "differ": c.fields_differ, "by_field": row["differing_fields"]}
    pairs = {"compared": c.addresses_compared, "differ": c.addresses_differ, "by_pair": row["differing_addresses"]}
    return {
        **{key: row[key] for key in ("ours", "theirs", "from", "to")},
        "outside": dict(zip(("ours", "theirs"), c.outside, strict=True)),
        **{key: row[key] for key in ("request_ids", "skew")},
        "matched": {"by_request": c.by_id, "by_time": c.by_time},
        "only_ours": {**row["only_ours"], "from_new_addresses": c.new_addresses, **alone},
        **{key: row[key] for key in ("only_theirs", "waybills_differ", "differing_waybills", "days_differ", "days")},
        "fields": differ,
        "addresses": pairs,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerCheck:
    """One partner: what it read in the period, and how that fits.

    contract: its file's name, "" for an account of a partner without one. offset: of its local days, in minutes.
    silent: keys of the contract of which nothing was agreed. calls: None where its own log is not there.
    """

    partner: str
    contract: OrNull
    actors: tuple[str, ...]
    offset: Annotated[int, PlainSerializer(_offset)]
    reads: int
    waybills: int
    first: Moment | None
    last: Moment | None
    breaches: tuple[Breach, ...]
    unjudged: Annotated[tuple[Unjudged, ...], alias("not_judged")]
    silent: Annotated[tuple[str, ...], alias("not_agreed")]
    calls: Annotated[Reconciliation, PlainSerializer(_calls)] | None

    @property
    def size(self) -> int:
        """Reads of its largest breach, or calls that only our log has, if these are more."""
        alone = self.calls.only_ours.calls if self.calls else 0
        return max([alone, *(breach.reads for breach in self.breaches)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something about the contracts or the ledger as a whole: a code of the messages, and what fills its blanks."""

    code: str
    values: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnersResult:
    """All partners: those beyond their contract, those without one, the others.

    partners: those that went beyond their contract, the largest breach first; those without a contract, most reads
    first; those within their contract, by file. misfits: ids that no contract fits, and the other way round. since,
    until: the period that was asked for (µs since 1970, None without). has_calls: whether the ledger has the table
    `partner_calls`. tolerance: how far apart (s) two entries of one call may stand once the clocks agree.
    """

    wayseal: str
    ledger_digest: str
    since: int | None
    until: int | None
    has_calls: bool
    tolerance: float
    partners: tuple[PartnerCheck, ...]
    misfits: tuple[Misfit, ...]
    remarks: tuple[Remark, ...]


def breaches_of(result: PartnersResult) -> dict[str, list[tuple[int, Kind, int]]]:
    """For each actor of a partner, its breaches as (local day since 1970, kind, reads), sorted.

    A volume stands under the actor of the contract that read most on that day; calls that only our log has are a kind
    too.
    """
    out: dict[str, list[tuple[int, Kind, int]]] = {}
    for partner in result.partners:
        for breach in partner.breaches:
            for actor, day, reads in breach.by_day:
                out.setdefault(actor, []).append((day, breach.kind, reads))
        for actor, day, reads in partner.calls.by_day if partner.calls else ():
            out.setdefault(actor, []).append((day, Kind.ONLY_OURS, reads))
    return {actor: sorted(rows) for actor, rows in sorted(out.items())}
