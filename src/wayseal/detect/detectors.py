"""The detectors: each says which reads are odd, out of how many; all else is the same for all.

Obligations (held for every detector by tests/detect/test_conformance.py, which finds them by itself):
1. A pure function of the view: no clock, no chance, no files; the same rows in another order say the same.
2. 0 <= odd, 0 <= base, and no odd read where there is no base.
3. What it counts on a day hangs on that day and those before it, never on later ones.
4. It stands an empty view, one account, days without reads, accounts and waybills that no table knows.
5. What it needs and doesn't find makes it silent, and it is said (`needs`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa

from wayseal.detect._view import Suspects, View
from wayseal.model.arrays import Bytes, Flags, Floats, Ints, Longs, UInts
from wayseal.model.kinds import Action
from wayseal.model.runtime import kernel

CELLS = ("clock", "kind", "value", "action", "purpose", "fields")
"""Hour of the local day; 0 device or 1 address and its key; action; keys of purpose and fields, as in the view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """The counts of a detector: odd int64 (a, d) out of base float64 (a, d).

    suspects: bool (n,), which of the view's suspects are the odd reads, where they are such; None for other reads.
    cells: where the odd reads lie that are no suspects: actor and day (places in the view), and of `CELLS` those by
    which it counts.
    least: nats that an account has for four weeks at the least once it has an odd read.
    among: bool (n,), the suspects that base counts, where it does. weak: the odd reads have a weak explanation.
    """

    odd: Longs
    base: Floats
    suspects: Flags | None = None
    cells: pa.Table | None = None
    least: float = 0.0
    weak: bool = False
    among: Flags | None = None


Choice: TypeAlias = Callable[[Suspects], Flags]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """A detector: its name (public, stands in reports), what it needs and how it counts.

    needs: tables, or columns of reads as `accesses.device`; any of those between bars ("waybills|scans"). choose: where
    it counts suspects, which of them, the same of an account's day as of all; among: those that base counts, where so.
    """

    name: str
    needs: tuple[str, ...]
    count: Callable[[View], Odd]
    choose: Choice | None = None
    among: Choice | None = None


_FOUND: Final[list[Detector]] = []


def detectors() -> tuple[Detector, ...]:
    """All detectors, by name."""
    return tuple(sorted(_FOUND, key=lambda detector: detector.name))


def _detector(
    *needs: str, choose: Choice | None = None, among: Choice | None = None
) -> Callable[[Callable[[View], Odd]], Callable[[View], Odd]]:
    """Register a function as the detector of its name. needs, choose, among: see `Detector`."""

    def register(count: Callable[[View], Odd]) -> Callable[[View], Odd]:
        _FOUND.append(Detector(name=count.__name__, needs=needs, count=count, choose=choose, among=among))
        return count

    return register


def _explained_beside(view: View, odd: Longs) -> Floats:
    """float64 (a, d): the account's other first reads that are judged one by one, and as many again as are typical.

    Mistakes and favours come with the work, but with being there, too.
    """
    judged = view.first - view.mandate
    base: Floats = np.where(judged > 0, judged - odd + _typical(view, judged, judged - odd), 0.0)
    return base


