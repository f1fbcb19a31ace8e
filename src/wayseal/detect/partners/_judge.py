"""Reads against a contract.

Obligations (code and tests cite the numbers):
1. Only what was agreed is checked; a part that the contract doesn't name is never a breach.
2. A read outside the contract's time is a breach of that, and of nothing else.
3. What the log doesn't say (an address, fields, a purpose, an action, the waybill's row) is counted as not judged,
   never as a breach and never as in order.
4. A read may show the fields that are agreed for any purpose and those for its own; a read without a purpose may show
   what any purpose may.
5. Hours and days are local: by the contract's offset.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, collapse_addresses, ip_address

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal import store
from wayseal.detect.partners._contract import Contract, Network
from wayseal.detect.partners._reads import (
    DAY_US,
    HOUR_US,
    SEPARATOR,
    Calls,
    Reads,
    count_pairs,
    count_values,
    distinct_of,
    least,
    most,
)
from wayseal.detect.partners._result import Kind
from wayseal.ledger import Snapshot
from wayseal.ledger.codes import find_rows
from wayseal.model.arrays import Flags, Longs, UInts

Address = IPv4Address | IPv6Address


class Networks:
    """Networks of both kinds; one of IPv4 inside IPv6 (::ffff:0:0/96) counts as what it is inside."""

    def __init__(self, networks: Iterable[Network]) -> None:
        some = [_inner(network) for network in networks]
        four = collapse_addresses(n for n in some if isinstance(n, IPv4Network))
        six = collapse_addresses(n for n in some if isinstance(n, IPv6Network))
        self._ends = {
            4: [(int(n.network_address), int(n.broadcast_address)) for n in four],
            6: [(int(n.network_address), int(n.broadcast_address)) for n in six],
        }

    def __contains__(self, address: Address) -> bool:
        """True if an address lies in any of them."""
        ends, number = self._ends[address.version], int(address)
        index = bisect_right(ends, (number, 1 << 128)) - 1
        return index >= 0 and number <= ends[index][1]


def _inner(network: Network) -> Network:
    inside = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    return network if inside is None or network.prefixlen < 96 else IPv4Network((inside, network.prefixlen - 96))


def as_address(text: str) -> Address | None:
    """The address that a text is, an IPv4 one inside IPv6 as itself; None where it is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


