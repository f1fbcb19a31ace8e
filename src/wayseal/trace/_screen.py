"""Which candidates are worth a seat in the sampler, and where its chains start.

1. Every candidate's single-source Bayes factor is computed: the likelihood averaged over the share
   w of the leaks that would be its own, w uniform.
2. Candidates with equal evidence on every leak and equal prior are one class: nothing in the data
   can part them, so nothing in the sampler may.
3. The greedy start adds the class that gains most, refits the shares, and stops at the first loss.
"""

from dataclasses import dataclass

import numpy as np

from wayseal.trace._evidence import Evidence, Floats, Ints
from wayseal.trace._likelihood import Likelihood

SEATS = 1200
"""Most classes that the sampler looks at."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_U = 0.5 * (_NODES + 1)
_LOG_WEIGHT = np.log(0.5 * _WEIGHTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """Seats of the sampler: C' classes of candidates with equal evidence.

    members[c]: the candidates of each class. ratios[D, C', n]: its likelihood ratios under each
    delay; log_base[D]: log likelihood of the delays themselves (see `Likelihood`). log_odds[C']: log
    prior odds that one of its members is a source. log_factor[C']: log single-source Bayes factor.
    group[C']: outlet of its first member.
    """

    members: tuple[Ints, ...]
    ratios: Floats
    log_base: Floats
    log_odds: Floats
    log_factor: Floats
    group: Ints

    @property
    def ratio(self) -> Floats:
        """[C', n] ratios under the first delay, which screens and starts the chains."""
        return np.asarray(self.ratios[0], np.float64)


def log_bayes_factors(likelihood: Likelihood) -> Floats:
    """[C] log of the single-source Bayes factor against "all from unknown"."""
    out = np.full((likelihood.candidates, len(_U)), 0.0)
    own = np.bincount(likelihood.source, minlength=likelihood.candidates)
    for node, u in enumerate(_U):
        gain = np.log1p(u * (likelihood.ratio[0] - 1))
        out[:, node] = np.bincount(likelihood.source, weights=gain, minlength=likelihood.candidates) + (
            likelihood.leaks - own
        ) * np.log1p(-u)
    return _log_mean(out)


def classes(evidence: Evidence, likelihood: Likelihood, rho: Floats) -> Classes:
    """Seat the best candidates, equal ones together."""
    factor = log_bayes_factors(likelihood)
    counts = np.bincount(likelihood.source, minlength=evidence.candidates)
    allowed = (counts > 0) & ~(evidence.part & (counts < 2))
    score = np.where(allowed, factor + np.log(rho), -np.inf)
    order = np.argsort(-score, kind="stable")[: 4 * SEATS]
    rows = order[np.isfinite(score[order])].astype(np.int32)
    dense = likelihood.dense(rows)
    seats = _same(dense[0], rho[rows])[:SEATS]
    first = np.array([seat[0] for seat in seats], np.int64)
    sizes = np.array([len(seat) for seat in seats], np.float64)
    odds = np.log(rho[rows] / (1 - rho[rows]))
    return Classes(
        members=tuple(rows[seat] for seat in seats),
        ratios=np.ascontiguousarray(dense[:, first]),
        log_base=likelihood.log_base,
        log_odds=odds[first] + np.log(sizes),
        log_factor=factor[rows[first]],
        group=evidence.group[rows[first]],
    )


def _same(dense: Floats, rho: Floats) -> list[Ints]:
    """Places of equal rows, in order of their first; equal to nine digits."""
    rounded = np.column_stack([dense, rho])
    with np.errstate(divide="ignore"):
        digits = np.where(rounded > 0, np.round(np.log(rounded), 9), -np.inf)
    found: dict[bytes, list[int]] = {}
    for place, row in enumerate(np.ascontiguousarray(digits)):
        found.setdefault(row.tobytes(), []).append(place)
    return [np.array(places, np.int32) for places in found.values()]


def greedy(seats: Classes, *, most: int = 24) -> tuple[Ints, Floats]:
    """Find a good start: classes, and the shares of unknown and of each of them (k + 1)."""
    n = seats.ratio.shape[1]
    chosen: list[int] = []
    share = np.ones(1)
    mixture = np.ones(n)
    while len(chosen) < min(most, len(seats.members)):
        gain = gains(seats, mixture, len(chosen)) + seats.log_odds
        gain[chosen] = -np.inf
        best = int(np.argmax(gain))
        if gain[best] <= 0:
            break
        chosen.append(best)
        share = _shares_of(seats.ratio[chosen], n)
        mixture = share[0] + share[1:] @ seats.ratio[chosen]
    return np.array(chosen, np.int32), share


def gains(seats: Classes, mixture: Floats, k: int) -> Floats:
    """[C'] log Bayes factor of adding each class to k others that explain the leaks by `mixture`.

    The new share u has the prior Beta(1, k + 1).
    """
    relative = seats.ratio / mixture[None, :] - 1
    out = np.empty((len(seats.members), len(_U)))
    for node, u in enumerate(_U):
        out[:, node] = np.log1p(u * relative).sum(axis=1) + k * np.log1p(-u) + np.log(k + 1)
    return _log_mean(out)


def _shares_of(ratio: Floats, n: int) -> Floats:
    """Posterior-mean-like shares of unknown and of each row, by expectation-maximisation."""
    table = np.vstack([np.ones(n), ratio])
    share = np.full(len(table), 1 / len(table))
    for _ in range(50):
        part = share[:, None] * table
        part /= part.sum(axis=0)
        share = (1 + part.sum(axis=1)) / (len(table) + n)
    return share


def _log_mean(values: Floats) -> Floats:
    """Log of the quadrature over the last axis of exp(values)."""
    top = values.max(axis=1, initial=-np.inf)
    mean = np.exp(values - top[:, None] + _LOG_WEIGHT).sum(axis=1)
    return np.asarray(top + np.log(mean), np.float64)
