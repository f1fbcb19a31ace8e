"""Reads without any work behind them.

1. A share `noise` of first reads (of an account and a waybill; of all first reads but the insiders') is of one of the
   KINDS. None of these parcels touches the place that the account works at: outlet or hub, else region.
2. Misdialled: a number that differs by less than ten from one that the account reads some seconds later. Helping: a
   clerk or courier at another outlet of the city, else of the region, for one day: BURST parcels. Tests: few accounts
   look at one waybill AGAIN times. Curious: anything.
3. People differ: their rates are gamma-distributed with shape SHAPE.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from wayseal_sim._network import Network
from wayseal_sim._parcels import JourneyStep, Parcels, span
from wayseal_sim._reads import Reads, waking
from wayseal_sim._staff import Role, Staff
from wayseal_sim.types import DAY, HOUR, LOCAL, MINUTE, SECOND, Floats, Ints, Mask, stream

KINDS: Mapping[str, float] = MappingProxyType({"misdialled": 0.4, "helping": 0.35, "tests": 0.05, "curious": 0.2})
"""Shares of the noise; what a run of parcels has no occasion for is curiosity."""
BURST = (5, 40)
AGAIN = (4, 12)
SHAPE = 1.0
_MISDIALLED, _HELPING, _TESTS, _CURIOUS = range(4)
_A_TESTER = 500  # of so many people one tests
_NEAR = 10
_SPARE = 3  # so many are drawn for each that is needed, as not every draw can be
_BURST_TRIES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """Who strays how often. rate: float64 (actors,), 0 for all but people who work at a place; testers: actors."""

    network: Network
    staff: Staff
    rate: Floats
    testers: Ints

    def draw(self, rng: np.random.Generator, n: int, among: Mask | None = None) -> Ints:
        """So many actors by their rates."""
        reach = np.cumsum(self.rate if among is None else self.rate * among)
        out: Ints = np.searchsorted(reach, rng.random(n) * reach[-1], side="right")
        return out

    def foreign(self, p: Parcels, idx: Ints, actor: Ints) -> Mask:
        """Whether a parcel touches nothing of an actor's place."""
        unit, region = self.staff.unit[actor], self.staff.region[actor]
        out: Mask = np.ones(len(idx), np.bool_)
        for place in (p.origin, p.destination, p.hub, p.second_hub):
            there = place[idx]
            out &= np.where(unit >= 0, there != unit, self.network.unit_region[there] != region)
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Strays:
    """Reads without work, (n,) each: when, which of the run's parcels, who, which of the KINDS (its place)."""

    at: Ints
    idx: Ints
    actor: Ints
    kind: Ints

    def __len__(self) -> int:
        return len(self.at)


