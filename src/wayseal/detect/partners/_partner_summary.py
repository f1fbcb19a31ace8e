"""From counts to what is said of one partner: names for keys, the worst day, the most frequent values.

Ids that don't fit: of accounts and logs that no contract names, and of contracts that nobody has.

1. Each is told with the id on the other side that is most like it, whatever the case of letters; a slip of the pen and
   a key that was added lately both look like that.
2. A comparison costs as much as there are ids on the other side: of each kind, the first MOST_COMPARED are compared.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from wayseal.detect.partners._contract import Contract
from wayseal.detect.partners._judge import Judge, KindTally, PartnerTally, Seen, VolumeTally, as_address
from wayseal.detect.partners._reads import DAY_US, HOUR_US, SEPARATOR, Log, PartnerGroup
from wayseal.detect.partners._reconcile import CallTally
from wayseal.detect.partners._result import (
    Address,
    AddressDifference,
    Breach,
    CallDay,
    Example,
    FieldDifference,
    Kind,
    Misfit,
    NamedCount,
    OneSided,
    PartnerCheck,
    Place,
    Reconciliation,
    Unjudged,
    WaybillCounts,
    Worst,
)
from wayseal.ledger import Snapshot
from wayseal.model.times import day_name, iso

MOST_COMPARED = 20


def find_misfits(
    contracts: Sequence[Contract], accounts: Mapping[str, int], logged: Mapping[str, int], unknown: Mapping[str, str]
) -> tuple[Misfit, ...]:
    """All of them, by kind; of a kind, those with the most reads or calls first.

    accounts: reads of each partner's account without a contract. logged: calls of each other id in the partners' logs.
    unknown: ids of contracts that no row of the ledger has, each with its contract's file.
    """
    named = {actor: contract.file.name for contract in contracts for actor in contract.actors}
    files = dict.fromkeys(unknown, 0)
    there = {**dict.fromkeys(accounts, ""), **dict.fromkeys(logged, "")}
    return (
        *_compare(Place.ACCOUNT, accounts, named, named),
        *_compare(Place.LOG, logged, named, named),
        *_compare(Place.CONTRACT, files, there, unknown),
    )


def _compare(
    place: Place, ids: Mapping[str, int], others: Mapping[str, str], files: Mapping[str, str]
) -> Iterator[Misfit]:
    """Rules 1 and 2. others: ids of the other side; files: which contract names an id."""
    plain = {other.casefold(): other for other in others}
    for rank, (id_, count) in enumerate(sorted(ids.items(), key=lambda row: (-row[1], row[0]))):
        near = get_close_matches(id_.casefold(), plain, n=1) if rank < MOST_COMPARED else []
        nearest = plain[near[0]] if near else ""
        named = id_ if place is Place.CONTRACT else nearest
        yield Misfit(id=id_, place=place, count=count, nearest=nearest, contract=files.get(named, ""))


MOST = 20
_DICTIONARY = {Kind.PURPOSE: "purpose", Kind.ADDRESS: "ip", Kind.CHANNEL: "channel"}


class SummaryBuilder:
    """Makes results of one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def partner(
        self, group: PartnerGroup, tally: PartnerTally, judge: Judge | None, queries: int, calls: Reconciliation | None
    ) -> PartnerCheck:
        """All of one partner."""
        contract = group.contract
        order = list(Kind)
        single = [self.breach(kind, tally.kinds[kind], contract, group.offset_us) for kind in tally.kinds]
        breaches = [*single, *(self._volumes(contract, tally.volume) if contract else ())]
        unjudged = (
            [Unjudged(code=c, reads=n, of=judge.looked) for c, n in sorted(judge.unjudged.items())] if judge else []
        )
        if queries:
            unjudged.append(Unjudged(code="queries", reads=queries, of=queries))
        return PartnerCheck(
            partner=group.partner,
            contract="" if contract is None else contract.file.name,
            actors=group.actors,
            offset=group.offset_us // 60_000_000,
            reads=tally.reads,
            waybills=tally.waybills,
            first=tally.first,
            last=tally.last,
            breaches=tuple(sorted(breaches, key=lambda b: (-b.reads, order.index(b.kind)))),
            unjudged=tuple(unjudged),
            silent=() if contract is None else contract.silent,
            calls=calls,
        )

    def breach(self, kind: Kind, tally: KindTally, contract: Contract | None, offset_us: int) -> Breach:
        """Breaches of single reads."""
        days = tally.days()
        day, value = max(days.items(), key=lambda row: (row[1], -row[0]))
        return Breach(
            kind=kind,
            reads=tally.reads,
            waybills=tally.waybills,
            days=len(days),
            worst=Worst(at=day * DAY_US - offset_us, value=value, agreed=0),
            first=tally.first or 0,
            last=tally.last or 0,
            what=self._what(kind, tally.what),
            agreed=agreed(kind, contract) if contract else (),
            examples=self.examples(tally.examples),
            by_day=self.by_day(tally.by_day),
        )

    def _volumes(self, contract: Contract, volume: VolumeTally) -> list[Breach]:
        """Days and hours with more than was agreed."""
        v = contract.volume
        some = [
            (Kind.WAYBILLS_PER_DAY, v.waybills_per_day, volume.waybills, DAY_US),
            (Kind.CALLS_PER_DAY, v.calls_per_day, volume.days(), DAY_US),
            (Kind.CALLS_PER_HOUR, v.calls_per_hour, volume.hours, HOUR_US),
        ]
        made = []
        for kind, limit, counts, unit in some:
            over = {slot: n for slot, n in counts.items() if n > limit} if limit is not None else {}
            if over and limit is not None:
                made.append(self._volume(kind, limit, over, unit, contract, volume))
        return made

    def _volume(
        self, kind: Kind, limit: int, over: Mapping[int, int], unit: int, contract: Contract, volume: VolumeTally
    ) -> Breach:
        offset = contract.offset_us
        worst = max(over, key=lambda slot: (over[slot], -slot))
        busiest = volume.busiest()
        by_day: dict[tuple[int, int], int] = {}
        for slot, n in over.items():
            day = slot * unit // DAY_US
            by_day[busiest[day], day] = by_day.get((busiest[day], day), 0) + n - limit
        names = {
            slot: day_name(slot) if unit == DAY_US else f"{day_name(slot // 24)} {slot % 24:02d}:00" for slot in over
        }
        what = [NamedCount(name=names[slot], reads=n) for slot, n in over.items()]
        return Breach(
            kind=kind,
            reads=sum(n - limit for n in over.values()),
            waybills=None,
            days=len(by_day),
            worst=Worst(at=worst * unit - offset, value=over[worst], agreed=limit),
            first=min(over) * unit - offset,
            last=max(over) * unit - offset,
            what=tuple(sorted(what, key=lambda c: (-c.reads, c.name))[:MOST]),
            agreed=(str(limit),),
            examples=self.examples(volume.of_day(worst) if unit == DAY_US else volume.of_hour(worst)),
            by_day=self.by_day(by_day),
        )

    def _what(self, kind: Kind, what: Mapping[int | str, int]) -> tuple[NamedCount, ...]:
        top = sorted(what.items(), key=lambda row: (-row[1], str(row[0])))[:MOST]
        keys = [key for key, _ in top if isinstance(key, int)]
        names = dict(zip(keys, self._snapshot.names(_DICTIONARY[kind], keys), strict=True)) if keys else {}
        rows = [NamedCount(name=names[key] if isinstance(key, int) else key, reads=n) for key, n in top]
        return tuple(sorted(rows, key=lambda c: (-c.reads, c.name)))

    def examples(self, some: list[Seen]) -> tuple[Example, ...]:
        """Reads by name."""
        waybills = self._snapshot.names("waybill", [waybill for _, waybill, _ in some])
        actors = self._snapshot.names("actor", [actor for _, _, actor in some])
        rows = zip(some, waybills, actors, strict=True)
        return tuple(Example(waybill=waybill, at=at, actor=actor) for (at, _, _), waybill, actor in rows)

    def by_day(self, counts: Mapping[tuple[int, int], int]) -> tuple[tuple[str, int, int], ...]:
        """(actor, day, reads), by name."""
        keys = sorted({actor for actor, _ in counts})
        names = dict(zip(keys, self._snapshot.names("actor", keys), strict=True))
        return tuple(sorted((names[actor], day, n) for (actor, day), n in counts.items()))