def _typical(view: View, judged: Longs, explained: Longs) -> Floats:
    """float64 (a, d): the middle of the peers' explained first reads on the days up to each; at least 1."""
    people = np.bincount(view.group)
    out, stop = np.ones((len(people), view.shape[1])), np.cumsum(people)
    # Small codes sort by their digits.
    order = np.argsort(view.group.astype(np.uint16) if len(people) <= 1 << 16 else view.group, kind="stable")
    active, counts = judged.T.take(order, axis=1) > 0, explained.T.take(order, axis=1)
    for group, (low, high) in enumerate(zip((stop - people).tolist(), stop.tolist(), strict=True)):
        mine = active[:, low:high]
        by_day = counts[:, low:high][mine]
        for day, end in enumerate(np.cumsum(mine.sum(axis=1)).tolist()):
            if end:
                # The middle alone is found several times as fast as two at once.
                part = np.partition(by_day[:end], end // 2)
                out[group, day] = max(1.0, (part[end // 2] + part[: (end + 1) // 2].max()) / 2)
    typical: Floats = out[view.group]
    return typical


def _beside(view: View, which: Flags) -> Odd:
    odd = view.count(which)
    return Odd(odd=odd, base=_explained_beside(view, odd), suspects=which)


def _early(s: Suspects) -> Flags:
    return s.plain & s.early


@_detector("scans", "waybills", choose=_early, among=lambda s: s.plain)
def before_pickup(view: View) -> Odd:
    """Unexplained reads of parcels that nobody had scanned yet: on sale before the courier had them."""
    plain = view.suspects.plain
    which = _early(view.suspects)
    return Odd(odd=view.count(which), base=view.count(plain).astype(float), suspects=which, among=plain)


TOUCH_LEAST = 15.0


@_detector("canaries")
def canary_touch(view: View) -> Odd:
    """Reads of waybills that exist for nobody: canaries, by accounts that they were not made for.

    Any touch is a case: TOUCH_LEAST nats are beyond the prior, and all that one detector may say. What is usual among
    peers says little of what never happens.
    """
    odd = view.external_counts.get("canary_touch", np.zeros(view.shape, np.int64))
    return Odd(odd=odd, base=np.maximum(view.reads, odd).astype(float), least=TOUCH_LEAST)


PEOPLE, HALF = 3, 0.5
_NEVER, _DAYS = 1 << 30, 1 << 31


def _usual_from(why: Longs, what: Longs, actor: Longs, day: Longs) -> Longs:
    """Of each set of fields (`what`, for a role and purpose, `why`), the first day on which it is usual."""
    sets = int(what.max(initial=-1)) + 1
    purpose_of = np.zeros(sets, np.int64)
    purpose_of[what] = why
    came, among = _arrivals(what, actor, day), _arrivals(why, actor, day)
    of, on = came // _DAYS, came % _DAYS
    people = np.searchsorted(came, came, side="right") - np.searchsorted(came, of * _DAYS)
    with_it = purpose_of[of] * _DAYS
    others = np.searchsorted(among, with_it + on, side="right") - np.searchsorted(among, with_it)
    enough = people >= np.minimum(PEOPLE, np.ceil(HALF * others))
    out = np.full(sets, _NEVER, np.int64)
    np.minimum.at(out, of[enough], on[enough])
    return out


def _arrivals(group: Longs, actor: Longs, day: Longs) -> Longs:
    """The day on which each account of each group came, as group times _DAYS plus day, sorted."""
    order = np.lexsort((day, actor, group))
    g, a, d = (column[order].astype(np.int64) for column in (group, actor, day))
    first = np.ones(len(g), np.bool_)
    first[1:] = (g[1:] != g[:-1]) | (a[1:] != a[:-1])
    made: Longs = np.sort(g[first] * _DAYS + d[first])
    return made


@_detector("accesses.fields", "accesses.purpose")
def fields_beyond_purpose(view: View) -> Odd:
    """Sets of fields that hardly anybody of the role reads for that purpose.

    A set is usual for a role and purpose from the day on which PEOPLE accounts, or HALF of those with that purpose
    until then, have read it; reads of other sets are odd.
    """
    shown = view.shown.filter(pa.array(view.shown["fields"].to_numpy() > 0))
    actor, day = shown["actor"].to_numpy(), shown["day"].to_numpy()
    reads, purpose = shown["reads"].to_numpy(), shown["purpose"].to_numpy()
    _, why = np.unique(np.stack([view.role[actor].astype(np.uint64), purpose]), axis=1, return_inverse=True)
    _, what = np.unique(np.stack([why.astype(np.uint64), shown["fields"].to_numpy()]), axis=1, return_inverse=True)
    odd = day < _usual_from(why, what, actor, day)[what]
    base = view.spread(actor, day, reads)
    cells = shown.filter(pa.array(odd)).select(["actor", "day", "purpose", "fields"])
    return Odd(odd=view.spread(actor[odd], day[odd], reads[odd]), base=base.astype(float), cells=cells)


_HEAVY = [place for place, action in enumerate(Action, 1) if action in (Action.EXPORT, Action.PRINT, Action.DECRYPT)]


@_detector("accesses.action")
def heavy_actions(view: View) -> Odd:
    """Exports, prints and decryptions: reads that carry data away or open it, out of all reads."""
    rows = view.shown.filter(pa.array(np.isin(view.shown["action"].to_numpy(), _HEAVY)))
    odd = view.spread(rows["actor"].to_numpy(), rows["day"].to_numpy(), rows["reads"].to_numpy())
    return Odd(odd=odd, base=view.reads.astype(float), cells=rows.select(["actor", "day", "action"]))


PACE, CHANCE = 1_000_000, 2.0
"""µs between two reads; logs that give whole seconds count as they are. How many times as many as by chance."""
_HOUR = 3_600_000_000


def _strange(s: Suspects) -> Flags:
    return ~(s.weak | s.own | s.learnt)


def _quick(s: Suspects) -> Flags:
    """Which suspects, by account and time, come too soon after another one."""
    rows = np.flatnonzero(_strange(s))
    actor, at = s.actor[rows], s.at[rows]
    which = np.zeros(len(s), np.bool_)
    quick = np.zeros(len(rows), np.bool_)
    quick[1:] = (actor[1:] == actor[:-1]) & (at[1:] - at[:-1] <= PACE)
    if not quick.any():
        return which
    new = np.ones(len(rows), np.bool_)
    new[1:] = (actor[1:] != actor[:-1]) | (at[1:] // _HOUR != at[:-1] // _HOUR)
    hour = np.cumsum(new) - 1
    n = np.bincount(hour)
    by_chance = n * -np.expm1(-n * (PACE / _HOUR))
    which[rows] = quick & (np.bincount(hour, quick) > np.minimum(CHANCE * by_chance, (by_chance + n) / 2))[hour]
    return which


@_detector(choose=_quick, among=_strange)
def inhuman_tempo(view: View) -> Odd:
    """Reads that nothing explains, at most a second after another such read of the account: no person is that quick.

    Where somebody reads hundreds in an hour, two in a second happen by chance: an hour counts where it has CHANCE times
    as many as reads that come at any moment, or, where these are many, half of what they leave. It needs no table:
    where nothing is known of waybills, all first reads are looked at.
    """
    strange, which = _strange(view.suspects), _quick(view.suspects)
    # Where unexplained reads say nothing, since too many parcels are unknown, tempo speaks for itself.
    among = None if view.gaps else strange
    return Odd(odd=view.count(which), base=view.count(strange).astype(float), suspects=which, among=among)


FRESH, OWN_DAYS = 1, 4
_MIXED = np.uint64(0x9E3779B97F4A7C15)


def _first_day(who: Longs, kind: Bytes, value: UInts, day: Longs) -> Longs:
    """For each row the first day of its (who, kind, value)."""
    same, first = np.empty(len(day), np.int64), day.copy()
    _find_first(who * 2 + kind, value, np.full(2 << len(day).bit_length(), -1), same, first)
    return first[same]


@kernel
def _find_first(who: Longs, value: UInts, slots: Longs, same: Longs, first: Longs) -> None:
    """Writes which row each row is the same as, and to that one the first day. slots: power of two, -1 where free."""
    mask = len(slots) - 1
    for row in range(len(who)):
        at = np.int64(((value[row] ^ np.uint64(who[row])) * _MIXED) >> np.uint64(32)) & mask
        while slots[at] >= 0 and (who[slots[at]] != who[row] or value[slots[at]] != value[row]):
            at = (at + 1) & mask
        if slots[at] < 0:
            slots[at] = row
        same[row] = slots[at]
        first[same[row]] = min(first[same[row]], first[row])


@_detector("accesses.device|accesses.ip")
def new_device_or_address(view: View) -> Odd:
    """Reads through a device or address that neither the account nor a colleague at its place had used before.

    A device or address is new for its first FRESH days: one, since a new phone is one event, and reads of a second day
    would be counted as another. An account is judged from its OWN_DAYS-th active day on: before that, all is new.
    """
    u = view.uses
    actor, day = u["actor"].to_numpy().astype(np.int64), u["day"].to_numpy().astype(np.int64)
    kind, value = u["kind"].to_numpy(), u["value"].to_numpy()
    mine = _first_day(actor, kind, value, day)
    place = view.place[actor].astype(np.int64)
    there = _first_day(np.where(place < 0, -1 - actor, place), kind, value, day)
    active = np.cumsum(view.reads > 0, axis=1)
    judged = active > OWN_DAYS
    odd = (day - mine < FRESH) & (there >= mine) & judged[actor, day]
    each = np.zeros((2, *view.shape), np.int64)
    for k in (0, 1):
        some = odd & (kind == k)
        each[k] = view.spread(actor[some], day[some], u["reads"].to_numpy()[some])
    cells = u.filter(pa.array(odd)).select(["actor", "day", "kind", "value"])
    return Odd(odd=each.max(axis=0), base=np.where(judged, view.reads, 0).astype(float), cells=cells)


RUN, STEP = 8, 3


def _unexplained(s: Suspects) -> Flags:
    return s.plain | s.unknown


def _in_walks(s: Suspects) -> Flags:
    which = np.zeros(len(s), np.bool_)
    rows = np.flatnonzero(_unexplained(s) & (s.number > 0))
    if len(rows) >= RUN:
        # Most read too few on a day to walk: only what is left is put in order.
        cell = s.actor[rows].astype(np.int64) * (int(s.day.max()) + 1) + s.day[rows]
        which[_walked(s, rows[np.bincount(cell)[cell] >= RUN])] = True
    return which


def _walked(s: Suspects, rows: Longs) -> Longs:
    """Which of the rows are part of a walk."""
    order = rows[np.lexsort((s.number[rows], s.day[rows], s.actor[rows]))]
    if not len(order):
        return order
    actor, day, number = s.actor[order], s.day[order], s.number[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (actor[1:] != actor[:-1]) | (day[1:] != day[:-1]) | (number[1:] - number[:-1] > np.uint64(STEP))
    chain = np.cumsum(new) - 1
    other: Flags = np.ones(len(order), np.bool_)
    other[1:] = new[1:] | (number[1:] != number[:-1])
    out: Longs = order[np.bincount(chain, other)[chain] >= RUN]
    return out


@_detector("waybills|scans|tickets", choose=_in_walks, among=_unexplained)
def number_walks(view: View) -> Odd:
    """Unexplained reads of numbers that follow each other: somebody walks through a range.

    A read is part of a walk if it stands in a chain of RUN or more different numbers, each at most STEP above the one
    before, that the account read unexplained on one day. Shorter chains happen: a shop's parcels have numbers in a row.
    """
    plain, which = _unexplained(view.suspects), _in_walks(view.suspects)
    return Odd(odd=view.count(which), base=view.count(plain).astype(float), suspects=which, among=plain)


@_detector("tickets", choose=lambda s: s.own)
def own_tickets(view: View) -> Odd:
    """First reads that nothing explains but a ticket of the account's own: whoever can open one can explain any read.

    In a role in which everybody works by tickets that is the work, and peers do it as well.
    """
    which = view.suspects.own
    odd = view.count(which)
    return Odd(odd=odd, base=_explained_beside(view, odd), suspects=which)


@_detector("contracts")
def partner_contract(view: View) -> Odd:
    """Reads of a partner's interface that its contract doesn't allow, by fields, purpose, volume, hours and so on."""
    odd = view.external_counts.get("partner_contract", np.zeros(view.shape, np.int64))
    return Odd(odd=odd, base=np.maximum(view.reads, odd).astype(float))


def _by_responsibility(s: Suspects) -> Flags:
    return s.weak & s.recent


@_detector("outlets", choose=_by_responsibility)
def responsibility_only(view: View) -> Odd:
    """First reads of new parcels that only a responsibility or an area explains: the account may have to do with them.

    No work says so, and whoever answers for much can read much: what is held against peers and own past is how many a
    day. Searches for what was lost, and reports, are of older ones.
    """
    which = _by_responsibility(view.suspects)
    odd = view.count(which)
    return Odd(odd=odd, base=_explained_beside(view, odd), suspects=which, weak=True)


@_detector("queries")
def route_sweeps(view: View) -> Odd:
    """Questions for one route after another, origin by destination: a shop's way to fill its shelves.

    What is counted are different routes that an account asked for on a day; base is the day.
    """
    odd = view.external_counts.get("route_sweeps", np.zeros(view.shape, np.int64))
    return Odd(odd=odd, base=((view.reads > 0) | (odd > 0)).astype(float))


LEAST_READS = 5


@kernel
def _find_busiest(cell: Longs, reads: Longs, value: UInts, out: Longs) -> None:
    """Writes of each cell the row with most reads, and of those with as many the one of the least value."""
    for row in range(len(cell)):
        top = out[cell[row]]
        if top < 0 or reads[row] > reads[top] or (reads[row] == reads[top] and value[row] < value[top]):
            out[cell[row]] = row


@_detector("accesses.device|accesses.ip")
def two_places_at_once(view: View) -> Odd:
    """One login in two places: devices or addresses whose spans of use on a day overlap, beyond one.

    A device counts with five reads or more on the day; the further ones that overlap with the busiest are odd.
    """
    u = view.uses
    some = np.flatnonzero(u["reads"].to_numpy() >= LEAST_READS)
    actor, day = (u[n].to_numpy()[some].astype(np.int64) for n in ("actor", "day"))
    kind, reads = u["kind"].to_numpy()[some], u["reads"].to_numpy()[some]
    since, until = u["from"].to_numpy()[some], u["to"].to_numpy()[some]
    cell = (actor * view.shape[1] + day) * 2 + kind
    busiest = np.full(view.reads.size * 2, -1)
    _find_busiest(cell, reads, u["value"].to_numpy()[some], busiest)
    top = busiest[cell]
    odd = (top != np.arange(len(top))) & (since <= until[top]) & (since[top] <= until)
    each = np.bincount(cell[odd], minlength=len(busiest)).reshape(*view.shape, 2)
    cells = u.select(["actor", "day", "kind", "value"]).take(pa.array(some[odd]))
    return Odd(odd=each.max(axis=2).astype(np.int64), base=(view.reads > 0).astype(float), cells=cells)


@_detector("waybills|scans|tickets", choose=_unexplained)
def unexplained_first_reads(view: View) -> Odd:
    """First reads that no work explains, beside those that are explained; and the same of new parcels alone.

    Whoever looks where no work leads looks back, mostly, and what is sold is new: so fresh ones are weighed by
    themselves, too. They are no reason of their own.
    """
    return _beside(view, _unexplained(view.suspects))


def _fresh(s: Suspects) -> Flags:
    return _unexplained(s) & s.recent


FRESH_ALONE = Detector(
    name="fresh_first_reads",
    needs=("waybills|scans|tickets",),
    count=lambda view: _beside(view, _fresh(view.suspects)),
    choose=_fresh,
)

RARE, OWN_READS = 0.005, 100


@kernel
def _add_hours(actor: Longs, hour: Longs, reads: Longs, group: Ints, peers: Longs) -> None:
    """Adds reads to those of the peers by the next day and hour of the day, and all."""
    for row in range(len(actor)):
        day = hour[row] // 24
        peers[group[actor[row]], day + 1, hour[row] - 24 * day] += reads[row]
        peers[group[actor[row]], day + 1, 24] += reads[row]


@kernel
def _seldom(counts: Longs, h: int) -> bool:
    return bool(counts[(h + 23) % 24] + counts[h] + counts[(h + 1) % 24] < RARE * max(counts[24], 1))


@kernel
def _mark_rare(actor: Longs, hour: Longs, reads: Longs, group: Ints, peers: Longs, judged: Flags, out: Flags) -> None:
    """Marks the rows at an hour that is rare with the account and with its peers, and the days that are judged.

    Rows are sorted by actor and hour. peers: int64 (g, d, 25), reads by hour of the day, and all, up to the day before.
    """
    own, low = np.zeros(25, np.int64), 0
    while low < len(actor):
        a, day, high = actor[low], hour[low] // 24, low
        if low > 0 and actor[low - 1] != a:
            own[:] = 0
        few = judged[a, day] = own[24] >= OWN_READS
        while high < len(actor) and actor[high] == a and hour[high] < 24 * (day + 1):
            h = hour[high] - 24 * day
            out[high] = few and _seldom(own, h) and _seldom(peers[group[a], day], h)
            high += 1
        # What was read on a day counts from the next one on.
        for row in range(low, high):
            own[hour[row] - 24 * day] += reads[row]
            own[24] += reads[row]
        low = high


@_detector()
def unusual_hour(view: View) -> Odd:
    """Reads at hours of the day at which neither the account nor its peers ever read much.

    An hour is unusual where, up to the day before, less than RARE of the account's own reads and less than RARE of its
    peers' fell into it or the hour next to it. An account is judged once it has OWN_READS reads.
    """
    hour, actor, reads = (view.hours[n].to_numpy().astype(np.int64) for n in ("hour", "actor", "reads"))
    cell = actor * (24 * view.shape[1]) + hour
    if (cell[1:] < cell[:-1]).any():
        order = np.argsort(cell)
        hour, actor, reads = hour[order], actor[order], reads[order]
    peers = np.zeros((int(view.group.max(initial=-1)) + 1, view.shape[1] + 1, 25), np.int64)
    _add_hours(actor, hour, reads, view.group, peers)
    judged, rare = np.zeros(view.shape, np.bool_), np.zeros(len(hour), np.bool_)
    _mark_rare(actor, hour, reads, view.group, np.cumsum(peers, axis=1), judged, rare)
    who, (day, clock) = actor[rare], np.divmod(hour[rare], 24)
    odd = view.spread(who, day, reads[rare])
    cells = pa.table({"actor": who, "day": day, "clock": clock})
    return Odd(odd=odd, base=np.where(judged, view.reads, 0).astype(float), cells=cells)
