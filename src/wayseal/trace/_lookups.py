"""Which number to ask a seller to look up, so that whoever reads it next shows who sells.

Part of the trade answers for any number that a buyer names. Whoever answers must read the record, after the question
and before the answer: unlike a canary, which says yes or no about a group, one look-up can single out one of all.

1. One leaker, as in `_planner`: a belief over K listed sources; what is missing to 1 is somebody not listed, whose read
   is counted as telling nothing.
2. The source reads the number within `WINDOW_H` hours of the question with the probability `LOOKS`, if its rights
   reach the number, and `AGAIN` if it had read it before and may have kept what it saw.
3. Its rights reach what came to its outlet; all numbers, if no outlet is known of it or its work is everything;
   any other with the probability `ELSEWHERE`.
4. Others read the number meanwhile at the rate at which such parcels are read so late in their lives. So it should be
   one whose work is done: then nobody has a reason to.
5. Bits: mutual information between the source and who reads it. Draws are the same for the same arguments.
"""

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from wayseal.trace._evidence import Floats

LOOKS = 0.5
"""Probability that a seller reads the number for the answer, and the log shows it: as cautious as for a canary."""

AGAIN = 0.25
ELSEWHERE = 0.5
WINDOW_H = 24.0
DRAWS = 24
_FLOOR = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupCandidates:
    """W numbers and K sources. in_reach, was_read [K, W]: the number is surely within reach (rule 3); was read before.

    idle[K]: probability that each source, with nothing to do with a question, reads such a number in its window.
    """

    in_reach: NDArray[np.bool_]
    was_read: NDArray[np.bool_]
    idle: Floats


def read_chances(numbers: LookupCandidates) -> Floats:
    """[K, W] probability that each source, if it sells, reads each number for the answer (rules 2 and 3)."""
    return np.where(numbers.was_read, AGAIN, LOOKS) * np.where(numbers.in_reach | numbers.was_read, 1.0, ELSEWHERE)


def information_bits(belief: Floats, numbers: LookupCandidates) -> Floats:
    """[W] bits that asking for each number tells about the source (rule 5)."""
    idle = np.clip(numbers.idle, _FLOOR, 1 - _FLOOR)
    looks = read_chances(numbers)
    kinds, which = np.unique(looks, axis=1, return_inverse=True)
    bits = np.array([_told(belief, idle, kinds[:, w]) for w in range(kinds.shape[1])])
    return np.asarray(bits[which.ravel()], np.float64)


def _told(belief: Floats, idle: Floats, looks: Floats) -> float:
    k = len(belief)
    known = np.append(belief, max(1 - float(belief.sum()), 0.0))
    by_chance = np.random.default_rng(1).random((DRAWS, 1, k)) < idle
    reads = np.repeat(by_chance, k + 1, axis=1)
    turns = (np.arange(DRAWS) + 0.5) / DRAWS
    for source in range(k):
        reads[:, source, source] |= turns < looks[source]
    seen = reads.reshape(-1, k).astype(np.float64)
    with_read, without = np.log((1 - (1 - idle) * (1 - looks)) / idle), np.log1p(-looks)
    weight = np.hstack([seen * (with_read - without) + without, np.zeros((len(seen), 1))])
    true = np.tile(np.arange(k + 1), DRAWS)
    top = weight.max(axis=1)
    mixed = top + np.log(np.exp(weight - top[:, None]) @ known)
    gained = weight[np.arange(len(true)), true] - mixed
    return max(float(known[true] @ gained) / DRAWS / log(2), 0.0)
