"""Short names for the arrays of the simulator, and its units of time (microseconds)."""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
Tiny = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Amount = float | Ints | Floats

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
# China keeps one time, eight hours ahead of UTC, all year round.
LOCAL = 8 * HOUR
NEVER = np.iinfo(np.int64).max


def quiet(stage: str, done: int, total: int) -> None:
    """The progress callback that says nothing."""


def stream(seed: int, *path: int) -> np.random.Generator:
    """A random stream of its own for every place in the program, so that no place shifts another's numbers."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=path))


def hour_of_day(at: Ints) -> Ints:
    """The hour of the day in China, 0 to 23."""
    hours: Ints = (at + LOCAL) // HOUR % 24
    return hours


def midnight(at: Ints) -> Ints:
    """The last midnight in China before `at`, in UTC microseconds."""
    start: Ints = (at + LOCAL) // DAY * DAY - LOCAL
    return start
