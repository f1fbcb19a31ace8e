"""Facts about parcels, each in classes: what somebody who only writes scans would have to get right.

What a class is worth `_weigh` learns from all parcels (rule 3). `ghost` is what the same facts would be of parcels that
never were, by assumption; where nobody can know, all classes alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import pdtrc

from wayseal.model.arrays import Floats, Longs, UInts
from wayseal.model.runtime import kernel
from wayseal.model.times import DAY_US, MINUTE_US
from wayseal.parcels._coverage import NEAR_US, PLENTY, lanes_of, owners_of
from wayseal.parcels._journeys import SIGNED, Journeys, Rows
from wayseal.parcels.result import Code

_SPEED_KM_S = 150 / 3600
_PROBES = 40_000


_Array: TypeAlias = npt.NDArray[Any]


class Cause(StrEnum):
    """What facts come of; of one cause the strongest counts (rule 5)."""

    READS = "reads"
    TIME = "time"
    WEIGHT = "weight"
    HAND = "hand"
    SIGN_OFF = "sign_off"
    ORDER = "order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact in classes, by row.

    unit: the parcel's place; several rows of one are added up, or (strongest) the strongest counts. band: what it is
    compared with (a lane's size, a sender's). level: its class, -1: not judged. ghost: (bands, classes) as parcels that
    never were would have them. values: what the words of a reason need.
    """

    code: Code
    cause: Cause
    unit: Longs
    band: Longs
    level: Longs
    ghost: Floats
    values: Mapping[str, _Array]
    strongest: bool


def _fact(
    code: Code, cause: Cause, unit: _Array, level: _Array, ghost: _Array | Sequence[float], band: _Array | None = None,
    *, values: Mapping[str, _Array], strongest: bool = False,
) -> Fact:  # fmt: skip
    return Fact(
        code=code, cause=cause, unit=unit.astype(np.int64), level=level.astype(np.int64), values=values,
        ghost=np.atleast_2d(np.asarray(ghost, np.float64)), strongest=strongest,
        band=np.zeros(len(unit), np.int64) if band is None else band.astype(np.int64),
    )  # fmt: skip


def move_together(j: Journeys, rng: np.random.Generator) -> list[Fact]:
    """Trucks: who left with it, arrived with it; whose truck it names; how long its way took."""
    legs = j.legs[np.lexsort((j.legs["parcel"], j.legs["came"], j.legs["left"], lanes_of(j.legs)))]
    if len(legs) < 2:
        return []
    lane, left, came, trip = lanes_of(legs), legs["left"].copy(), legs["came"].copy(), legs["trip"].copy()
    unit = legs["parcel"].astype(np.int64)
    whose = owners_of(j, unit)
    starts = np.flatnonzero(np.diff(lane, prepend=-1))
    size = np.diff(np.append(starts, len(lane)))
    which = np.repeat(np.arange(len(starts)), size)
    band = np.digitize(size, [30, 300, 3000])[which]
    against = lane, left, came, whose, trip, _width(lane, left, came)
    found, same, trips, mine = _company(lane, left, came, whose, trip, *against)
    row, then, later = _invent(which, starts, size, left, came, rng)
    told = _company(lane[row], then, later, np.full(_PROBES, -1), np.zeros(_PROBES, np.uint64), *against)
    ghost = np.zeros((4, _COMPANY))
    np.add.at(ghost, (band[row], _company_level(told[0], told[1])), 1.0)
    level = _company_level(found, same)
    facts = [_fact(Code.APART, Cause.TIME, unit, level, ghost, band, values={"companions": found, "together": same})]
    facts.append(_lane_time(unit, which, came - left))
    if "trip" in j.has:
        named = np.digitize(mine / np.maximum(trips, 1), [0.02, 0.5]) + 1
        truck = np.where(trips < 3, -1, np.where(trip == 0, 0, named))
        facts.append(
            _fact(
                Code.TRUCK,
                Cause.TIME,
                unit,
                truck,
                np.ones((2, 4)),
                trips >= 32,
                values={"loaded": trips, "with_it": mine},
            )
        )
    return facts


