"""The holdings of a source in one range of the key space.

1. A waybill counts once, however often it was read.
2. Accounts, sessions and devices had what they read. An interface had what it issued, when it issued it. An outlet or
   region had the parcels that stayed there by `custody`; where the ledger has no scans, those that came from there,
   when issued.
3. Only what falls into the period counts; a stay falls into it if any of it does.

Which source is meant.

4. An id that several kinds know is refused until the kind is said.
5. An id that nobody knows is an error. What resembles it is named only where it is no person's: interfaces, outlets and
   regions by id, accounts by their number, sessions and devices not.
6. The id that was given is never repeated in an error.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal import store
from wayseal.custody import stays
from wayseal.ledger import Snapshot
from wayseal.ledger.codes import find_rows
from wayseal.ledger.walk import SourceRange
from wayseal.model.arrays import Longs, UInts
from wayseal.model.kinds import SourceKind
from wayseal.model.messages import Message
from wayseal.model.period import Period
from wayseal.store.tables import microseconds
from wayseal.trace.errors import ScopeError

_NEAR = 3


READERS = ("actor", "session", "device")
"""Kinds that are walked over by their reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source: what to walk over (one of `READERS`, "channel", "outlet") and the keys that stand for it there."""

    kind: SourceKind
    id: str
    walk: str
    keys: npt.NDArray[np.uint64]


def find_source(snapshot: Snapshot, text: str, kind: SourceKind | None) -> Source:
    """The source of that id (rules 4 to 6); ScopeError if there is none, or more than one."""
    wanted = list(SourceKind) if kind is None else [kind]
    found = [k for k in wanted if _known(snapshot, k, text)]
    if not found:
        raise _unknown(snapshot, text, kind)
    if len(found) > 1:
        raise ScopeError("several sources have this id; say which with --kind: {found}", found=list(found))
    only = found[0]
    if only is SourceKind.REGION:
        outlets = snapshot.outlets()
        inside = [
            o for o, r in zip(outlets["outlet"].to_pylist(), outlets["region"].to_pylist(), strict=True) if r == text
        ]
        return Source(kind=only, id=text, walk="outlet", keys=snapshot.keys(inside))
    return Source(kind=only, id=text, walk=only.value, keys=snapshot.keys([text]))


def _known(snapshot: Snapshot, kind: SourceKind, text: str) -> bool:
    if kind is SourceKind.REGION:
        return text in set(snapshot.outlets()["region"].to_pylist())
    listed = {SourceKind.ACTOR: snapshot.actors, SourceKind.OUTLET: snapshot.outlets}.get(kind)
    if listed is not None and text in set(listed()[kind.value].to_pylist()):
        return True
    key = int(snapshot.keys([text])[0])
    return key != 0 and snapshot.knows(kind.value, key)


def _unknown(snapshot: Snapshot, text: str, kind: SourceKind | None) -> ScopeError:
    """Rule 5."""
    what = Message("source") if kind is None else kind.value
    outlets = snapshot.outlets()
    open_ids = {
        SourceKind.CHANNEL: snapshot.names("channel", snapshot.channel_volumes()["channel"].to_numpy()),
        SourceKind.OUTLET: outlets["outlet"].to_pylist(),
        SourceKind.REGION: sorted(set(outlets["region"].to_pylist())),
    }
    hints: list[object] = []
    for other, ids in open_ids.items():
        if near := _near(text, ids):
            hints.append(f"{other} {', '.join(near)}")
    volumes = snapshot.volumes()["actor"].unique().to_numpy()
    if alike := len(_near(text, snapshot.names("actor", volumes))):
        several = Message("{accounts} accounts with a similar id", {"accounts": alike})
        hints.append(Message("an account with a similar id") if alike == 1 else several)
    if not hints:
        return ScopeError("the ledger knows no {what} of this id", what=what)
    return ScopeError("the ledger knows no {what} of this id; it knows {hints}", what=what, hints=_joined(hints))


def _joined(hints: Sequence[object]) -> object:
    """Several hints as one."""
    first, *rest = hints
    return Message("{first}; {rest}", {"first": first, "rest": _joined(rest)}) if rest else first


def _near(text: str, ids: Sequence[str]) -> list[str]:
    """Up to three ids that differ by case or little else."""
    plain: dict[str, str] = {}
    for name in ids:
        plain.setdefault(name.casefold(), name)
    close = difflib.get_close_matches(text.strip().casefold(), list(plain), n=_NEAR, cutoff=0.8)
    return [plain[name] for name in close]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """outlet: keys, sorted, of the outlets that `outlets` knows; city and region: their places among the names.

    `cities` and `regions` end with "", which stands for what is unknown.
    """

    outlet: UInts
    city: Longs
    region: Longs
    cities: tuple[str, ...]
    regions: tuple[str, ...]

    def cities_of(self, keys: UInts) -> Longs:
        """Place among `cities` of each outlet's city."""
        return self._of(self.city, len(self.cities) - 1, keys)

    def regions_of(self, keys: UInts) -> Longs:
        """Place among `regions` of each outlet's region."""
        return self._of(self.region, len(self.regions) - 1, keys)

    def _of(self, values: Longs, unknown: int, keys: UInts) -> Longs:
        found: Longs = np.append(values, unknown)[find_rows(self.outlet, keys)]
        return found


