"""Facts of some weeks as arrays by account and day: what detectors look at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.detect.explain import OWN_TICKET, UNEXPLAINED, UNKNOWN
from wayseal.detect.facts import Facts
from wayseal.ledger.codes import Coder
from wayseal.model.arrays import Flags, Ints, Longs, UInts
from wayseal.model.kinds import ActorKind

Numbers = Callable[[UInts], UInts]
"""Gives waybills (keys) their numbers as integers in their order; 0 for what is no such number."""
SHARE_UNKNOWN = 0.2
"""Above this share of first reads of unknown waybills, the table `waybills` is taken for incomplete."""
FRESH = 48 * 3_600_000_000
"""µs: what is sold is new, and a parcel of two days is on its way or there."""
NOBODY: UInts = np.zeros(0, np.uint64)
"""No keys."""
_HOUR, _DAY = 3_600_000_000, 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspects:
    """n first reads without a strong explanation but a ticket of their own, by (account, time, waybill), each once.

    actor, day: places in the view. at: µs. waybill, device, ip, session: keys. number: the waybill's number as an
    integer that keeps the order of numbers, 0 where it has none. plain: nothing explains it; weak: a weak template
    does; own: only a ticket of the account's own does; unknown: nothing is known of the waybill. early: it came before
    the parcel's first scan. places: int32 (n, 4),
    outlets of its origin, destination, last scan before and first scan after the read (places in `Grounds`, -1: none).
    channel: key of the interface that issued it (0: not known). dated: it is known when the parcel began; fresh: less
    than FRESH µs before.
    territory: see `_service_area`.
    """

    actor: Ints
    day: Ints
    at: Longs
    waybill: UInts
    number: UInts
    device: UInts
    ip: UInts
    session: UInts
    action: npt.NDArray[np.uint8]
    plain: Flags
    weak: Flags
    own: Flags
    unknown: Flags
    early: Flags
    places: Ints
    channel: UInts
    dated: Flags
    fresh: Flags
    territory: Ints

    def __len__(self) -> int:
        return len(self.at)

    @property
    def recent(self) -> Flags:
        """Bool (n,): those of fresh parcels, or of which it isn't known."""
        return self.fresh | ~self.dated

    @property
    def learnt(self) -> Flags:
        """Bool (n,): those that learnt territory explains."""
        return (self.territory > 0) & ~self.weak


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """Outlets that parcels of suspects passed, or where accounts work, and where they lie.

    outlets: keys, sorted. city, region: int32, codes of each (-1: not known). home, area: int32 (a,), place of each
    account's outlet and code of its region (-1: none).
    """

    outlets: UInts
    city: Ints
    region: Ints
    home: Ints
    area: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """a accounts on d local days, of which the last ones are asked about and the others their past.

    keys: of the accounts. reads, first, mandate: int64 (a, d). day: of the first column (local days since 1970).
    offset: of local time, µs. suspects: of these days. hours: (actor, hour of the view from 0, reads, first, mandate);
    uses, shown: `Facts` tables with `actor` and `day` as places. place: code of each account's outlet or region (-1);
    role, kind: of its role and kind; group: of peers; places, roles, kinds: what the codes stand for. gaps: share of
    first reads of unknown waybills where they are so many that they are no sign, else 0. groups: role and size class of
    each group. external_counts: detector → int64 (a, d), what others counted for it.
    """

    keys: UInts
    day: int
    offset: int
    reads: Longs
    first: Longs
    mandate: Longs
    suspects: Suspects
    hours: pa.Table
    uses: pa.Table
    shown: pa.Table
    place: Ints
    group: Ints
    role: Ints
    roles: tuple[str, ...]
    places: tuple[str, ...] = ()
    gaps: float = 0.0
    groups: tuple[tuple[str, int], ...] = ()
    grounds: Grounds
    kind: Ints
    kinds: tuple[str, ...] = ("",)
    external_counts: Mapping[str, Longs] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        """(accounts, days)."""
        a, d = self.reads.shape
        return a, d

    @property
    def maybe_people(self) -> Flags:
        """Bool (a,): accounts that are people, or of which nobody says what they are."""
        out: Flags = np.array([kind in ("", ActorKind.PERSON) for kind in self.kinds])[self.kind]
        return out

    @property
    def handled(self) -> Longs:
        """int64 (a, d): first reads that a strong template or a mandate explains."""
        return self.first - self.count(~self.suspects.own)

    def count(self, which: Flags) -> Longs:
        """How many of the chosen suspects each account has on each day: int64 (a, d)."""
        s, (a, d) = self.suspects, self.shape
        chosen = np.flatnonzero(which)
        flat = np.bincount(s.actor[chosen].astype(np.int64) * d + s.day[chosen], minlength=a * d)
        return flat.reshape(a, d).astype(np.int64)

    def spread(self, actor: npt.NDArray[np.generic], day: npt.NDArray[np.generic], amount: Longs) -> Longs:
        """Amounts added up by account and day: int64 (a, d)."""
        a, d = self.shape
        out = np.zeros(a * d, np.int64)
        np.add.at(out, actor.astype(np.int64) * d + day.astype(np.int64), amount)
        return out.reshape(a, d)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPosts:
    """Facts on accounts, in any order; each account once.

    keys; texts of role, place (outlet, else region; "" none) and kind; keys of outlet and region (0: none).
    """

    keys: UInts
    role: pa.Array
    place: pa.Array
    kind: pa.Array
    outlet: UInts
    region: UInts


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletPlaces:
    """Where outlets lie: keys of each, of its city and of its region (0: not known). Each outlet once."""

    keys: UInts
    city: UInts
    region: UInts


