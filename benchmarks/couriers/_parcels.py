"""Parcels: where from, where to, by which interface, and when each step of the way was.

1. Parcels stand in order of issue; a parcel's place in that order is what reads and scans carry.
2. Each step comes after the one before; people's steps lie in opening hours.
3. Numbers are dealt in blocks to interface and customer, in sequence, or scattered.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from benchmarks.couriers._clock import WARM, Span, hours, opened
from benchmarks.couriers._places import Places
from benchmarks.couriers._plan import Gaps, Plan
from wayseal_sim.text import fixed_width
from wayseal_sim.types import DAY, HOUR, MINUTE, Floats, Ints, Mask, midnight

CUSTOMERS = 6
"""Customers of an outlet."""
_OTHERS = ("JT", "ZT", "ST", "DP")  # prefixes of other couriers' numbers
_STEPS = ("hub1_in", "hub1_out", "hub2_in", "hub2_out", "arrive", "out", "done")
_WAVES = (9, 11, 14, 17, 20)
_HOURLY: Floats = np.array([3, 2, 1, 1, 1, 1, 2, 3, 5, 7, 8, 7, 6, 6, 7, 7, 6, 6, 5, 6, 7, 8, 6, 4], float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcels:
    """n parcels, in order of issue; times in UTC microseconds, places as units. hub2 is -1 where one hub serves both.

    problem: whether delivery failed. special: which desk is asked (1 customs, 2 insurance), 0 for none.
    foreign: another courier's. back: the parcel that one brings back, -1 for none. order: the first parcel of the same
    order, itself for most. goods: class of goods, 0 where there are none.
    """

    issued: Ints
    pickup: Ints
    left: Ints
    hub1_in: Ints
    hub1_out: Ints
    hub2_in: Ints
    hub2_out: Ints
    arrive: Ints
    out: Ints
    done: Ints
    origin: Ints
    destination: Ints
    hub1: Ints
    hub2: Ints
    channel: Ints
    customer: Ints
    problem: Mask
    special: Ints
    foreign: Mask
    back: Ints
    order: Ints
    goods: Ints

    def __len__(self) -> int:
        return len(self.issued)


def build_parcels(plan: Plan, places: Places, span: Span, a_day: float, rng: np.random.Generator) -> Parcels:
    """The parcels of all days, those of the days before the log included."""
    n = int(a_day * (span.days + WARM))
    origin, destination = _routes(plan, places, n, rng)
    day = rng.choice(len(span.curve), n, p=span.curve)
    hour = rng.choice(24, n, p=_HOURLY / _HOURLY.sum()) + rng.random(n)
    issued = span.start + (day - WARM) * DAY + (hour * HOUR).astype(np.int64)
    issued = np.sort(_in_waves(issued, rng) if plan.work.waves else issued)
    r1, r2 = places.region[origin], places.region[destination]
    hub1, hub2 = places.hub[r1], places.hub[r2]
    times = _times(issued, hub1 != hub2, plan.work.pace, rng)
    problem = rng.random(n) < rng.uniform(0.01, 0.04)
    share = rng.dirichlet(np.full(plan.staffing.channels, 2.0))
    nth = (CUSTOMERS * rng.random(n) ** 1.8).astype(np.int64)
    return Parcels(
        **times,
        origin=origin.astype(np.int64),
        destination=destination.astype(np.int64),
        hub1=hub1.astype(np.int64),
        hub2=np.where(hub1 != hub2, hub2, -1).astype(np.int64),
        channel=rng.choice(plan.staffing.channels, n, p=share).astype(np.int64),
        customer=(origin * CUSTOMERS + nth).astype(np.int64),
        problem=problem,
        special=np.where(rng.random(n) < 0.02, rng.integers(1, 3, n), 0).astype(np.int64),
        foreign=rng.random(n) < plan.work.foreign if plan.work.foreign else np.zeros(n, np.bool_),
        back=np.full(n, -1),
        order=np.arange(n),
        goods=np.zeros(n, np.int64),
    )


def _routes(plan: Plan, places: Places, n: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    sends = places.sends * rng.lognormal(0, 0.6, places.outlets)
    origin = rng.choice(places.outlets, n, p=sends / sends.sum())
    gets = places.size / places.size.sum()
    destination = rng.choice(places.outlets, n, p=gets)
    near = np.flatnonzero(rng.random(n) < plan.work.within)
    starts = np.searchsorted(places.region[: places.outlets], np.arange(len(places.region_names) + 1))
    edge = np.concatenate([[0.0], np.cumsum(gets)])
    low, high = edge[starts[places.region[origin[near]]]], edge[starts[places.region[origin[near]] + 1]]
    inside = np.searchsorted(edge, low + (high - low) * rng.random(len(near)), side="right") - 1
    destination[near] = np.clip(inside, 0, places.outlets - 1)
    if plan.shape.subs:
        origin = places.parent[origin]
    return origin, destination


def _in_waves(issued: Ints, rng: np.random.Generator) -> Ints:
    """Times of issue, each put off to the next wave of its day, or of the next."""
    edges = np.array([0, *_WAVES, _WAVES[0] + 24]) * HOUR
    day = midnight(issued)
    wave = edges[np.searchsorted(edges, issued - day)]
    out: Ints = day + wave + (rng.random(len(issued)) * 25 * MINUTE).astype(np.int64)
    return out


def _times(issued: Ints, far: Mask, pace: float, rng: np.random.Generator) -> dict[str, Ints]:
    n = len(issued)

    def some(low: float, high: float) -> Ints:
        return hours(rng, n, low * pace, high * pace)

    late = 22 if pace < 1 else 20
    pickup = opened(issued + (rng.lognormal(1.0, 0.8, n) * pace * HOUR).astype(np.int64), rng, close=late)
    left = pickup + some(1, 6)
    hub1_in = left + some(0.5, 5)
    hub1_out = hub1_in + some(1, 6)
    hub2_in = hub1_out + np.where(far, some(4, 26), 0)
    hub2_out = hub2_in + np.where(far, some(1, 6), 0)
    arrive = hub2_out + some(0.5, 6)
    out = opened(arrive + some(0.2, 2), rng, close=23 if pace < 1 else 16)
    done = out + hours(rng, n, 0.3 * min(pace, 1.0), 7 * min(pace, 1.0))
    names = ("issued", "pickup", "left", "hub1_in", "hub1_out", "hub2_in", "hub2_out", "arrive", "out", "done")
    return dict(
        zip(names, (issued, pickup, left, hub1_in, hub1_out, hub2_in, hub2_out, arrive, out, done), strict=True)
    )


def delay(parcels: Parcels, some: Ints, since: str, by: Ints) -> None:
    """Puts off a step of some parcels, from the first hub on, and all after it."""
    for name in _STEPS[_STEPS.index(since) :]:
        step = getattr(parcels, name)
        step[some] += by


def numbers_of(parcels: Parcels, gaps: Gaps, rng: np.random.Generator) -> pa.Array:
    """The waybills' numbers as text, by place."""
    n = len(parcels)
    base = int(rng.integers(2 * 10 ** (gaps.digits - 1), 8 * 10 ** (gaps.digits - 1)))
    if gaps.numbers == "sequence":
        value = base + np.cumsum(rng.integers(1, 4, n))
    elif gaps.numbers == "scattered":
        value = base + rng.permutation(n) * max(1, 10 ** (gaps.digits - 2) // n)
    else:
        key = parcels.channel.astype(np.int64) * 64 + parcels.customer % 64
        turn = np.argsort(key, kind="stable")
        value = np.empty(n, np.int64)
        value[turn] = base + np.arange(n) + key[turn] * 100_003
    text = np.empty((n, len(gaps.prefix) + gaps.digits), np.uint8)
    text[:, : len(gaps.prefix)] = np.frombuffer(gaps.prefix.encode("ascii"), np.uint8)
    if parcels.foreign.any():
        others = np.frombuffer("".join(_OTHERS).encode("ascii"), np.uint8).reshape(len(_OTHERS), 2)
        text[parcels.foreign, :2] = others[rng.integers(0, len(_OTHERS), int(parcels.foreign.sum()))]
    for k in range(gaps.digits):
        value, last = np.divmod(value, 10)
        text[:, -1 - k] = last + ord("0")
    return fixed_width(text)
