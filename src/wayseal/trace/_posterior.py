"""The posterior of every candidate.

1. An account's probability is that of itself or any of its parts (sessions, devices); a part's is its own.
2. Members of a class of equal evidence share its probability evenly.
3. A sampler can't report 1: no probability is above what its effective sample size can show.
4. The likelihood ratio is [P/(1-P)] / [ρ/(1-ρ)], capped at what validation supports as well.

How probable a source is before any leak was looked at.

5. Each kind expects κ sources in all.
6. Of accounts four fifths of that are spread evenly over all of them, and a fifth over all that was read, so that
   whoever read a tenth of everything has a tenth of it: the source is any account, or whoever is behind any read.
   ρ = κ·(.8/N + .2·V/ΣV).
   Where accounts read alike, or nobody knows how much is read in all, that is κ/N.
7. Of other kinds κ is spread evenly: ρ = κ/N.
8. A part of an account takes its ρ out of the account's: sessions and devices one equal portion each, where there are
   any among the candidates, and the account keeps another. A session's portion is spread over all sessions as an
   account's is over accounts, a device's over the account's candidates, so that sources which say nearly the same share
   one prior.

Sources that the evidence can't tell apart.

9. The set of a source is itself and those that take its place: in the posterior they are among the
   sources when nothing of the set is, and seldom beside it.
10. It grows by whoever adds most to P(at least one of the set is a source), until that reaches .99
   or grows by less than .01.
11. Sources with equal evidence sit in one class from the start, so a set never parts them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from wayseal.model.kinds import SourceKind
from wayseal.trace._delay import Delay, scenarios
from wayseal.trace._evidence import ACTOR, DEVICE, KINDS, SESSION, Evidence, Floats, Ints
from wayseal.trace._likelihood import Likelihood, likelihood
from wayseal.trace._sampler import Draws, Effort, sample
from wayseal.trace._screen import Classes, classes

RHO_MAX = 0.1
"""No source is more probable than this before the evidence, however few there are."""

BY_READS = 0.2
"""Part of κ of accounts that is spread by how much each read (rule 6)."""

_KAPPA: dict[SourceKind, float] = {
    SourceKind.ACTOR: 2.0,
    SourceKind.SESSION: 2.0,
    SourceKind.CHANNEL: 0.1,
    SourceKind.OUTLET: 0.2,
    SourceKind.REGION: 0.05,
    SourceKind.DEVICE: 0.2,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """Expected number of sources per kind, κ. A session's κ is that of accounts; devices: those of no one account.

    by_reads: see `BY_READS`.
    """

    kappa: Mapping[SourceKind, float] = field(default_factory=lambda: dict(_KAPPA))
    by_reads: float = BY_READS

    def rho(self, evidence: Evidence, *, scale: float = 1.0) -> Floats:
        """[C] prior probability that each candidate is a source, with every κ times `scale`."""
        kappa = np.array([self.kappa[kind] * scale for kind in KINDS])
        count = np.array([float(evidence.universe.get(kind, 0)) for kind in KINDS])
        present = np.bincount(evidence.kind, minlength=len(KINDS)).astype(np.float64)
        expected = kappa[evidence.kind]
        out = expected / np.maximum(np.maximum(count, present), 1.0)[evidence.kind]
        if evidence.overall_reads > 0:
            behind = np.where(np.isin(evidence.kind, (ACTOR, SESSION)), self.by_reads, 0.0)
            out = (1 - behind) * out + behind * expected * evidence.overall / evidence.overall_reads
        portions, device = _portions(evidence)
        owned = (evidence.kind == DEVICE) & (evidence.parent >= 0)
        out[owned] = out[evidence.parent[owned]] / device[evidence.parent[owned]]
        return np.asarray(np.minimum(out / portions, RHO_MAX), np.float64)


def _portions(evidence: Evidence) -> tuple[Floats, Floats]:
    """[C] into how many portions the ρ of a candidate's account is divided, and how many devices share one of them."""
    held = np.zeros((2, evidence.candidates))
    for row, kind in zip(held, (SESSION, DEVICE), strict=True):
        parts = (evidence.kind == kind) & (evidence.parent >= 0)
        np.add.at(row, evidence.parent[parts], 1.0)
    own = 1.0 + (held > 0).sum(axis=0)
    orphans = (evidence.kind == SESSION) & (evidence.parent < 0)
    place = np.where(evidence.part & ~orphans, evidence.parent, np.arange(evidence.candidates))
    return np.where(orphans, 2.0, own[place]), held[1]


ENOUGH = 0.99
LEAST_GAIN = 0.01
MOST_MEMBERS = 20
INSTEAD = 3.0
"""A source takes another's place if it is so many times likelier without it than beside it."""


def credible_set(states: Ints, units: int, unit: int) -> tuple[Ints, float]:
    """Set of one unit, itself first, and the share of the states that hold at least one of it.

    states[T, K]: units in each state, -1 after the end; numbers below `units`.
    """
    members = [unit]
    covered = (states == unit).any(axis=1)
    while covered.mean() < ENOUGH and len(members) < MOST_MEMBERS:
        without = _frequency(states[~covered], units)
        beside = _frequency(states[covered], units)
        takes_place = without > INSTEAD * beside
        takes_place[members] = False
        gain = np.where(takes_place, without * (1 - covered.mean()), 0.0)
        best = int(np.argmax(gain))
        if gain[best] < LEAST_GAIN:
            break
        members.append(best)
        covered |= (states == best).any(axis=1)
    return np.array(members, np.int32), float(covered.mean())


def _frequency(states: Ints, units: int) -> Floats:
    """[units] share of the states that hold each unit; a state holds a unit once."""
    if not len(states):
        return np.zeros(units)
    ordered = np.sort(states, axis=1)
    fresh = np.ones(ordered.shape, bool)
    fresh[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    return np.asarray(np.bincount(ordered[fresh & (ordered >= 0)], minlength=units) / len(states), np.float64)


SUPPORTED = 0.999
"""Highest probability that enters a likelihood ratio: benchmarks/trace/accuracy.py checked a few thousand calls."""

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
    (`_fit`).
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