def learn_habits(network: Network, staff: Staff, asking: Mask, seed: int) -> Habits:
    """The habits of a world; those who work with list screens look at no waybill by itself."""
    rng = stream(seed, 23)
    placed = int(staff.size.sum())  # people who work at a place come first among the actors
    rate = np.zeros(len(staff))
    rate[:placed] = rng.gamma(SHAPE, size=placed)
    rate[asking] = 0.0
    people = np.flatnonzero(rate)
    testers = rng.choice(people, -(-len(people) // _A_TESTER), replace=False)
    return Habits(network=network, staff=staff, rate=rate, testers=testers)


def make_strays(rng: np.random.Generator, p: Parcels, reads: Reads, habits: Habits, count: int) -> Strays:
    """So many first reads without work to a run of parcels and its reads (of tests: the repetitions too)."""
    wanted = rng.multinomial(count, list(KINDS.values()))
    misdialled = _misdialled(rng, p, reads, habits, int(wanted[_MISDIALLED]))
    helping = _helping(rng, p, habits, int(wanted[_HELPING]))
    missing = int(wanted[_MISDIALLED] + wanted[_HELPING]) - len(misdialled) - len(helping)
    curious = _curious(rng, p, habits, max(0, int(wanted[_CURIOUS]) + missing))
    parts = (misdialled, helping, _tests(rng, p, habits, int(wanted[_TESTS])), curious)
    return Strays(**{name: np.concatenate([getattr(s, name) for s in parts]) for name in Strays.__slots__})


def _strays(at: Ints, idx: Ints, actor: Ints, kind: int) -> Strays:
    return Strays(at=at, idx=idx, actor=actor, kind=np.full(len(at), kind))


def _misdialled(rng: np.random.Generator, p: Parcels, reads: Reads, habits: Habits, n: int) -> Strays:
    weight = np.cumsum(habits.rate[reads.actor])
    drawn = np.searchsorted(weight, rng.random(_SPARE * n) * weight[-1], side="right")
    meant, actor, at = (
        reads.parcel[drawn].astype(np.int64) - p.base,
        reads.actor[drawn].astype(np.int64),
        reads.at[drawn],
    )
    order = np.argsort(p.number)
    place = np.empty(len(p), np.int64)
    place[order] = np.arange(len(p))
    step = rng.integers(1, 4, len(drawn)) * rng.choice([-1, 1], len(drawn))
    idx = order[np.clip(place[meant] + step, 0, len(p) - 1)]
    before = at - span(rng, len(at), 5 * SECOND, 40 * SECOND)
    fits = (np.abs(p.number[idx] - p.number[meant]) < _NEAR) & (idx != meant)
    fits &= (p.issued[idx] < before) & habits.foreign(p, idx, actor)
    kept = np.flatnonzero(fits)[:n]
    return _strays(before[kept], idx[kept], actor[kept], _MISDIALLED)


def _helping(rng: np.random.Generator, p: Parcels, habits: Habits, n: int) -> Strays:
    """Bursts of parcels as they come in at an outlet, until there are about `n`."""
    staff = habits.staff
    mobile = (staff.role == Role.CLERK) | (staff.role == Role.COURIER)
    tries = _BURST_TRIES * -(-n // BURST[0])
    helper = habits.draw(rng, tries, mobile)
    outlet = _elsewhere(rng, habits.network, staff.unit[helper])
    in_at = p.step[JourneyStep.AT_ORIGIN]
    order = np.lexsort((in_at, p.origin))
    low, high = (np.searchsorted(p.origin[order], outlet, side=side) for side in ("left", "right"))
    first = low + (rng.random(tries) * (high - low)).astype(np.int64)
    size = rng.integers(BURST[0], BURST[1] + 1, tries)
    parts: list[Ints] = []
    who: list[Ints] = []
    for k in np.flatnonzero(high > low).tolist():
        if n <= 0:
            break
        lies = order[first[k] : min(high[k], first[k] + size[k])]
        lies = lies[(in_at[lies] + LOCAL) // DAY == (in_at[lies[0]] + LOCAL) // DAY]
        lies = lies[habits.foreign(p, lies, np.full(len(lies), helper[k]))][:n]
        if len(lies) >= min(n, BURST[0]):
            parts.append(lies)
            who.append(np.full(len(lies), helper[k]))
            n -= len(lies)
    none = np.zeros(0, np.int64)
    idx, actor = np.concatenate([none, *parts]), np.concatenate([none, *who])
    at = in_at[idx] + span(rng, len(idx), 0, 20 * MINUTE)
    return _strays(at, idx, actor, _HELPING)


def _elsewhere(rng: np.random.Generator, network: Network, home: Ints) -> Ints:
    """Another outlet of the same city, where it has but one, any of the same region."""
    city = network.unit_city[home]
    count, start = network.outlet_count[city], network.outlet_start[city]
    step = 1 + (rng.random(len(home)) * np.maximum(count - 1, 1)).astype(np.int64)
    same_city = start + (home - start + step) % count
    outlets = np.argsort(network.unit_region[: network.outlets], kind="stable")
    region = network.unit_region[outlets]
    low, high = (np.searchsorted(region, network.unit_region[home], side=side) for side in ("left", "right"))
    same_region = outlets[low + (rng.random(len(home)) * (high - low)).astype(np.int64)]
    out: Ints = np.where(count > 1, same_city, same_region)
    return out


def _tests(rng: np.random.Generator, p: Parcels, habits: Habits, n: int) -> Strays:
    actor, idx = habits.testers[rng.integers(0, len(habits.testers), _SPARE * n)], rng.integers(0, len(p), _SPARE * n)
    kept = np.flatnonzero(habits.foreign(p, idx, actor))[:n]
    often = rng.integers(AGAIN[0], AGAIN[1] + 1, len(kept))
    again = np.repeat(kept, often)
    at = waking(p.issued[idx[again]] + span(rng, len(again), MINUTE, 3 * DAY))
    return _strays(at, idx[again], actor[again], _TESTS)


def _curious(rng: np.random.Generator, p: Parcels, habits: Habits, n: int) -> Strays:
    idx, actor = rng.integers(0, len(p), _SPARE * n), habits.draw(rng, _SPARE * n)
    kept = np.flatnonzero(habits.foreign(p, idx, actor))[:n]
    idx, actor = idx[kept], actor[kept]
    at = waking(p.issued[idx] + span(rng, len(idx), 0, p.end[idx] + 6 * HOUR - p.issued[idx]))
    return _strays(at, idx, actor, _CURIOUS)
