"""What machines read of what passes, by place and day, and whether a parcel should have been read (rule 2)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, gammaln

from wayseal.model.arrays import Flags, Floats, Longs
from wayseal.model.runtime import kernel
from wayseal.model.times import DAY_US, MINUTE_US
from wayseal.parcels._journeys import Journeys, Rows
from wayseal.parcels.result import Coverage

LEAST_COVERAGE = 0.9
_SHRINK = 20.0
NEAR_US, PLENTY = 15 * MINUTE_US, 64
"""Companions left within a quarter of an hour; so many of them are looked at on each side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineReads:
    """Machine reads of parcels.

    Attributes:
        judged, read: Visits where machines see LEAST_COVERAGE of what passes, and at how many of them they saw it.
        chance: That an honest parcel is read so seldom: log of it where it was never read, else of the contrary.
        coverage: By outlet and day; `lowest`: place of a parcel's visit with the poorest, -1 without visits.
        expected: Mean coverage at the judged visits.
        beside: Share of those that left with it which were read where it wasn't, NaN if there are none.
    """

    judged: Longs
    read: Longs
    chance: Floats
    coverage: tuple[Coverage, ...]
    lowest: Longs
    expected: Floats
    beside: Floats


def _ratio(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> Floats:
    out: Floats = a / np.maximum(b, 1e-12)
    return out


def count_machine_reads(j: Journeys, offset: int) -> MachineReads:
    """Hold machine reads to what machines see at the same outlet on the same day (rule 2)."""
    n, v = len(j.parcels), j.visits
    unit, read = v["parcel"].astype(np.int64), v["read"]
    everywhere = np.bincount(unit, read, n)
    known = (everywhere[unit] - read) > 0
    # Where parcels meet no other machine, all that passes must do: ghosts then lower what is expected.
    few = np.bincount(v["outlet"], known, len(j.outlets) + 1) < _SHRINK
    known |= few[v["outlet"]]
    day = (v["at"] + offset) // DAY_US
    cells, cell = np.unique(v["outlet"].astype(np.int64) << 32 | day, return_inverse=True)
    seen, there = np.bincount(cell, known & read, len(cells)), np.bincount(cell, known, len(cells))
    outlet = cells >> 32
    by_outlet = [np.bincount(outlet, x, len(j.outlets) + 1) for x in (seen, there)]
    machines = np.bincount(v["outlet"][read], minlength=len(j.outlets) + 1) > 0
    usual = _ratio(by_outlet[0][machines].sum(), by_outlet[1][machines].sum()) if machines.any() else 0.0
    of_outlet = np.where(machines, _ratio(by_outlet[0] + _SHRINK * usual, by_outlet[1] + _SHRINK), 0.0)
    share = _ratio(seen + _SHRINK * of_outlet[outlet], there + _SHRINK)
    share = np.where(machines[outlet], share, 0.0)
    c = share[cell]
    good = c >= LEAST_COVERAGE
    judged, hits, mean = (np.bincount(unit, x, n) for x in (good, good & read, good * c))
    order = np.lexsort((np.where(machines[v["outlet"]], c, 2.0), unit))
    head = order[np.flatnonzero(np.diff(unit[order], prepend=-1))]
    lowest = np.full(n, -1, np.int64)
    lowest[unit[head]] = head
    expected = np.where(judged > 0, mean / np.maximum(judged, 1), np.nan)
    beside, local = _read_beside(j, c)
    expected = np.where(np.isfinite(local), np.minimum(expected, local), expected)
    rows = tuple(
        Coverage(outlet=str(o), day=int(d), share=float(s), parcels=int(t))
        for o, d, s, t in zip(outlet, cells & 0xFFFFFFFF, share, np.bincount(cell, minlength=len(cells)), strict=True)
        if machines[o]
    )
    k, r = judged.astype(np.int64), hits.astype(np.int64)
    return MachineReads(
        judged=k, read=r, chance=_honest_chance(k, r, expected), coverage=rows, lowest=lowest, expected=expected,
        beside=beside,
    )  # fmt: skip


def _read_beside(j: Journeys, c: Floats) -> tuple[Floats, Floats]:
    """Share of companions that were read where they arrived, by parcel: the least; and the same with what is usual."""
    n, legs = len(j.parcels), j.legs
    out, local = np.full(n, np.inf), np.full(n, np.inf)
    if not len(legs):
        return np.full(n, np.nan), np.full(n, np.nan)
    order = np.lexsort((legs["left"], legs["start"], legs["end"]))
    lane = lanes_of(legs)[order]
    read = j.visits["read"][legs["visit"]][order]
    found, seen = _beside(lane, legs["left"][order], read, owners_of(j, legs["parcel"][order]))
    usual = c[legs["visit"]][order]
    good = (usual >= LEAST_COVERAGE) & ~read
    unit = legs["parcel"][order][good]
    np.minimum.at(out, unit, np.where(found[good] > 0, seen[good] / np.maximum(found[good], 1), np.inf))
    np.minimum.at(local, unit, (seen[good] + _SHRINK / 2 * usual[good]) / (found[good] + _SHRINK / 2))
    return np.where(np.isfinite(out), out, np.nan), np.where(np.isfinite(local), local, np.nan)


def lanes_of(legs: Rows) -> Longs:
    lanes: Longs = legs["start"].astype(np.int64) << 32 | legs["end"]
    return lanes


def owners_of(j: Journeys, unit: Longs) -> Longs:
    """Whose parcels rows are about: companions are others', as ghosts of one maker would bear each other out."""
    sender = j.parcels["sender"][unit].astype(np.uint64).view(np.int64)
    whose: Longs = np.where(sender == 0, unit, sender)
    return whose


@kernel
def _beside(lane: Longs, left: Longs, read: Flags, whose: Longs) -> tuple[Longs, Longs]:
    """Of each leg (in the order of lane and departure): others that left about then, and how many were read."""
    found, seen = np.zeros(len(lane), np.int64), np.zeros(len(lane), np.int64)
    for i in range(len(lane)):
        for step in (-1, 1):
            k = i + step
            for _ in range(PLENTY):
                if k < 0 or k >= len(lane) or lane[k] != lane[i] or abs(left[k] - left[i]) > NEAR_US:
                    break
                if whose[k] != whose[i]:
                    found[i] += 1
                    seen[i] += read[k]
                k += step
    return found, seen


_SPREADS = 1 / np.array([0.001, 0.003, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3]) - 1
"""a + b of the beta distribution of how well labels can be read."""


def _honest_chance(k: Longs, r: Longs, c: Floats) -> Floats:
    """Log chance that an honest parcel is never read at k visits, or that it is (r of k).

    Labels differ: one that can't be read here isn't there either. How much, is learnt from parcels that were read at
    least once, which no ghost is, by the beta-binomial distribution without its zero.
    """
    some = (k >= 2) & (r >= 1)
    pairs, count = np.unique(np.column_stack([k[some], r[some]]), axis=0, return_counts=True)
    spread = _SPREADS[0]
    if len(pairs):
        mean = float(np.nanmean(c[some]))
        kk, rr = pairs[:, 0], pairs[:, 1]
        fits = []
        for s in _SPREADS:
            a = max(mean * (s + 1) - 1, 0.05)
            b = max(s - a, 1e-6)
            chance = (
                gammaln(kk + 1) - gammaln(rr + 1) - gammaln(kk - rr + 1) + betaln(a + rr, b + kk - rr) - betaln(a, b)
            )
            fits.append(float((count * (chance - np.log1p(-np.exp(betaln(a, b + kk) - betaln(a, b))))).sum()))
        spread = _SPREADS[int(np.argmax(fits))]
    a = np.clip(c * (spread + 1) - 1, 0.05, spread - 1e-6)
    b = spread - a
    never = np.minimum(betaln(a, b + k) - betaln(a, b), -1e-9)
    out: Floats = np.where(k == 0, 0.0, np.where(r == 0, never, np.log(-np.expm1(never))))
    return out
