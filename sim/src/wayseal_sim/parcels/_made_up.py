"""Shipments that aren't what they seem: scans without a parcel, empty parcels, and real ones that stand for others.

1. A ghost is never read by a machine: its scans are keyed in, come from a handheld or from an interface. Only some who
   replay may write rows of machines (`insider_machine` in the truth).
2. Ghosts are made by sender, outlet, operator and day, a few to hundreds at a time, for numbers that were issued.
3. clumsy: times invented, one operator and handheld everywhere. lanes: each gap as some real shipment of the same lane
   had it, out for delivery in the usual hours. weights: also a plausible second weight at a hub. replay: all events of
   a real shipment of the same outlet and day, its trucks with them, minutes beside.
4. Empties are real parcels of some 30 g, to strangers in one city. Borrowed ones are any; of half of them the number
   is bound to the other order, after its first scan.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from wayseal_sim._parcels import CUSTOMERS_AN_OUTLET
from wayseal_sim._staff import CHANNELS, Role
from wayseal_sim.parcels._honest import declared_weight, device_of, hand_at
from wayseal_sim.parcels._types import Events, Ground, Group, How, Kind, Odd, Shipments, Skill
from wayseal_sim.types import DAY, HOUR, MINUTE, SECOND, Ints, midnight, stream

_SIZES = (3, 300)
_GRAMS = (300, 500, 1000, 2000)
_NAMES_A_TRUCK, _TELLS_SECOND = 0.5, 0.8


def _sizes(rng: np.random.Generator, wanted: int, least: int) -> list[int]:
    """Sizes of groups that come to what is wanted; at least so many groups."""
    high = max(_SIZES[0] + 1, min(_SIZES[1], 2 * wanted // least))
    out: list[int] = []
    while sum(out) < wanted or len(out) < least:
        out.append(round(float(np.exp(rng.uniform(np.log(_SIZES[0]), np.log(high))))))
    return out


def _senders(ground: Ground, rng: np.random.Generator, kind: str, wanted: int, least: int) -> Iterator[Group]:
    """Groups; a sender keeps to its outlet and operator for some days."""
    g, left = ground, 0
    outlet = operator = customer = 0
    for size in _sizes(rng, wanted, least):
        if not left:
            left = int(rng.integers(1, 4))
            outlet = int(rng.integers(g.network.outlets))
            customer = outlet * CUSTOMERS_AN_OUTLET + int(rng.integers(CUSTOMERS_AN_OUTLET))
            place, noon = np.array([outlet]), np.array([g.calendar.start + 4 * HOUR])
            operator = int(g.staff.pick(rng, place, Role.COURIER, noon)[0])
        left -= 1
        day = int(rng.integers(0, max(1, g.shape.days - 1)))
        yield Group(kind=kind, customer=customer, outlet=outlet, operator=operator, day=day, size=size)


def plan_groups(ground: Ground) -> tuple[Group, ...]:
    """All groups of a world: ghosts of every skill, then empties and borrowed ones."""
    rng, shape = stream(ground.seed, 46), ground.shape
    ghosts: list[Group] = []
    for skill in Skill:
        for one in _senders(ground, rng, "ghost", round(shape.ghosts * shape.parcels / len(Skill)), 3):
            mode = How(rng.choice([How.TYPED, How.HANDHELD, How.INTERFACE], p=[0.2, 0.5, 0.3]))
            machine = skill is Skill.REPLAY and rng.random() < shape.insider_machine
            truck = skill in (Skill.LANES, Skill.WEIGHTS) and rng.random() < _NAMES_A_TRUCK
            ghosts.append(replace(one, skill=str(skill), mode=mode, machine=machine, truck=truck))
    others = [
        one
        for kind, share in (("empty", shape.empties), ("borrowed", shape.borrowed))
        for one in _senders(ground, rng, kind, round(share * shape.parcels), 2)
    ]
    return (*ghosts, *others)


def _issued(ground: Ground, rng: np.random.Generator, group: Group) -> Ints:
    day = ground.calendar.start + group.day * DAY
    return day + (9 * HOUR + rng.random(group.size) * 7 * HOUR).astype(np.int64)


def real_but_odd(ground: Ground, groups: Sequence[Group]) -> Shipments:
    """Empties and borrowed ones as they are issued, by group; their journey is that of any parcel."""
    rng, net, parts = stream(ground.seed, 47), ground.network, []
    for k, one in enumerate(groups):
        n = one.size
        if one.kind == "ghost":
            continue
        _, to = net.draw_routes(rng, n)
        weight = np.exp(6.6 + 0.9 * rng.standard_normal(n)).astype(np.int64) + 20
        declared = declared_weight(rng, weight)
        if one.kind == "empty":
            near = np.flatnonzero(net.unit_city[: net.outlets] == net.unit_city[to[0]])
            to, weight = rng.choice(near, n), np.maximum(12, rng.normal(30, 5, n)).astype(np.int64)
            declared = np.where(rng.random() < 0.5, declared_weight(rng, weight), rng.choice(_GRAMS[:3], n))
        parts.append(_rows(one, k, _issued(ground, rng, one), to, weight, declared))
    return Shipments.joined(parts)


def _rows(group: Group, k: int, issued: Ints, to: Ints, weight: Ints, declared: Ints) -> Shipments:
    n = len(issued)
    return Shipments(
        issued=issued, channel=np.full(n, _channel(group.customer)), customer=np.full(n, group.customer),
        origin=np.full(n, group.outlet), destination=to, weight=weight, declared=declared, group=np.full(n, k),
        odd=np.full(n, -1),
    )  # fmt: skip


def _channel(customer: int) -> int:
    """A sender's numbers come from one interface."""
    return 1 + customer % (len(CHANNELS) - 2)


