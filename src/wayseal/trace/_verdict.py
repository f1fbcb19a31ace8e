"""How far the evidence carries, in one word.

1. Named: some set of at most three sources that can't be told apart holds a source with
   probability ≥ .99, and nothing says that the leaks are no fair draw from what it saw (`_fit`).
2. Shortlist: there is a source with probability ≥ .5 at all, and at most twenty sources hold ≥ .9
   of that probability.
3. Else insufficient.
"""

from collections.abc import Sequence

import numpy as np

from wayseal.model.sources import VerdictKind
from wayseal.trace._posterior import Posterior

NAMED = 0.99
NAMED_MOST = 3
SHORTLIST = 0.9
SHORTLIST_MOST = 20
SHORTLIST_SOME = 0.5


def leading_sources(posterior: Posterior, *, least: float = 0.01) -> list[int]:
    """Candidates above `least`, most probable first; ties by place."""
    p = posterior.probability
    order = np.argsort(-p, kind="stable")
    return [int(c) for c in order if p[c] > least]


def named_sources(posterior: Posterior, candidates: Sequence[int]) -> list[int]:
    """Those of the candidates that a set of at most three names, parts of accounts through these."""
    out = []
    for candidate in candidates:
        if posterior.evidence.part[candidate]:
            continue
        members, probability = posterior.set_of(candidate)
        if probability >= NAMED and len(members) <= NAMED_MOST:
            out.append(candidate)
    return out


def shortlisted(posterior: Posterior) -> bool:
    """Whether at most twenty sources hold ≥ .9 of the probability that there is one."""
    if posterior.some < SHORTLIST_SOME:
        return False
    p = np.where(posterior.evidence.part, -1.0, posterior.probability)
    best = np.argsort(-p, kind="stable")[:SHORTLIST_MOST]
    inside = [np.isin(posterior.account[members], best).mean() for members in posterior.seats.members]
    outside = 1.0 - np.append(inside, 0.0)[posterior.draws.states]
    return bool(1.0 - outside.prod(axis=1).mean() >= SHORTLIST * posterior.some)


def verdict(posterior: Posterior, *, fair: bool) -> VerdictKind:
    """Give the verdict; fair: nothing speaks against a fair draw from what the sources saw."""
    if fair and named_sources(posterior, leading_sources(posterior)):
        return VerdictKind.NAMED
    return VerdictKind.SHORTLIST if shortlisted(posterior) else VerdictKind.INSUFFICIENT
