"""What detection has to beat: volume, and detectors of outliers on counts of an account and a day.

All see the same facts as detection. An account's day has five features: reads, first reads, hours with reads, devices,
addresses; a second variant adds unexplained first reads and their share, which is what detection itself is built on.
Each day is scored by what was learnt up to its end (trees that halve space: up to the day before), and the `budget`
strangest accounts of the day that were not reported before are reported, at their last read of that day.
"""

import importlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "2")

import numpy as np
from numpy.typing import NDArray

from benchmarks.detect._world import DAY_US
from wayseal.detect.explain import UNEXPLAINED
from wayseal.detect.facts import Facts

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
_HOUR_US = 3_600_000_000
_SEED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """n days of accounts, sorted by day.

    actor: keys; day: from 0; last: µs of the last read; plain: features (n, 5); odd: the two of the second variant.
    """

    actor: NDArray[np.uint64]
    day: Longs
    last: Longs
    plain: Floats
    odd: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """Accounts in the order in which a method reported them (keys, µs), and its twenty strangest of the whole time."""

    actor: NDArray[np.uint64]
    at: Longs
    top: NDArray[np.uint64]


def days_of(facts: Facts, first_day: int, last_day: int) -> Days:
    """Features of all accounts that read anything on these local days."""
    hours, uses, s = facts.hours, facts.uses, facts.suspects
    hour, reads = hours["hour"].to_numpy().astype(np.int64), hours["reads"].to_numpy()
    day = (hour * _HOUR_US + facts.offset) // DAY_US
    some = (day >= first_day) & (day <= last_day) & (reads > 0)
    actors = np.unique(hours["actor"].to_numpy()[some])

    def cell(day: Longs, actor: NDArray[np.uint64]) -> Longs:
        """A number for the day and the account; -1 for what is neither."""
        at = np.minimum(np.searchsorted(actors, actor), len(actors) - 1)
        there = (actors[at] == actor) & (day >= first_day) & (day <= last_day)
        return np.where(there, (day - first_day) * len(actors) + at, -1)

    key, inverse = np.unique(cell(day[some], hours["actor"].to_numpy()[some]), return_inverse=True)
    n = len(key)

    def counted(cells: Longs) -> Longs:
        at = np.searchsorted(key, cells[cells >= 0])
        return np.bincount(at, minlength=n)[:n]

    first = np.bincount(inverse, hours["first"].to_numpy()[some], n)
    last = np.zeros(n, np.int64)
    np.maximum.at(last, inverse, (hour[some] + 1) * _HOUR_US - 1)
    used = cell(uses["day"].to_numpy().astype(np.int64), uses["actor"].to_numpy())
    kinds = [counted(used[uses["kind"].to_numpy() == k]) for k in (0, 1)]
    seen = np.zeros(n, np.int64)
    np.maximum.at(seen, np.searchsorted(key, used[used >= 0]), uses["to"].to_numpy()[used >= 0])
    plain = s["why"].to_numpy() >= UNEXPLAINED
    odd = counted(cell((s["at"].to_numpy()[plain] + facts.offset) // DAY_US, s["actor"].to_numpy()[plain]))
    features = [np.bincount(inverse, reads[some], n), first, np.bincount(inverse, minlength=n), *kinds]
    return Days(
        actor=actors[key % len(actors)],
        day=key // len(actors),
        last=np.where(seen > 0, seen, last),
        plain=np.column_stack(features).astype(np.float64),
        odd=np.column_stack([odd, odd / np.maximum(first, 1)]),
    )


Scorer = Callable[[Floats, Longs], Floats]
"""Scores rows (n, f), sorted by day, given the places where days begin (and n)."""


def installed(module: str) -> Any:
    """A module of requirements/bench.txt; ModuleNotFoundError where that isn't installed."""
    return importlib.import_module(module)


def _volume(x: Floats, _: Longs) -> Floats:
    return x[:, 0]


def _each_day(model: Callable[[Floats], Floats]) -> Scorer:
    def scored(x: Floats, bounds: Longs) -> Floats:
        """The scores of a day by a model of all days up to it."""
        parts = [model(x[:high])[low:high] for low, high in pairwise(bounds)]
        return np.concatenate(parts)

    return scored


def _ecod(x: Floats) -> Floats:
    return np.asarray(installed("pyod.models.ecod").ECOD().fit(x).decision_scores_)


def _forest(x: Floats, bounds: Longs) -> Floats:
    parts = []
    for low, high in pairwise(bounds):
        # PyOD scores what it was fitted on once more; a sample of the days up to it fits the same trees.
        rows = np.random.default_rng(_SEED).permutation(high)[:50_000]
        parts.append(
            installed("pyod.models.iforest").IForest(random_state=_SEED).fit(x[rows]).decision_function(x[low:high])
        )
    return np.concatenate(parts)


def _half_spaces(x: Floats, bounds: Longs) -> Floats:
    top = np.maximum(np.quantile(x[: bounds[1]], 0.999, axis=0), 1e-9)
    model = installed("river.anomaly").HalfSpaceTrees(n_trees=25, height=8, window_size=1_000, seed=_SEED)
    scores = np.zeros(len(x))
    for low, high in pairwise(bounds):
        rows = [dict(enumerate(r)) for r in np.minimum(x[low:high] / top, 1.0).tolist()]
        scores[low:high] = [model.score_one(row) for row in rows]
        for row in rows:
            model.learn_one(row)
    return scores


def rivals() -> Iterator[tuple[str, Scorer, bool]]:
    """Name, how it scores, and whether it sees the unexplained reads."""
    yield "volume", _volume, False
    ecod = _each_day(_ecod)
    for odd in (False, True):
        more = ", unexplained reads too" if odd else ""
        yield "ECOD (PyOD)" + more, ecod, odd
        yield "isolation forest (PyOD)" + more, _forest, odd
        yield "half-space trees (river)" + more, _half_spaces, odd


def reported(days: Days, score: Scorer, odd: bool, budget: int) -> Reported:
    """What a method reports."""
    x = np.log1p(np.column_stack([days.plain, days.odd]) if odd else days.plain)
    bounds = np.flatnonzero(np.append(True, days.day[1:] != days.day[:-1]))
    values = score(x, np.append(bounds, len(x)))
    actors, who = np.unique(days.actor, return_inverse=True)
    done = np.zeros(len(actors), np.bool_)
    rows = []
    for low, high in zip(bounds, np.append(bounds[1:], len(x)), strict=True):
        order = low + np.argsort(-values[low:high], kind="stable")
        chosen = order[~done[who[order]]][:budget]
        done[who[chosen]] = True
        rows.append(chosen)
    best = np.full(len(actors), -np.inf)
    np.maximum.at(best, who, values)
    kept = np.concatenate(rows)
    return Reported(actor=days.actor[kept], at=days.last[kept], top=actors[np.argsort(-best, kind="stable")[:20]])