_NOWHERE = OutletPlaces(keys=NOBODY, city=NOBODY, region=NOBODY)


def build_view(
    facts: Facts,
    who: AccountPosts,
    numbers: Numbers,
    first_day: int,
    last_day: int,
    others: UInts = NOBODY,
    where: OutletPlaces = _NOWHERE,
) -> View:
    """The days from `first_day` to `last_day`, both included, of all accounts that read anything then, and of others.

    others: keys.
    """
    days = last_day - first_day + 1
    hours = _local(facts, first_day, last_day)
    coder = Coder.of(np.concatenate([hours["actor"].to_numpy(), others]))
    actor = coder.places(hours["actor"].to_numpy())
    hour = hours["hour"].to_numpy().astype(np.int64) - (first_day * _DAY - facts.offset) // _HOUR
    cell = actor.astype(np.int64) * days + hour // 24

    def table(name: str) -> npt.NDArray[np.int64]:
        out = np.zeros(len(coder) * days, np.int64)
        np.add.at(out, cell, hours[name].to_numpy())
        return out.reshape(len(coder), days)

    reads, first = table("reads"), table("first")
    columns = who.role, who.place, who.kind
    (role, roles), (place, places), (kind, kinds) = (_about(who.keys, column, coder) for column in columns)
    place, places = place - np.int32(1), places[1:]
    grounds = _grounds(facts, who, where, coder)
    suspects = _suspects(facts, coder, grounds, numbers, first_day, days)
    unknown = float(suspects.unknown.sum() / max(first.sum(), 1))
    gaps = unknown if unknown > SHARE_UNKNOWN else 0.0
    signs = suspects.plain if gaps else suspects.plain | suspects.unknown
    odd = np.bincount(suspects.actor[signs], minlength=len(coder))
    group, groups = _groups(np.where(role > 0, role, len(roles) + kind), place, first.sum(axis=1) - odd)
    return View(
        keys=coder.keys,
        day=first_day,
        offset=facts.offset,
        reads=reads,
        first=first,
        mandate=table("mandate"),
        suspects=suspects,
        hours=pa.table(
            {"actor": actor, "hour": hour.astype(np.int32), **{n: hours[n] for n in ("reads", "first", "mandate")}}
        ),
        uses=_coded(facts.uses, coder, first_day, last_day),
        shown=_coded(facts.shown, coder, first_day, last_day),
        grounds=grounds,
        kind=kind,
        kinds=kinds,
        place=place,
        places=places,
        gaps=gaps,
        group=group,
        groups=tuple(((*roles, *kinds)[r], size) for r, size in groups),
        role=role,
        roles=roles,
    )


def without_gaps(view: View) -> View:
    """The view in which unknown waybills are no sign where they are too many."""
    if not view.gaps:
        return view
    return replace(view, suspects=replace(view.suspects, unknown=np.zeros(len(view.suspects), np.bool_)))


