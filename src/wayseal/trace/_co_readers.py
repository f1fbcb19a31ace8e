"""Whether some other account stands beside a source on its leaks more often than elsewhere.

1. Accounts: the largest excess over all other accounts, compared with the same after the leaks and
   a sample of the source's other reads have been shuffled.
2. Outlets, of which there is no sample: an account of the outlet that read its leaks, before or
   after their sale, more often than the account's own counts would have it.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wayseal.trace._evidence import ACTOR, Evidence, Floats, Ints, ViewSample
from wayseal.trace._likelihood import certain_events, shares, touch_shares
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
