"""How long after a read a number goes on sale.

1. Nobody knows the seller's habits: the delay is one of several log-normals, or differs from leak to
   leak (a mixture of them); the leaks themselves say which (`scenarios`).
2. A tenth of it is flat over the parcel's past: no delay is impossible, however odd.
3. A sale known only to lie between two looks counts the delays that end between them.
4. A read between the buyer's order and the sale may be the seller looking the number up; more often so where the buyer
   chose the number, as the seller can hardly have it at hand.
5. No read after the sale counts at all.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from wayseal.model.runtime import kernel
from wayseal.trace._evidence import Evidence, Floats, Ints


def erf(z: Floats) -> Floats:
    """Error function of each element, of any shape."""
    out = np.empty(z.size, np.float64)
    _fill(np.ascontiguousarray(z, np.float64).ravel(), out)
    return out.reshape(z.shape)


@kernel
def _fill(z: Floats, out: Floats) -> None:
    for i in range(len(z)):
        out[i] = math.erf(z[i])


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """Prior beliefs on the hours from read to sale.

    medians_h, sigma: the log-normals, equally likely. flat: share that is uniform over the past.
    ordered: share of sellers who look a number up only after it was ordered (where that is known); chosen: of those who
    are asked for a number that the buyer chose.
    """

    medians_h: tuple[float, ...] = (1.5, 6.0, 24.0)
    sigma: float = 1.2
    flat: float = 0.1
    ordered: float = 0.2
    chosen: float = 0.8

    def density(self, hours: Floats) -> Floats:
        """Density (per hour) of the log-normal mixture; 0 where hours ≤ 0."""
        positive = np.where(hours > 0, hours, 1.0)
        log_h = np.log(positive)
        total = np.zeros_like(log_h)
        for median in self.medians_h:
            total += np.exp(-0.5 * ((log_h - math.log(median)) / self.sigma) ** 2)
        scale = self.sigma * math.sqrt(2 * math.pi) * len(self.medians_h)
        return np.where(hours > 0, total / (positive * scale), 0.0)

    def distribution(self, hours: Floats) -> Floats:
        """Probability that the log-normal mixture stays below `hours`; 0 where hours ≤ 0."""
        positive = np.where(hours > 0, hours, 1.0)
        log_h = np.log(positive)
        total = np.zeros_like(log_h)
        for median in self.medians_h:
            z = (log_h - math.log(median)) / (self.sigma * math.sqrt(2))
            total += 0.5 * (1 + erf(z))
        return np.where(hours > 0, total / len(self.medians_h), 0.0)


def scenarios(delay: Delay) -> tuple[Delay, ...]:
    """Delays to choose between, equally likely before the leaks: the mixture, then each part."""
    if len(delay.medians_h) == 1:
        return (delay,)
    return delay, *(replace(delay, medians_h=(median,)) for median in delay.medians_h)


def sale_weight(evidence: Evidence, leak: Ints, at: Floats, delay: Delay) -> Floats:
    """How likely each leak's sale is, had its seller got the number at `at`.

    leak[m], at[m] → [m]: a density per hour, or, where the last look without the number is known,
    the probability of a sale between the looks. Compare values of the same leak only.
    """
    sold = evidence.sold_at[leak]
    absent = evidence.absent_at[leak]
    asked = evidence.asked_at[leak]
    hours = sold - at
    horizon = past_h(evidence)[leak]
    window = ~np.isnan(absent)
    gap = np.where(window, np.minimum(sold - absent, np.maximum(hours, 0.0)), 1.0)
    weight = (1 - delay.flat) * delay.density(hours) + delay.flat * _inside(hours, horizon)
    if window.any():
        inner = (hours - gap)[window]
        between = delay.distribution(hours[window]) - delay.distribution(inner)
        flat = gap[window] * _inside(hours, horizon)[window]
        weight[window] = (1 - delay.flat) * between + delay.flat * flat
    known = ~np.isnan(asked) & (asked < sold)
    span = np.where(known, sold - asked, 1.0)
    looked_up = np.where((hours > 0) & (hours <= span), np.minimum(gap / span, 1.0), 0.0)
    ordered = np.full(len(leak), delay.ordered)
    if evidence.chosen is not None:
        ordered[evidence.chosen[leak]] = delay.chosen
    weight = np.where(known, (1 - ordered) * weight + ordered * looked_up, weight)
    return np.where(hours > 0, weight, 0.0)


_STEPS_LEAST, _STEPS_MOST, _EVALUATIONS = 32, 256, 1 << 16


def past_h(evidence: Evidence) -> Floats:
    """[n] hours of past over which a read of each leak could have happened, at least a life."""
    age = evidence.sold_at - np.where(np.isnan(evidence.born), evidence.sold_at, evidence.born)
    return np.maximum(age, evidence.life_h)


def unrelated_weight(evidence: Evidence, delay: Delay) -> Floats:
    """[n] mean `sale_weight` of a read at any moment of the parcel's life, each as likely."""
    steps = max(_STEPS_LEAST, min(_STEPS_MOST, _EVALUATIONS // max(evidence.leaks, 1)))
    born = np.where(np.isnan(evidence.born), evidence.sold_at - evidence.life_h, evidence.born)
    offsets = (np.arange(steps) + 0.5) / steps * evidence.life_h
    n = evidence.leaks
    at = (born[:, None] + offsets[None, :]).ravel()
    leak = np.repeat(np.arange(n, dtype=np.int32), steps)
    weight = sale_weight(evidence, leak, at, delay).reshape(n, steps)
    return np.asarray(weight.mean(axis=1), np.float64)


def _inside(hours: Floats, horizon: Floats) -> Floats:
    """Density of a uniform delay between 0 and the horizon."""
    return np.where((hours > 0) & (hours <= horizon), 1.0 / horizon, 0.0)
