"""Whether somebody else, hiding behind a source, explains its leaks better than the source does.

1. A seller may sell only what one colleague had also read, so that the colleague is named in his place. Against the
   source's own fair draw stands, for each other account w, a fair draw from what both had read, sold after w's reads.
2. Both are weighed on the same leaks, with the same delays to choose between, as the ratio of their likelihoods. One
   more delay, later than any that the trace assumes, is among them: or sales that come late by habit would look like
   those of whoever happens to have read later. A leak that w has not read by the log counts with the share of reads
   that logs lose.
3. Under an honest draw the ratio averages one over chance, whatever w reads; how much of the source's parcels w reads
   beside it (r) is counted on a sample of them, for an outlet taken from w's own counts.
4. A ratio above one (summed over the accounts) means: the source is not named. No prior is put on framing, since what
   is at stake is whether an innocent is named, and an honest draw beats one by far (docs/benchmarks.md).
5. Accounts that the source can't be told from are not looked at where they are at least a quarter as probable: the set
   says already that it may be they. A member with next to none of the set's probability may still hide behind it.
6. Beside the ratio stands the mirror image: the source itself sells only what w had read as well, at its own times.
   The two differ in whose reads the sales follow and in nothing else, so this says which of them chose
   (`_framing_doubt`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wayseal.trace._evidence import ACTOR, OUTLET, Evidence, Floats, Ints
from wayseal.trace._likelihood import seen_pairs, shares, touch_shares
from wayseal.trace._posterior import Posterior

FRAMED = 0.0
"""Natural logarithm of the ratio from which on a source is not named."""

_LEAST_READ = 0.5
"""Share of the source's leaks that an account must have read to be looked at."""
ALIKE = 0.25
"""A member of the source's set that is so much as probable stands beside it in the report (rule 5)."""
_RARE, _OFTEN = 1e-4, 0.98
"""Bounds of r: a sample of a few hundred tells no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """How much better others explain a source's leaks, hiding behind it.

    log_ratio: natural logarithm of the summed ratio, -inf where nobody read enough of the leaks. other: the account
    with the largest ratio, -1 for none; it had read `seen` of the `leaks` leaks before their sale.
    best_log_ratio: its ratio alone. log_own: the summed ratio of rule 6.
    """

    log_ratio: float
    other: int
    leaks: int
    seen: int
    best_log_ratio: float = -np.inf
    log_own: float = -np.inf


def weigh_framing(posterior: Posterior, source: int, own: Ints, beside: Mapping[int, float] | None) -> Framing:
    """Weigh all accounts that may hide behind the source, on its `own` leaks.

    beside: share of the source's other parcels that each account had read as well; None for an outlet.
    """
    evidence = posterior.evidence
    had = _had(evidence, own)
    had[_alike(posterior, source)] = False
    others = np.flatnonzero((evidence.kind == ACTOR) & (had.sum(axis=1) >= _LEAST_READ * len(own))).astype(np.int32)
    nobody = Framing(log_ratio=-np.inf, other=-1, leaks=len(own), seen=0)
    if not len(others) or not len(own):
        return nobody
    rate = _together(evidence, source, others, own, beside)
    weighed, chose = _weighed(posterior, source, others, own, np.where(had[others], rate, 1 - rate), had[others])
    best = int(np.argmax(weighed))
    return Framing(
        log_ratio=float(np.logaddexp.reduce(weighed)),
        other=int(others[best]),
        leaks=len(own),
        seen=int(had[others[best]].sum()),
        best_log_ratio=float(weighed[best]),
        log_own=float(np.logaddexp.reduce(chose)),
    )


def _had(evidence: Evidence, own: Ints) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """[C, m] who had which of the leaks before its sale."""
    had = np.zeros((evidence.candidates, evidence.leaks), bool)
    had[seen_pairs(evidence)] = True
    return had[:, own]


def _together(evidence: Evidence, source: int, others: Ints, own: Ints, beside: Mapping[int, float] | None) -> Floats:
    """[B, m] r: share of what the source could sell that each of the others had read as well (rule 3)."""
    if beside is not None:
        rate = np.array([beside.get(int(w), 0.0) for w in others])[:, None]
    else:
        share = shares(evidence)[others][:, evidence.stratum[own]]
        mate = (evidence.group[others] == evidence.group[source]) & (evidence.group[source] >= 0)
        passing = touch_shares(evidence)[source, evidence.stratum[own]]
        rate = np.where(mate[:, None], share / passing[None, :], share)
    clipped: Floats = np.clip(np.broadcast_to(rate, (len(others), len(own))), _RARE, _OFTEN)
    return clipped


def _alike(posterior: Posterior, source: int) -> Ints:
    """The source and those of its set that are about as probable (rule 5)."""
    members = posterior.set_of(source)[0]
    p = posterior.probability
    out: Ints = members[(members == source) | (p[members] >= ALIKE * p[source])]
    return out


def _weighed(
    posterior: Posterior,
    source: int,
    others: Ints,
    own: Ints,
    chance: Floats,
    had: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
) -> tuple[Floats, Floats]:
    """[B] log ratios against the source's own draw: of each account's from the source's parcels, and the mirror image.

    Rules 2 and 6.
    """
    evidence = posterior.evidence
    rows = np.concatenate([[source], others]).astype(np.int32)
    weighed = (posterior.likelihood, posterior.late)
    ratio = np.concatenate([each.dense(rows)[:, :, own] for each in weighed])
    log_base = np.concatenate([each.log_base for each in weighed])
    passing = evidence.kind[source] == OUTLET
    rates = np.concatenate([(touch_shares if passing else shares)(evidence)[[source]], shares(evidence)[others]])
    with np.errstate(divide="ignore"):
        timed = np.log(ratio * rates[:, evidence.stratum[own]])
        prior = log_base - log_base.max()
        drawn = np.where(had, timed[:, 1:] - np.log(chance), np.log(evidence.lost) - np.log(chance))
    mine = np.logaddexp.reduce(prior + np.maximum(timed[:, 0], -700.0).sum(axis=1))
    theirs = np.logaddexp.reduce(prior[:, None] + np.maximum(drawn, -700.0).sum(axis=2), axis=0)
    chose = np.where(had, 0.0, np.log(evidence.lost)) - np.log(chance)
    return theirs - mine, chose.sum(axis=1)
