"""Framing: somebody else, hiding behind a source, may explain its leaks better than the source does.

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
   (`_fit`).

Whether some other account stands beside a source on its leaks more often than elsewhere.

7. Accounts: the largest excess over all other accounts, compared with the same after the leaks and
   a sample of the source's other reads have been shuffled.
8. Outlets, of which there is no sample: an account of the outlet that read its leaks, before or
   after their sale, more often than the account's own counts would have it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wayseal.trace._evidence import ACTOR, OUTLET, Evidence, Floats, Ints, ViewSample
from wayseal.trace._likelihood import certain_events, seen_pairs, shares, touch_shares
from wayseal.trace._posterior import Posterior

OWN = 0.5
"""A leak counts as the source's own from this probability on."""

_AT_ONCE = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class CoReader:
    """The account that stood beside a source most conspicuously.

    It had `seen` of the source's `leaks` leaks, where `expected` of so many would be usual. `other` is as in
    `ViewSample.account`, -1 for none.
    """

    p_value: float
    source: int
    other: int
    leaks: int
    seen: int
    expected: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CoReaders:
    """Who stood beside a source: accounts[B]; presence[B, m + v]: which had its m leaks, then v others, in time."""

    source: int
    leaks: int
    accounts: Ints
    presence: NDArray[np.float32]

    def rates(self) -> dict[int, float]:
        """Share of the source's other waybills that each account had as well; at least half a waybill."""
        others = self.presence[:, self.leaks :]
        rate = (others.sum(axis=1) + 0.5) / (others.shape[1] + 1)
        return dict(zip(self.accounts.tolist(), rate.tolist(), strict=True))


def check_co_readers(standing: CoReaders, rng: np.random.Generator, shuffles: int) -> CoReader:
    """Largest excess of another account on the leaks, against shuffles of leaks and other reads."""
    accounts, beside = standing.accounts, standing.presence
    m, items = standing.leaks, beside.shape[1]
    if not len(accounts) or items == m:
        return CoReader(p_value=1.0, source=standing.source, other=-1, leaks=m, seen=0, expected=0.0)
    total = beside.sum(axis=1).astype(np.int64)
    surprise = _surprise(items, m, int(total.max()))
    seen = beside[:, :m].sum(axis=1).astype(np.int64)
    observed = surprise[total, seen]
    best = int(np.argmax(observed))
    as_large = 0
    for first in range(0, shuffles, _AT_ONCE):
        count = min(_AT_ONCE, shuffles - first)
        labels = np.zeros((items, count), np.float32)
        for column in range(count):
            labels[rng.choice(items, m, replace=False), column] = 1
        shuffled = np.rint(beside @ labels).astype(np.int64)
        largest = surprise[total[:, None], shuffled].max(axis=0)
        as_large += int((largest >= observed[best] - 1e-9).sum())
    others = total[best] - seen[best]
    return CoReader(
        p_value=(1 + as_large) / (1 + shuffles),
        source=standing.source,
        other=int(accounts[best]),
        leaks=m,
        seen=int(seen[best]),
        expected=float(m * others / (items - m)),
    )


def find_co_readers(
    evidence: Evidence, sample: ViewSample, own: Ints, delays: Floats, rng: np.random.Generator
) -> CoReaders:
    """Find the accounts that had at least two of the source's leaks and other waybills, in time.

    In time: before the sale; for the others before a sale as late as those of the leaks.
    """
    reads = certain_events(evidence, evidence.reads)
    place = np.full(evidence.leaks, -1, np.int64)
    place[own] = np.arange(len(own))
    theirs = (evidence.kind[reads.source] == ACTOR) & (reads.source != sample.source)
    theirs &= (place[reads.leak] >= 0) & (reads.at < evidence.sold_at[reads.leak])
    limit = sample.own_at + rng.choice(delays, len(sample.own_at))
    early = (sample.at < limit[sample.item]) & (sample.account != sample.source)
    account = np.concatenate([reads.source[theirs], sample.account[early]])
    item = np.concatenate([place[reads.leak[theirs]], len(own) + sample.item[early].astype(np.int64)])
    accounts, row = np.unique(account, return_inverse=True)
    beside = np.zeros((len(accounts), len(own) + len(sample.own_at)), np.float32)
    beside[row, item] = 1
    often = beside.sum(axis=1) >= 2
    return CoReaders(
        source=sample.source, leaks=len(own), accounts=accounts[often].astype(np.int32), presence=beside[often]
    )


def _surprise(items: int, m: int, most: int) -> Floats:
    """[most + 1, m + 1]: -log P(at least x of the m leaks | an account beside `total` of all items)."""
    log_factorial = np.array([math.lgamma(k + 1) for k in range(items + 1)])

    def log_choose(n: int, k: NDArray[np.int64]) -> Floats:
        inside = (k >= 0) & (k <= n)
        safe = np.where(inside, k, 0)
        value = log_factorial[n] - log_factorial[safe] - log_factorial[n - safe]
        return np.asarray(np.where(inside, value, -np.inf), np.float64)

    hits = np.arange(m + 1)
    out = np.zeros((most + 1, m + 1))
    whole = log_choose(items, np.array([m]))[0]
    for total in range(most + 1):
        log_p = log_choose(total, hits) + log_choose(items - total, m - hits) - whole
        tail = np.cumsum(np.exp(log_p)[::-1])[::-1]
        out[total] = -np.log(np.clip(tail, 1e-300, 1.0))
    return out


def check_outlet_readers(posterior: Posterior, source: int) -> CoReader:
    """Look for an account of the outlet that read its leaks, at any time, more often than other parcels there.

    Without a sample of the outlet's parcels the account's own counts must do: how much of what comes there it reads.
    """
    evidence, reads = posterior.evidence, certain_events(posterior.evidence, posterior.evidence.reads)
    own = np.flatnonzero(posterior.points_at_set(source) >= OWN)
    passing, share = touch_shares(evidence), shares(evidence)
    mates = np.flatnonzero((evidence.kind == ACTOR) & (evidence.group == evidence.group[source]))
    best = CoReader(p_value=1.0, source=source, other=-1, leaks=len(own), seen=0, expected=0.0)
    for mate in mates if evidence.group[source] >= 0 else mates[:0]:
        chance = np.minimum(share[mate] / passing[mate], 1.0)[evidence.stratum[own]]
        hits = int(np.isin(own, reads.leak[reads.source == mate]).sum())
        # Mates that read no leak are no candidates, but were looked at all the same: hence twice as many.
        p_value = min(1.0, 2 * len(mates) * at_least(hits, chance))
        if p_value < best.p_value:
            best = replace(best, p_value=p_value, other=int(mate), seen=hits, expected=float(chance.sum()))
    return best


def at_least(hits: int, chance: Floats) -> float:
    """Probability of at least so many hits, each with its own chance."""
    below = np.zeros(len(chance) + 1)
    below[0] = 1.0
    for p in chance:
        below[1:] = below[1:] * (1 - p) + below[:-1] * p
        below[0] *= 1 - p
    return float(np.clip(below[hits:].sum(), 0.0, 1.0))


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
