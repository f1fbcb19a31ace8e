"""The learnt service area: what an account's unexplained reads have in common, as an explanation of stated strength.

Tables seldom say all that people answer for. So it is learnt, from an account's own reads, where, when and through what
it works: whoever helps out reads the parcels of one outlet, a regional manager those of the region, an interface those
that it issued. Pulling for sale looks like nobody's work: what is sold comes from everywhere.

Obligations (code and tests cite the numbers):
1. What is said of a read on a day hangs on that day and those before it.
2. Chance is the share that something has among the other accounts' unexplained reads up to that day, of which each
   account counts for at most MOST a day.
3. An outlet or interface is ground where it takes part in OFTEN of the account's unexplained reads of a day, or of the
   last days (each counts FADE of the one after it), LEAST or more, and LIFT times as often as by chance. Outlets are at
   most OUTLETS, and of no more reads in a day than people of the role have on a busy one; interfaces are one, never a
   person's, and that of the account's own name if there is one. A region is ground where the account works by
   `actors`, if people of its role read in theirs LIFT_AREA times as often as by chance; where `actors` says nothing, a
   city or region that NEARLY all of its reads touch. A WIDE one is none.
4. Whoever fills a shelf asks for a route, origin by destination: an outlet, or a learnt area, whose reads have the
   other end in common (ROUTE of them in one city that chance has seldom) is none.
5. A read at an outlet or an interface that is ground is explained. One that only touches a city or a region is weakly
   so.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from wayseal.detect._view import View
from wayseal.model.arrays import Flags, Floats, Ints, Longs, UInts
from wayseal.model.kinds import ActorKind
from wayseal.model.runtime import kernel

NONE, AT_OUTLET, BY_CHANNEL, IN_AREA = range(4)
"""Why a read lies in its account's territory."""
OFTEN, LIFT, FADE = 0.3, 4.0, 0.8
OUTLETS, NEARLY, ROUTE, LIFT_AREA = 4, 0.85, 0.5, 1.5
WIDE = 0.34
"""Share of all outlets, above which a city or region says nothing: most parcels touch it."""
LAST = 6
"""Days before a day that are looked at for routes."""
FEW, BUSY = 30.0, 1.5
"""How many times the reads of a busy day of its role somebody who helps out has at most; at least FEW."""
LEAST = 5
"""Reads below which nothing is learnt."""
MOST = 50.0


def settle_by_service_area(view: View) -> View:
    """The view in which reads within learnt territory are explained, or weakly so (obligation 5)."""
    s = view.suspects
    why = find_service_area(view)
    plain = s.plain & (why == NONE)
    return replace(view, suspects=replace(s, plain=plain, weak=s.weak | (s.plain & (why == IN_AREA)), territory=why))


def find_service_area(view: View) -> Ints:
    """Why each suspect lies in its account's territory; NONE for those that don't, or that something else explains."""
    s, rows = view.suspects, np.flatnonzero(view.suspects.plain)
    out = np.zeros(len(s), np.int32)
    if len(rows):
        areas = ServiceAreas(view, rows)
        out[rows] = areas.label(s.actor[rows], s.day[rows], areas.read)
    return out


class _Codes(NamedTuple):
    """By code: what an account's reads say of it. All 0 between accounts; seen: which are not, the first ones."""

    faded: Floats
    today: Floats
    mine: Floats
    others: Floats
    ends: Floats
    ground: Flags
    seen: Longs


State = tuple[float, float, int, int, int]


class Learnt(NamedTuple):
    """What an account's reads before the last day taught. state: see `_label_days`; by code seen: see `_Codes`.

    day, touched: of its reads of the last days, of which routes may be told.
    """

    state: State
    seen: Longs
    faded: Floats
    mine: Floats
    ground: Flags
    day: Ints
    touched: Ints


