"""Hours in which a log is silent though it usually isn't."""

import numpy as np
import numpy.typing as npt

USUAL = 30.0
"""An hour without reads is a gap if so many were usual at that hour of the day."""


def silent_hours(hour: npt.NDArray[np.int64], reads: npt.NDArray[np.int64]) -> tuple[tuple[int, int], ...]:
    """Gaps as (first hour, hour after the last), in order of time, from reads per hour.

    hour: hours since 1970 that have reads, distinct, increasing; reads: how many. What is usual at an hour of the day
    is the median over the days of the log, silent ones included, so that quiet nights and thin logs have no gaps.
    """
    if len(hour) == 0:
        return ()
    every = np.arange(hour[0], hour[-1] + 1)
    count = np.zeros(len(every), np.int64)
    count[hour - hour[0]] = reads
    clock = every % 24
    usual = np.array([np.median(count[clock == h]) if (clock == h).any() else 0.0 for h in range(24)])
    silent = (count == 0) & (usual[clock] >= USUAL)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], silent.astype(np.int8), [0]]))) + int(hour[0])
    return tuple((int(first), int(end)) for first, end in zip(edges[::2], edges[1::2], strict=True))
