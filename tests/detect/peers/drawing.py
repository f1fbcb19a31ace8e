"""Counts drawn from the model of `peers`: gamma-distributed people, gamma-distributed days, bursts."""

from typing import Any

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def draw(
    seed: int,
    people: int,
    days: int,
    *,
    rate: float,
    between: float,
    within: float,
    reads: float = 40,
    burst: float = 0.0,
) -> tuple[Longs, Floats]:
    """(people, days) odd reads, and all reads."""
    chance = np.random.default_rng(seed)
    base = 1 + chance.poisson(reads, (people, days)).astype(float)
    person: Any = chance.gamma(1 / between, between * rate, (people, 1))
    day: Any = chance.gamma(1 / within, within, (people, days))
    odd = chance.poisson(person * day * base)
    bursts = (chance.random((people, days)) < burst) * chance.geometric(1 / 20, (people, days))
    return (odd + bursts).astype(np.int64), base


def one_group(people: int) -> npt.NDArray[np.int32]:
    """Everybody is everybody's peer."""
    return np.zeros(people, np.int32)
