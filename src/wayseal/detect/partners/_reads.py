"""Reads of partners and calls out of their logs, as arrays.

Ids that don't fit: of accounts and logs that no contract names, and of contracts that nobody has.
1. Each is told with the id on the other side that is most like it, whatever the case of letters; a slip of the pen and
   a key that was added lately both look like that.
2. A comparison costs as much as there are ids on the other side: of each kind, the first MOST_COMPARED are compared.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.detect.partners._contract import Contract
from wayseal.detect.partners._result import Misfit, Place, Remark
from wayseal.ledger import Snapshot
from wayseal.ledger.codes import find_rows
from wayseal.ledger.walk import SourceRange
from wayseal.model.arrays import Flags, Longs, UInts
from wayseal.model.kinds import ActorKind
from wayseal.model.times import clock_us
from wayseal.store.tables import microseconds

HOUR_US, DAY_US = 3_600_000_000, 86_400_000_000


def count_values(values: npt.NDArray[np.generic]) -> Counter[int]:
    """How often each value stands there."""
    found, count = np.unique(values, return_counts=True)
    return Counter(dict(zip(found.tolist(), count.tolist(), strict=True)))


def count_pairs(one: npt.NDArray[np.generic], other: npt.NDArray[np.generic]) -> dict[tuple[int, int], int]:
    """How often each pair stands there."""
    left, at_left = np.unique(one, return_inverse=True)
    right, at_right = np.unique(other, return_inverse=True)
    wide = max(len(right), 1)
    codes, count = np.unique(at_left * wide + at_right, return_counts=True)
    pairs = zip(left[codes // wide].tolist(), right[codes % wide].tolist(), strict=True)
    return dict(zip(pairs, count.tolist(), strict=True))


def distinct_of(keys: UInts) -> int:
    """How many different keys; they are sorted."""
    return int(np.count_nonzero(keys[1:] != keys[:-1])) + 1 if len(keys) else 0


def least(values: Iterable[int | None]) -> int | None:
    """The least that is there."""
    return min((v for v in values if v is not None), default=None)


def most(values: Iterable[int | None]) -> int | None:
    """The greatest that is there."""
    return max((v for v in values if v is not None), default=None)


_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerGroup:
    """A partner as it is checked; contract None: an account of kind partner that no contract names."""

    partner: str
    contract: Contract | None
    actors: tuple[str, ...]

    @property
    def offset_us(self) -> int:
        """Of its local days and hours from UTC."""
        return clock_us() if self.contract is None else self.contract.offset_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """keys: of all their actors, sorted; group_of[n]: the group of a key."""

    groups: tuple[PartnerGroup, ...]
    keys: UInts
    group_of: Longs

    def of(self, actors: UInts) -> Longs:
        """Place of each actor's group; -1 for none."""
        found: Longs = np.append(self.group_of, -1)[find_rows(self.keys, actors)]
        return found


def groups_of(snapshot: Snapshot, contracts: Sequence[Contract]) -> tuple[Groups, list[Remark]]:
    """The groups, those with a contract first, and what is odd about their accounts' kinds."""
    actors = snapshot.actors()
    kinds = dict(zip(actors["actor"].to_pylist(), actors["kind"].to_pylist(), strict=True))
    groups = [PartnerGroup(partner=c.partner, contract=c, actors=c.actors) for c in contracts]
    held = {actor for c in contracts for actor in c.actors}
    alone = sorted(a for a, kind in kinds.items() if kind == ActorKind.PARTNER and a not in held)
    groups += [PartnerGroup(partner=actor, contract=None, actors=(actor,)) for actor in alone]
    names = [actor for group in groups for actor in group.actors]
    keys = snapshot.keys(names)
    order = np.argsort(keys)
    group_of = np.repeat(np.arange(len(groups)), [len(g.actors) for g in groups])
    made = Groups(groups=tuple(groups), keys=keys[order], group_of=group_of[order].astype(np.int64))
    remarks = [remark for c in contracts if (remark := _other_kind(c, kinds))]
    if "actors" not in snapshot.tables:
        remarks.append(Remark(code="no_actors"))
    return made, remarks


def unknown_ids(snapshot: Snapshot, contracts: Sequence[Contract]) -> dict[str, str]:
    """Ids of contracts that no row of the ledger has, each with the name of its contract's file."""
    named = {actor: contract.file.name for contract in contracts for actor in contract.actors}
    known = snapshot.names("actor", snapshot.keys(list(named)))
    return {actor: file for (actor, file), name in zip(named.items(), known, strict=True) if not name}


