"""Insiders who walk through number ranges.

A walker keeps to some senders' runs of numbers, in RANGE_DAYS groups that take turns: one group a day. It reads all
numbers of a run that were issued since it was there last, one after another, at most RANGE_DAYS back. Which senders:
those with the most parcels of whom a group doesn't exceed the walker's figure.
"""

import numpy as np

from wayseal_sim._calendar import Calendar
from wayseal_sim._network import Network
from wayseal_sim._numbers import KEYS
from wayseal_sim._parcels import Parcels, draw_senders, issuing_key, span
from wayseal_sim._planted import Planted, Ring
from wayseal_sim._pulls import YOUNGEST, Pulls
from wayseal_sim.insiders import RANGE_DAYS, Insider
from wayseal_sim.types import DAY, HOUR, MINUTE, SECOND, Floats, Ints, stream

_SAMPLE = 400_000
_ENOUGH = 0.85
_AFTER, _OVER, _EARLY = 0.5 * HOUR, 3 * HOUR, 15 * MINUTE
"""A walk begins half an hour into the shift, give or take, and takes some three hours."""
_PACE, _HASTE = 12 * SECOND, 6 * SECOND


class Walks:
    """The walks of a world, run by run of parcels; knows how far each has come."""

    def __init__(self, calendar: Calendar, network: Network, ring: Ring, parcels: int, seed: int) -> None:
        self._calendar, self._seed = calendar, seed
        walkers = [(nth, one) for nth, one in enumerate(ring.planted) if one.kind is Insider.RANGE]
        rows: list[tuple[int, int, int, int]] = []
        if walkers:
            a_day = _a_day(calendar, network, parcels, seed)
            for nth, one in walkers:
                rows += _runs(nth, one, a_day)
        columns = np.array(rows, np.int64).reshape(-1, 4)
        self._insider, key, self._first, self._opens = columns.T
        self._run_of = np.full(KEYS, -1, np.int64)
        self._run_of[key] = np.arange(len(key))
        self._visits = calendar.days // RANGE_DAYS + 1
        self._late = span(stream(seed, 26), len(key) * self._visits, 0, _EARLY)
        self._read = np.zeros(len(key) * self._visits, np.int64)

    def take(self, k: int, p: Parcels) -> Pulls:
        """What walkers read of the k-th run of parcels, now or later."""
        run = self._run_of[issuing_key(p.channel, p.origin, p.customer)]
        idx = np.flatnonzero(run >= 0)
        run = run[idx]
        opening = self._calendar.start + self._first[run] * DAY + self._opens[run]
        visit = np.maximum(0, -((opening - p.issued[idx]) // (RANGE_DAYS * DAY)))
        known = (p.issued[idx] > opening - RANGE_DAYS * DAY) & (visit < self._visits)
        idx, run, opening, visit = (a[known] for a in (idx, run, opening, visit))
        walk = run * self._visits + visit
        pace = np.minimum(self._nth(walk) * _PACE, int(_OVER))
        at = opening + visit * RANGE_DAYS * DAY + self._late[walk] + YOUNGEST + pace
        at += span(stream(self._seed, 27, k), len(at), 0, _HASTE)
        return Pulls(at=at, parcel=p.base + idx, insider=self._insider[run], slot=np.zeros(len(at), np.int64))

    def _nth(self, walk: Ints) -> Ints:
        """Which number of its walk each one is."""
        order = np.argsort(walk, kind="stable")
        counts = np.bincount(walk, minlength=len(self._read))
        nth = np.empty(len(walk), np.int64)
        nth[order] = np.arange(len(walk)) - np.repeat(np.cumsum(counts) - counts, counts)
        nth += self._read[walk]
        self._read += counts
        return nth


def _a_day(calendar: Calendar, network: Network, parcels: int, seed: int) -> Floats:
    """About how many numbers of each run are issued a day, (KEYS,)."""
    rng = stream(seed, 28)
    origin, _ = network.draw_routes(rng, _SAMPLE)
    channel, customer = draw_senders(rng, calendar.issue_times(rng.random(_SAMPLE)), origin)
    counts = np.bincount(issuing_key(channel, origin, customer), minlength=KEYS)
    out: Floats = counts.astype(np.float64) * (parcels / calendar.days / _SAMPLE)
    return out


def _runs(nth: int, one: Planted, a_day: Floats) -> list[tuple[int, int, int, int]]:
    """A walker's runs: insider, key, day of the first visit, time of day; takes them out of `a_day`."""
    out: list[tuple[int, int, int, int]] = []
    for group in range(RANGE_DAYS):
        keys: list[int] = []
        wanted = one.a_day / RANGE_DAYS
        for key in np.argsort(-a_day, kind="stable").tolist():
            if a_day[key] <= wanted * (2 - _ENOUGH) and a_day[key] > 0:
                keys.append(key)
                wanted -= a_day[key]
                if wanted <= (1 - _ENOUGH) * one.a_day / RANGE_DAYS:
                    break
        a_day[keys] = 0.0
        opens = one.hours[0][0] * HOUR + _AFTER
        day = one.day + group
        out += [(nth, key, day, int(opens + k * _OVER / len(keys))) for k, key in enumerate(keys)]
    return out