def _steps(events: Events, units: int) -> Ints:
    """A key of what one scan and the next are, and where, (m - 1,)."""
    scan = events.unit * len(Kind) + events.kind
    out: Ints = scan[:-1] * (units * len(Kind)) + scan[1:]
    return out


class GhostMaker:
    """Makes ghosts after what really happened (rule 3)."""

    def __init__(self, ground: Ground, shipments: Shipments, events: Events) -> None:
        """events: in order, of these shipments."""
        self._g, self._s, self._e = ground, shipments, events
        self._rng = stream(ground.seed, 48)
        n = len(shipments)
        begin = np.searchsorted(events.parcel, np.arange(n + 1))
        bad = np.isin(events.kind, (Kind.PROBLEM, Kind.RETURNED))
        whole = np.zeros(n, np.bool_)
        whole[events.parcel[events.kind == Kind.DELIVERED]] = True
        whole[events.parcel[bad]] = False
        whole &= events.kind[np.minimum(begin[:-1], len(events) - 1)] == Kind.PICKUP
        whole &= (shipments.odd != Odd.MISSORT) & (shipments.group < 0) & (np.diff(begin) >= 6)
        self._whole, self._begin = np.flatnonzero(whole), begin
        next_ = np.flatnonzero((events.parcel[1:] == events.parcel[:-1]) & whole[events.parcel[1:]])
        keys, gaps = _steps(events, len(ground.network.unit_id))[next_], np.diff(events.at)[next_]
        order = np.argsort(keys, kind="stable")
        self._keys, self._gaps = keys[order], gaps[order]

    def make(self, groups: Sequence[Group]) -> tuple[Shipments, Events]:
        """The ghosts of all groups; their places follow those of the real shipments."""
        shipments, events, base = [], [], len(self._s)
        for k, one in enumerate(groups):
            donors = self._donors(one) if one.kind == "ghost" else np.empty(0, np.int64)
            if not len(donors):
                continue
            made = [self._one(one, int(donor), base + nth) for nth, donor in enumerate(donors)]
            first = np.array([e.at[0] for e in made])
            issued = first - (self._rng.uniform(0.3, 5, len(made)) * HOUR).astype(np.int64)
            declared = np.array([e.weight[0] for e in made])
            shipments.append(_rows(one, k, issued, self._s.destination[donors], np.zeros_like(declared), declared))
            events += made
            base += len(made)
        return Shipments.joined(shipments), Events.joined(events)

    def _donors(self, group: Group) -> Ints:
        """Real shipments of the outlet, of that day if there are any, that the ghosts are made after."""
        whole = self._whole
        mine = whole[self._s.origin[whole] == group.outlet]
        if not len(mine):
            mine = whole[self._g.hub[self._s.origin[whole]] == self._g.hub[group.outlet]]
        first = self._e.at[self._begin[mine]]
        days = np.abs(self._g.day(first) - group.day)
        mine = mine[days == days.min()] if len(mine) else mine
        return self._rng.choice(mine, group.size) if len(mine) else mine

    def _rows_of(self, shipment: int) -> Events:
        return self._e.take(np.arange(*self._begin[shipment : shipment + 2]))

    def _one(self, group: Group, donor: int, place: int) -> Events:
        made = replace(self._rows_of(donor), parcel=np.full(int(np.diff(self._begin[donor : donor + 2])[0]), place))
        at = {
            Skill.CLUMSY: self._invented, Skill.LANES: self._typical, Skill.WEIGHTS: self._typical,
            Skill.REPLAY: self._beside,
        }[Skill(group.skill)](group, donor, made)  # fmt: skip
        made = replace(made, at=at // SECOND * SECOND)
        made = self._weighed(group, made)
        return self._entered(group, made)

    def _day_of(self, group: Group, at: Ints) -> Ints:
        """Moved by whole days, so that the first is on the group's day."""
        out: Ints = at + (group.day - self._g.day(at[:1])) * DAY
        return out

    def _invented(self, group: Group, donor: int, made: Events) -> Ints:
        n = len(made)
        at = self._day_of(group, made.at)[0]
        gaps = np.r_[0, self._rng.uniform(0.2, 14, n - 1) * HOUR].astype(np.int64)
        out: Ints = at + np.cumsum(gaps) + int(self._rng.integers(0, 2 * HOUR))
        return out

    def _typical(self, group: Group, donor: int, made: Events) -> Ints:
        """Each gap is one that some real shipment had between the same scans of the same places."""
        key = _steps(made, len(self._g.network.unit_id))
        low, high = np.searchsorted(self._keys, key), np.searchsorted(self._keys, key, side="right")
        gaps = self._gaps[self._rng.integers(low, high)]
        at = [int(self._day_of(group, made.at)[0] + self._rng.integers(-20, 20) * MINUTE)]
        for gap, kind in zip(gaps.tolist(), made.kind[1:].tolist(), strict=True):
            out = kind == Kind.OUT_FOR_DELIVERY
            at.append(self._round(at[-1] + 20 * MINUTE) if out else at[-1] + max(gap, SECOND))
        return np.array(at)

    def _round(self, at: int) -> int:
        """A moment in which couriers set out, the next one."""
        day = int(midnight(np.array([at]))[0])
        begin = next(b for b in (day + 8 * HOUR, day + int(14.5 * HOUR), day + 32 * HOUR) if b + HOUR > at)
        return max(at, begin) + int(self._rng.integers(0, 40)) * MINUTE

    def _beside(self, group: Group, donor: int, made: Events) -> Ints:
        out: Ints = np.sort(made.at + self._rng.integers(-480, 480, len(made)) * SECOND)
        return out

    def _weighed(self, group: Group, made: Events) -> Events:
        rng, weight = self._rng, made.weight.copy()
        second = np.flatnonzero((made.kind == Kind.ARRIVE) & self._g.network.is_hub[made.unit])
        told = int(weight[0]) if group.skill in (Skill.WEIGHTS, Skill.REPLAY) else int(rng.choice(_GRAMS))
        if group.skill == Skill.CLUMSY:
            told = _GRAMS[group.customer % len(_GRAMS)]
        if group.skill != Skill.REPLAY:
            weight[:] = -1
            if group.skill == Skill.WEIGHTS:
                seen = second[rng.random(len(second)) < _TELLS_SECOND]
                near = told * np.exp(0.09 * rng.standard_normal()) * np.exp(0.006 * rng.standard_normal(len(seen)))
                weight[seen] = np.maximum(10, np.rint(near)).astype(np.int64)
        weight[0] = told
        return replace(made, weight=weight)

    def _entered(self, group: Group, made: Events) -> Events:
        """Rule 1, and who is named as operator, device and truck."""
        g, replays = self._g, group.skill == Skill.REPLAY
        read = made.entered == How.MACHINE
        by = np.where(made.unit == group.outlet, group.operator, made.operator)
        if replays:
            by = np.where(made.kind == Kind.PICKUP, group.operator, made.operator)
        elif group.skill == Skill.CLUMSY:
            by = np.full(len(made), group.operator)
        named = np.where(
            read & (by == made.operator) & ~np.bool_(group.machine), hand_at(g, self._rng, made.unit, made.at), by
        )
        how = np.full(len(made), group.mode)
        if replays:
            how = np.where(read, How.MACHINE if group.machine else group.mode, made.entered)
        luck = self._rng.random(len(made))
        device = device_of(g, how, made.unit, named, luck)
        trip = made.trip if replays or group.truck else np.full(len(made), -1)
        trip = np.where(np.isin(made.kind, (Kind.ARRIVE, Kind.DEPART)), trip, -1)
        return replace(made, operator=named, entered=how, device=device, trip=trip)