_COMPANY = 16


def _company_level(found: Longs, same: Longs) -> Longs:
    """0: nobody left then; else by how many did, and by the share of them that arrived with it."""
    share = np.digitize(same / np.maximum(found, 1), [0.02, 0.15, 0.4, 0.7])
    size = np.digitize(found, [3, 12])
    out: Longs = np.where(found == 0, 0, 1 + 5 * size + share)
    return out


def _width(lane: Longs, left: Longs, came: Longs) -> int:
    """How far apart those that left together arrive: three quarters of neighbours, between 2 minutes and an hour."""
    close = (np.diff(lane) == 0) & (np.diff(left) <= NEAR_US)
    apart = np.abs(np.diff(came))[close]
    usual = float(np.quantile(apart, 0.75)) if len(apart) else 0.0
    return int(np.clip(usual, 2 * MINUTE_US, 60 * MINUTE_US))


def _invent(
    which: Longs, starts: Longs, size: Longs, left: Longs, came: Longs, rng: np.random.Generator
) -> tuple[Longs, Longs, Longs]:
    """Legs by somebody who knows lanes: beside which, a departure within an hour, and the time that another took."""
    row = rng.integers(0, len(left), _PROBES)
    lane = which[row]
    other = starts[lane] + (rng.random(_PROBES) * size[lane]).astype(np.int64)
    then = left[row] + rng.integers(-60 * MINUTE_US, 60 * MINUTE_US, _PROBES)
    noise = rng.integers(-10 * MINUTE_US, 10 * MINUTE_US, _PROBES)
    return row, then, then + came[other] - left[other] + noise


@kernel
def _company(
    lane: Longs, left: Longs, came: Longs, whose: Longs, trip: UInts,
    lanes: Longs, lefts: Longs, cames: Longs, owners: Longs, trips: UInts, width: int,
) -> tuple[Longs, Longs, Longs, Longs]:  # fmt: skip
    """Companions of some legs among all (which are in the order of lane and departure).

    Others that left about then; those of them that arrived about then; those with a truck; those with the same.
    """
    n = len(lane)
    found, same, loaded, mine = (np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64),
                                 np.zeros(n, np.int64))  # fmt: skip
    for i in range(n):
        low, high = 0, len(lanes)
        while low < high:
            middle = (low + high) // 2
            if lanes[middle] < lane[i] or (lanes[middle] == lane[i] and lefts[middle] < left[i]):
                low = middle + 1
            else:
                high = middle
        for step in (-1, 1):
            k = low - 1 if step < 0 else low
            for _ in range(PLENTY):
                if k < 0 or k >= len(lanes) or lanes[k] != lane[i] or abs(lefts[k] - left[i]) > NEAR_US:
                    break
                if owners[k] != whose[i]:
                    found[i] += 1
                    same[i] += abs(cames[k] - came[i]) <= width
                    loaded[i] += trips[k] != 0
                    mine[i] += trips[k] != 0 and trips[k] == trip[i]
                k += step
    return found, same, loaded, mine


def _lane_time(unit: Longs, which: Longs, took: Longs) -> Fact:
    """How unusual the time is for its lane, in robust standard deviations."""
    order = np.lexsort((took, which))
    starts = np.flatnonzero(np.diff(which[order], prepend=-1))
    size = np.diff(np.append(starts, len(which)))
    low, middle, high = (took[order][starts + (size * q).astype(np.int64)] for q in (0.16, 0.5, 0.84))
    z = (took - middle[which]) / np.maximum((high - low)[which] / 2, MINUTE_US)
    level = np.where(size[which] < 10, -1, np.digitize(np.abs(z), [1, 2, 4, 8]))
    values = {"hours": took / 3.6e9, "usual": middle[which] / 3.6e9}
    ghost = (0.5, 0.2, 0.1, 0.1, 0.1)
    return _fact(Code.LANE_TIME, Cause.TIME, unit, level, ghost, strongest=True, values=values)


