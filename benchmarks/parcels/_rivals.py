"""What judging parcels has to beat: each gives a score by parcel, the higher the stranger.

lane z: how far the slowest or quickest leg lies from the mean of its lane, in standard deviations; as in every patent.
Kuaidi100's rule (CN111415113A): a blacklist, where the courier's phone is at home, and the route. There are no phones
in the contract, so a courier's home is the outlet where most of its scans are; counted are scans away from home and
jumps in the route (a departure whose next arrival is at a place that no other parcel goes to from there), and a
sender whose parcels have such more often stands on the blacklist. That is an approximation, kind to the rule.
isolation forest, LightGBM: see the classes of all facts that we see, for each parcel its strongest; LightGBM learns
from the truth of other families, which no courier has.
"""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.parcels._worlds import HONEST, World
from wayseal.parcels._find import Judged
from wayseal.parcels.result import Code

Floats = NDArray[np.float64]


def lane_z(made: Judged) -> Floats:
    """The largest deviation from a lane's mean, by parcel."""
    legs, out = made.journeys.legs, np.zeros(len(made.journeys.parcels))
    lane = np.unique(legs["start"].astype(np.int64) << 32 | legs["end"], return_inverse=True)[1]
    took = (legs["came"] - legs["left"]) / 3.6e9
    n = np.bincount(lane)
    mean = np.bincount(lane, took) / n
    spread = np.sqrt(np.maximum(np.bincount(lane, took**2) / n - mean**2, 1e-4))
    np.maximum.at(out, legs["parcel"], np.abs(took - mean[lane]) / spread[lane])
    return out


def kuaidi100(made: Judged) -> Floats:
    """Scans away from the courier's home, jumps in the route, and the sender's habit of both."""
    j = made.journeys
    hands, legs, n = j.hands[j.hands["operator"] >= 0], j.legs, len(j.parcels)
    pairs, count = np.unique(np.column_stack([hands["operator"], hands["outlet"]]), axis=0, return_counts=True)
    order = np.lexsort((count, pairs[:, 0]))
    home = np.full(len(j.actors) + 1, -1)
    home[pairs[order, 0]] = pairs[order, 1]
    away = np.bincount(hands["parcel"], home[hands["operator"]] != hands["outlet"], n)
    lanes = legs["start"].astype(np.int64) << 32 | legs["end"]
    _, lane, size = np.unique(lanes, return_inverse=True, return_counts=True)
    jumps = np.bincount(legs["parcel"], size[lane] < 3, n)
    sender = np.unique(j.parcels["sender"], return_inverse=True)[1]
    odd = away + jumps
    blacklist = np.bincount(sender, odd > 0) / np.bincount(sender)
    return odd + blacklist[sender]


def features(made: Judged) -> Floats:
    """(n, features): machine reads, and of each fact the class of its strongest row and the least and most of all."""
    reads, w = made.reads, made.weighed
    columns = [reads.judged, reads.read, np.nan_to_num(reads.expected, nan=-1.0), np.nan_to_num(reads.beside, nan=-1.0)]
    by_code = {fact.code: fact for fact in made.facts}
    for code in Code:
        fact = by_code.get(code)
        if fact is None:
            columns.append(np.full(len(reads.judged), -1))
            continue
        row = w.row[:, w.facts.index(code)]
        columns.append(np.where(row >= 0, np.append(fact.level, -1)[row], -1))
    return np.column_stack(columns).astype(np.float64)


def isolation_forest(made: Judged) -> Floats:
    """Fitted to the parcels themselves."""
    rows = features(made)
    forest = import_module("sklearn.ensemble").IsolationForest(n_estimators=100, random_state=7, n_jobs=1).fit(rows)
    return -np.asarray(forest.score_samples(rows))


def lightgbm_of(others: list[World]) -> Any:
    """A classifier that knows the truth of other families."""
    rows = np.concatenate([features(one.made)[one.made.judged] for one in others])
    wrong = np.concatenate([(one.kind != HONEST)[one.made.judged] for one in others])
    return (
        import_module("lightgbm")
        .LGBMClassifier(n_estimators=150, n_jobs=1, random_state=7, verbose=-1)
        .fit(rows, wrong)
    )
