"""Partner interfaces against their contracts, and both sides' call logs against each other.

Obligations (code and tests cite the numbers):
1. Every read of a partner's account in the period is judged by exactly one contract, or is a read without one.
2. What can't be judged is said; nothing is taken to be in order because a table or a column is missing.
3. Memory is bounded by a range of the key space, by days and by distinct names, not by how much was read.
4. The same ledger, contracts and period give the same result, byte for byte.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from wayseal import __version__
from wayseal.detect.errors import ContractError
from wayseal.detect.partners._contract import Contract, load_contracts
from wayseal.detect.partners._judge import (
    PRODUCTS,
    BreachRows,
    Judge,
    KindTally,
    PartnerTally,
    Seen,
    VolumeTally,
    as_address,
)
from wayseal.detect.partners._reads import (
    COLUMNS,
    DAY_US,
    HOUR_US,
    NO_CALLS,
    NO_READS,
    SEPARATOR,
    Groups,
    Log,
    PartnerGroup,
    Reads,
    find_misfits,
    groups_of,
    reads_of,
    unknown_ids,
)
from wayseal.detect.partners._reconcile import TOLERANCE_US, CallTally, FirstPass, terms_of
from wayseal.detect.partners._report import render_partners
from wayseal.detect.partners._result import (
    Address,
    AddressDifference,
    Breach,
    CallDay,
    Example,
    FieldDifference,
    Kind,
    NamedCount,
    OneSided,
    PartnerCheck,
    PartnersResult,
    Reconciliation,
    Remark,
    Unjudged,
    WaybillCounts,
    Worst,
    breaches_of,
)
from wayseal.ledger import Snapshot
from wayseal.model.period import FIRST, LAST, Period
from wayseal.model.progress import Progress
from wayseal.model.times import day_name, iso

__all__ = [
    "Contract",
    "ContractError",
    "Kind",
    "PartnersResult",
    "breaches_of",
    "check_partners",
    "load_contracts",
    "render_partners",
]


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


def check_partners(
    snapshot: Snapshot,
    contracts: Sequence[Contract],
    *,
    period: Period | None = None,
    progress: Progress,
    rows: int | None = None,
) -> PartnersResult:
    """All partners of a ledger in a period (obligations 1 to 4).

    progress: called with ("partners" or "calls", key ranges done, of all). rows: of a key range, None for the usual.
    """
    period = period or Period()
    groups, remarks = groups_of(snapshot, contracts)
    check = _Check(snapshot, groups, period, rows)
    check.judge(progress)
    both = check.reconcile(progress)
    partners = sorted(check.partners(both), key=_weight)
    strangers = check.name_strangers()
    if strangers:
        remarks.append(Remark(code="strangers", values={"n": sum(strangers.values())}))
    if not partners:
        remarks.append(Remark(code="no_partners"))
    return PartnersResult(
        wayseal=__version__,
        ledger_digest=snapshot.digest,
        since=None if period.since == FIRST else period.since,
        until=None if period.until == LAST else period.until,
        has_calls=check.log is not None,
        tolerance=TOLERANCE_US / 1e6,
        partners=tuple(partners),
        misfits=find_misfits(
            contracts,
            {p.partner: p.reads for p in partners if not p.contract},
            strangers,
            unknown_ids(snapshot, contracts),
        ),
        remarks=tuple(remarks),
    )


def _weight(partner: PartnerCheck) -> tuple[int, int]:
    """The order of a report: breaches of contracts, then who has none, by size; the rest as it stands."""
    if partner.contract:
        return (0, -partner.size) if partner.size else (2, 0)
    return 1, -partner.reads


class _Check:
    """One run: what is added up of each group. strangers: key → calls in logs of partners that nobody knows."""

    def __init__(self, snapshot: Snapshot, groups: Groups, period: Period, rows: int | None) -> None:
        self.snapshot = snapshot
        self.groups = groups
        self.period = period
        self.rows = rows
        self.log = Log(snapshot, groups) if "partner_calls" in snapshot.tables else None
        self.beside = ("partner_calls",) if self.log else ()
        self.judges = [Judge(snapshot, g.contract) if g.contract else None for g in groups.groups]
        self.tallies = [PartnerTally() for _ in groups.groups]
        self.gathers = [FirstPass() for _ in groups.groups]
        self.strangers: Counter[int] = Counter()

    def judge(self, progress: Progress) -> None:
        """The first walk: breaches, and what tells the partners' clocks."""
        for key_range in self.snapshot.source_ranges("actor", self.groups.keys, COLUMNS, self.beside, self.rows):
            progress("partners", key_range.done - 1, key_range.total)
            parts = dict(reads_of(key_range, self.groups))
            asked = {n: self._asked(reads) for n, reads in parts.items()}
            described = self._described(asked)
            for n, reads in asked.items():
                self._judge(n, reads, described)
            if self.log:
                calls, others = self.log.calls_of(key_range)
                self.strangers.update(others)
                for n, theirs in calls.items():
                    self.gathers[n].add(parts.get(n, NO_READS), theirs)
            progress("partners", key_range.done, key_range.total)

    def _asked(self, reads: Reads) -> Reads:
        then = (reads.at >= self.period.since) & (reads.at < self.period.until)
        return reads if then.all() else reads.take(then)

    def _described(self, asked: dict[int, Reads]) -> pa.Table | None:
        """Rows of `waybills` for those groups whose contract speaks of them; None without the table."""
        if "waybills" not in self.snapshot.tables:
            return None
        needed = [r.waybill for n, r in asked.items() if (judge := self.judges[n]) and judge.needs_waybills]
        keys = np.unique(np.concatenate([np.zeros(0, np.uint64), *needed]))
        return self.snapshot.kept("waybills", keys, PRODUCTS)

    def _judge(self, n: int, reads: Reads, described: pa.Table | None) -> None:
        """Obligation 1."""
        tally, judge, offset = self.tallies[n], self.judges[n], self.groups.groups[n].offset_us
        tally.add(reads)
        if judge is None:
            every = np.arange(len(reads.at))
            tally.breaches(
                reads, [BreachRows(kind=Kind.NO_CONTRACT, rows=every, what={})] if len(every) else [], offset
            )
            return
        valid, found = judge.judge(reads, described)
        tally.breaches(reads, found, offset)
        tally.volume.add(reads if valid.all() else reads.take(valid), offset)

    def name_strangers(self) -> dict[str, int]:
        """Partner → calls, of logs of partners that nobody knows."""
        names = self.snapshot.names("actor", list(self.strangers))
        return dict(zip(names, self.strangers.values(), strict=True))

    def reconcile(self, progress: Progress) -> dict[int, Reconciliation]:
        """The second walk: group → both sides' logs, of those whose own log is there."""
        hours = self.snapshot.activity()["hour"].to_numpy()
        span = (int(hours.min()) * HOUR_US, (int(hours.max()) + 1) * HOUR_US) if len(hours) else (0, 0)
        tallies = {
            n: CallTally(terms_of(gather, span, self.period, self.groups.groups[n].offset_us))
            for n, gather in enumerate(self.gathers)
            if gather.calls
        }
        log = self.log
        if log is None or not tallies:
            return {}
        for key_range in self.snapshot.source_ranges("actor", self.groups.keys, COLUMNS, self.beside, self.rows):
            progress("calls", key_range.done - 1, key_range.total)
            parts = dict(reads_of(key_range, self.groups))
            calls, _ = log.calls_of(key_range)
            for n in sorted({*parts, *calls} & {*tallies}):
                tallies[n].add(parts.get(n, NO_READS), calls.get(n, NO_CALLS))
            progress("calls", key_range.done, key_range.total)
        return {n: build_reconciliation(self.snapshot, log, tally) for n, tally in tallies.items()}

    def partners(self, both: dict[int, Reconciliation]) -> list[PartnerCheck]:
        """The check of each group; accounts without a contract that did nothing are left out."""
        table = self.snapshot.askers(self.period.since, self.period.until)
        queries = dict(zip(table["actor"].to_pylist(), table["queries"].to_pylist(), strict=True))
        teller, out = SummaryBuilder(self.snapshot), []
        for n, group in enumerate(self.groups.groups):
            asked = sum(queries.get(actor, 0) for actor in group.actors)
            if group.contract or self.tallies[n].reads or asked or n in both:
                out.append(teller.partner(group, self.tallies[n], self.judges[n], asked, both.get(n)))
        return out
