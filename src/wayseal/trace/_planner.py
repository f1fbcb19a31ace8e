"""Which accounts to show a canary next, so that its coming out, or not, says most.

A canary is a waybill number that only chosen accounts (its *pool*) meet. If the leaker is in the pool, it comes out on
sale with the probability s (sensitivity); if not, it is taken for come out with a small probability ε (false hit).

1. One leaker: the belief gives each account its probability of being *the* leaker; what is missing to 1 is somebody
   who is not listed, and whom no pool can hold. For several leakers: find one, suspend, start again.
2. A pool of mass m tells I(m) = h(ms + (1-m)ε) - m·h(s) - (1-m)·h(ε) bits (h: entropy of a yes or no). The best mass
   m* is found numerically, the most that a canary can tell is the capacity C = I(m*).
3. Bound: whoever stops with an error of at most δ among N equally likely accounts has needed (1-δ)·log2(N)/C canaries
   on average. (Fano's inequality allows h(δ) bits less, half a per cent at N = 20,000, δ = .01.)
4. Several canaries of one round go out before any answer. Each splits every set of accounts that the earlier ones
   leave together, so that its mass is near m* whatever those answer; the likeliest accounts are placed one by one, by
   the expected bits given simulated answers.
5. A round ends early when the next canary would tell less than `worth` of the capacity.
6. After an answer each account's probability is multiplied by that of the answer, and nothing else is changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from wayseal.trace._evidence import Floats, Ints

FALSE_HIT = 0.002
"""Probability that a canary is seen on sale though nobody of its pool sold it (a guess, a mix-up, a second look)."""

HEADS = 7
"""Accounts that are placed one by one; all their subsets are tried."""
BODY = 256
"""Accounts after these whose simulated probability is followed one by one; the rest counts as one mass."""
ANSWERS = 48
"""Simulated answers to the canaries of a round that are planned already."""
FRACTIONS = (0.0, 0.1, 0.2, 0.3, 0.38, 0.44, 0.5, 0.7, 1.0)
"""Parts of the less likely accounts that a pool may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryOdds:
    """The power of a canary. sensitivity s, false_hit ε: probabilities, s > ε."""

    sensitivity: float
    false_hit: float = FALSE_HIT

    def __post_init__(self) -> None:
        if not 0 <= self.false_hit < self.sensitivity <= 1:
            raise ValueError("a canary's false hit rate must be below its sensitivity, both within 0 and 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryRound:
    """Canaries to send out together: pools of places in the belief, and the bits that each adds to those before."""

    pools: tuple[Ints, ...]
    bits: tuple[float, ...]


def bits_of(mass: Floats | float, canary: CanaryOdds) -> Floats:
    """Bits that a pool of so much probability tells (rule 2)."""
    m = np.asarray(mass, np.float64)
    s, e = canary.sensitivity, canary.false_hit
    return np.maximum(_entropy(m * s + (1 - m) * e) - m * _entropy(s) - (1 - m) * _entropy(e), 0.0)


@cache
def capacity(canary: CanaryOdds) -> tuple[float, float]:
    """The most that a canary can tell, in bits, and the mass of the pool that does it."""
    low, high = 0.0, 1.0
    for _ in range(60):  # I is concave in the mass
        left, right = low + (high - low) / 3, high - (high - low) / 3
        if bits_of(left, canary) < bits_of(right, canary):
            low = left
        else:
            high = right
    mass = (low + high) / 2
    return float(bits_of(mass, canary)), mass


def update_belief(belief: Floats, pool: Ints, hit: bool, canary: CanaryOdds) -> Floats:
    """The belief [N] after an answer; somebody not listed takes part with what is missing to 1 (rule 6)."""
    inside, outside = canary.sensitivity, canary.false_hit
    if not hit:
        inside, outside = 1 - inside, 1 - outside
    weight = np.full(len(belief), outside)
    weight[pool] = inside
    after = belief * weight
    total = after.sum() + max(1 - float(belief.sum()), 0.0) * outside
    return np.asarray(after / total, np.float64) if total > 0 else belief


def plan_round(
    belief: Floats, canary: CanaryOdds, most: int, *, rng: np.random.Generator, worth: float = 0.85
) -> CanaryRound:
    """Choose up to `most` pools to send out together (rules 4 and 5); at least one, if anybody is left to doubt."""
    order = np.argsort(-belief, kind="stable")
    parts = _Parts(belief, order, canary, rng)
    least = worth * capacity(canary)[0]
    pools: list[Ints] = []
    bits: list[float] = []
    for turn in range(most):
        pool, told = parts.best()
        if told <= 1e-9 or (turn and told < least):
            break
        pools.append(np.sort(pool).astype(np.int32))
        bits.append(told)
        if turn + 1 < most:
            parts.answer(pool)
    return CanaryRound(pools=tuple(pools), bits=tuple(bits))


class _Parts:
    """Heads, body and tail of a belief, under simulated answers to the pools planned so far."""

    def __init__(self, belief: Floats, order: NDArray[np.int64], canary: CanaryOdds, rng: np.random.Generator) -> None:
        self._belief, self._canary, self._rng = belief, canary, rng
        self._heads, self._body = order[:HEADS], order[HEADS : HEADS + BODY]
        self._tail = order[HEADS + BODY :]
        self._cell = np.zeros(len(belief), np.int64)
        known = np.append(self._heads, self._body)
        self._known = known
        # [answers, accounts] and the mass of the tail; one row until something was answered.
        self._weight = belief[known][None, :]
        self._rest = np.array([belief[self._tail].sum()])
        self._subsets = np.array(list(product((0.0, 1.0), repeat=len(self._heads))))
        self._taken = 0.0
        self._cells = 1

    def best(self) -> tuple[NDArray[np.int64], float]:
        """The pool that tells most, and its expected bits."""
        h = len(self._heads)
        body = [self._split(self._body, f) for f in FRACTIONS]
        spread = np.stack([self._weight[:, h:] @ b for b in body]) + np.outer(FRACTIONS, self._rest)
        mass = (self._weight[:, :h] @ self._subsets.T)[:, :, None] + spread.T[:, None, :]
        told = bits_of(mass, self._canary).mean(axis=0)
        subset, f = (int(x) for x in np.unravel_index(int(np.argmax(told)), told.shape))
        self._taken = FRACTIONS[f]
        taken = [self._heads[self._subsets[subset] > 0], self._body[body[f] > 0], self._spread(FRACTIONS[f])]
        return np.concatenate(taken), float(told[subset, f])

    def answer(self, pool: NDArray[np.int64]) -> None:
        """Simulate answers to a pool (of `best`), and remember whom it parts."""
        if len(self._rest) == 1:
            self._weight = np.repeat(self._weight, ANSWERS, axis=0)
            self._rest = np.repeat(self._rest, ANSWERS)
        inside = np.isin(self._known, pool)
        s, e = self._canary.sensitivity, self._canary.false_hit
        mass = self._weight[:, inside].sum(axis=1) + self._rest * self._taken
        hit = self._rng.random(ANSWERS) < mass * s + (1 - mass) * e
        yes, no = np.where(hit, s, 1 - s), np.where(hit, e, 1 - e)
        # Somebody not listed weighs what is missing to 1, and is in no pool.
        missing = np.maximum(1 - self._weight.sum(axis=1) - self._rest, 0.0) * no
        self._weight = self._weight * np.where(inside[None, :], yes[:, None], no[:, None])
        self._rest = self._rest * (self._taken * yes + (1 - self._taken) * no)
        total = self._weight.sum(axis=1) + self._rest + missing
        self._weight, self._rest = self._weight / total[:, None], self._rest / total
        self._cells *= 2
        self._cell = 2 * self._cell
        self._cell[pool] += 1

    def _split(self, accounts: NDArray[np.int64], fraction: float) -> Floats:
        """[accounts] 1 for those of a part of each cell that holds this fraction of its mass."""
        out = np.zeros(len(accounts))
        order = self._by_cell(accounts)
        carried = 0.0
        for place, p in zip(order.tolist(), self._belief[accounts[order]].tolist(), strict=True):
            carried += p * fraction
            if carried >= p / 2 and fraction:
                out[place] = 1.0
                carried -= p
        return out

    def _by_cell(self, accounts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Places by cell, the likeliest first, as body and tail stand already."""
        cell = self._cell[accounts]
        # Short numbers are sorted by their digits, which is many times as fast.
        return np.argsort(cell.astype(np.uint16) if self._cells <= 1 << 16 else cell, kind="stable")

    def _spread(self, fraction: float) -> NDArray[np.int64]:
        """The same for the many accounts of the tail, where neighbours in order weigh nearly the same."""
        tail = self._tail
        ordered = tail[self._by_cell(tail)]
        steps = np.floor(np.arange(1, len(tail) + 1) * fraction + 1e-9)
        taken: NDArray[np.int64] = ordered[np.diff(steps, prepend=0.0) > 0]
        return taken


def _entropy(p: Floats | float) -> Floats:
    """Entropy of a yes or no, in bits."""
    x = np.clip(np.asarray(p, np.float64), 1e-300, 1.0)
    y = np.clip(1 - x, 1e-300, 1.0)
    return -(x * np.log2(x) + y * np.log2(y))


def one_leaker(probabilities: Sequence[float] | Floats, some: float) -> Floats:
    """Probabilities of being among the sources as a belief in one leaker (rule 1).

    some: probability that there is any source. Where the sum is above it (several sources, or ties counted twice), all
    are scaled down to it; where it is below, the rest is somebody not listed. `some` itself leaves 1 in 1,000 to that.
    """
    p = np.asarray(probabilities, np.float64)
    most = min(some, 0.999)
    total = float(p.sum())
    return p * (most / total) if total > most else p