def _other_kind(contract: Contract, kinds: dict[str, str]) -> Remark | None:
    actors = [a for a in contract.actors if kinds.get(a, ActorKind.PARTNER) != ActorKind.PARTNER]
    if not actors:
        return None
    shown = "; ".join(actors[:_NAMED]) + ("; …" if len(actors) > _NAMED else "")
    return Remark(code="other_kind", values={"file": contract.file.name, "n": len(actors), "actors": shown})


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


COLUMNS = ("ip", "purpose", "request")
CALLS = ("partner", "at", "request", "fields", "ip")
SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """n reads of one group, sorted by (waybill, at): keys (0: not logged), at in µs, action from 1 (0: not logged)."""

    waybill: UInts
    at: Longs
    actor: UInts
    action: npt.NDArray[np.uint8]
    fields: UInts
    ip: UInts
    purpose: UInts
    request: UInts

    def take(self, rows: Longs | Flags) -> "Reads":
        """Some of them."""
        return replace(self, **{f.name: getattr(self, f.name)[rows] for f in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """n calls of one group's own log, sorted by (waybill, at). fields, ip: places among `Texts`, -1: not logged."""

    waybill: UInts
    at: Longs
    actor: UInts
    request: UInts
    fields: Longs
    ip: Longs

    def take(self, rows: Longs | Flags) -> "Calls":
        """Some of them."""
        return replace(self, **{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def reads_of(key_range: SourceRange, groups: Groups) -> Iterator[tuple[int, Reads]]:
    """(group, its reads) of a key range."""
    table = key_range.reads
    at = microseconds(table["at"])
    columns = {f.name: table[f.name].to_numpy() for f in fields(Reads) if f.name != "at"}
    whole = Reads(at=at, **columns).take(np.lexsort((at, columns["waybill"])))
    for group, rows in _parts(groups.of(whole.actor)):
        yield group, whole.take(rows)


_NO_KEYS, _NO_TIMES = np.zeros(0, np.uint64), np.zeros(0, np.int64)
NO_READS = Reads(
    waybill=_NO_KEYS,
    at=_NO_TIMES,
    actor=_NO_KEYS,
    action=np.zeros(0, np.uint8),
    fields=_NO_KEYS,
    ip=_NO_KEYS,
    purpose=_NO_KEYS,
    request=_NO_KEYS,
)
NO_CALLS = Calls(waybill=_NO_KEYS, at=_NO_TIMES, actor=_NO_KEYS, request=_NO_KEYS, fields=_NO_TIMES, ip=_NO_TIMES)


class TextPool:
    """Texts of the partners' logs, each kept once; a text's place stands for it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._place: dict[str, int] = {}

    def places(self, column: pa.Array) -> Longs:
        """The place of each text; -1 for null and for empty text."""
        coded = column.dictionary_encode()
        known = np.array([self._of(text) for text in coded.dictionary.to_pylist()] + [-1], np.int64)
        out: Longs = known[coded.indices.fill_null(len(known) - 1).to_numpy()]
        return out

    def _of(self, text: str) -> int:
        if not text:
            return -1
        place = self._place.setdefault(text, len(self.texts))
        if place == len(self.texts):
            self.texts.append(text)
        return place


class Log:
    """The partners' own logs. others: calls of partners that are in no group."""

    def __init__(self, snapshot: Snapshot, groups: Groups) -> None:
        self._snapshot = snapshot
        self._groups = groups
        self.fields = TextPool()
        self.ips = TextPool()

    def calls_of(self, key_range: SourceRange) -> tuple[dict[int, Calls], dict[int, int]]:
        """Group → its calls of a key range; and partner (key) → how many, of calls that are nobody's."""
        table = self._snapshot.between("partner_calls", key_range.low, key_range.high, CALLS).combine_chunks()
        partner = table["partner"].to_numpy()
        group = self._groups.of(partner)
        table = table.filter(pa.array(group >= 0)).sort_by([("waybill", "ascending"), ("at", "ascending")])
        whole = Calls(
            waybill=table["waybill"].to_numpy(),
            at=microseconds(table["at"]),
            actor=table["partner"].to_numpy(),
            request=self._snapshot.hashed(_one(table["request"])),
            fields=self.fields.places(pc.binary_join(_one(table["fields"]), SEPARATOR)),
            ip=self.ips.places(_one(table["ip"])),
        )
        found = {n: whole.take(rows) for n, rows in _parts(self._groups.of(whole.actor))}
        return found, count_values(partner[group < 0])


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _parts(group: Longs) -> Iterator[tuple[int, Longs]]:
    """Rows of each group, in their order; those of none left out."""
    order = np.argsort(group, kind="stable")
    found, start = np.unique(group[order], return_index=True)
    for place, low, high in zip(found.tolist(), start, np.append(start, len(order))[1:], strict=True):
        if place >= 0:
            yield place, order[low:high]
