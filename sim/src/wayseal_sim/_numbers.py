"""Waybill numbers: YT and thirteen digits, dealt in blocks to issuing interfaces and senders."""

import math

import numpy as np
import numpy.typing as npt

from wayseal_sim.types import Ints, stream

WIDTH = 15
_BLOCK = 500
_SPACE = 9_000_000_000  # ten digits without a leading zero
KEYS = 4096
_TRIPLES = np.array([list(b"%03d" % k) for k in range(1000)], np.uint8)


class Numbers:
    """Deals numbers: within a block one after another, blocks all over the place, never the same twice.

    A sender's numbers of a day so lie close together and numbers of different senders far apart, as with e-waybills.
    """

    def __init__(self, seed: int) -> None:
        rng = stream(seed, 2)
        self._step = int(rng.integers(10**8, _SPACE))
        while math.gcd(self._step, _SPACE) != 1:
            self._step += 1
        self._offset = int(rng.integers(_SPACE))
        self._dealt = np.zeros(KEYS, np.int64)

    def deal(self, key: Ints) -> Ints:
        """The next number of each key (below KEYS), int64 of thirteen digits, in order of position."""
        order = np.argsort(key, kind="stable")
        counts = np.bincount(key, minlength=KEYS)
        rank = np.empty(len(key), np.int64)
        rank[order] = np.arange(len(key)) - np.repeat(np.cumsum(counts) - counts, counts)
        nth = rank + self._dealt[key]
        self._dealt += counts
        block, place = np.divmod(nth, _BLOCK)
        # Injective: the step shares no factor with the space, and no more blocks are dealt than it holds.
        spot = ((block * KEYS + key) * self._step + self._offset) % _SPACE
        out: Ints = (spot + 10**9) * 1000 + (spot * 7) % (1000 - _BLOCK) + place
        return out


def render(number: Ints) -> npt.NDArray[np.uint8]:
    """The numbers as text, (n, WIDTH) ASCII bytes."""
    out = np.empty((len(number), WIDTH), np.uint8)
    out[:, 0], out[:, 1] = ord("Y"), ord("T")
    for column in (12, 9, 6, 3):
        number, last = np.divmod(number, 1000)
        out[:, column : column + 3] = _TRIPLES[last]
    out[:, 2] = number + ord("0")
    return out