def _local(facts: Facts, first_day: int, last_day: int) -> pa.Table:
    low, high = ((d * _DAY - facts.offset) // _HOUR for d in (first_day, last_day + 1))
    return facts.hours.filter(pc.and_(pc.greater_equal(facts.hours["hour"], low), pc.less(facts.hours["hour"], high)))


def _coded(table: pa.Table, coder: Coder, first_day: int, last_day: int) -> pa.Table:
    inside = pc.and_(pc.greater_equal(table["day"], first_day), pc.less_equal(table["day"], last_day))
    table = table.filter(inside)
    place = coder.places(table["actor"].to_numpy())
    table = table.set_column(0, "actor", pa.array(place))
    table = table.set_column(1, "day", pa.array(table["day"].to_numpy() - np.int32(first_day)))
    return table.filter(pa.array(place >= 0))


_PLACES = ("origin", "destination", "scanned", "due")


def _grounds(facts: Facts, who: AccountPosts, where: OutletPlaces, coder: Coder) -> Grounds:
    """Outlets of suspects and of accounts."""
    named = [pc.unique(facts.suspects[name]).to_numpy() for name in _PLACES]
    outlets = np.unique(np.concatenate([*named, who.outlet, where.keys]))
    outlets = outlets[outlets != 0]
    lies = np.searchsorted(outlets, where.keys)
    regions = np.unique(np.concatenate([where.region, who.region]))
    regions = regions[regions != 0]
    city, region = np.full(len(outlets), -1, np.int32), np.full(len(outlets), -1, np.int32)
    city[lies] = np.unique(where.city, return_inverse=True)[1] - np.int32(bool((where.city == 0).any()))
    region[lies] = _codes(regions, where.region)
    place = coder.places(who.keys)
    there = place >= 0
    home, area = np.full(len(coder), -1, np.int32), np.full(len(coder), -1, np.int32)
    home[place[there]] = _codes(outlets, who.outlet)[there]
    area[place[there]] = _codes(regions, who.region)[there]
    housed = (area < 0) & (home >= 0)
    area[housed] = region[home[housed]]
    return Grounds(outlets=outlets, city=city, region=region, home=home, area=area)


def _codes(among: UInts, keys: UInts) -> Ints:
    """Places of keys among sorted ones, none 0; -1 for 0 and for one that is not among them."""
    if keys.size > len(among):
        return Coder(among).places(keys.ravel()).reshape(keys.shape)
    at = np.searchsorted(among, keys)
    out: Ints = np.where((keys != 0) & (np.append(among, np.uint64(0))[at] == keys), at, -1).astype(np.int32)
    return out


def _suspects(facts: Facts, coder: Coder, grounds: Grounds, numbers: Numbers, first_day: int, days: int) -> Suspects:
    t = facts.suspects
    day = ((t["at"].to_numpy() + facts.offset) // _DAY - first_day).astype(np.int32)
    actor = coder.places(t["actor"].to_numpy())
    there = np.flatnonzero((day >= 0) & (day < days) & (actor >= 0))
    # Facts are sorted by waybill: as they lie, each number is asked for once.
    waybill = t["waybill"].to_numpy()[there]
    new = np.append(True, waybill[1:] != waybill[:-1])[: len(there)]
    number = numbers(waybill[new])[np.cumsum(new) - 1]
    order = _sort(actor[there], t["at"].to_numpy()[there], waybill)
    there, number = there[order], number[order]
    rows = t.take(pa.array(there)).combine_chunks()
    columns = {name: rows[name].to_numpy(zero_copy_only=False) for name in rows.column_names}
    return suspects_of(columns, number, grounds, actor[there], day[there])


def _sort(actor: Ints, at: Longs, waybill: UInts) -> Longs:
    """Rows by account, time and waybill."""
    late = at - at.min(initial=np.iinfo(np.int64).max)
    bits = int(late.max(initial=0)).bit_length()
    if int(actor.max(initial=0)).bit_length() + bits > 63:
        return np.lexsort((waybill, at, actor))
    # One number is put in order many times as fast as three columns; then those that are as late.
    key = actor.astype(np.int64) << bits | late
    out: Longs = np.argsort(key)
    key = key[out]
    same = key[1:] == key[:-1]
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same)[: len(key)])
    out[tied] = out[tied][np.lexsort((waybill[out[tied]], key[tied]))]
    return out


def suspects_of(
    rows: Mapping[str, npt.NDArray[Any]], number: UInts, grounds: Grounds, actor: Ints | None = None,
    day: Ints | None = None,
) -> Suspects:  # fmt: skip
    """Suspects of facts, by column, as a view has them.

    actor, day: their places in the view; None: 0, as of a view of one account and day.
    """
    why = rows["why"]
    columns = {n: rows[n] for n in ("at", "waybill", "device", "ip", "session", "action", "channel")}
    begun, none = rows["begun"], np.zeros(len(why), np.int32)
    return Suspects(
        actor=none if actor is None else actor,
        day=none if day is None else day,
        number=number,
        plain=why == UNEXPLAINED,
        territory=none,
        weak=why < OWN_TICKET,
        own=why == OWN_TICKET,
        unknown=why == UNKNOWN,
        early=rows["early"],
        dated=begun != 0,
        fresh=(begun != 0) & (columns["at"] - begun < FRESH),
        places=_codes(grounds.outlets, np.column_stack([rows[name] for name in _PLACES])),
        **columns,
    )


def _about(keys: UInts, column: pa.Array, coder: Coder) -> tuple[Ints, tuple[str, ...]]:
    """Codes of each account's word in a column, and what they stand for; the first is ""."""
    place = coder.places(keys)
    there = place >= 0
    words = pc.fill_null(column, "").filter(pa.array(there)).dictionary_encode()
    names = sorted({"", *words.dictionary.to_pylist()})
    where = {name: code for code, name in enumerate(names)}
    code = np.array([where[word] for word in words.dictionary.to_pylist()], np.int32)
    each = np.zeros(len(coder), np.int32)
    each[place[there]] = code[words.indices.to_numpy()]
    return each, tuple(names)


def _groups(role: Ints, place: Ints, work: Longs) -> tuple[Ints, list[tuple[int, int]]]:
    """Peers, and all groups of them.

    They have the role (where there is none, the kind) and the size of the place in common, by powers of four of the
    work of its people in that role. work: (a,), first reads but for those that nothing explains: by these, those who
    pull would be their own peers.
    """
    pair = role.astype(np.int64) << 32 | (place.astype(np.int64) + 1)
    _, which = np.unique(pair, return_inverse=True)
    size = (np.log2(1 + np.bincount(which, work)) // 2).astype(np.int64)
    codes, group = np.unique(role.astype(np.int64) << 8 | size[which], return_inverse=True)
    return group.astype(np.int32), [(code >> 8, code & 255) for code in codes.tolist()]
