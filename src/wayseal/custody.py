"""Where a parcel was and whose work it was, when: the one definition for policy, detection and tracing.

Stays say which outlet answered for a parcel, from when until when. Obligations (code and tests cite the numbers):
1. Custody lies with the outlet that scanned a parcel last, until another outlet scans it or it is delivered. So stays
   of one parcel never overlap, and without a delivery they leave no gap from its first scan on.
2. The order of rows means nothing; scans are put in order of time. At the same instant a pickup comes first, then
   what leaves a place, then what arrives, and a delivery last.
3. A scan that stands twice changes nothing.
4. Any scan proves that the parcel was there: a depart without an arrive opens a stay, an arrive without a depart before
   it ends the stay elsewhere. Missing scans only make a stay start later or end later.
5. A delivery ends the stay. After it only an arrive, a depart or a return opens another; other scans are late
   uploads and don't count.
6. A returned parcel stays in custody like any other until its next delivery.
7. An outlet that nobody knows is an outlet: its scans are kept under its id.
8. Where `waybills` says when a number was issued, scans more than an hour before that belong to an earlier life of the
   number (or to a wrong clock) and don't count. A parcel that `waybills` doesn't know keeps all its scans.
9. A parcel without scans has no stay; the plan of `waybills` is a touch, never a stay.

Relations say how an outlet stands to a parcel now, after its stays:
R1. The present stay of a parcel is its last one in `stays`, and nothing else: a parcel without scans has none.
R2. An outlet holds a parcel while its stay is open and shows no depart. After a depart it has sent the parcel on; the
   parcel stays its work until another outlet scans it (obligation 1 of stays).
R3. A delivery ends every relation but one: the outlet that delivered has left it behind. How long that still opens
   anything is the purpose's business; there is no clock here.
R4. The planned origin is one until another outlet scans the parcel, and again when the parcel came back to it. The
   planned destination is one from the plan on. A plan alone says nothing of an outlet that isn't planned.
R5. What is not known is no relation: an outlet without an id stands to no parcel.
R6. A parcel of one's own (whoever asks had sealed it) is no matter of outlets: it neither needs nor makes one.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.model.kinds import ScanKind
from wayseal.store.tables import microseconds

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_EARLY = 3_600_000_000  # obligation 8, microseconds
_TIME = pa.timestamp("us", tz="UTC")
# Obligation 2. A depart before an arrive: at the same instant the parcel left one place and came to another.
_RANK = {
    ScanKind.PICKUP: 0,
    ScanKind.DEPART: 1,
    ScanKind.ARRIVE: 2,
    ScanKind.OUT_FOR_DELIVERY: 3,
    ScanKind.PROBLEM: 4,
    ScanKind.RETURNED: 5,
    ScanKind.DELIVERED: 6,
}
_RANK_BITS = 3
_DEPART, _DELIVERED = _RANK[ScanKind.DEPART], _RANK[ScanKind.DELIVERED]
_REOPENS = (_RANK[ScanKind.DEPART], _RANK[ScanKind.ARRIVE], _RANK[ScanKind.RETURNED])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scans:
    """Scans, coded: (n,) each; `parcels` and `outlets` hold what the codes mean."""

    parcel: Ints
    at: Ints
    rank: Ints
    outlet: Ints
    parcels: pa.Array
    outlets: pa.Array


def stays(scans: pa.Table, waybills: pa.Table | None = None) -> pa.Table:
    """Where each parcel was, when.

    Args:
        scans: Columns waybill, at (timestamp, us, UTC), kind, outlet; parcels count in the order of their first row.
        waybills: Columns waybill and issued_at; None: unknown.

    Returns:
        Columns waybill, outlet, since, until, departed. since and until are timestamps (us, UTC); until is null while
        the stay is open; departed is the last depart scan of the stay, null if there was none: the parcel was on its
        way between departed and until. Parcels come in the order in which `scans` names them first, each in order of
        since.
    """
    s = _kept(_in_order(_scans(scans, waybills)))
    n = len(s.parcel)
    delivered = s.rank == _DELIVERED
    first = np.ones(n, np.bool_)
    first[1:] = (s.parcel[1:] != s.parcel[:-1]) | (s.outlet[1:] != s.outlet[:-1]) | delivered[:-1]
    start = np.flatnonzero(first)
    last = np.append(start[1:], n)[: len(start)] - 1
    until, open_ = s.at[last].copy(), ~delivered[last]
    follows = np.flatnonzero(open_[:-1] & (s.parcel[start[1:]] == s.parcel[start[:-1]])) if n else start
    until[follows] = s.at[start[follows + 1]]
    open_[follows] = False
    departed, stayed = _last_depart(s, start)
    return pa.table(
        {
            "waybill": s.parcels.take(pa.array(s.parcel[start])),
            "outlet": s.outlets.take(pa.array(s.outlet[start])),
            "since": pa.array(s.at[start], _TIME),
            "until": pa.array(until, _TIME, mask=open_),
            "departed": pa.array(departed, _TIME, mask=stayed),
        }
    )


def touches(scans: pa.Table, waybills: pa.Table | None = None) -> pa.Table:
    """The first time each parcel touched each outlet.

    Args:
        scans: Columns waybill, at (timestamp, us, UTC), kind, outlet; parcels count in the order of their first row.
        waybills: Columns waybill, origin_outlet, destination_outlet and issued_at: the two ends that no scan shows are
            added with `at` null (obligation 9).

    Returns:
        Columns waybill, outlet, at (timestamp, us, UTC), each pair once, in order of (waybill, at), unseen ends last.
    """
    s = _scans(scans, waybills)
    rows = pa.table({"parcel": s.parcel, "outlet": s.outlet, "at": s.at})
    groups = rows.group_by(["parcel", "outlet"], use_threads=False).aggregate([("at", "min")])
    parcel, outlet, at = (groups[c].to_numpy() for c in ("parcel", "outlet", "at_min"))
    order = _order(parcel, at, np.zeros(len(at), np.int64), outlet)
    seen = pa.table(
        {
            "waybill": s.parcels.take(pa.array(parcel[order])),
            "outlet": s.outlets.take(pa.array(outlet[order])),
            "at": pa.array(at[order], _TIME),
        }
    )
    if waybills is None:
        return seen
    ends = [_end(waybills, name, seen.schema) for name in ("origin_outlet", "destination_outlet")]
    return pa.concat_tables([seen, _unseen(pa.concat_tables(ends), seen)])


def _end(waybills: pa.Table, name: str, schema: pa.Schema) -> pa.Table:
    columns = [waybills["waybill"], waybills[name], pa.nulls(len(waybills), _TIME)]
    return pa.table(columns, names=schema.names).cast(schema)


def _unseen(ends: pa.Table, seen: pa.Table) -> pa.Table:
    """The planned ends, each once, that are not among the touches seen."""
    once = ends.group_by(["waybill", "outlet"], use_threads=False).aggregate([])
    keys = ["waybill", "outlet"]
    left = once.join(seen.select(keys), keys=keys, join_type="left anti", use_threads=False)
    return left.append_column("at", pa.nulls(len(left), _TIME)).select(seen.schema.names)


def _value_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(_value_type(column.type))


def _coded(column: pa.ChunkedArray) -> tuple[Ints, pa.Array]:
    """Codes in order of first appearance, and what they mean."""
    coded = _plain(column).combine_chunks().dictionary_encode()
    return coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), coded.dictionary


def _this_life(parcel: Ints, parcels: pa.Array, at: Ints, waybills: pa.Table) -> Mask:
    """Obligation 8: which scans belong to the numbers' present life."""
    where = pc.index_in(parcels, value_set=_plain(waybills["waybill"]).combine_chunks())
    known = pc.is_valid(where).to_numpy(zero_copy_only=False)
    earliest = np.full(len(parcels), np.iinfo(np.int64).min)
    found = pc.drop_null(where).to_numpy(zero_copy_only=False)
    earliest[known] = microseconds(waybills["issued_at"])[found] - _EARLY
    kept: Mask = at >= earliest[parcel]
    return kept