def agreed(kind: Kind, contract: Contract) -> tuple[str, ...]:
    """The contract's terms on a kind, as texts."""
    c = contract
    match kind:
        case Kind.FIELD:
            more = sorted(f"{field} ({purpose})" for purpose, names in c.by_purpose.items() for field in names)
            return (*sorted(c.fields), *more)
        case Kind.HOURS:
            return tuple(f"{_clock(start)}-{_clock(end)}" for start, end in c.hours)
        case Kind.BEFORE_START | Kind.AFTER_END:
            moment = c.since if kind is Kind.BEFORE_START else c.until
            return () if moment is None else (iso(moment),)
    said = {
        Kind.PURPOSE: c.purposes,
        Kind.ACTION: c.actions,
        Kind.ADDRESS: map(str, c.addresses),
        Kind.CHANNEL: c.products.channels,
        Kind.CUSTOMER: c.products.customers,
        Kind.GOODS_CLASS: c.products.goods_classes,
    }
    return tuple(sorted(map(str, said.get(kind, ()))))


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def build_reconciliation(snapshot: Snapshot, log: Log, tally: CallTally) -> Reconciliation:
    """The two logs of one partner (`_reconcile`)."""
    teller, terms = SummaryBuilder(snapshot), tally.terms
    both = terms.since < terms.until
    days = _days(tally)
    fields, fields_compared, fields_differ = _fields(snapshot, log, tally)
    addresses, addresses_compared, addresses_differ = _addresses(snapshot, log, tally)
    keys = [key for _, key, _, _ in tally.worst]
    counts = zip(tally.worst, snapshot.names("waybill", keys), strict=True)
    return Reconciliation(
        ours=tally.ours,
        theirs=tally.theirs,
        since=terms.since if both else None,
        until=terms.until if both else None,
        outside=(tally.outside[0], tally.outside[1]),
        ids=terms.ids,
        skew=terms.clock.summary,
        by_id=tally.by_id,
        by_time=tally.by_time,
        only_ours=_one_sided(teller, tally.only_ours, tally.repeats[0]),
        only_theirs=_one_sided(teller, tally.only_theirs, tally.repeats[1]),
        addresses=_sources(snapshot, tally),
        new_addresses=sum(n for ip, n in tally.ips.items() if ip and ip not in tally.known_ips),
        waybills_differ=tally.differ,
        differing_waybills=tuple(WaybillCounts(waybill=name, ours=a, theirs=b) for (_, _, a, b), name in counts),
        days_differ=sum(day.ours != day.theirs for day in days),
        days=days,
        fields_compared=fields_compared,
        fields_differ=fields_differ,
        differing_fields=fields,
        addresses_compared=addresses_compared,
        addresses_differ=addresses_differ,
        differing_addresses=addresses,
        by_day=teller.by_day(tally.only_ours.by_day),
    )