def load_places(snapshot: Snapshot) -> Places:
    """The ledger's table `outlets`."""
    outlets = snapshot.outlets()
    keys = snapshot.keys(outlets["outlet"].to_pylist())
    order = np.argsort(keys)
    city, cities = _coded(outlets["city"])
    region, regions = _coded(outlets["region"])
    return Places(outlet=keys[order], city=city[order], region=region[order], cities=cities, regions=regions)


def _coded(column: pa.ChunkedArray) -> tuple[Longs, tuple[str, ...]]:
    texts = column.to_pylist()
    names = sorted(set(texts))
    place = {name: n for n, name in enumerate(names)}
    return np.array([place[t] for t in texts], np.int64), (*names, "")


_KINDS = store.TABLES["scans"].column("kind").values
_TIME = pa.timestamp("us", tz="UTC")
_ROUTE = ("issued_at", "origin_outlet", "destination_outlet")
_WORK = ("channel", "origin_outlet", "destination_outlet", "customer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """w waybills and n events (reads, issues, stays).

    keys[w] sorted; first[w], last[w] µs; at[n] µs; run[n]: place of the event's waybill, increasing. reads: the rows
    of the events where they are reads. described: rows of `waybills` about the keys (kept form), sorted.
    """

    keys: UInts
    first: Longs
    last: Longs
    at: Longs
    run: Longs
    reads: pa.Table | None
    described: pa.Table

    @property
    def counts(self) -> Longs:
        """[w] events of each waybill."""
        return np.bincount(self.run, minlength=len(self.keys)).astype(np.int64)


def find_holdings(snapshot: Snapshot, source: Source, key_range: SourceRange, period: Period) -> Holdings:
    """The source's waybills in a key range (rules 1 to 3)."""
    if source.walk in READERS:
        return _read(snapshot, key_range, period)
    described = snapshot.kept("waybills", key_range.keys, _ROUTE)
    if source.walk == "outlet" and "scans" in snapshot.tables:
        return _stayed(snapshot, source, key_range, period, described)
    if source.walk == "outlet":
        there = np.isin(described["origin_outlet"].to_numpy(), source.keys)
        described = described.filter(pa.array(there))
    at = microseconds(described["issued_at"])
    then = (at >= period.since) & (at < period.until)
    return build_holdings(described["waybill"].to_numpy()[then], at[then], at[then], None, described)


def _read(snapshot: Snapshot, key_range: SourceRange, period: Period) -> Holdings:
    at = microseconds(key_range.reads["at"])
    then = (at >= period.since) & (at < period.until)
    reads = key_range.reads if then.all() else key_range.reads.filter(pa.array(then))
    keys = key_range.keys if then.all() else np.unique(reads["waybill"].to_numpy())
    return build_holdings(
        reads["waybill"].to_numpy(), at[then], at[then], reads, snapshot.kept("waybills", keys, _WORK)
    )


def _stayed(
    snapshot: Snapshot, source: Source, key_range: SourceRange, period: Period, described: pa.Table
) -> Holdings:
    scans = snapshot.kept("scans", key_range.keys, ("at", "kind", "outlet"))
    kind = pa.array(_KINDS, pa.string()).take(pa.array(scans["kind"].to_numpy().astype(np.int64) - 1))
    found = stays(scans.set_column(scans.schema.get_field_index("kind"), "kind", kind), described)
    found = found.filter(pa.array(np.isin(found["outlet"].to_numpy(), source.keys))).sort_by("waybill")
    since = microseconds(found["since"])
    end = found["until"].cast(pa.int64()).fill_null(period.until).to_numpy()
    then = (since < period.until) & (np.maximum(end, since + 1) > period.since)
    until = found["until"].cast(pa.int64()).combine_chunks().fill_null(-1).to_numpy()
    last = np.where(until < 0, since, until)[then]
    return build_holdings(found["waybill"].to_numpy()[then], since[then], last, None, described)


def build_holdings(rows: UInts, at: Longs, last: Longs, reads: pa.Table | None, described: pa.Table) -> Holdings:
    """From events sorted by waybill: rows[n] its key, at[n], last[n] µs."""
    new = np.ones(len(rows), np.bool_)
    new[1:] = rows[1:] != rows[:-1]
    start = np.flatnonzero(new)
    keys = rows[start]
    there = find_rows(keys, described["waybill"].to_numpy()) >= 0
    return Holdings(
        keys=keys,
        first=np.minimum.reduceat(at, start) if len(keys) else at,
        last=np.maximum.reduceat(last, start) if len(keys) else last,
        at=at,
        run=np.cumsum(new) - 1,
        reads=reads,
        described=described if there.all() else described.filter(pa.array(there)),
    )


MOST = 64
OTHERS = "…"
"""Name of the last bit, should there ever be more fields than bits."""
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSets:
    """of_read[n], of_waybill[w]: bits of the fields. known: how many bits have a name."""

    of_read: UInts
    of_waybill: UInts
    known: int


class FieldNames:
    """Gives each field a bit when it is first met."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._bits: dict[str, int] = {}
        self._sets: dict[int, int] = {0: 0}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the bits, in order."""
        return tuple(self._bits)

    def sets(self, holdings: Holdings) -> FieldSets:
        """The fields of a key range's reads and waybills; none where the source doesn't read."""
        if holdings.reads is None or not len(holdings.reads):
            none = np.zeros(len(holdings.keys), np.uint64)
            return FieldSets(of_read=np.zeros(0, np.uint64), of_waybill=none, known=len(self._bits))
        keys, place = np.unique(holdings.reads["fields"].to_numpy(), return_inverse=True)
        new = [key for key in keys.tolist() if key not in self._sets]
        for key, text in zip(new, self._snapshot.names("fields", new), strict=True):
            self._sets[key] = sum({1 << self._bit(name) for name in text.split(_SEPARATOR) if name})
        of_read = np.array([self._sets[key] for key in keys.tolist()], np.uint64)[place]
        starts = np.searchsorted(holdings.run, np.arange(len(holdings.keys)))
        of_waybill = np.bitwise_or.reduceat(of_read, starts)
        return FieldSets(of_read=of_read, of_waybill=of_waybill, known=len(self._bits))

    def _bit(self, name: str) -> int:
        if name not in self._bits and len(self._bits) >= MOST - 1:
            name = OTHERS
        return self._bits.setdefault(name, len(self._bits))

    def texts(self, sets: UInts) -> pa.Array:
        """Names of each set's fields, joined by ";"."""
        keys, place = np.unique(sets, return_inverse=True)
        names = [";".join(sorted(n for n, bit in self._bits.items() if key >> bit & 1)) for key in keys.tolist()]
        return pa.array(names, pa.string()).take(pa.array(place))


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """[w] places among `Places.cities` (from, to) and `Places.regions` (sent, received) of a key range's waybills."""

    origin: Longs
    destination: Longs
    sent: Longs
    received: Longs


def routes_of(holdings: Holdings, places: Places) -> Routes:
    """The routes of the waybills; the last place stands for unknown."""
    row = rows_of(holdings)
    start, end = (_column(holdings.described, row, name) for name in ("origin_outlet", "destination_outlet"))
    return Routes(
        origin=places.cities_of(start),
        destination=places.cities_of(end),
        sent=places.regions_of(start),
        received=places.regions_of(end),
    )


def rows_of(holdings: Holdings) -> Longs:
    """[w] row of each waybill in `described`, -1 for none."""
    return find_rows(holdings.described["waybill"].to_numpy(), holdings.keys)


def _column(table: pa.Table, row: Longs, name: str) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Keys of a column by waybill; 0 where there is none."""
    values = np.append(table[name].to_numpy(), np.uint64(0))
    return values[row]