def _scans(scans: pa.Table, waybills: pa.Table | None) -> _Scans:
    """The scans coded, in the order of their rows (obligation 8)."""
    parcel, parcels = _coded(scans["waybill"])
    outlet, outlets = _coded(scans["outlet"])
    kind, kinds = _coded(scans["kind"])
    ranks = np.array([_RANK[ScanKind(k)] for k in kinds.to_pylist()], np.int64)
    rank, at = ranks[kind], microseconds(scans["at"])
    # By their ids, so that ties don't fall by the order of rows.
    by_id = pc.sort_indices(outlets).to_numpy()
    place = np.empty(len(by_id), np.int64)
    place[by_id] = np.arange(len(by_id))
    outlet, outlets = place[outlet], outlets.take(pa.array(by_id))
    if waybills is not None:
        kept = _this_life(parcel, parcels, at, waybills)
        parcel, outlet, rank, at = parcel[kept], outlet[kept], rank[kept], at[kept]
    return _Scans(parcel=parcel, at=at, rank=rank, outlet=outlet, parcels=parcels, outlets=outlets)


def _only(s: _Scans, which: Ints | Mask) -> _Scans:
    return _Scans(
        parcel=s.parcel[which],
        at=s.at[which],
        rank=s.rank[which],
        outlet=s.outlet[which],
        parcels=s.parcels,
        outlets=s.outlets,
    )


