"""What is left of a source's probability when somebody may have chosen what to sell so that it looks like the source.

1. The sampler takes every draw for a fair one. Against "a fair draw from what this source had read" stands, for another
   account that could hide behind it, "a draw from what both had read" (`_framing`, which gives the ratio of the two).
2. Beforehand one source in five thousand is taken to be the victim of such a choice. So of its probability P the part
   (1 + φ·own) / (1 + φ·own + φ·ratio) stays, where `own` is the ratio of the mirror image: that the source chose. Of
   the rest the account with the largest ratio gets its share of the ratio, and what other accounts would get belongs
   to nobody.
3. Its sessions and devices lose with it. Numbers that pointed at it point at the other account in the same measure.
4. Only sources with a probability of at least one half are looked at, and those that a tie with at most two others
   keeps below it: what is said of others accuses nobody.
5. The verdict does not ask for this prior: a ratio of one is enough to name nobody (`_fit`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from wayseal.trace._co_readers import OWN, find_co_readers
from wayseal.trace._evidence import ACTOR, OUTLET, Floats, ViewSample
from wayseal.trace._fit import LEAST_LEAKS, own_leaks
from wayseal.trace._framing import Framing, weigh_framing
from wayseal.trace._posterior import SUPPORTED, Posterior, Shift

CHOSEN = 2e-4
"""φ: prior odds that a source's numbers were chosen by somebody else for its having read them."""
FROM = 0.5
"""Sources of at least this probability are looked at."""
TIED = 3
"""Most sources of a set of which each is looked at."""


def find_doubtful(posterior: Posterior) -> list[int]:
    """Sources whose probability is worth a doubt (rule 4): accounts and outlets, most probable first."""
    likely = np.isin(posterior.evidence.kind, (ACTOR, OUTLET)) & (posterior.probability >= FROM / TIED)
    order = np.argsort(-posterior.probability, kind="stable")
    return [int(c) for c in order if likely[c] and (posterior.probability[c] >= FROM or _tied(posterior, int(c)))]


def _tied(posterior: Posterior, source: int) -> bool:
    members, together = posterior.set_of(source)
    return len(members) <= TIED and together >= FROM


def apply_doubts(
    posterior: Posterior, samples: Sequence[ViewSample], known: Mapping[int, Framing], *, seed: int
) -> Posterior:
    """The posterior with these doubts; known: framings that were weighed before."""
    rng = np.random.default_rng(seed)
    by_source = {sample.source: sample for sample in samples}
    shifts = []
    for source in find_doubtful(posterior):
        found = known.get(source) or _framing(posterior, source, by_source.get(source), rng)
        if found is not None and found.other >= 0:
            stays = _stays(found)
            moved = (1 - stays) * math.exp(found.best_log_ratio - found.log_ratio)
            shifts.append(Shift(source=source, other=found.other, stays=stays, moved=moved))
    return _shifted(posterior, shifts) if shifts else posterior


def _stays(found: Framing) -> float:
    """Rule 2."""
    log_phi = math.log(CHOSEN)
    own = float(np.logaddexp(0.0, log_phi + found.log_own))
    return 1 / (1 + math.exp(min(log_phi + found.log_ratio - own, 700.0)))


def _framing(posterior: Posterior, source: int, sample: ViewSample | None, rng: np.random.Generator) -> Framing | None:
    if posterior.evidence.kind[source] == OUTLET:
        own = np.flatnonzero(posterior.points_at_set(source) >= OWN).astype(np.int32)
        return weigh_framing(posterior, source, own, None) if len(own) >= LEAST_LEAKS else None
    own, delays = own_leaks(posterior, source)
    if sample is None or len(own) < LEAST_LEAKS:
        return None
    beside = find_co_readers(posterior.evidence, sample, own, delays, rng)
    return weigh_framing(posterior, source, own, beside.rates())


def _shifted(posterior: Posterior, shifts: Sequence[Shift]) -> Posterior:
    """Move probability and numbers from sources to those who may hide behind them (rules 2 and 3)."""
    before = posterior.probability
    p, held = before.copy(), before * posterior.share
    unknown = posterior.unknown.copy()
    for shift in shifts:
        family = posterior.account == shift.source
        p[family] *= shift.stays
        held[family] *= shift.stays
    for shift in shifts:
        gain = before[shift.source] * shift.moved
        p[shift.other] = min(p[shift.other] + gain, 1 - 1e-4)
        held[shift.other] += gain * posterior.share[shift.source]
        unknown += posterior.points_at(shift.source) * (1 - shift.stays - shift.moved)
    return replace(
        posterior,
        probability=p,
        share=np.divide(held, p, out=np.zeros_like(p), where=p > 0),
        log10_lr=_ratio(p, posterior),
        unknown=np.minimum(unknown, 1.0),
        unknown_share=float(np.minimum(unknown, 1.0).mean()),
        shifts=tuple(shifts),
    )


def _ratio(p: Floats, posterior: Posterior) -> Floats:
    capped = np.minimum(p, SUPPORTED)
    with np.errstate(divide="ignore"):
        out: Floats = np.log10(capped / (1 - capped)) - np.log10(posterior.rho / (1 - posterior.rho))
    return np.where(p == posterior.probability, posterior.log10_lr, out)
