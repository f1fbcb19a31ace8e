"""From counts to what is said of one partner: names for keys, the worst day, the most frequent values."""

from collections.abc import Mapping

from wayseal.detect.partners._arrays import DAY_US, HOUR_US
from wayseal.detect.partners._contract import Contract
from wayseal.detect.partners._groups import PartnerGroup
from wayseal.detect.partners._judge import Judge
from wayseal.detect.partners._result import (
    Breach,
    Example,
    Kind,
    NamedCount,
    PartnerCheck,
    Reconciliation,
    Unjudged,
    Worst,
)
from wayseal.detect.partners._tally import KindTally, PartnerTally, Seen, VolumeTally
from wayseal.ledger import Snapshot
from wayseal.model.times import day_name, iso

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
    """What the contract says of a kind, as texts."""
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
