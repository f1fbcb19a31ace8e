"""Facts about parcels, each in classes: what somebody who only writes scans would have to get right.

What a class is worth isn't said here: `_weigh` learns it from all parcels (rule 3). `ghost` is what the same facts would
be of parcels that never were, by assumption; where nobody can know, all classes alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from scipy.special import pdtrc

from wayseal.model.arrays import Floats, Longs, UInts
from wayseal.model.runtime import kernel
from wayseal.parcels._coverage import DAY_US, MINUTE_US, NEAR_US, PLENTY, lanes_of, owners_of
from wayseal.parcels._journeys import SIGNED, Journeys, Rows
from wayseal.parcels.result import Code

_SPEED_KM_S = 150 / 3600
_PROBES = 40_000


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
    """A fact in classes.

    Attributes:
        code: Its name.
        cause: What it comes of.
        unit: Place of the parcel of each row; several rows of one are added up.
        band: Of each row, what it is compared with (a lane's size, a sender's).
        level: Its class; -1: not judged.
        ghost: (bands, classes) as parcels that never were would have them.
        values: What the words of a reason need, by row.
        strongest: Of several rows of a parcel the strongest counts, not their sum.
    """

    code: Code
    cause: Cause
    unit: Longs
    band: Longs
    level: Longs
    ghost: Floats
    values: Mapping[str, Floats | Longs] = field(default_factory=dict)
    strongest: bool = False


def _parcelwise(n: int) -> Longs:
    return np.arange(n, dtype=np.int64)


def _flat(*shares: float) -> Floats:
    return np.array([shares])


def move_together(j: Journeys, rng: np.random.Generator) -> list[Fact]:
    """Trucks: who left with it, arrived with it; whose truck it names; how long its way took."""
    legs = j.legs
    if len(legs) < 2:
        return []
    legs = legs[np.lexsort((legs["parcel"], legs["came"], legs["left"], lanes_of(legs)))]
    lane, left, came = lanes_of(legs), legs["left"].astype(np.int64), legs["came"].astype(np.int64)
    trip = legs["trip"].astype(np.uint64)
    unit = legs["parcel"].astype(np.int64)
    starts = np.flatnonzero(np.diff(lane, prepend=-1))
    size = np.diff(np.append(starts, len(lane)))
    width = _width(lane, left, came)
    whose = owners_of(j, unit)
    found, same, trips, mine = _company(lane, left, came, whose, trip, lane, left, came, whose, trip, width)
    which = np.repeat(np.arange(len(starts)), size)
    band = np.digitize(size, [30, 300, 3000])[which]
    level = _company_level(found, same)
    probes = _invent(which, starts, size, left, came, rng)
    told = _company(*probes[:3], np.full(len(probes[0]), -1), np.zeros(len(probes[0]), np.uint64), lane, left, came,
                    whose, trip, width)  # fmt: skip
    ghost = np.zeros((4, _COMPANY))
    np.add.at(ghost, (band[probes[3]], _company_level(told[0], told[1])), 1.0)
    values = {"companions": found, "together": same}
    facts = [Fact(code=Code.APART, cause=Cause.TIME, unit=unit, band=band, level=level, ghost=ghost, values=values)]
    facts.append(_lane_time(unit, which, came - left))
    if "trip" in j.has:
        truck = np.where(
            trips < 3, -1, np.where(trip == 0, 0, np.digitize(mine / np.maximum(trips, 1), [0.02, 0.5]) + 1)
        )
        facts.append(
            Fact(
                code=Code.TRUCK, cause=Cause.TIME, unit=unit, band=np.minimum(trips // 32, 1), level=truck,
                ghost=np.full((2, 4), 0.25), values={"loaded": trips, "with_it": mine, "trip": trip.view(np.int64)},
            )
        )  # fmt: skip
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
) -> tuple[Longs, Longs, Longs, Longs]:
    """Legs by somebody who knows lanes: a departure within an hour of a real one, and the time that another took."""
    row = rng.integers(0, len(left), _PROBES)
    lane = which[row]
    other = starts[lane] + (rng.random(_PROBES) * size[lane]).astype(np.int64)
    then = left[row] + rng.integers(-60 * MINUTE_US, 60 * MINUTE_US, _PROBES)
    noise = rng.integers(-10 * MINUTE_US, 10 * MINUTE_US, _PROBES)
    return which[row], then, then + came[other] - left[other] + noise, row


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
    ghost = _flat(0.5, 0.2, 0.1, 0.1, 0.1)
    return Fact(
        code=Code.LANE_TIME, cause=Cause.TIME, unit=unit, band=np.zeros_like(unit), level=level, ghost=ghost,
        values=values, strongest=True,
    )  # fmt: skip


def weigh_again(j: Journeys, offset: int) -> list[Fact]:
    """The machine's weight against the typed one, and against those of the sender's other parcels of the day."""
    p, n = j.parcels, len(j.parcels)
    second, typed = p["second"].astype(np.float64), p["typed"].astype(np.float64)
    facts = []
    both = (second > 0) & (typed > 0)
    if both.any():
        ratio = np.log(np.where(both, second, 1) / np.where(both, typed, 1))
        level = np.where(both, np.digitize(ratio, [-1.5, -0.7, -0.25, 0.25, 0.7, 1.5]), -1)
        band = np.digitize(typed, [60, 200, 1000])
        ghost = np.array([_like_others(second[both], low, high) for low, high in _TYPED_BANDS])
        facts.append(
            Fact(
                code=Code.WEIGHT, cause=Cause.WEIGHT, unit=_parcelwise(n), band=band, level=level, ghost=ghost,
                values={"second": second, "typed": typed},
            )
        )  # fmt: skip
    rows = np.flatnonzero((second > 0) & (p["sender"] != 0))
    if len(rows):
        facts.append(_same_weight(p, rows, second, offset))
    return facts


_TYPED_BANDS = ((20, 60), (60, 200), (200, 1000), (1000, 5000))


def _like_others(second: Floats, low: float, high: float) -> Floats:
    """Classes of weights if what the machine weighed had nothing to do with what was typed: light goods or any."""
    middle = (low * high) ** 0.5
    drawn = np.concatenate([np.log(second / middle), np.full(len(second), np.log(30 / middle))])
    counted = np.bincount(np.digitize(drawn, [-1.5, -0.7, -0.25, 0.25, 0.7, 1.5]), minlength=7)
    out: Floats = counted / counted.sum()
    return out


def _same_weight(p: Rows, rows: Longs, second: Floats, offset: int) -> Fact:
    day = (p["first"][rows] + offset) // DAY_US
    _, group, size = np.unique(_pairs(p["sender"][rows], day), return_inverse=True, return_counts=True)
    _, same, equal = np.unique(_pairs(group, second[rows].astype(np.int64)), return_inverse=True, return_counts=True)
    total = size[group]
    share = (equal[same] - 1) / np.maximum(total - 1, 1)
    level = np.where(total < 5, -1, np.digitize(share, [0.05, 0.2, 0.5, 0.8]))
    return Fact(
        code=Code.SAME_WEIGHT, cause=Cause.WEIGHT, unit=rows, band=(second[rows] < 100).astype(np.int64), level=level,
        ghost=np.tile(_flat(0.2, 0.1, 0.1, 0.2, 0.4), (2, 1)),
        values={"same": equal[same], "of": total, "second": second[rows]},
    )  # fmt: skip


def _pairs(a: UInts | Longs, b: UInts | Longs) -> UInts:
    """One number for each pair of numbers."""
    with np.errstate(over="ignore"):
        out: UInts = a.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) ^ b.astype(np.uint64) * np.uint64(
            0xC2B2AE3D27D4EB4F
        )
    return out


def check_hands(j: Journeys, places: Floats | None) -> list[Fact]:
    """Operators in two places too soon, or at more scans in a second than hands can make; what was typed in.

    places: latitude and longitude by outlet, NaN where unknown; None: nothing is known.
    """
    p, facts = j.parcels, []
    n = len(p)
    if "entered" in j.has:
        level = np.digitize(p["typed_in"] / np.maximum(p["scans"], 1), [0.01, 0.5, 0.9])
        facts.append(
            Fact(
                code=Code.TYPED_IN, cause=Cause.READS, unit=_parcelwise(n), band=np.zeros(n, np.int64), level=level,
                ghost=np.full((1, 4), 0.25), values={"typed": p["typed_in"], "scans": p["scans"]},
            )
        )  # fmt: skip
    hands = j.hands[(j.hands["operator"] >= 0)]
    if not len(hands):
        return facts
    hands = hands[np.lexsort((hands["parcel"], hands["outlet"], hands["at"], hands["operator"]))]
    unit, at, operator = hands["parcel"].astype(np.int64), hands["at"], hands["operator"]
    _, second, count = np.unique(_pairs(operator, at // 1_000_000), return_inverse=True, return_counts=True)
    a_second = count[second]
    level = np.where(hands["kind"] == SIGNED, -1, np.digitize(a_second, [2, 4, 10, 40]))
    facts.append(
        Fact(
            code=Code.BURST, cause=Cause.HAND, unit=unit, band=np.zeros_like(unit), level=level,
            ghost=np.full((1, 5), 0.2), values={"count": a_second}, strongest=True,
        )
    )  # fmt: skip
    facts.append(_two_places(hands, unit, places))
    return facts


def _two_places(hands: Rows, unit: Longs, places: Floats | None) -> Fact:
    apart = np.diff(hands["at"]) / 1e6
    moved = (np.diff(hands["operator"]) == 0) & (np.diff(hands["outlet"]) != 0)
    needed = np.full(len(apart), 300.0)
    if places is not None:
        way = _kilometres(places[hands["outlet"][:-1]], places[hands["outlet"][1:]])
        needed = np.where(np.isfinite(way), way / _SPEED_KM_S, needed)
    jump = np.append(moved & (apart < needed), False)
    jump = jump | np.roll(jump, 1)
    gap = np.minimum(np.append(apart, np.inf), np.insert(apart, 0, np.inf)) / 60
    return Fact(
        code=Code.TWO_PLACES, cause=Cause.HAND, unit=unit, band=np.zeros_like(unit), level=jump.astype(np.int64),
        ghost=_flat(0.7, 0.3), values={"minutes": gap}, strongest=True,
    )  # fmt: skip


def _kilometres(a: Floats, b: Floats) -> Floats:
    (la, lo), (lb, ob) = np.radians(a).T, np.radians(b).T
    h = np.sin((lb - la) / 2) ** 2 + np.cos(la) * np.cos(lb) * np.sin((ob - lo) / 2) ** 2
    out: Floats = 12_742 * np.arcsin(np.sqrt(np.clip(h, 0, 1)))
    return out


def compare_sign_offs(j: Journeys) -> list[Fact]:
    """One sender's parcels signed off in a bunch, against the operator's own habit; one stranger with many senders."""
    p = j.parcels
    rows = np.flatnonzero((p["signed"] > 0) & (p["signer"] >= 0) & (p["sender"] != 0))
    if not len(rows):
        return []
    sender, signer, bucket = (
        p["sender"][rows],
        p["signer"][rows].astype(np.int64),
        p["signed"][rows] // (10 * MINUTE_US),
    )
    pair, _, per_pair = _count(_pairs(sender, signer))
    bunch, _, size = _count(_pairs(signer, bucket))
    own, _, mine = _count(_pairs(pair, bucket))
    by, _, signed = _count(signer)
    expected = (size[bunch] - 1) * (per_pair[pair] - mine[own]) / np.maximum(signed[by] - size[bunch], 1)
    tail = -np.log10(np.maximum(pdtrc(np.maximum(mine[own] - 2, 0), np.maximum(expected, 0.05)), 1e-30))
    level = np.where(mine[own] < 2, 0, np.digitize(tail, [1, 3, 6, 10]) + 1)
    facts = [
        Fact(
            code=Code.BUNCH, cause=Cause.SIGN_OFF, unit=rows, band=np.minimum(size[bunch] // 8, 1).astype(np.int64),
            level=level, ghost=np.full((2, 6), 1 / 6), values={"count": mine[own], "of": size[bunch]},
        )
    ]  # fmt: skip
    source, _, sent = _count(sender)
    usual = sent[source] * (signed[by] / len(rows))
    much = (per_pair[pair] >= 3) & (per_pair[pair] > 8 * usual)
    first = np.unique(pair, return_index=True)[1]
    strange = np.bincount(by[first], much[first], len(signed))[by]
    level = np.where(much, np.digitize(strange, [2, 4, 8]) + 1, 0)
    facts.append(
        Fact(
            code=Code.STRANGER, cause=Cause.SIGN_OFF, unit=rows, band=np.minimum(np.log10(sent[source]), 3).astype(np.int64),
            level=level, ghost=np.full((4, 5), 0.2), values={"senders": strange, "count": per_pair[pair]},
        )
    )  # fmt: skip
    return facts


def _count(values: UInts | Longs) -> tuple[Longs, int, Longs]:
    """Place of each value among the different ones, how many these are, and how often each comes."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return place, len(count), count


def compare_orders(j: Journeys) -> list[Fact]:
    """Orders that several numbers stand for."""
    rows = np.flatnonzero(j.parcels["order"] != 0)
    if not len(rows):
        return []
    place, _, count = _count(_pairs(j.parcels["order"][rows], j.parcels["sender"][rows]))
    band = np.zeros_like(rows)
    facts = [
        Fact(
            code=Code.TAG, cause=Cause.ORDER, unit=rows, band=band, level=np.digitize(count[place], [2, 3, 6]),
            ghost=_flat(0.7, 0.1, 0.1, 0.1), values={"numbers": count[place]},
        )
    ]  # fmt: skip
    changed = j.parcels["rebound"][rows]
    if changed.any():
        facts.append(
            Fact(
                code=Code.REBOUND, cause=Cause.ORDER, unit=rows, band=band, level=(changed > 0).astype(np.int64),
                ghost=_flat(0.7, 0.3), values={"minutes": (changed - j.parcels["first"][rows]) / MINUTE_US},
            )
        )  # fmt: skip
    return facts