class ServiceAreas:
    """Territory as the unexplained reads of a view teach it. One thread at a time asks it."""

    def __init__(self, view: View, rows: Longs) -> None:
        """rows: the suspects that nothing explains, by account and time."""
        s, g, (_, days) = view.suspects, view.grounds, view.shape
        self._names = np.unique(s.channel[rows])
        cities = int(g.city.max(initial=-1)) + 1
        regions = int(max(g.region.max(initial=-1), g.area.max(initial=-1))) + 1
        self._bounds = np.cumsum([0, len(g.outlets), len(self._names), cities, regions])
        self._city, self._region = (np.append(codes, np.int32(-1)) for codes in (g.city, g.region))
        actor, day = s.actor[rows], s.day[rows]
        self.read = touched = self.touched(s.places[rows], s.channel[rows])
        weight = _weigh_by_day(actor, day)
        self._chance = _up_to(touched, day, weight, days, int(self._bounds[-1]))
        self._all: Floats = np.cumsum(np.bincount(day, weight, days).astype(np.float64))
        at = np.minimum(np.searchsorted(self._names, view.keys), max(len(self._names) - 1, 0))
        known = self._names[at] == view.keys if len(self._names) else np.zeros(len(view.keys), np.bool_)
        self._own = np.where(known, at + self._bounds[1], -1).astype(np.int32)
        area = np.where(g.area >= 0, g.area + self._bounds[3], -1).astype(np.int32)
        area[~_works_in_area(view, actor, weight, touched, area, self._chance[-1])] = -1
        self._area = area
        self._people = np.array([kind == ActorKind.PERSON for kind in view.kinds])[view.kind]
        self._wide, self._most = _wide(view, self._bounds), _most_at_outlet(view)
        n = int(self._bounds[-1])
        faded, today, mine, others, ends = np.zeros((5, n))
        ground, seen = np.zeros(n, np.bool_), np.zeros(n, np.int64)
        self._codes = _Codes(faded, today, mine, others, ends, ground, seen)

    def label(self, actor: Ints, day: Ints, touched: Ints) -> Ints:
        """Why each read lies in its account's territory. Reads: those of whole accounts, by account and time."""
        out = np.zeros(len(actor), np.int32)
        _label(
            actor, day, _weigh_by_day(actor, day), touched, self._chance, self._all, self._own, self._area,
            self._people, self._wide, self._most, self._codes, out,
        )  # fmt: skip
        return out

    def learn(self, account: int, day: Ints, touched: Ints) -> Learnt:
        """What an account's reads before a day taught, by day, of which the codes are known."""
        codes = self._codes
        start = (0.0, 0.0, 0, 0, int(day[0]) if len(day) else 0)
        weight = _weigh_by_day(np.zeros_like(day), day)
        state = self._go_on(account, 0, start, day, weight, touched, np.zeros(len(day), np.int32))
        seen = codes.seen[: state[3]].copy()
        late = np.searchsorted(day, len(self._all) - 1 - LAST)
        learnt = Learnt(
            state=state, seen=seen, faded=codes.faded[seen], mine=codes.mine[seen], ground=codes.ground[seen],
            day=day[late:], touched=touched[late:],
        )  # fmt: skip
        _clear(codes, state[3])
        return learnt

    def label_last_day(self, account: int, before: Learnt | None, touched: Ints) -> Ints:
        """The same as `label`, of an account's reads of the last day; before: what others taught, None: nothing."""
        last, n = len(self._all) - 1, len(touched)
        day, state = np.full(n, last, np.int32), (0.0, 0.0, 0, 0, last)
        if before is not None and before.state[3]:
            state = before.state
            day, touched = np.concatenate([before.day, day]), np.concatenate([before.touched, touched])
            _restore(self._codes, before.seen, before.faded, before.mine, before.ground)
        out, weight = np.zeros(len(day), np.int32), np.full(len(day), min(1.0, MOST / n))
        _clear(self._codes, self._go_on(account, len(day) - n, state, day, weight, touched, out)[3])
        return out[len(day) - n :]

    def _go_on(
        self, account: int, low: int, state: State, day: Ints, weight: Floats, touched: Ints, out: Ints
    ) -> State:
        """The reads from `low` on."""
        found: State = _label_days(
            0, low, len(day), state, day, weight, touched, self._chance, self._all, self._own[account],
            self._area[account], self._people[account], self._wide, self._most[account], self._codes, out,
        )  # fmt: skip
        return found

    def touched(self, places: Ints, channel: UInts) -> Ints:
        """Codes of reads, int32 (n, 13), as `_label` takes it."""
        at = np.searchsorted(self._names, channel)
        known = (channel != 0) & (np.append(self._names, np.uint64(0))[at] == channel)
        out = np.empty((len(places), 13), np.int32)
        out[:, 4] = np.where(known, at + self._bounds[1], -1)
        _touch(np.ascontiguousarray(places), self._city, self._region, self._bounds, out)
        return out


@kernel
def _touch(places: Ints, city: Ints, region: Ints, bounds: Longs, out: Ints) -> None:
    """Writes codes of outlets, cities and regions; -1 where one stands further left."""
    for i in range(len(places)):
        for k in range(4):
            place = places[i, k]
            out[i, k], out[i, 5 + k], out[i, 9 + k] = place, city[place], region[place]
        for column, start in ((0, bounds[0]), (5, bounds[2]), (9, bounds[3])):
            for k in range(column + 3, column - 1, -1):
                for j in range(column, k):
                    if out[i, j] == out[i, k]:
                        out[i, k] = -1
                if out[i, k] >= 0:
                    out[i, k] += start


