"""Parcels: who sends what from where to where, through whose hands, and when."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from wayseal.model.kinds import ScanKind
from wayseal_sim._calendar import Calendar
from wayseal_sim._network import Network
from wayseal_sim._numbers import KEYS, Numbers
from wayseal_sim._staff import APP, CHANNELS, COUNTER, Role, Staff
from wayseal_sim.types import (
    DAY,
    HOUR,
    MINUTE,
    NEVER,
    Amount,
    Floats,
    Ints,
    Mask,
    Small,
    hour_of_day,
    midnight,
)

CUSTOMERS_AN_OUTLET = 8
_PROBLEMS, _RETURNED = 0.025, 0.2
_AIR_KM, _AIR_SHARE, _AIR_KMH, _ROAD_KMH, _DETOUR = 1_200, 0.35, 150.0, 55.0, 1.2
_TWICE = 0.003


class JourneyStep(IntEnum):
    """A parcel's journey, in order; not every parcel takes each step."""

    PICKUP = 0
    AT_ORIGIN = 1
    LEFT_ORIGIN = 2
    AT_HUB = 3
    LEFT_HUB = 4
    AT_SECOND_HUB = 5
    LEFT_SECOND_HUB = 6
    AT_DESTINATION = 7
    OUT = 8
    PROBLEM = 9
    OUT_AGAIN = 10
    DELIVERED = 11
    RETURNED = 12
    SENT_BACK = 13
    BACK = 14


