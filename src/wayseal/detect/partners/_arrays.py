"""Counting in arrays."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
UInts = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
HOUR_US, DAY_US = 3_600_000_000, 86_400_000_000


def count_values(values: npt.NDArray[np.generic]) -> Counter[int]:
    """How often each value stands there."""
    found, count = np.unique(values, return_counts=True)
    return Counter(dict(zip(found.tolist(), count.tolist(), strict=True)))


def count_pairs(one: npt.NDArray[np.generic], other: npt.NDArray[np.generic]) -> dict[tuple[int, int], int]:
    """How often each pair stands there."""
    left, at_left = np.unique(one, return_inverse=True)
    right, at_right = np.unique(other, return_inverse=True)
    wide = max(len(right), 1)
    codes, count = np.unique(at_left * wide + at_right, return_counts=True)
    pairs = zip(left[codes // wide].tolist(), right[codes % wide].tolist(), strict=True)
    return dict(zip(pairs, count.tolist(), strict=True))


def distinct_of(keys: UInts) -> int:
    """How many different keys; they are sorted."""
    return int(np.count_nonzero(keys[1:] != keys[:-1])) + 1 if len(keys) else 0


def least(values: Iterable[int | None]) -> int | None:
    """The least that is there."""
    return min((v for v in values if v is not None), default=None)


def most(values: Iterable[int | None]) -> int | None:
    """The greatest that is there."""
    return max((v for v in values if v is not None), default=None)