def _weigh_by_day(actor: Ints, day: Ints) -> Floats:
    """float64 (n,): of each read, less where an account has more than MOST a day (obligation 2). By account and day."""
    begins = np.flatnonzero(np.append(True, (actor[1:] != actor[:-1]) | (day[1:] != day[:-1]))[: len(day)])
    count = np.diff(np.append(begins, len(day)))
    return np.repeat(np.minimum(1.0, MOST / count), count)


def _wide(view: View, bounds: Longs) -> Flags:
    """Bool, of each code: a WIDE city or region."""
    out = np.zeros(int(bounds[-1]), np.bool_)
    for codes, start in ((view.grounds.city, bounds[2]), (view.grounds.region, bounds[3])):
        known = codes[codes >= 0]
        many = np.bincount(known) > WIDE * len(known)
        out[start : start + len(many)] = many
    return out


def _most_at_outlet(view: View) -> Floats:
    """float64 (a,): reads at another outlet in a day, beyond which it is nobody's help.

    Busy days of the role, by what is explained (like who is whose peer, of the whole window); none where nothing is.
    """
    handled, out = view.handled, np.full(len(view.roles), np.inf)
    for role in np.unique(view.role).tolist():
        mine = handled[view.role == role]
        if np.mean(mine.any(axis=1)) > 0.5:
            out[role] = max(FEW, BUSY * float(np.quantile(mine[mine > 0], 0.99)))
    most: Floats = out[view.role]
    return most


def _works_in_area(view: View, actor: Ints, weight: Floats, touched: Ints, area: Ints, chance: Floats) -> Flags:
    """Bool (a,): accounts of roles whose people read in their own region LIFT_AREA times as often as by chance.

    Like who is whose peer, it is a matter of the whole window.
    """
    mine, roles = area[actor], len(view.roles)
    some = mine >= 0
    inside = (touched[some] == mine[some, None]).any(axis=1)
    role, w = view.role[actor[some]], weight[some]
    expected = np.bincount(role, w * chance[mine[some]] / max(float(weight.sum()), 1.0), roles)
    often = np.bincount(role, w * inside, roles) >= LIFT_AREA * expected
    out: Flags = often[view.role]
    return out


def _up_to(touched: Ints, day: Ints, weight: Floats, days: int, size: int) -> Floats:
    """float64 (d, size): weight of the reads of the days up to each that touch each code (obligation 2)."""
    out = np.zeros((days, size))
    _weigh_codes(touched, day, weight, out)
    return np.cumsum(out, axis=0)


@kernel
def _weigh_codes(touched: Ints, day: Ints, weight: Floats, out: Floats) -> None:
    for i in range(len(touched)):
        for k in range(touched.shape[1]):
            if touched[i, k] >= 0:
                out[day[i], touched[i, k]] += weight[i]


@kernel
def _on_route(
    place: int, column: int, low: int, high: int, touched: Ints, ends: Floats, chance: Floats, all_: float
) -> bool:
    """Obligation 4, of the reads from `low` to `high`. column: that of the origin among places of this sort."""
    n, top, best = 0, 0.0, -1
    for i in range(low, high):
        other = -1
        if touched[i, column] == place:
            other = touched[i, 6] if touched[i, 6] >= 0 else touched[i, 1]
        elif touched[i, column + 1] == place:
            other = touched[i, 5] if touched[i, 5] >= 0 else touched[i, 0]
        if other >= 0:
            n += 1
            ends[other] += 1.0
            if ends[other] > top:
                top, best = ends[other], other
    for i in range(low, high):
        for k in (0, 1, 5, 6):
            if touched[i, k] >= 0:
                ends[touched[i, k]] = 0.0
    return n >= LEAST and top >= ROUTE * n and top / n >= LIFT * chance[best] / all_


@kernel
def _often(today: float, n: float, faded: float, m: float, by_chance: float) -> bool:
    """Obligation 3, of outlets and interfaces: of n reads of the day, and of m of the last days."""
    most = max(today / n if today >= LEAST else 0.0, faded / m if faded >= LEAST else 0.0)
    return most >= OFTEN and most >= LIFT * by_chance


@kernel
def _mostly(faded: float, m: float, by_chance: float) -> bool:
    """Obligation 3, of interfaces, of m reads of the last days: one that issues most parcels has no share of LIFT."""
    share = faded / m
    return faded >= LEAST and share >= OFTEN and share * (1.0 - by_chance) >= LIFT * by_chance * (1.0 - share)