def _one_sided(teller: SummaryBuilder, tally: KindTally, repeats: int) -> OneSided:
    return OneSided(
        calls=tally.reads,
        repeats=repeats,
        waybills=tally.waybills,
        first=tally.first,
        last=tally.last,
        examples=teller.examples(tally.examples),
    )


def _days(tally: CallTally) -> tuple[CallDay, ...]:
    both, mine, other = (tally.days[side] for side in ("both", "only_ours", "only_theirs"))
    return tuple(
        CallDay(
            day=day,
            ours=both[day] + mine[day],
            theirs=both[day] + other[day],
            both=both[day],
            only_ours=mine[day],
            only_theirs=other[day],
        )
        for day in sorted({*both, *mine, *other})
    )


def _sources(snapshot: Snapshot, tally: CallTally) -> tuple[Address, ...]:
    """Where calls of ours alone came from, most first."""
    top = sorted(tally.ips.items(), key=lambda row: (-row[1], row[0]))[:MOST]
    names = snapshot.names("ip", [ip for ip, _ in top])
    rows = [
        Address(name=name, reads=n, known=ip in tally.known_ips) for (ip, n), name in zip(top, names, strict=True) if ip
    ]
    return tuple(sorted(rows, key=lambda a: (-a.reads, a.name)))


def _fields(snapshot: Snapshot, log: Log, tally: CallTally) -> tuple[tuple[FieldDifference, ...], int, int]:
    """Fields that one log has of a call and the other hasn't; calls compared, calls that differ."""
    said = {pair: n for pair, n in tally.fields.items() if pair[0] and pair[1] >= 0}
    keys = sorted({key for key, _ in said})
    ours = dict(zip(keys, snapshot.names("fields", keys), strict=True))
    found: Counter[tuple[str, str]] = Counter()
    differ = 0
    for (key, place), n in said.items():
        here, there = ({f for f in text.split(SEPARATOR) if f} for text in (ours[key], log.fields.texts[place]))
        differ += n if here != there else 0
        found.update(dict.fromkeys([("ours", f) for f in here - there] + [("theirs", f) for f in there - here], n))
    rows = [FieldDifference(name=name, side=side, calls=n) for (side, name), n in found.items()]
    return tuple(sorted(rows, key=lambda r: (-r.calls, r.side, r.name))[:MOST]), sum(said.values()), differ


def _addresses(snapshot: Snapshot, log: Log, tally: CallTally) -> tuple[tuple[AddressDifference, ...], int, int]:
    """Pairs of addresses that are not one; calls compared, calls that differ."""
    said = {pair: n for pair, n in tally.addresses.items() if pair[0] and pair[1] >= 0}
    keys = sorted({key for key, _ in said})
    ours = dict(zip(keys, snapshot.names("ip", keys), strict=True))
    rows = []
    for (key, place), n in said.items():
        here, there = ours[key], log.ips.texts[place]
        if here != there and (as_address(here) or here) != (as_address(there) or there):
            rows.append(AddressDifference(ours=here, theirs=there, calls=n))
    top = sorted(rows, key=lambda r: (-r.calls, r.ours, r.theirs))[:MOST]
    return tuple(top), sum(said.values()), sum(row.calls for row in rows)