def weigh_again(j: Journeys, offset: int) -> list[Fact]:
    """The machine's weight against the typed one, and against those of the sender's other parcels of the day."""
    p, facts = j.parcels, []
    second, typed = p["second"].astype(np.float64), p["typed"].astype(np.float64)
    rows = np.flatnonzero((second > 0) & (typed > 0))
    if len(rows):
        level = np.digitize(np.log(second[rows] / typed[rows]), _RATIOS)
        ghost = np.array([_like_others(second[rows], low, high) for low, high in pairwise(_TYPED)])
        band, values = np.digitize(typed[rows], _TYPED[1:-1]), {"second": second[rows], "typed": typed[rows]}
        facts.append(_fact(Code.WEIGHT, Cause.WEIGHT, rows, level, ghost, band, values=values))
    rows = np.flatnonzero((second > 0) & (p["sender"] != 0))
    if len(rows):
        facts.append(_same_weight(p, rows, second[rows], offset))
    return facts


_TYPED = (20, 60, 200, 1000, 5000)
_RATIOS = (-1.5, -0.7, -0.25, 0.25, 0.7, 1.5)


def _like_others(second: Floats, low: float, high: float) -> Floats:
    """Classes of weights if what the machine weighed had nothing to do with what was typed: light goods or any."""
    middle = (low * high) ** 0.5
    drawn = np.concatenate([np.log(second / middle), np.full(len(second), np.log(30 / middle))])
    out: Floats = np.bincount(np.digitize(drawn, _RATIOS), minlength=7) / len(drawn)
    return out


def _same_weight(p: Rows, rows: Longs, second: Floats, offset: int) -> Fact:
    day = (p["first"][rows] + offset) // DAY_US
    group, size = _count(_pairs(p["sender"][rows], day))
    same, equal = _count(_pairs(group, second.astype(np.int64)))
    share = (equal[same] - 1) / np.maximum(size[group] - 1, 1)
    level = np.where(size[group] < 5, -1, np.digitize(share, [0.05, 0.2, 0.5, 0.8]))
    ghost, values = (
        np.tile((0.2, 0.1, 0.1, 0.2, 0.4), (2, 1)),
        {"same": equal[same], "of": size[group], "second": second},
    )
    return _fact(Code.SAME_WEIGHT, Cause.WEIGHT, rows, level, ghost, second < 100, values=values)


def _pairs(a: UInts | Longs, b: UInts | Longs) -> UInts:
    """One number for each pair of numbers."""
    with np.errstate(over="ignore"):
        mixed = a.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        out: UInts = mixed ^ (b.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F))
    return out