@kernel
def _day(
    low: int, high: int, before: int, touched: Ints, chance: Floats, all_: float, own: int, area: int, person: bool,
    wide: Flags, most: float, today: Floats, faded: Floats, total: float, ends: Floats, ground: Flags, taken: int,
    out: Ints,
) -> int:  # fmt: skip
    """Labels a day's reads; returns how many outlets are ground. before: where the last days begin."""
    n = float(high - low)
    channel, best = -1, 0.0
    for i in range(low, high):
        for k in range(touched.shape[1]):
            c = touched[i, k]
            if c < 0 or ground[c]:
                continue
            if k > 4:
                learnt = area < 0 and total >= 2 * LEAST and faded[c] >= NEARLY * total and not wide[c]
                column = 5 if k < 9 else 9
                ground[c] = learnt and not _on_route(c, column, before, high, touched, ends, chance, all_)
            elif k == 4:
                if faded[c] > best and own < 0 and not person and _mostly(faded[c], total, chance[c] / all_):
                    channel, best = c, faded[c]
            elif not _often(today[c], n, faded[c], total, chance[c] / all_):
                continue
            elif (
                taken < OUTLETS and today[c] <= most and not _on_route(c, 0, before, high, touched, ends, chance, all_)
            ):
                ground[c] = True
                taken += 1
    for i in range(low, high):
        for k in range(touched.shape[1]):
            c = touched[i, k]
            if c < 0:
                continue
            if k < 4:
                if ground[c] and today[c] <= most and _often(today[c], n, faded[c], total, chance[c] / all_):
                    out[i] = AT_OUTLET
                    break
            elif k == 4:
                if (c == channel) | (c == own):
                    out[i] = BY_CHANNEL
                    break
            elif ground[c] or (c == area and not wide[c]):
                out[i] = IN_AREA
                break
    for i in range(low, high):
        for k in range(5, touched.shape[1]):
            if touched[i, k] >= 0:
                ground[touched[i, k]] = False
    return taken


@kernel
def _label(
    actor: Ints, day: Ints, weight: Floats, touched: Ints, chance: Floats, all_: Floats, own: Ints, area: Ints,
    people: Flags, wide: Flags, most: Floats, codes: _Codes, out: Ints,
) -> None:  # fmt: skip
    """Writes why each read lies in its account's territory. Reads are sorted by account and time.

    touched: codes of outlets (columns 0 to 3), interface (4), cities (5 to 8), regions (9 to 12), -1 for none.
    """
    low, n = 0, len(actor)
    while low < n:
        high, who = low, actor[low]
        while high < n and actor[high] == who:
            high += 1
        state = _label_days(
            low, low, high, (0.0, 0.0, 0, 0, int(day[low])), day, weight, touched, chance, all_, own[who], area[who],
            people[who], wide, most[who], codes, out,
        )  # fmt: skip
        _clear(codes, state[3])
        low = high


@kernel
def _label_days(
    before: int, low: int, end: int, state: tuple[float, float, int, int, int], day: Ints, weight: Floats,
    touched: Ints, chance: Floats, all_: Floats, own: int, area: int, person: bool, wide: Flags, most: float,
    codes: _Codes, out: Ints,
) -> tuple[float, float, int, int, int]:  # fmt: skip
    """Labels an account's reads from `low` to `end`. before: where those begin of which routes may be told.

    state: what the days before left, beside what `codes` has: all its reads, faded and by weight; outlets that are
    ground; codes seen; the day. Returns the same afterwards.
    """
    total, all_mine, taken, known, last = state
    faded, today, mine, others, seen = codes.faded, codes.today, codes.mine, codes.others, codes.seen
    while low < end:
        high, d = low, day[low]
        fade = FADE ** float(d - last)
        total *= fade
        for k in range(known):
            faded[seen[k]] *= fade
        while high < end and day[high] == d:
            for k in range(touched.shape[1]):
                c = touched[high, k]
                if c >= 0:
                    if mine[c] == 0.0:
                        seen[known] = c
                        known += 1
                    faded[c] += 1.0
                    today[c] += 1.0
                    mine[c] += weight[high]
            all_mine += weight[high]
            total += 1.0
            high += 1
        while day[before] < d - LAST:
            before += 1
        for k in range(known):
            others[seen[k]] = max(chance[d, seen[k]] - mine[seen[k]], 0.0)
        taken = _day(
            low, high, before, touched, others, max(all_[d] - all_mine, 1.0), own, area, person, wide, most, today,
            faded, total, codes.ends, codes.ground, taken, out,
        )  # fmt: skip
        for k in range(known):
            today[seen[k]] = 0.0
        low, last = high, d
    return total, all_mine, taken, known, int(last)


@kernel
def _clear(codes: _Codes, known: int) -> None:
    for k in range(known):
        codes.faded[codes.seen[k]] = codes.mine[codes.seen[k]] = 0.0
        codes.ground[codes.seen[k]] = False


@kernel
def _restore(codes: _Codes, seen: Longs, faded: Floats, mine: Floats, ground: Flags) -> None:
    for k in range(len(seen)):
        c = seen[k]
        codes.seen[k], codes.faded[c], codes.mine[c], codes.ground[c] = c, faded[k], mine[k], ground[k]
