"""Where a parcel was and whence it comes, against a plain Python version (rules of `facts/_walk.py`)."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from wayseal.detect.explain import Routes, Scans
from wayseal.detect.facts._walk import Surroundings, find_surroundings

pytestmark = pytest.mark.kernels
Parcels = dict[int, tuple[int, int, int]]
"""Parcel → origin, destination, channel, issue."""
Rows = list[tuple[int, int, int]]
"""Parcel, moment, outlet."""


def keys(values: Any) -> np.ndarray:
    return np.array(list(values), np.uint64)


def asked(reads: list[tuple[int, int]], scans: Rows, routes: Parcels) -> list[tuple[int, ...]]:
    """Of each read: origin, destination, scanned, due, channel, and when its parcel began."""
    nowhere = np.full(len(scans), -1, np.int32)
    unplaced = np.full(len(routes), -1, np.int32)
    parcels = sorted(routes)
    out, begun = find_surroundings(
        keys(k for k, _ in reads), np.array([at for _, at in reads], np.int64),
        Scans(key=keys(k for k, _, _ in scans), at=np.array([at for _, at, _ in scans], np.int64), outlet=nowhere),
        Routes(
            key=keys(parcels), issued=np.array([100 + k % 7 for k in parcels], np.int64), channel=unplaced,
            origin=unplaced, destination=unplaced, customer=unplaced,
        ),
        Surroundings(
            scan=keys(o for _, _, o in scans),
            route=np.array([routes[k][:3] for k in parcels], np.uint64).reshape(-1, 3),
        ),
    )  # fmt: skip
    assert out.shape == (5, len(reads))
    return [(*row, when) for row, when in zip(out.T.tolist(), begun.tolist(), strict=True)]


def plainly(key: int, at: int, scans: Rows, routes: Parcels) -> tuple[int, ...]:
    """The same of one read, as the rules say it."""
    mine = [(when, outlet) for k, when, outlet in scans if k == key]
    before, after = ([o for when, o in mine if (when <= at) == earlier] for earlier in (True, False))
    origin, destination, channel = routes.get(key, (0, 0, 0))
    first = min((when for k, when, _ in scans if k == key), default=0)
    return origin, destination, [0, *before][-1], [*after, 0][0], channel, 100 + key % 7 if key in routes else first


KEY = st.one_of(st.integers(1, 5), st.just((1 << 64) - 1))
WHEN = st.integers(-3, 6)
OUTLET = st.sampled_from([0, 7, 8, 9, 1 << 63])


@examples(100, quick=60)
@given(
    st.lists(st.tuples(KEY, WHEN), max_size=12),
    st.lists(st.tuples(KEY, WHEN, OUTLET), max_size=12),
    st.dictionaries(KEY, st.tuples(OUTLET, OUTLET, OUTLET), max_size=5),
)
def test_the_same_in_plain_python(reads: list[tuple[int, int]], scans: Rows, routes: Parcels) -> None:
    """Reads lie by parcel in any order of time, scans by parcel and time."""
    reads.sort(key=lambda r: r[0])
    scans.sort(key=lambda s: s[:2])
    assert asked(reads, scans, routes) == [plainly(key, at, scans, routes) for key, at in reads]


def test_1_a_scan_at_the_moment_of_the_read_is_before_it() -> None:
    scans = [(1, 10, 7), (1, 20, 8), (1, 20, 9), (1, 30, 7)]
    told = [row[2:4] for row in asked([(1, at) for at in (9, 10, 19, 20, 30)], scans, {})]
    assert told == [(0, 7), (7, 8), (7, 8), (9, 7), (7, 0)]


def test_2_a_parcel_that_no_table_knows() -> None:
    scans, routes = [(1, 10, 7), (3, 10, 8)], {1: (4, 5, 6), 3: (5, 4, 6)}
    assert asked([(2, 10)], scans, routes) == [(0, 0, 0, 0, 0, 0)]
    assert asked([(2, 10)], [], {}) == [(0, 0, 0, 0, 0, 0)]
    assert asked([], scans, routes) == []
    assert asked([(3, 10)], [], routes) == [(5, 4, 0, 0, 6, 103)]
    assert asked([(3, 10)], scans, {}) == [(0, 0, 8, 0, 0, 10)]