SCAN_OF = (
    ScanKind.PICKUP, ScanKind.ARRIVE, ScanKind.DEPART, ScanKind.ARRIVE, ScanKind.DEPART,
    ScanKind.ARRIVE, ScanKind.DEPART, ScanKind.ARRIVE, ScanKind.OUT_FOR_DELIVERY, ScanKind.PROBLEM,
    ScanKind.OUT_FOR_DELIVERY, ScanKind.DELIVERED, ScanKind.RETURNED, ScanKind.DEPART, ScanKind.ARRIVE,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcels:
    """A run of parcels in order of issue; all arrays (n,), times in UTC microseconds, NEVER for steps not taken.

    base: the place of the first among all. step: int64 (steps, n). end: the last step. hub, second_hub: units (equal
    where there is but one). sender, taker: the couriers; clerk, sorter, second_sorter, receiver: who handled it.
    """

    base: int
    number: Ints
    issued: Ints
    channel: Ints
    customer: Ints
    weight: Ints
    origin: Ints
    destination: Ints
    hub: Ints
    second_hub: Ints
    step: Ints
    end: Ints
    problem: Mask
    sender: Ints
    clerk: Ints
    sorter: Ints
    second_sorter: Ints
    receiver: Ints
    taker: Ints

    def __len__(self) -> int:
        return len(self.number)


def span(rng: np.random.Generator, n: int, low: float, high: Amount) -> Ints:
    """Durations between `low` and `high` microseconds, evenly."""
    out: Ints = (low + rng.random(n) * (high - low)).astype(np.int64)
    return out


def make_parcels(
    rng: np.random.Generator,
    u: Floats,
    base: int,
    calendar: Calendar,
    network: Network,
    staff: Staff,
    numbers: Numbers,
) -> Parcels:
    """The parcels issued at the shares `u` of the log (ascending)."""
    n = len(u)
    issued = calendar.issue_times(u)
    origin, destination = network.draw_routes(rng, n)
    channel, customer = draw_senders(rng, issued, origin)
    city, to = network.unit_city[origin], network.unit_city[destination]
    hub, second_hub = network.hub[city], network.hub[to]
    km = network.km[network.unit_city[hub], network.unit_city[second_hub]]
    step, problem = _journey(rng, issued, channel == COUNTER, hub == second_hub, km)
    known = np.where(step == NEVER, issued, step)
    weight = np.exp(6.6 + 0.9 * rng.standard_normal(n, np.float32)).astype(np.int64) + 20
    return Parcels(
        base=base,
        number=numbers.deal(issuing_key(channel, origin, customer)),
        issued=issued,
        channel=channel,
        customer=customer,
        weight=weight,
        origin=origin,
        destination=destination,
        hub=hub,
        second_hub=second_hub,
        step=step,
        end=known.max(axis=0),
        problem=problem,
        sender=staff.pick(rng, origin, Role.COURIER, known[JourneyStep.PICKUP]),
        clerk=staff.pick(rng, origin, Role.CLERK, known[JourneyStep.AT_ORIGIN]),
        sorter=staff.pick(rng, hub, Role.SORTER, known[JourneyStep.AT_HUB]),
        second_sorter=staff.pick(rng, second_hub, Role.SORTER, known[JourneyStep.AT_SECOND_HUB]),
        receiver=staff.pick(rng, destination, Role.CLERK, known[JourneyStep.AT_DESTINATION]),
        taker=staff.pick(rng, destination, Role.COURIER, known[JourneyStep.OUT]),
    )


def issuing_key(channel: Ints, origin: Ints, customer: Ints) -> Ints:
    """Whose run of numbers a parcel gets its number from: its sender's within the issuing interface."""
    out: Ints = (channel * 509 + np.where(customer < 0, origin, customer) * 31) % KEYS
    return out


def draw_senders(rng: np.random.Generator, issued: Ints, origin: Ints) -> tuple[Ints, Ints]:
    """The channel and the customer (-1: none) of parcels issued then and there."""
    channel = _channels(rng, issued)
    nth = (CUSTOMERS_AN_OUTLET * rng.random(len(issued)) ** 2).astype(np.int64)
    return channel, np.where((channel == APP) | (channel == COUNTER), -1, origin * CUSTOMERS_AN_OUTLET + nth)


def _channels(rng: np.random.Generator, issued: Ints) -> Ints:
    edges = np.cumsum([c.share for c in CHANNELS])
    drawn = np.searchsorted(edges[:-1], rng.random(len(issued)), side="right")
    hour = hour_of_day(issued)
    closed = (hour < 8) | (hour >= 20)
    out: Ints = np.where((drawn == COUNTER) & closed, APP, drawn)
    return out


def _pickup(rng: np.random.Generator, issued: Ints, counter: Mask) -> Ints:
    n = len(issued)
    ready = issued + 20 * MINUTE + (rng.standard_exponential(n) * 3 * HOUR).astype(np.int64)
    hour = hour_of_day(ready)
    morning = midnight(ready) + 8 * HOUR + (hour >= 20) * DAY + span(rng, n, 0, 2.5 * HOUR)
    collected = np.where((hour < 8) | (hour >= 20), morning, ready)
    out: Ints = np.where(counter, issued + span(rng, n, MINUTE, 10 * MINUTE), collected)
    return out


def _wave(rng: np.random.Generator, ready: Ints) -> Ints:
    """The start of the next delivery round after `ready`: at eight and at half past two."""
    day, n = midnight(ready), len(ready)
    late = ready - day
    start = np.where(late < 8 * HOUR, 8 * HOUR, np.where(late < 14.5 * HOUR, 14.5 * HOUR, 32 * HOUR))
    out: Ints = day + start.astype(np.int64) + span(rng, n, 0, HOUR)
    return out


def _journey(rng: np.random.Generator, issued: Ints, counter: Mask, one_hub: Mask, km: Floats) -> tuple[Ints, Mask]:
    """All steps, int64 (steps, n), and which parcels met a problem."""
    n = len(issued)
    step = np.full((len(JourneyStep), n), NEVER, np.int64)
    step[JourneyStep.PICKUP] = at = _pickup(rng, issued, counter)
    step[JourneyStep.AT_ORIGIN] = at = at + span(rng, n, MINUTE, np.where(counter, 5 * MINUTE, 3 * HOUR))
    step[JourneyStep.LEFT_ORIGIN] = at = at + span(rng, n, HOUR, 5 * HOUR)
    step[JourneyStep.AT_HUB] = at = at + span(rng, n, HOUR, 5 * HOUR)
    step[JourneyStep.LEFT_HUB] = at = at + span(rng, n, HOUR, 9 * HOUR)
    air = (km > _AIR_KM) & (rng.random(n, np.float32) < _AIR_SHARE)
    hours = 0.5 + _DETOUR * km / np.where(air, _AIR_KMH, _ROAD_KMH)
    there = at + (hours * (0.9 + 0.4 * rng.random(n)) * HOUR).astype(np.int64)
    gone = there + span(rng, n, HOUR, 9 * HOUR)
    step[JourneyStep.AT_SECOND_HUB] = np.where(one_hub, NEVER, there)
    step[JourneyStep.LEFT_SECOND_HUB] = np.where(one_hub, NEVER, gone)
    at = np.where(one_hub, at, gone)
    step[JourneyStep.AT_DESTINATION] = at = at + span(rng, n, HOUR, 7 * HOUR)
    step[JourneyStep.OUT] = at = _wave(rng, at + 20 * MINUTE)
    step[JourneyStep.DELIVERED] = at + span(rng, n, 0.3 * HOUR, 5.5 * HOUR)
    problem = rng.random(n, np.float32) < _PROBLEMS
    _mishaps(rng, step, np.flatnonzero(problem))
    return step, problem


def _mishaps(rng: np.random.Generator, step: Ints, idx: Ints) -> None:
    """Problems: a second round the next day, or the way back to the sender's outlet."""
    n = len(idx)
    step[JourneyStep.PROBLEM, idx] = at = step[JourneyStep.DELIVERED, idx]
    again = _wave(rng, at + 2 * HOUR)
    back = rng.random(n) < _RETURNED
    step[JourneyStep.OUT_AGAIN, idx] = np.where(back, NEVER, again)
    step[JourneyStep.DELIVERED, idx] = np.where(back, NEVER, again + span(rng, n, 0.3 * HOUR, 5 * HOUR))
    given_up = at + span(rng, n, 4 * HOUR, 24 * HOUR)
    sent = given_up + span(rng, n, HOUR, 8 * HOUR)
    step[JourneyStep.RETURNED, idx] = np.where(back, given_up, NEVER)
    step[JourneyStep.SENT_BACK, idx] = np.where(back, sent, NEVER)
    step[JourneyStep.BACK, idx] = np.where(back, sent + span(rng, n, 30 * HOUR, 70 * HOUR), NEVER)


def scan_rows(
    rng: np.random.Generator, p: Parcels, staff: Staff, missing: float
) -> tuple[Ints, Small, Small, Small, Small]:
    """The scans as they were recorded: at, waybill (place among all), step, unit, operator.

    A share `missing` was never recorded, some stand twice.
    """
    unit_of = (
        p.origin, p.origin, p.origin, p.hub, p.hub, p.second_hub, p.second_hub,
        p.destination, p.destination, p.destination, p.destination, p.destination, p.destination,
        p.destination, p.origin,
    )  # fmt: skip
    device, second = staff.scanner[p.hub], staff.scanner[p.second_hub]
    by = (
        p.sender, p.clerk, p.clerk, device, p.sorter, second, p.second_sorter, p.receiver,
        p.taker, p.taker, p.taker, p.taker, p.receiver, p.receiver, p.clerk,
    )  # fmt: skip
    seen = (p.step != NEVER) & (rng.random(p.step.shape, np.float32) >= missing)
    # Without a pickup and an end a parcel would hardly have been billed.
    seen[JourneyStep.PICKUP] = True
    seen[JourneyStep.DELIVERED] = p.step[JourneyStep.DELIVERED] != NEVER
    kind, nth = np.nonzero(seen)
    at = p.step[kind, nth]
    rows = (
        (p.base + nth).astype(np.int32),
        kind.astype(np.int32),
        np.stack(unit_of)[kind, nth].astype(np.int32),
        np.stack(by)[kind, nth].astype(np.int32),
    )
    twice = np.flatnonzero(rng.random(len(at), np.float32) < _TWICE)
    later = span(rng, len(twice), 0, 4 * MINUTE)
    nth_small, kind_small, unit, operator = (np.concatenate([c, c[twice]]) for c in rows)
    return np.concatenate([at, at[twice] + later]), nth_small, kind_small, unit, operator