ACTIONS = store.TABLES["accesses"].column("action").values
PRODUCTS = ("channel", "customer", "goods_class")
_MINUTE_US = 60_000_000
_OURS, _FOREIGN, _UNREADABLE = range(3)
What = Mapping[int, int] | Mapping[str, int]
"""Things not agreed → reads: by text, or by key (purposes, addresses, channels)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachRows:
    """Breaches of one kind: rows of the reads, and what was not agreed."""

    kind: Kind
    rows: Longs
    what: What


class Judge:
    """Puts reads to one contract. looked: reads in its time; unjudged: code → reads."""

    def __init__(self, snapshot: Snapshot, contract: Contract) -> None:
        self._snapshot = snapshot
        self._contract = contract
        self._purposes = snapshot.keys(sorted(contract.purposes))
        self._channels = snapshot.keys(sorted(contract.products.channels))
        named = sorted(contract.by_purpose)
        keys = snapshot.keys(named).tolist()
        self._by_purpose = {k: contract.by_purpose[n] for k, n in zip(keys, named, strict=True)}
        self._any_purpose = frozenset().union(*contract.by_purpose.values())
        self._networks = Networks(contract.addresses)
        self._address: dict[int, int] = {}
        self._beyond: dict[tuple[int, int], tuple[str, ...]] = {}
        self.looked = 0
        self.unjudged: Counter[str] = Counter()

    @property
    def needs_waybills(self) -> bool:
        """True if rows of `waybills` are needed."""
        p = self._contract.products
        return bool(p.channels or p.customers or p.goods_classes)

    def judge(self, reads: Reads, described: pa.Table | None) -> tuple[Flags, list[BreachRows]]:
        """Which reads fall into the contract's time, and the breaches of single reads. described: rows of waybills."""
        c = self._contract
        before = reads.at < c.since if c.since is not None else np.zeros(len(reads.at), np.bool_)
        after = reads.at >= c.until if c.until is not None else np.zeros(len(reads.at), np.bool_)
        outside = [(Kind.BEFORE_START, before), (Kind.AFTER_END, after)]
        found = [BreachRows(kind=kind, rows=np.flatnonzero(mask), what={}) for kind, mask in outside]
        valid = ~(before | after)
        rows = np.flatnonzero(valid)
        live = reads if len(rows) == len(reads.at) else reads.take(rows)
        self.looked += len(rows)
        checks = [*self._single(live), *(self._products(live, described) if self.needs_waybills else ())]
        found += [BreachRows(kind=kind, rows=rows[mask], what=what) for kind, mask, what in checks]
        return valid, [f for f in found if len(f.rows)]

    def _single(self, reads: Reads) -> Iterator[tuple[Kind, Flags, What]]:
        """Judge each read by itself (obligations 1 to 5)."""
        c = self._contract
        if c.fields or c.by_purpose:
            yield self._fields(reads)
        if c.purposes:
            yield self._keyed(Kind.PURPOSE, reads.purpose, self._purposes, "no_purpose")
        if c.actions:
            mask = np.isin(reads.action.astype(np.uint64), self._codes())
            mask = ~mask & self._logged(reads.action != 0, "no_action")
            yield Kind.ACTION, mask, {ACTIONS[code - 1]: n for code, n in count_values(reads.action[mask]).items()}
        if c.hours:
            minute = (reads.at + c.offset_us) // _MINUTE_US % (24 * 60)
            mask = ~_within(minute, c.hours)
            yield Kind.HOURS, mask, {f"{hour:02d}:00": n for hour, n in count_values(minute[mask] // 60).items()}
        if c.addresses:
            yield self._addresses(reads)

    def _codes(self) -> UInts:
        return np.array([n for n, name in enumerate(ACTIONS, 1) if name in self._contract.actions], np.uint64)

    def _keyed(self, kind: Kind, values: UInts, agreed: UInts, code: str) -> tuple[Kind, Flags, What]:
        mask = self._logged(values != 0, code) & ~np.isin(values, agreed)
        return kind, mask, count_values(values[mask])

    def _logged(self, there: Flags, code: str) -> Flags:
        """Counts what isn't there (obligation 3)."""
        if missing := int((~there).sum()):
            self.unjudged[code] += missing
        return there

    def _fields(self, reads: Reads) -> tuple[Kind, Flags, What]:
        there = self._logged(reads.fields != 0, "no_fields")
        what: Counter[str] = Counter()
        bad: dict[int, set[int]] = {}
        for (fields, purpose), n in count_pairs(reads.fields[there], reads.purpose[there]).items():
            if beyond := self._beyond_of(fields, purpose):
                bad.setdefault(purpose, set()).add(fields)
                what.update(dict.fromkeys(beyond, n))
        mask = np.zeros(len(there), np.bool_)
        for purpose, sets in bad.items():
            mask |= (reads.purpose == np.uint64(purpose)) & np.isin(reads.fields, np.array(sorted(sets), np.uint64))
        return Kind.FIELD, mask, what

    def _beyond_of(self, fields: int, purpose: int) -> tuple[str, ...]:
        """Names of a set of fields that its purpose doesn't allow (obligation 4)."""
        if (fields, purpose) not in self._beyond:
            more = self._by_purpose.get(purpose, frozenset()) if purpose else self._any_purpose
            names = self._snapshot.names("fields", [fields])[0].split(SEPARATOR)
            self._beyond[fields, purpose] = tuple(sorted({n for n in names if n} - self._contract.fields - more))
        return self._beyond[fields, purpose]

    def _addresses(self, reads: Reads) -> tuple[Kind, Flags, What]:
        keys, place = np.unique(reads.ip, return_inverse=True)
        new = [key for key in keys.tolist() if key and key not in self._address]
        for key, text in zip(new, self._snapshot.names("ip", new), strict=True):
            self._address[key] = self._judged(text)
        state = np.array([self._address.get(key, -1) for key in keys.tolist()], np.int64)[place]
        self._logged(state != -1, "no_address")
        self._logged(state != _UNREADABLE, "odd_address")
        mask = state == _FOREIGN
        return Kind.ADDRESS, mask, count_values(reads.ip[mask])

    def _judged(self, text: str) -> int:
        address = as_address(text)
        if address is None:
            return _UNREADABLE
        return _OURS if address in self._networks else _FOREIGN

    def _products(self, reads: Reads, described: pa.Table | None) -> Iterator[tuple[Kind, Flags, What]]:
        """Check waybills against those that the partner may read."""
        if described is None:
            self.unjudged["no_waybills"] += len(reads.at)
            return
        p = self._contract.products
        row = find_rows(described["waybill"].to_numpy(), reads.waybill)
        known = self._logged(row >= 0, "unknown_waybill")
        if p.channels:
            channel = np.append(described["channel"].to_numpy(), np.uint64(0))[row]
            mask = known & ~np.isin(channel, self._channels)
            yield Kind.CHANNEL, mask, count_values(channel[mask])
        place = pa.array(row, mask=~known)
        for kind, name, agreed in (
            (Kind.CUSTOMER, "customer", p.customers),
            (Kind.GOODS_CLASS, "goods_class", p.goods_classes),
        ):
            if agreed:
                texts = described[name].combine_chunks().take(place)
                said = texts.is_valid().to_numpy(zero_copy_only=False)
                self._logged(said | ~known, f"no_{name}")
                inside = pc.is_in(texts, value_set=pa.array(sorted(agreed), pa.string()))
                mask = said & ~inside.to_numpy(zero_copy_only=False)
                values = pc.value_counts(texts.filter(pa.array(mask))).to_pylist()
                yield kind, mask, {v["values"]: v["counts"] for v in values}


def _within(minute: Longs, hours: tuple[tuple[int, int], ...]) -> Flags:
    inside = np.zeros(len(minute), np.bool_)
    for start, end in hours:
        if start < end:
            inside |= (minute >= start) & (minute < end)
        else:
            inside |= (minute >= start) | (minute < end)
    return inside


EXAMPLES = 3
Seen = tuple[int, int, int]
"""(at, waybill, actor) of a read."""


class KindTally:
    """Breaches of one kind while they grow."""

    def __init__(self) -> None:
        self.reads = 0
        self.waybills = 0
        self.first: int | None = None
        self.last: int | None = None
        self.what: dict[int | str, int] = {}
        self.by_day: Counter[tuple[int, int]] = Counter()
        self.examples: list[Seen] = []

    def add(self, reads: Reads | Calls, offset_us: int, what: What) -> None:
        """Takes reads in breach."""
        if not len(reads.at):
            return
        self.reads += len(reads.at)
        self.waybills += distinct_of(reads.waybill)
        self.first = least((self.first, int(reads.at.min())))
        self.last = most((self.last, int(reads.at.max())))
        for key, n in what.items():
            self.what[key] = self.what.get(key, 0) + n
        self.by_day.update(count_pairs(reads.actor, (reads.at + offset_us) // DAY_US))
        self.examples = first_of([*self.examples, *seen(reads, earliest(reads.at))])

    def days(self) -> dict[int, int]:
        """Local day → reads."""
        out: Counter[int] = Counter()
        for (_, day), n in self.by_day.items():
            out[day] += n
        return dict(out)


class VolumeTally:
    """How much was read by local hour and day, with some reads of each hour as evidence."""

    def __init__(self) -> None:
        self.hours: Counter[int] = Counter()
        self.waybills: Counter[int] = Counter()
        self.by_day: Counter[tuple[int, int]] = Counter()
        self._some: dict[int, list[Seen]] = {}

    def add(self, reads: Reads, offset_us: int) -> None:
        """Takes all reads in the contract's time."""
        local = reads.at + offset_us
        hour, day = local // HOUR_US, local // DAY_US
        self.hours.update(count_values(hour))
        self.waybills.update(count_values(_once(reads.waybill, day)))
        self.by_day.update(count_pairs(reads.actor, day))
        order = np.argsort(hour, kind="stable")
        found, start, count = np.unique(hour[order], return_index=True, return_counts=True)
        for one, first, n in zip(found.tolist(), start.tolist(), count.tolist(), strict=True):
            some = self._some.setdefault(one, [])
            if len(some) < EXAMPLES:
                some += seen(reads, order[first : first + min(n, EXAMPLES - len(some))])

    def days(self) -> dict[int, int]:
        """Local day → calls."""
        out: Counter[int] = Counter()
        for hour, n in self.hours.items():
            out[hour // 24] += n
        return dict(out)

    def of_hour(self, hour: int) -> list[Seen]:
        """Some reads of an hour."""
        return first_of(self._some.get(hour, ()))

    def of_day(self, day: int) -> list[Seen]:
        """Some reads of a day."""
        return first_of([one for hour in range(24 * day, 24 * day + 24) for one in self._some.get(hour, ())])

    def busiest(self) -> dict[int, int]:
        """Local day → the actor (a key) that read most."""
        best: dict[int, tuple[int, int]] = {}
        for (actor, day), n in self.by_day.items():
            best[day] = max(best.get(day, (0, 0)), (n, actor))
        return {day: actor for day, (_, actor) in best.items()}


class PartnerTally:
    """All that is counted of one partner."""

    def __init__(self) -> None:
        self.reads = 0
        self.waybills = 0
        self.first: int | None = None
        self.last: int | None = None
        self.kinds: dict[Kind, KindTally] = {}
        self.volume = VolumeTally()

    def add(self, reads: Reads) -> None:
        """Takes all reads of a key range."""
        self.reads += len(reads.at)
        self.waybills += distinct_of(reads.waybill)
        if len(reads.at):
            self.first = least((self.first, int(reads.at.min())))
            self.last = most((self.last, int(reads.at.max())))

    def breaches(self, reads: Reads, found: Iterable[BreachRows], offset_us: int) -> None:
        """Takes what was found among those reads."""
        for one in found:
            self.kinds.setdefault(one.kind, KindTally()).add(reads.take(one.rows), offset_us, one.what)


def earliest(at: Longs) -> Longs:
    """Places of the first few in time, more where several share a moment."""
    if len(at) <= EXAMPLES:
        return np.arange(len(at))
    return np.flatnonzero(at <= np.partition(at, EXAMPLES - 1)[EXAMPLES - 1])[: 64 * EXAMPLES]


def seen(reads: Reads | Calls, rows: Longs) -> list[Seen]:
    """Some reads as numbers."""
    return list(zip(reads.at[rows].tolist(), reads.waybill[rows].tolist(), reads.actor[rows].tolist(), strict=True))


def first_of(some: Iterable[Seen]) -> list[Seen]:
    """The first few in time."""
    return sorted(some)[:EXAMPLES]


def _once(waybill: np.ndarray[tuple[int], np.dtype[np.uint64]], day: Longs) -> Longs:
    """The day of each pair (waybill, day), each pair once. waybill: sorted."""
    order = np.lexsort((day, waybill))
    waybill, day = waybill[order], day[order]
    new = np.ones(len(day), np.bool_)
    new[1:] = (waybill[1:] != waybill[:-1]) | (day[1:] != day[:-1])
    return day[new]