def _in_order(s: _Scans) -> _Scans:
    """Obligation 2."""
    return _only(s, _order(s.parcel, s.at, s.rank, s.outlet))


def _order(parcel: Ints, at: Ints, rank: Ints, outlet: Ints) -> Ints:
    """The places of the rows in order of (parcel, at, rank, outlet)."""
    if not len(at):
        return parcel
    low = int(at.min())
    bits = (int(at.max()) - low).bit_length() + _RANK_BITS
    if bits + int(parcel.max()).bit_length() > 63:
        return np.lexsort((outlet, rank, at, parcel))
    # One integer a row sorts several times faster than four keys.
    key = parcel << bits | (at - low) << _RANK_BITS | rank
    order = np.argsort(key, kind="stable")
    key = key[order]
    same = key[1:] == key[:-1]
    tied = np.flatnonzero(np.append(same, False) | np.insert(same, 0, False))
    rows = order[tied]
    order[tied] = rows[np.lexsort((outlet[rows], key[tied]))]
    return order


def _kept(s: _Scans) -> _Scans:
    """Obligation 5: drops late uploads after a delivery."""
    again = (s.rank[:-1] == _DELIVERED) & (s.parcel[1:] == s.parcel[:-1])
    if not again.any():
        return s
    # Few parcels have any scan after a delivery; only they need the closer look.
    marked = np.zeros(len(s.parcels), np.bool_)
    marked[s.parcel[1:][again]] = True
    rows = np.flatnonzero(marked[s.parcel])
    keep = np.ones(len(s.parcel), np.bool_)
    keep[rows] = _counts(_only(s, rows))
    return _only(s, keep)


def _counts(s: _Scans) -> Mask:
    """Which scans aren't late uploads."""
    place = np.arange(len(s.parcel))
    new = np.ones(len(s.parcel), np.bool_)
    new[1:] = s.parcel[1:] != s.parcel[:-1]
    opens = new | np.isin(s.rank, _REOPENS)
    # The last delivery before each row, and the last scan up to it that opens custody.
    ended = _last_before(np.where(s.rank == _DELIVERED, place, -1))
    opened = np.maximum.accumulate(np.where(opens, place, -1))
    first = np.maximum.accumulate(np.where(new, place, -1))
    counts: Mask = (ended < opened) | (ended < first)
    return counts


def _last_before(place: Ints) -> Ints:
    out = np.full(len(place), -1, np.int64)
    out[1:] = np.maximum.accumulate(place)[:-1]
    return out


