"""From two logs' counts to what is said of them."""

from collections import Counter

from wayseal.detect.partners._addresses import as_address
from wayseal.detect.partners._partner_summary import MOST, SummaryBuilder
from wayseal.detect.partners._reads import SEPARATOR, Log
from wayseal.detect.partners._reconcile import CallTally
from wayseal.detect.partners._result import (
    Address,
    AddressDifference,
    CallDay,
    FieldDifference,
    OneSided,
    Reconciliation,
    WaybillCounts,
)
from wayseal.detect.partners._tally import KindTally
from wayseal.ledger import Snapshot


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