def _count(values: UInts | Longs) -> tuple[Longs, Longs]:
    """Place of each value among the different ones, and how often each of these comes."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return place, count


def check_hands(j: Journeys, places: Floats | None) -> list[Fact]:
    """Operators in two places too soon, or at more scans in a second than hands can make; what was typed in.

    places: latitude and longitude by outlet, NaN where unknown; None: nothing is known.
    """
    p, facts = j.parcels, []
    if "entered" in j.has:
        level = np.digitize(p["typed_in"] / np.maximum(p["scans"], 1), [0.01, 0.5, 0.9])
        values = {"typed": p["typed_in"], "scans": p["scans"]}
        facts.append(_fact(Code.TYPED_IN, Cause.READS, np.arange(len(p)), level, np.ones(4), values=values))
    hands = j.hands[j.hands["operator"] >= 0]
    if len(hands):
        hands = hands[np.lexsort((hands["parcel"], hands["outlet"], hands["at"], hands["operator"]))]
        second, count = _count(_pairs(hands["operator"], hands["at"] // 1_000_000))
        level = np.where(hands["kind"] == SIGNED, -1, np.digitize(count[second], [2, 4, 10, 40]))
        unit, ghost = hands["parcel"], np.ones(5)
        facts.append(_fact(Code.BURST, Cause.HAND, unit, level, ghost, strongest=True, values={"count": count[second]}))
        facts.append(_two_places(hands, places))
    return facts


def _two_places(hands: Rows, places: Floats | None) -> Fact:
    apart = np.diff(hands["at"]) / 1e6
    moved = (np.diff(hands["operator"]) == 0) & (np.diff(hands["outlet"]) != 0)
    needed = np.full(len(apart), 300.0)
    if places is not None:
        way = _kilometres(places[hands["outlet"][:-1]], places[hands["outlet"][1:]])
        needed = np.where(np.isfinite(way), way / _SPEED_KM_S, needed)
    jump = moved & (apart < needed)
    gap = np.where(jump, apart / 60, np.inf)
    gap = np.minimum(np.append(gap, np.inf), np.insert(gap, 0, np.inf))
    unit, level = hands["parcel"], np.isfinite(gap)
    return _fact(Code.TWO_PLACES, Cause.HAND, unit, level, (0.7, 0.3), strongest=True, values={"minutes": gap})


def _kilometres(a: Floats, b: Floats) -> Floats:
    (la, lo), (lb, ob) = np.radians(a).T, np.radians(b).T
    h = np.sin((lb - la) / 2) ** 2 + np.cos(la) * np.cos(lb) * np.sin((ob - lo) / 2) ** 2
    out: Floats = 12_742 * np.arcsin(np.sqrt(np.clip(h, 0, 1)))
    return out


def compare_sign_offs(j: Journeys) -> list[Fact]:
    """One sender's parcels signed off in a bunch, against the operator's own habit; one stranger with many senders."""
    p = j.parcels
    rows = np.flatnonzero((p["signed"] > 0) & (p["signer"] >= 0) & (p["sender"] != 0))
    sender, signer, when = p["sender"][rows], p["signer"][rows].astype(np.int64), p["signed"][rows] // (10 * MINUTE_US)
    (pair, ours), (bunch, size), (by, signed) = (
        _count(one) for one in (_pairs(sender, signer), _pairs(signer, when), signer)
    )
    own, mine = _count(_pairs(pair, when))
    own, ours, size, signed = mine[own], ours[pair], size[bunch], signed[by]
    expected = (size - 1) * (ours - own) / np.maximum(signed - size, 1)
    tail = -np.log10(np.maximum(pdtrc(np.maximum(own - 2, 0), np.maximum(expected, 0.05)), 1e-30))
    level = np.where(own < 2, 0, np.digitize(tail, [1, 3, 6, 10]) + 1)
    facts = [
        _fact(Code.BUNCH, Cause.SIGN_OFF, rows, level, np.ones((2, 6)), size >= 8, values={"count": own, "of": size})
    ]
    source, sent = _count(sender)
    much = (ours >= 3) & (ours * len(rows) > 8 * sent[source] * signed)
    first = np.unique(pair, return_index=True)[1]
    strange = np.bincount(by[first], much[first], len(rows))[by]
    level = np.where(much, np.digitize(strange, [2, 4, 8]) + 1, 0)
    band, values = np.minimum(np.log10(sent[source]), 3), {"senders": strange, "count": ours}
    facts.append(_fact(Code.STRANGER, Cause.SIGN_OFF, rows, level, np.ones((4, 5)), band, values=values))
    return facts if len(rows) else []


def compare_orders(j: Journeys) -> list[Fact]:
    """Orders that several numbers stand for, and numbers that came to stand for another order on their way."""
    rows = np.flatnonzero(j.parcels["order"] != 0)
    place, count = _count(_pairs(j.parcels["order"][rows], j.parcels["sender"][rows]))
    level = np.digitize(count[place], [2, 3, 6])
    facts = [_fact(Code.TAG, Cause.ORDER, rows, level, (0.7, 0.1, 0.1, 0.1), values={"numbers": count[place]})]
    changed = j.parcels["rebound"][rows]
    minutes = (changed - j.parcels["first"][rows]) / MINUTE_US
    facts.append(_fact(Code.REBOUND, Cause.ORDER, rows, changed > 0, (0.7, 0.3), values={"minutes": minutes}))
    return facts if len(rows) else []
