"""Three or more lists: log-linear models of who was caught by which list.

Obligations (code and tests cite the numbers):
1. Counts of the 2^k − 1 histories that can be seen are Poisson; log μ has an intercept, a term for each list and one
   for each pair of lists that depend on each other. The history that nobody sees has the intercept alone (Fienberg
   1972; Cormack 1989).
2. Which pairs depend is chosen by AIC or BIC: of all sets of pairs up to four lists, step by step from none for more.
   A pair that shares no number can't be in a model. One more model stands for chances that differ from number to
   number: the same term for every pair (Darroch et al. 1993; quasi-symmetry without higher terms).
3. A model's interval is that of the profile likelihood of the total (multinomial; Cormack 1992), which need not be
   symmetric and may have no upper end.
4. What choosing a model leaves out is put back: the interval that is shown covers those of all models within `WITHIN`
   of the best. The estimate is that of the plainest of them: with few numbers, an involved model can run far off.
5. A model whose likelihood has no finite maximum is left out, never repaired.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from wayseal.trace.extent._estimate import CHI2, Estimate, Floats, fit_poisson

WITHIN = 2.0
ALL_SETS_UP_TO = 4
_FAR = 1e4
"""Unseen numbers for one that was seen, beyond which there is no limit."""

Pairs = tuple[tuple[int, int], ...]


class Criterion(StrEnum):
    """By what a model is chosen."""

    AIC = "aic"
    BIC = "bic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """pairs: lists that depend on each other. uneven: all pairs alike, as where chances differ from number to number.

    score: of the criterion, less is better. unseen: expected.
    """

    pairs: Pairs
    uneven: bool = False
    score: float
    unseen: float


def histories(lists: int) -> Floats:
    """[2^k − 1, k] of 0 and 1: every history but the one that nobody sees; row h − 1 has the bits of h."""
    codes = np.arange(1, 1 << lists)
    return ((codes[:, None] >> np.arange(lists)) & 1).astype(np.float64)


def design(lists: int, pairs: Pairs, *, uneven: bool = False) -> Floats:
    """[2^k − 1, p] columns of obligation 1, and of obligation 2 where chances are uneven."""
    seen = histories(lists)
    times = seen.sum(axis=1)
    alike = [times * (times - 1) / 2] if uneven else []
    columns = [np.ones(len(seen)), *seen.T, *(seen[:, a] * seen[:, b] for a, b in pairs), *alike]
    return np.stack(columns, axis=1)


def models(count: Floats, criterion: Criterion) -> list[Model]:
    """Models of the counts by history, best first; empty where none can be fitted (obligations 2 and 5)."""
    lists = (len(count) + 1).bit_length() - 1
    seen = histories(lists)
    usable = [p for p in itertools.combinations(range(lists), 2) if count @ (seen[:, p[0]] * seen[:, p[1]]) > 0]
    tried = _all_sets(usable) if lists <= ALL_SETS_UP_TO else _stepwise(count, usable, criterion)
    made = [
        *(_fitted(count, lists, pairs, criterion) for pairs in tried),
        _fitted(count, lists, (), criterion, uneven=True),
    ]
    return sorted((m for m in made if m is not None), key=lambda m: (m.score, len(m.pairs), m.pairs, m.uneven))


def _all_sets(usable: list[tuple[int, int]]) -> Iterator[Pairs]:
    for size in range(len(usable) + 1):
        yield from itertools.combinations(usable, size)


def _stepwise(count: Floats, usable: list[tuple[int, int]], criterion: Criterion) -> list[Pairs]:
    """Every set that was looked at on the way from none, one pair at a time, while the criterion improves."""
    lists = (len(count) + 1).bit_length() - 1
    best: Pairs = ()
    looked: list[Pairs] = [()]
    start = _fitted(count, lists, (), criterion)
    score = math.inf if start is None else start.score
    while True:
        ahead: list[Pairs] = [tuple(sorted((*best, p))) for p in usable if p not in best]
        looked += ahead
        found = [m for m in (_fitted(count, lists, pairs, criterion) for pairs in ahead) if m is not None]
        top = min(found, key=lambda m: (m.score, m.pairs), default=None)
        if top is None or top.score >= score:
            return looked
        best, score = top.pairs, top.score


def _fitted(count: Floats, lists: int, pairs: Pairs, criterion: Criterion, *, uneven: bool = False) -> Model | None:
    """One model; none where its likelihood has no finite maximum, or next to none."""
    matrix = design(lists, pairs, uneven=uneven)
    beta = fit_poisson(matrix, count)
    if beta is None:
        return None
    unseen = math.exp(beta[0])
    if unseen > _FAR * count.sum():
        return None
    eta = matrix @ beta
    likelihood = float(count @ eta - np.exp(eta).sum() - sum(map(math.lgamma, count + 1)))
    terms = matrix.shape[1]
    cost = terms * math.log(count.sum()) if criterion is Criterion.BIC else 2.0 * terms
    return Model(pairs=pairs, uneven=uneven, score=cost - 2 * likelihood, unseen=unseen)


def interval(count: Floats, model: Model) -> Estimate:
    """The model's total with its profile likelihood interval (obligation 3)."""
    lists = (len(count) + 1).bit_length() - 1
    matrix = design(lists, model.pairs, uneven=model.uneven)
    profile = _Profile(np.vstack([np.eye(1, matrix.shape[1]), matrix]), count)
    seen = float(count.sum())
    peak = profile.peak(model.unseen)
    top = profile.at(peak)
    low = 0.0 if top - profile.at(0.0) <= CHI2 / 2 else profile.edge(0.0, peak, top)
    far = _FAR * seen
    high = math.inf if top - profile.at(far) <= CHI2 / 2 else profile.edge(far, peak, top)
    value = seen + model.unseen
    return Estimate(value=value, low=min(seen + low, value), high=max(seen + high, value))


class _Profile:
    """The profile log likelihood of how many were never seen."""

    def __init__(self, matrix: Floats, count: Floats) -> None:
        self._matrix, self._count = matrix, count
        self._beta: Floats | None = None

    def at(self, unseen: float) -> float:
        """Its value; -inf where no fit is found."""
        whole = np.concatenate([[unseen], self._count])
        beta = fit_poisson(self._matrix, whole, self._beta)
        if beta is None:
            beta = fit_poisson(self._matrix, whole)
        if beta is None:
            return -math.inf
        self._beta = beta
        total = float(whole.sum())
        log_p = self._matrix @ beta - math.log(total)
        return math.lgamma(total + 1) - math.lgamma(unseen + 1) + float(whole @ log_p)

    def peak(self, near: float) -> float:
        """Where it is highest: golden section on a logarithmic scale around the Poisson estimate."""
        low, high = math.log(near / 20 + 1e-3), math.log(20 * near + 20)
        ratio = (math.sqrt(5) - 1) / 2
        for _ in range(40):
            first, second = high - ratio * (high - low), low + ratio * (high - low)
            if self.at(math.exp(first)) < self.at(math.exp(second)):
                low = first
            else:
                high = second
        return math.exp((low + high) / 2)

    def edge(self, outside: float, inside: float, top: float) -> float:
        """Where it falls by half of χ²'s quantile between a point outside the interval and one inside."""
        out, within = math.log(outside + 0.01), math.log(inside + 0.01)
        for _ in range(40):
            middle = (out + within) / 2
            if top - self.at(max(math.exp(middle) - 0.01, 0.0)) > CHI2 / 2:
                out = middle
            else:
                within = middle
        return max(math.exp((out + within) / 2) - 0.01, 0.0)
