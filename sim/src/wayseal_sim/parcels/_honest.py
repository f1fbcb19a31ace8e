"""Honest shipments: who sends what where, by which trucks it goes, and what is written down of it.

1. A shipment that is ready at a place takes the next run to the next place; all that took a run arrive with it.
2. What a hub's machine doesn't read is read by hand now and then, and else not at all.
3. A merchant's shipments are collected together; pick-up points and some couriers sign for many at once.
4. Some outlets' clocks are wrong: all of their scans are.
"""

from dataclasses import dataclass, replace

import numpy as np

from wayseal_sim._parcels import CUSTOMERS_AN_OUTLET, draw_senders, span
from wayseal_sim._staff import COUNTER, Role
from wayseal_sim.parcels._types import LANES_A_SORTER, Events, Ground, How, Kind, Odd, Shipments
from wayseal_sim.text import mix
from wayseal_sim.types import DAY, HOUR, LOCAL, MINUTE, SECOND, Floats, Ints, midnight, stream

_COLLECTIONS = {1: (19.5,), 2: (13.0, 20.0), 3: (11.0, 16.0, 20.5)}
_DELIVERIES, _DIRECT = (4.5, 12.0), (12.5, 20.0)
_KMH, _DETOUR = 62.0, 1.25
_LATE, _BREAKDOWN, _PROBLEMS, _RETURNED = 0.02, 0.015, 0.025, 0.12
_BROKEN, _WEIGHED, _STOPS = 0.01, 0.9, 5  # a day of an outlet without handhelds; machines with a scale; most legs
_LEFT, _SORTED = 40, 50  # minutes before a truck leaves, and after it comes, in which it is loaded and unloaded


def uniform(key: Ints, salt: int) -> Floats:
    """A number from 0 to 1 for each key, always the same."""
    out: Floats = mix(key, salt).astype(np.float64) / 2.0**64
    return out


def declared_weight(rng: np.random.Generator, weight: Ints) -> Ints:
    """What people key in as weight: rounded, some of it to the first kilogram."""
    rough = weight * np.exp(0.08 * rng.standard_normal(len(weight)))
    step = rng.choice([1, 10, 50, 100, 500], len(weight), p=[0.25, 0.3, 0.2, 0.17, 0.08])
    out: Ints = np.maximum(step, np.rint(rough / step) * step).astype(np.int64)
    return out


def hand_at(ground: Ground, rng: np.random.Generator, unit: Ints, at: Ints) -> Ints:
    """Somebody on duty at each place: a sorter at a hub, a clerk at an outlet."""
    hub, net = ground.network.is_hub[unit], ground.network
    sorter = ground.staff.pick(rng, np.where(hub, unit, net.hub[0]), Role.SORTER, at)
    return np.where(hub, sorter, ground.staff.pick(rng, np.where(hub, 0, unit), Role.CLERK, at))