def _last_depart(s: _Scans, start: Ints) -> tuple[Ints, Mask]:
    """The time of the last depart of each stay, and where there is none."""
    if not len(start):
        return start, np.zeros(0, np.bool_)
    place = np.where(s.rank == _DEPART, np.arange(len(s.rank)), -1)
    last = np.maximum.reduceat(place, start)
    return s.at[np.maximum(last, 0)], last < 0


_HOUR = 3_600_000_000


class Relation(StrEnum):
    """How an actor's outlet stands to a parcel; several may hold at once."""

    HOLDS = "holds"
    """It has the parcel."""
    SENT = "sent"
    """It sent the parcel on, and nobody else has scanned it yet."""
    LEFT = "left"
    """It delivered the parcel."""
    ORIGIN = "origin"
    """The plan begins with it, and no other outlet has scanned the parcel since."""
    DESTINATION = "destination"
    """The plan ends with it, and the parcel is not delivered."""
    OWN = "own"
    """Whoever asks sealed the parcel: it is a merchant's or platform's own."""


class State(StrEnum):
    """How far a parcel is."""

    ISSUED = "issued"
    HELD = "held"
    ON_THE_WAY = "on_the_way"
    DELIVERED = "delivered"


class Standing(NamedTuple):
    """A parcel's present stay and its plan; a tuple, since one is made for each waybill asked for.

    Attributes:
        outlet: Where it is or was last; None before the first scan.
        until: End of that stay, microseconds since 1970 in UTC; None while it is open.
        departed: Last depart scan of the stay, likewise; None if there was none.
        origin: Outlet with which the plan begins.
        destination: Outlet with which the plan ends.
    """

    outlet: str | None
    until: int | None
    departed: int | None
    origin: str | None
    destination: str | None

    @property
    def state(self) -> State:
        """How far it is."""
        if self.outlet is None:
            return State.ISSUED
        if self.until is not None:
            return State.DELIVERED
        return State.HELD if self.departed is None else State.ON_THE_WAY

    def hours_since_delivery(self, at: int) -> int:
        """Hours begun from its delivery to a moment.

        Args:
            at: The moment, microseconds since 1970.

        Returns:
            0 before it, and for a parcel that is not delivered.
        """
        if self.outlet is None or self.until is None:
            return 0
        return max(0, -((self.until - at) // _HOUR))


# Every set once: the same few go into every decision, and a frozenset keeps its hash.
_BITS = {relation: 1 << place for place, relation in enumerate(Relation)}
_SETS = tuple(frozenset(r for r, bit in _BITS.items() if bit & mask) for mask in range(1 << len(Relation)))
_HOLDS, _SENT, _LEFT, _ORIGIN, _DESTINATION, _OWN = _BITS.values()


def relations(outlet: str | None, parcel: Standing, *, own: bool = False) -> frozenset[Relation]:
    """How an outlet stands to a parcel (obligations R2 to R6).

    Args:
        outlet: The outlet of whoever asks; None: they have none.
        parcel: How the parcel stands.
        own: Whether whoever asks sealed it.

    Returns:
        All relations that hold; none if nothing does.
    """
    mask = _OWN if own else 0
    if outlet is None:
        return _SETS[mask]
    here, until, departed, origin, destination = parcel
    if here is not None and until is not None:
        return _SETS[mask | _LEFT] if here == outlet else _SETS[mask]
    if here == outlet:
        mask |= _HOLDS if departed is None else _SENT
    if origin == outlet and (here is None or here == outlet):
        mask |= _ORIGIN
    if destination == outlet:
        mask |= _DESTINATION
    return _SETS[mask]


def present(scans: pa.Table, waybills: pa.Table | None = None) -> pa.Table:
    """The present stay of each parcel with a scan (obligation R1).

    Args:
        scans: As `stays` takes them.
        waybills: As `stays` takes them.

    Returns:
        Rows and columns as `stays` gives them, one row a parcel.
    """
    table = stays(scans, waybills)
    if not len(table):
        return table
    parcel = table["waybill"].combine_chunks()
    last = pc.not_equal(parcel.slice(0, len(parcel) - 1), parcel.slice(1))
    return table.filter(pa.concat_arrays([last, pa.array([True])]))
