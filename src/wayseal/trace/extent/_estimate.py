"""An estimate with its interval, and Chao's lower bound: how many there are at least, whatever their chances.

1. From how many were caught by exactly one list (f₁) and by exactly two (f₂) of t: n + (t−1)/t · f₁(f₁−1) / 2(f₂+1),
   the bias-corrected form (Chao 1987, 2005). Where chances differ it falls short on average, never long.
2. It is a bound also where lists depend on each other positively; where they avoid each other it may overstate.

Two lists of numbers, and any number of lists that share none.
3. Chapman's estimator (n₁+1)(n₂+1)/(m+1) − 1 with Seber's variance (Chapman 1951; Seber 1970): nearly unbiased when
   n₁ + n₂ ≥ N or m ≥ 7 (Robson and Regier 1964). Its interval is log-normal above what was seen.
4. With an overlap below `EXACT_BELOW` that interval is too short (benchmarks). There it is the exact one of the
   hypergeometric distribution: totals under which neither so small nor so large an overlap is less probable than 2.5 %.
5. Without any overlap there is no upper limit, and no estimate is given: the lower limit is the smallest total under
   which so little overlap still has a probability of 2.5 %, exactly, list after list.

Three or more lists: log-linear models of who was caught by which list.
6. Counts of the 2^k − 1 histories that can be seen are Poisson; log μ has an intercept, a term for each list and one
   for each pair of lists that depend on each other. The history that nobody sees has the intercept alone (Fienberg
   1972; Cormack 1989).
7. Which pairs depend is chosen by AIC or BIC: of all sets of pairs up to four lists, step by step from none for more.
   A pair that shares no number can't be in a model. One more model stands for chances that differ from number to
   number: the same term for every pair (Darroch et al. 1993; quasi-symmetry without higher terms).
8. A model's interval is that of the profile likelihood of the total (multinomial; Cormack 1992), which need not be
   symmetric and may have no upper end.
9. What choosing a model leaves out is put back: the interval that is shown covers those of all models within `WITHIN`
   of the best. The estimate is that of the plainest of them: with few numbers, an involved model can run far off.
10. A model whose likelihood has no finite maximum is left out, never repaired.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import PlainSerializer

from wayseal.page.programs import rounded

Z = 1.959963984540054
"""Of a two-sided interval of 95 %."""
CHI2 = 3.841458820694124
"""χ² with one degree of freedom at 95 %."""
TAIL = 0.025
"""Probability left out on each side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Counts of numbers, low ≤ value ≤ high. value is NaN where there is only a bound; high may be inf."""

    value: float
    low: float
    high: float


def log_normal(seen: float, value: float, variance: float) -> Estimate:
    """An interval whose part above what was seen is log-normal (Burnham et al. 1987; Chao 1987)."""
    unseen = value - seen
    if unseen <= 0 or variance <= 0:
        return Estimate(value=value, low=value, high=value)
    factor = math.exp(Z * math.sqrt(math.log1p(variance / unseen**2)))
    return Estimate(value=value, low=seen + unseen / factor, high=seen + unseen * factor)


def chao(seen: int, once: int, twice: int, lists: int) -> Estimate:
    """The bound and its log-normal interval (variance: Colwell's, as in EstimateS). lists: t, at least 2."""
    a = (lists - 1) / lists
    f1, f2 = float(once), float(twice)
    value = seen + a * f1 * (f1 - 1) / (2 * (f2 + 1))
    if twice:
        variance = (
            a * f1 * (f1 - 1) / (2 * (f2 + 1))
            + a**2 * f1 * (2 * f1 - 1) ** 2 / (4 * (f2 + 1) ** 2)
            + a**2 * f1**2 * f2 * (f1 - 1) ** 2 / (4 * (f2 + 1) ** 4)
        )
    else:
        variance = a * f1 * (f1 - 1) / 2 + a**2 * f1 * (2 * f1 - 1) ** 2 / 4 - a**2 * f1**4 / (4 * max(value, 1.0))
    return log_normal(seen, value, max(variance, 0.0))


Floats = NDArray[np.float64]

STEPS = 60
_CLOSE = 1e-9
_SMALL = 1e-8


def fit_poisson(design: Floats, count: Floats, start: Floats | None = None) -> Floats | None:
    """Coefficients of log μ = design · β; None where the likelihood has no finite maximum.

    design: [cells, p] of full rank; count: [cells], not negative, not all 0, whole or not. start: where to begin.
    """
    total = float(count.sum())
    if total <= 0:
        return None
    beta = np.asarray(
        np.linalg.lstsq(design, np.log(count + 0.5), rcond=None)[0] if start is None else start, np.float64
    )
    before = -np.inf
    for _ in range(STEPS):
        eta = np.clip(design @ beta, -40.0, 40.0)
        mu = np.exp(eta)
        here = float(count @ eta - mu.sum())
        gradient = design.T @ (count - mu)
        if abs(here - before) <= _CLOSE * (1.0 + abs(here)) and np.abs(gradient).max() <= 1e-5 * (1.0 + total):
            return beta if _inside(design, mu) else None
        before = here
        beta = _step(design, count, mu, beta, gradient, here)
    return None


def _step(design: Floats, count: Floats, mu: Floats, beta: Floats, gradient: Floats, here: float) -> Floats:
    """One Newton step, halved until the likelihood doesn't fall."""
    weighted = design * mu[:, None]
    direction = np.linalg.lstsq(design.T @ weighted, gradient, rcond=None)[0]
    size = 1.0
    while size > _SMALL:
        ahead = beta + size * direction
        eta = design @ ahead
        if eta.max() < 40.0 and float(count @ eta - np.exp(eta).sum()) >= here - 1e-12 * abs(here):
            return np.asarray(ahead, np.float64)
        size /= 2
    return beta


def _inside(design: Floats, mu: Floats) -> bool:
    """True if the maximum is in the open: no direction in which the likelihood is flat."""
    information = design.T @ (design * mu[:, None])
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    least = np.linalg.eigvalsh(information / np.outer(scale, scale))[0]
    return bool(least > 1e-7 and scale.min() > 1e-2)


EXACT_BELOW = 100


def chapman(first: int, second: int, both: int) -> Estimate:
    """The total from two lists and their overlap, at least 1 (obligations 3, 4); for 0 see `disjoint_lower_bound`."""
    value = (first + 1) * (second + 1) / (both + 1) - 1
    if both < EXACT_BELOW:
        return _exact(first, second, both, value)
    top = (first + 1) * (second + 1) * (first - both) * (second - both)
    variance = top / ((both + 1) ** 2 * (both + 2))
    return log_normal(first + second - both, value, variance)


def _exact(first: int, second: int, both: int, value: float) -> Estimate:
    seen = first + second - both
    low = _first_total(seen, lambda total: _at_most(both, first, second, total) >= TAIL)
    high = _first_total(seen, lambda total: 1 - _at_most(both - 1, first, second, total) < TAIL) - 1
    return Estimate(value=value, low=min(float(low), value), high=max(float(high), value))


def _first_total(seen: int, holds: Callable[[int], bool]) -> int:
    """The least total, from `seen` on, from which on something holds."""
    if holds(seen):
        return seen
    low, high = seen, 2 * seen
    while not holds(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _at_most(both: int, first: int, second: int, total: int) -> float:
    """Probability that two lists out of so many numbers share at most so many."""
    whole = _log_choose(total, second)
    least = max(0, first + second - total)
    terms = (_log_choose(first, k) + _log_choose(total - first, second - k) for k in range(least, both + 1))
    return math.fsum(math.exp(term - whole) for term in terms)


def disjoint_lower_bound(sizes: Sequence[int]) -> Estimate:
    """Bound the total by lists that share no number: a lower limit alone (obligation 5). sizes: two or more."""
    low = _first_total(sum(sizes), lambda total: _disjoint(sizes, total) >= math.log(TAIL))
    return Estimate(value=math.nan, low=float(low), high=math.inf)


def _disjoint(sizes: Sequence[int], total: int) -> float:
    """Log probability that lists drawn from so many numbers share none."""
    log_p, taken = 0.0, 0
    for size in sizes:
        log_p += _log_choose(total - taken, size) - _log_choose(total, size)
        taken += size
    return log_p


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


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
    """[2^k − 1, p] columns of obligation 6, and of obligation 7 where chances are uneven."""
    seen = histories(lists)
    times = seen.sum(axis=1)
    alike = [times * (times - 1) / 2] if uneven else []
    columns = [np.ones(len(seen)), *seen.T, *(seen[:, a] * seen[:, b] for a, b in pairs), *alike]
    return np.stack(columns, axis=1)


def models(count: Floats, criterion: Criterion) -> list[Model]:
    """Models of the counts by history, best first; empty where none can be fitted (obligations 7 and 10)."""
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
    """The model's total with its profile likelihood interval (obligation 8)."""
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


def spelled(e: Estimate | None, places: int = 1) -> dict[str, float | None] | None:
    """An estimate as JSON can hold it; null for no limit and for no value."""
    values = {} if e is None else {"value": e.value, "low": e.low, "high": e.high}
    return {k: round(v, places) if math.isfinite(v) else None for k, v in values.items()} or None


Spelled = Annotated[Estimate, PlainSerializer(spelled)]


class Status(StrEnum):
    """How far the lists carry: an estimate; a lower limit alone; one list or none, which say nothing."""

    ESTIMATE = "estimate"
    LOWER_BOUND = "lower_bound"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """A list: its name, its different numbers, and how many of them another list has too."""

    name: str
    numbers: int
    shared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRow:
    """Two lists: sizes, overlap, and Chapman's estimate (None without overlap)."""

    first: str
    second: str
    both: int
    estimate: Spelled | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """A log-linear model. pairs: names of lists that depend on each other. uneven: chances differ.

    worse: by how much than the best.
    """

    pairs: tuple[tuple[str, str], ...]
    uneven: bool
    worse: Annotated[float, rounded(2)]
    estimate: Spelled


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtentResult:
    """How many numbers leaked.

    total: of the period, from `method` ("chapman", "loglinear", "apart", "chao"; "" for nothing). least: Chao's lower
    bound (None without overlap). stock: what purchases are drawn from (None for fewer than two). days: from the first
    sighting to the last, in China's days. waybills_a_day: in the ledger, the median of its days (None for no days).
    warnings: codes of what hurts.
    """

    wayseal: str
    ledger_digest: str
    leaks_digest: str
    status: Status
    method: str
    by: str
    criterion: str
    total: Estimate | None
    least: Estimate | None
    stock: Estimate | None
    first_day: int | None
    last_day: int | None
    waybills_a_day: float | None
    lists: tuple[ListRow, ...]
    pairs: tuple[PairRow, ...]
    models: tuple[ModelRow, ...]
    rows: int
    numbers: int
    repeated: int
    foreign: int
    unlisted: int
    rejected: int
    purchases: int
    bought: int
    warnings: tuple[str, ...]

    @property
    def days(self) -> int:
        """How many days the sightings span, the first and the last included; 0 without any."""
        return 0 if self.first_day is None or self.last_day is None else self.last_day - self.first_day + 1

    def daily(self, estimate: Estimate | None) -> Estimate | None:
        """An estimate of the period as one of a day."""
        if estimate is None or not self.days:
            return None
        n = self.days
        return Estimate(value=estimate.value / n, low=estimate.low / n, high=estimate.high / n)