def draw_shipments(ground: Ground) -> Shipments:
    """The honest shipments, in order of issue but for campaigns."""
    shape, net, rng = ground.shape, ground.network, stream(ground.seed, 42)
    n = shape.parcels
    issued = ground.calendar.issue_times(np.sort(rng.random(n)))
    origin, destination = net.draw_routes(rng, n)
    channel, customer = draw_senders(rng, issued, origin)
    weight = np.exp(6.6 + 0.9 * rng.standard_normal(n)).astype(np.int64) + 20
    odd = np.full(n, -1)
    outlets = rng.choice(net.outlets, shape.cards, p=net.volume[: net.outlets] / net.volume[: net.outlets].sum())
    cards = np.isin(customer, outlets * CUSTOMERS_AN_OUTLET)
    weight[cards] = 20 + rng.integers(-2, 4, int(cards.sum()))
    odd[cards] = Odd.CARD
    some = np.flatnonzero(rng.random(n) < shape.campaign)
    senders = rng.choice(net.outlets, 4) * CUSTOMERS_AN_OUTLET + rng.integers(0, 3, 4)
    customer[some] = senders[rng.integers(0, 4, len(some))]
    channel[some] = 1 + customer[some] % 3
    origin[some], odd[some] = customer[some] // CUSTOMERS_AN_OUTLET, Odd.CAMPAIGN
    issued[some] = (
        ground.calendar.start + int(rng.integers(1, shape.days - 1)) * DAY + span(rng, len(some), 0, 12 * HOUR)
    )
    return Shipments(
        issued=issued, channel=channel, customer=customer, origin=origin, destination=destination, weight=weight,
        declared=declared_weight(rng, weight), group=np.full(n, -1), odd=odd,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leg:
    """What takes one run: key, when it leaves, when it arrives."""

    trip: Ints
    leaves: Ints
    arrives: Ints


class Journeys:
    """Sends shipments on their way and writes down what is scanned."""

    def __init__(self, ground: Ground, shipments: Shipments) -> None:
        self._g, self.shipments = ground, shipments
        self._rng = stream(ground.seed, 43)
        self._salt = int(stream(ground.seed, 44).integers(1 << 60))
        self._odd = shipments.odd.copy()
        self._parts: list[Events] = []
        net, rng = ground.network, self._rng
        self._broken = rng.random(ground.reads.shape) < _BROKEN
        self._remote = rng.random(len(net.unit_id)) < 0.1
        self._agent = (rng.random(len(ground.staff)) < ground.shape.agents) & (ground.staff.role == Role.COURIER)

    def run(self) -> tuple[Shipments, Events]:
        """The shipments with what is odd of them, and their scans."""
        s, everything = self.shipments, np.arange(len(self.shipments))
        at = self._pickup()
        by = self._g.staff.pick(self._rng, s.origin, Role.COURIER, at)
        self._scan(everything, at, Kind.PICKUP, s.origin, by, weight=s.declared, sure=True)
        at = at + span(self._rng, len(s), 10 * MINUTE, 2.5 * HOUR)
        self._arrive(everything, at, s.origin, np.full(len(s), -1))
        stops = self._stops()
        here = s.origin.copy()
        for k in range(stops.shape[1]):
            some = np.flatnonzero(stops[:, k] >= 0)
            at[some] = self._leg(some, at[some], here[some], stops[some, k])
            here[some] = stops[some, k]
        self._deliver(at)
        events = self._clocks(Events.joined(self._parts)).in_order()
        self._unread(events)
        return replace(s, odd=self._odd), events

    def _pickup(self) -> Ints:
        s, n = self.shipments, len(self.shipments)
        ready = s.issued + 20 * MINUTE + (self._rng.standard_exponential(n) * HOUR).astype(np.int64)
        # Rule 3: merchants' at their own hour, three times a day.
        hours = np.array([10.5, 15.0, 18.5, 34.5]) * HOUR
        day = midnight(ready)
        shift = ((uniform(s.customer, self._salt) - 0.5) * 2 * HOUR).astype(np.int64)
        wave = np.searchsorted(hours, ready - day - shift)
        together = day + shift + hours[np.minimum(wave, 3)].astype(np.int64) + span(self._rng, n, 0, 20 * MINUTE)
        night = (ready - day < 8 * HOUR) | (ready - day > 20 * HOUR)
        alone = np.where(night, day + DAY * (ready - day > 20 * HOUR) + span(self._rng, n, 8 * HOUR, 10 * HOUR), ready)
        alone = np.where(s.channel == COUNTER, s.issued + span(self._rng, n, MINUTE, 10 * MINUTE), alone)
        return np.where(s.customer >= 0, together, alone)

    def _stops(self) -> Ints:
        """The places after the first, (n, _STOPS), -1 for none: hub, wrong hub or third hub, hub, outlet."""
        s, g, rng = self.shipments, self._g, self._rng
        n, used = len(s), np.unique(g.network.hub)
        first, last = g.hub[s.origin], g.hub[s.destination]
        stops = np.full((n, _STOPS), -1)
        stops[:, 0], stops[:, 4] = first, s.destination
        stops[:, 3] = np.where(first == last, -1, last)
        pair = first * len(g.network.unit_id) + last
        third = used[(uniform(pair, self._salt + 1) * len(used)).astype(np.int64)]
        by = (uniform(pair, self._salt + 2) < g.shape.centre) & (third != first) & (third != last) & (first != last)
        stops[by, 1] = third[by]
        wrong = used[rng.integers(0, len(used), n)]
        lost = (rng.random(n) < g.shape.missort) & (wrong != first) & (wrong != last) & (first != last) & ~by
        stops[lost, 2] = wrong[lost]
        self._odd[lost] = Odd.MISSORT
        city = g.network.unit_city
        direct = (city[s.origin] == city[s.destination]) & (s.origin != s.destination)
        pairs = s.origin * len(g.network.unit_id) + s.destination
        direct &= uniform(pairs, self._salt + 3) < g.shape.direct
        stops[direct, :4] = -1
        return stops

    def _leg(self, some: Ints, at: Ints, here: Ints, to: Ints) -> Ints:
        """Loads what stands at a place into the next run, and unloads it; returns when."""
        rng, g, n = self._rng, self._g, len(some)
        ready = at + np.where(g.network.is_hub[here], 20, 40) * MINUTE + span(rng, n, 0, 1.5 * HOUR)
        leg = self._run(ready + (rng.random(n) < _LATE) * 7 * HOUR, here, to)
        loaded = np.maximum(at + MINUTE, leg.leaves - span(rng, n, MINUTE, _LEFT * MINUTE))
        trip = self._in_bags(leg.trip, some) if g.shape.bag else leg.trip
        by = hand_at(g, rng, here, loaded)
        gate = np.isin(here, g.gate) & (rng.random(n) < g.reads[here, g.day(loaded)])
        self._write(some[gate], loaded[gate], Kind.DEPART, here[gate], by[gate], How.MACHINE, trip[gate])
        self._scan(some[~gate], loaded[~gate], Kind.DEPART, here[~gate], by[~gate], trip=trip[~gate])
        there = leg.arrives + span(rng, n, 4 * MINUTE, _SORTED * MINUTE)
        self._arrive(some, there, to, trip)
        return there

    def _run(self, ready: Ints, here: Ints, to: Ints) -> _Leg:
        """Rule 1: the next run from a place to another."""
        g, units = self._g, len(self._g.network.unit_id)
        hub, pair = g.network.is_hub, here * units + to
        shift = ((uniform(pair, self._salt + 4) - 0.5) * 2.5 * HOUR).astype(np.int64)
        leaves, run = np.empty_like(ready), np.empty_like(ready)
        lines = np.linspace(0, 24, g.shape.linehauls, endpoint=False) + 1
        for a, b, hours in (
            (False, True, _COLLECTIONS[g.shape.collections]), (True, True, lines), (True, False, _DELIVERIES),
            (False, False, _DIRECT),
        ):  # fmt: skip
            i = np.flatnonzero((hub[here] == a) & (hub[to] == b))
            day, within = np.divmod(ready[i] + LOCAL - shift[i], DAY)
            nth = np.searchsorted(np.asarray(hours) * HOUR, within)
            day, nth = day + (nth == len(hours)), nth % len(hours)
            leaves[i] = day * DAY + (np.asarray(hours)[nth] * HOUR).astype(np.int64) + shift[i] - LOCAL
            run[i] = day * 32 + nth
        trip = (pair << 20) + run
        late, pace, luck = (uniform(trip, self._salt + k) for k in (5, 6, 7))
        leaves += (late * 40 * MINUTE).astype(np.int64)
        city = g.network.unit_city
        km = g.network.km[city[here], city[to]] + 4 + 16 * uniform(pair, self._salt + 8)
        hours_ = (0.4 + _DETOUR * km / _KMH) * (0.9 + 0.3 * pace) + (luck < _BREAKDOWN) * (3 + 500 * luck)
        hours_ += (self._remote[to] & ~hub[to]) * g.shape.remote_h
        return _Leg(trip=trip, leaves=leaves, arrives=leaves + (hours_ * HOUR).astype(np.int64))

    def _in_bags(self, trip: Ints, some: Ints) -> Ints:
        _, inverse, count = np.unique(trip, return_inverse=True, return_counts=True)
        bags = np.maximum(1, count[inverse] // self._g.shape.bag)
        nth = (uniform(some, self._salt + 9) * bags).astype(np.int64)
        out: Ints = trip + ((nth + 1) << 54)
        return out

    def _arrive(self, some: Ints, at: Ints, unit: Ints, trip: Ints) -> None:
        """Rule 2; at places without a machine everything is read by hand."""
        g, rng = self._g, self._rng
        share = g.reads[unit, g.day(at)]
        sorter = g.reads[unit].max(axis=1) > 0
        down = some[sorter & (share == 0)]
        self._odd[down] = np.where(self._odd[down] < 0, Odd.SORTER_DOWN, self._odd[down])
        read = rng.random(len(some)) < share
        scale = 1 + 0.01 * (uniform(unit * 64 + g.day(at), self._salt + 10) - 0.5)
        weight = np.rint(self.shipments.weight[some] * scale * np.exp(0.006 * rng.standard_normal(len(some))))
        weight = np.where(rng.random(len(some)) < _WEIGHED, weight, -1).astype(np.int64)
        self._write(
            some[read],
            at[read],
            Kind.ARRIVE,
            unit[read],
            g.staff.scanner[unit[read]],
            How.MACHINE,
            trip[read],
            weight[read],
        )
        rest = np.flatnonzero(~read & (~sorter | (rng.random(len(some)) < np.where(share == 0, 0.9, g.shape.fallback))))
        by = hand_at(g, rng, unit[rest], at[rest])
        self._scan(some[rest], at[rest], Kind.ARRIVE, unit[rest], by, trip=trip[rest])

    def _deliver(self, ready: Ints) -> None:
        """Rounds from eight and from half past two; a problem costs a day or sends it back."""
        s, g, rng, n = self.shipments, self._g, self._rng, len(self.shipments)
        everything = np.arange(n)
        wave = _wave(ready + 20 * MINUTE)
        out = wave + span(rng, n, 0, HOUR)
        by = g.staff.pick(rng, s.destination, Role.COURIER, out)
        self._scan(everything, out, Kind.OUT_FOR_DELIVERY, s.destination, by)
        trouble = rng.random(n) < _PROBLEMS
        back = trouble & (rng.random(n) < _RETURNED)
        self._scan(everything[trouble], (out + 3 * HOUR)[trouble], Kind.PROBLEM, s.destination[trouble], by[trouble])
        wave, out = wave + trouble * DAY, out + trouble * DAY
        self._scan(everything[back], (out + 5 * HOUR)[back], Kind.RETURNED, s.destination[back], by[back], sure=True)
        signed = out + span(rng, n, 0.3 * HOUR, 5.5 * HOUR)
        evening = midnight(out) + 20 * HOUR + (uniform(by, self._salt + 11) * HOUR).astype(np.int64)
        agent = self._agent[by] & (evening > out)
        signed[agent] = (evening + span(rng, n, 0, 5 * MINUTE))[agent]
        point = (rng.random(n) < g.shape.points) & ~agent
        put = wave + HOUR + (uniform(s.destination * 16 + by % 3, self._salt + 12) * 2.5 * HOUR).astype(np.int64)
        signed[point] = (np.maximum(put, out) + span(rng, n, 0, 4 * MINUTE))[point]
        for which, code in ((agent, Odd.AGENT), (point, Odd.PICKUP_POINT)):
            self._odd[which & (self._odd < 0)] = code
        systems = point & ~back & (uniform(s.destination, self._salt + 13) < 0.5)
        i, kept = np.flatnonzero(systems), ~back & ~systems
        self._write(i, signed[i], Kind.DELIVERED, s.destination[i], by[i], How.INTERFACE)
        self._scan(everything[kept], signed[kept], Kind.DELIVERED, s.destination[kept], by[kept], sure=True)

    def _scan(
        self, some: Ints, at: Ints, kind: int, unit: Ints, by: Ints, *, trip: Ints | None = None,
        weight: Ints | None = None, sure: bool = False,
    ) -> None:  # fmt: skip
        """Scans by hand: some keyed in, some lost unless they are sure."""
        g, n = self._g, len(some)
        typed = (self._rng.random(n) < g.shape.typed) | self._broken[unit, g.day(at)]
        entered = np.where(typed & g.network.is_outlet[unit], How.TYPED, How.HANDHELD)
        i = np.flatnonzero(sure | (self._rng.random(n) >= g.shape.lost))
        none = np.full(n, -1)
        trip, weight = (none if a is None else a for a in (trip, weight))
        self._write(some[i], at[i], kind, unit[i], by[i], entered[i], trip[i], weight[i])

    def _write(
        self, some: Ints, at: Ints, kind: int, unit: Ints, by: Ints, entered: Ints | int, trip: Ints | None = None,
        weight: Ints | None = None,
    ) -> None:  # fmt: skip
        n = len(some)
        how, none = np.broadcast_to(np.asarray(entered, np.int64), n), np.full(n, -1)
        self._parts.append(
            Events(
                parcel=some, at=at // SECOND * SECOND, kind=np.full(n, kind), unit=unit, operator=by,
                weight=none if weight is None else weight, entered=how,
                device=device_of(self._g, how, unit, by, uniform(some, self._salt + 14)),
                trip=none if trip is None else trip,
            )
        )  # fmt: skip

    def _clocks(self, events: Events) -> Events:
        """Rule 4."""
        g, rng = self._g, stream(self._g.seed, 45)
        wrong = rng.choice(g.network.outlets, min(g.shape.skewed, g.network.outlets), replace=False)
        by = np.zeros(len(g.network.unit_id), np.int64)
        by[wrong] = (rng.uniform(-40, 90, len(wrong)) * MINUTE).astype(np.int64)
        off = by[events.unit]
        touched = np.unique(events.parcel[off != 0])
        self._odd[touched] = np.where(self._odd[touched] < 0, Odd.CLOCK, self._odd[touched])
        return replace(events, at=events.at + off)

    def _unread(self, events: Events) -> None:
        """Marks what went through a hub with a sorter and was read by no machine."""
        met = (self._g.reads.max(axis=1) > 0)[events.unit]
        seen, read = (np.zeros(len(self.shipments), np.bool_) for _ in range(2))
        seen[events.parcel[met]] = True
        read[events.parcel[events.entered == How.MACHINE]] = True
        self._odd[seen & ~read & (self._odd < 0)] = Odd.UNREAD


def device_of(ground: Ground, entered: Ints, unit: Ints, by: Ints, luck: Floats) -> Ints:
    """What a scan is read or keyed in with; -1 for an interface."""
    actors, units = len(ground.staff), len(ground.network.unit_id)
    lane = actors + unit * LANES_A_SORTER + (luck * LANES_A_SORTER).astype(np.int64)
    terminal = actors + units * LANES_A_SORTER + unit
    out: Ints = np.select(
        [entered == How.MACHINE, entered == How.HANDHELD, entered == How.TYPED], [lane, by, terminal], -1
    )
    return out


def _wave(ready: Ints) -> Ints:
    """When the next round of deliveries begins."""
    day = midnight(ready)
    late = ready - day
    out: Ints = day + np.where(late < 8 * HOUR, 8 * HOUR, np.where(late < 14.5 * HOUR, int(14.5 * HOUR), 32 * HOUR))
    return out
