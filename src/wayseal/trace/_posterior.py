"""What the evidence says about every candidate.

1. An account's probability is that of itself or any of its parts (sessions, devices); a part's is its own.
2. Members of a class of equal evidence share its probability evenly.
3. A sampler can't report 1: no probability is above what its effective sample size can show.
4. The likelihood ratio is [P/(1-P)] / [ρ/(1-ρ)], capped at what validation supports as well.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wayseal.trace._credible import credible_set
from wayseal.trace._delay import Delay, scenarios
from wayseal.trace._evidence import Evidence, Floats, Ints
from wayseal.trace._likelihood import Likelihood, likelihood
from wayseal.trace._prior import Prior
from wayseal.trace._sampler import Draws, Effort, sample
from wayseal.trace._screen import Classes, classes

SUPPORTED = 0.999
"""Highest probability that enters a likelihood ratio: benchmarks/accuracy.py checked a few thousand calls."""

LATE_H = 96.0
"""Median of the delay of `Posterior.late`, hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Doubt about a source: the part of its probability that stays, and the part that moves to another account."""

    source: int
    other: int
    stays: float
    moved: float


@dataclass(frozen=True, kw_only=True)
class Posterior:
    """Beliefs after the evidence.

    probability[C]: that the candidate is among the sources. log10_lr[C]. share[C]: expected share
    of the leaks, given that it is a source. rho[C]: prior probability. some: probability that
    there is any source. unknown[n]: probability that each leak is from none of the candidates.
    unknown_share: its mean. delays: what was chosen between; `draws.delays` their probabilities.
    points[C, n] (only rows of `rows`): see `points_at`. shifts: doubts that all of these hold already
    (`_framing_doubt`).
    """

    probability: Floats
    log10_lr: Floats
    share: Floats
    rho: Floats
    some: float
    unknown: Floats
    unknown_share: float
    disagreement: float
    iterations: int
    evidence: Evidence
    likelihood: Likelihood
    seats: Classes
    draws: Draws
    delays: tuple[Delay, ...]
    shifts: tuple[Shift, ...] = ()

    @cached_property
    def account(self) -> Ints:
        """[C] the account that each candidate stands for: that of a part, else itself."""
        return _account(self.evidence)

    @cached_property
    def late(self) -> Likelihood:
        """Ratios under a delay that is later than any assumed, for tests of the draw; log_base as in `likelihood`."""
        return likelihood(self.evidence, (Delay(medians_h=(LATE_H,)),))

    @cached_property
    def unit(self) -> Ints:
        """[C'] account of each seat, by its first member: parts count as their account."""
        first = np.array([members[0] for members in self.seats.members], np.int32)
        return self.account[first] if len(first) else first

    @cached_property
    def accounts(self) -> Ints:
        """[T, K] `draws.states` with seats replaced by the account of their first member."""
        return _mapped(self.draws.states, self.unit)

    def set_of(self, candidate: int) -> tuple[Ints, float]:
        """Candidates that can't be told from this one, itself first, and P(one of them is).

        For an account or a node the members are accounts and nodes; for a part of an account any source.
        """
        seat = self._seat(candidate)
        if seat < 0:
            return np.array([candidate], np.int32), float(self.probability[candidate])
        stays = self._stays(candidate)
        if self.evidence.part[candidate]:
            places, p = credible_set(self.draws.states, len(self.seats.members), seat)
            found = np.concatenate([self.seats.members[place] for place in places])
        else:
            states, units = self.accounts, self.evidence.candidates
            places, p = credible_set(states, units, int(self.unit[seat]))
            seats = np.flatnonzero(np.isin(self.unit, places))
            found = self.account[np.concatenate([self.seats.members[s] for s in seats])]
        rest = np.unique(found[found != candidate])
        order = np.argsort(-self.probability[rest], kind="stable")
        return np.concatenate([[candidate], rest[order]]).astype(np.int32), min(p, self._cap) * stays

    def points_at(self, candidate: int) -> Floats:
        """[n] probability that each leak came from the candidate (an account: or its parts)."""
        total = self._drawn(candidate) * self._stays(candidate)
        for shift in self.shifts:
            if shift.other == candidate:
                total += self._drawn(shift.source) * shift.moved
        return total

    def points_at_set(self, candidate: int) -> Floats:
        """[n] probability that each leak came from the candidate or from those that it can't be told from."""
        total = np.zeros(self.evidence.leaks)
        for member in self.set_of(candidate)[0].tolist():
            total += self.points_at(member)
        return total

    def _stays(self, candidate: int) -> float:
        """Part of the candidate's probability that no doubt takes away."""
        return next((s.stays for s in self.shifts if s.source == self.account[candidate]), 1.0)

    def _drawn(self, candidate: int) -> Floats:
        """[n] `points_at` if every draw is a fair one."""
        part = self.evidence.part[candidate]
        total = np.zeros(self.evidence.leaks)
        for seat, members in enumerate(self.seats.members):
            owners = members if part else self.account[members]
            total += self.draws.points[seat] * np.mean(owners == candidate)
        return total

    def sensitivity(self, candidate: int, scale: float) -> float:
        """Probability of the candidate if every prior expectation κ were `scale` times as large."""
        gained = sum(self._scaled(s.source, scale) * s.moved for s in self.shifts if s.other == candidate)
        return min(self._scaled(candidate, scale) * self._stays(candidate) + gained, self._cap)

    def _scaled(self, candidate: int, scale: float) -> float:
        """`sensitivity` if every draw is a fair one."""
        seat = self._seat(candidate)
        if seat < 0:
            return 0.0
        rho = np.array([self.rho[members[0]] for members in self.seats.members])
        other = np.minimum(rho * scale, 0.5)
        step = np.append(np.log(other / (1 - other)) - np.log(rho / (1 - rho)), 0.0)
        weight = step[self.draws.states].sum(axis=1)
        weight = np.exp(weight - weight.max())
        has = (self.accounts == self.unit[seat]).any(axis=1)
        p = float((weight * has).sum() / weight.sum()) / len(self.seats.members[seat])
        return min(p, 1 - (1 - self._cap) / min(scale, 1.0))

    @property
    def _cap(self) -> float:
        return 1 - 0.5 / (len(self.draws.states) + 1)

    def _seat(self, candidate: int) -> int:
        """Seat that holds the candidate, or for an account without one, its likeliest part."""
        part = self.evidence.part[candidate]
        for seat, members in enumerate(self.seats.members):
            if candidate in (members if part else self.account[members]):
                return seat
        return -1


def infer(
    evidence: Evidence,
    *,
    seed: int,
    prior: Prior | None = None,
    delay: Delay | None = None,
    effort: Effort | None = None,
    timed: bool = True,
) -> Posterior:
    """Weigh the evidence. Same evidence and seed: same answer. `timed=False` ignores delays."""
    rho = (prior or Prior()).rho(evidence)
    delays = scenarios(delay or Delay())
    ratios = likelihood(evidence, delays, timed=timed)
    seats = classes(evidence, ratios, rho)
    draws = sample(seats, seed=seed, effort=effort)
    raw, share = _inclusion(evidence, seats, draws)
    probability = np.minimum(raw, 1 - 0.5 / (_effective(evidence, seats, draws, raw) + 1))
    np.maximum.at(probability, _account(evidence), probability.copy())  # what is known of a part holds for the whole
    capped = np.minimum(probability, SUPPORTED)
    with np.errstate(divide="ignore"):
        log10_lr = np.log10(capped / (1 - capped)) - np.log10(rho / (1 - rho))
    return Posterior(
        probability=probability,
        log10_lr=log10_lr,
        share=share,
        rho=rho,
        some=float((draws.states[:, 0] >= 0).mean()),
        unknown=draws.unknown,
        unknown_share=float(draws.unknown.mean()) if evidence.leaks else 1.0,
        disagreement=draws.disagreement,
        iterations=draws.iterations,
        evidence=evidence,
        likelihood=ratios,
        seats=seats,
        draws=draws,
        delays=delays,
    )


def _account(evidence: Evidence) -> Ints:
    """[C] the account a candidate stands for: the parent of a part, else itself."""
    own = np.arange(evidence.candidates, dtype=np.int32)
    return np.where(evidence.part & (evidence.parent >= 0), evidence.parent, own).astype(np.int32)


def _mapped(states: Ints, target: Ints) -> Ints:
    return np.append(target, np.int32(-1))[states].astype(np.int32)


def _inclusion(evidence: Evidence, seats: Classes, draws: Draws) -> tuple[Floats, Floats]:
    """[C] probability of being among the sources and [C] expected share given that."""
    count = len(seats.members)
    held = draws.states >= 0
    flat = draws.states[held]
    total = len(draws.states)
    p_seat = np.bincount(flat, minlength=count) / total
    w_seat = np.bincount(flat, weights=draws.shares[:, 1:][held], minlength=count) / total
    p = np.zeros(evidence.candidates)
    w = np.zeros(evidence.candidates)
    account = _account(evidence)
    families: dict[int, dict[int, float]] = {}
    for seat, members in enumerate(seats.members):
        np.add.at(p, members, p_seat[seat] / len(members))
        np.add.at(w, members, w_seat[seat] / len(members))
        for member in members[account[members] != members]:
            part = families.setdefault(int(account[member]), {})
            part[seat] = part.get(seat, 0.0) + 1 / len(members)
    for owner, parts in families.items():
        for seat, members in enumerate(seats.members):
            if owner in members:
                parts[seat] = parts.get(seat, 0.0) + 1 / len(members)
        weight = np.zeros(count + 1)
        weight[list(parts)] = list(parts.values())
        p[owner] = np.minimum(weight[draws.states].sum(axis=1), 1.0).mean()
        w[owner] = (weight[draws.states] * draws.shares[:, 1:]).sum() / total
    return p, np.divide(w, p, out=np.zeros_like(w), where=p > 0)


def _effective(evidence: Evidence, seats: Classes, draws: Draws, raw: Floats) -> Floats:
    """[C] effective sample size of each probability, by batch means; T where nothing varies."""
    total = len(draws.states)
    out = np.full(evidence.candidates, float(total))
    size = max(total // (10 * (int(draws.chain.max()) + 1)), 1)
    batches = total // size
    account = _account(evidence)
    for seat, members in enumerate(seats.members):
        owners = np.union1d(members, account[members])
        if raw[owners].max() < 0.005:
            continue
        held = (draws.states == seat).any(axis=1)[: batches * size].astype(np.float64)
        means = held.reshape(batches, size).mean(axis=1)
        spread = means.var() / batches
        if spread > 0:
            p = held.mean()
            out[owners] = np.minimum(out[owners], max(p * (1 - p) / spread, 1.0))
    return out
