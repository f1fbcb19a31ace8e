"""Whether the leaks look like a fair draw from what a named source saw.

The model takes a leak to be drawn evenly from the source's views. A seller who sells only what one
colleague had also read breaks that, and the colleague may be named in his place. So, for each
source in question:

1. Company: does some other account stand beside the source on its leaks more often than on its
   other reads? The largest such excess over all accounts is compared with the same after the leaks
   and the other reads have been shuffled, so the many accounts looked at are allowed for.
2. Delay: are its reads older than even the slowest seller of the model would leave them?
3. The p-value is the smallest one, allowing for the number of tests (weighted Bonferroni); it is at
   least .01 in 99 of 100 honest cases. Strata and days are not tested: purchases, not sellers, choose those.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from wayseal.trace._delay import Delay, past_h
from wayseal.trace._evidence import ACTOR, Evidence, Floats, Ints, ViewSample
from wayseal.trace._posterior import Posterior

LEAST_LEAKS = 3
"""Fewer leaks than this say nothing about company."""

OWN = 0.5
"""A leak counts as the source's own from this probability on."""

_PARTS = {"fit.company": 0.9, "fit.delay": 0.1}
"""How the allowed share of false alarms is split; each part is split evenly over the sources."""

_AT_ONCE = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
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
class FitTest:
    """Outcome over all sources in question.

    p_value: None where there was nothing to test. code: "fit.none" (nothing to test), "fit.good", "fit.company" (sells
    only what another account had also seen), "fit.delay" (its reads are too old for the sales). source: candidate of
    the smallest p-value, -1 for none. company: of that source. tests: every p-value by (code, source).
    """

    p_value: float | None
    code: str
    source: int = -1
    company: Company | None = None
    tests: Mapping[tuple[str, int], float] = field(default_factory=dict)


def check_fit(
    posterior: Posterior,
    sources: Sequence[int],
    samples: Sequence[ViewSample],
    *,
    seed: int,
    shuffles: int = 1000,
    poor: float = 0.01,
) -> FitTest:
    """Test the sources in question (those that would be named); `samples` for as many as there are."""
    rng = np.random.default_rng(seed)
    by_source = {sample.source: sample for sample in samples}
    tests: dict[tuple[str, int], float] = {}
    companies: dict[int, Company] = {}
    for source in sources:
        own, delays = own_leaks(posterior, source)
        if len(own):
            tests["fit.delay", source] = _delay_test(posterior, own, delays)
        if len(own) >= LEAST_LEAKS and source in by_source:
            company = _company_test(posterior.evidence, by_source[source], own, delays, rng, shuffles)
            companies[source] = company
            tests["fit.company", source] = company.p_value
    if not tests:
        return FitTest(p_value=None, code="fit.none")
    weighted = {key: p * sum(code == key[0] for code, _ in tests) / _PARTS[key[0]] for key, p in tests.items()}
    (code, source), least = min(weighted.items(), key=lambda item: item[1])
    p_value = min(1.0, least)
    return FitTest(
        p_value=p_value,
        code=code if p_value < poor else "fit.good",
        source=source,
        company=companies.get(source),
        tests=tests,
    )


def own_leaks(posterior: Posterior, source: int) -> tuple[Ints, Floats]:
    """Leaks that are most likely the source's own and that it read before their sale.

    Also the hours from its last read before the sale to the sale.
    """
    evidence = posterior.evidence
    mine = np.flatnonzero(evidence.reads.source == source)
    leak, at = evidence.reads.leak[mine], evidence.reads.at[mine]
    last = np.full(evidence.leaks, -np.inf)
    before = at < evidence.sold_at[leak]
    np.maximum.at(last, leak[before], at[before])
    own = np.flatnonzero((posterior.points_at(source) >= OWN) & np.isfinite(last)).astype(np.int32)
    return own, evidence.sold_at[own] - last[own]


def _delay_test(posterior: Posterior, own: Ints, delays: Floats) -> float:
    """Test, one-sided, whether the delays are too long for the slowest delay of the model."""
    slowest = max((median for delay in posterior.delays for median in delay.medians_h), default=0.0)
    delay: Delay = replace(posterior.delays[0], medians_h=(slowest,))
    horizon = past_h(posterior.evidence)[own]
    flat = np.clip(delays / horizon, 0.0, 1.0)
    place = (1 - delay.flat) * delay.distribution(delays) + delay.flat * flat
    z = (place.sum() - 0.5 * len(own)) / math.sqrt(len(own) / 12)
    return 0.5 * math.erfc(z / math.sqrt(2))


def _company_test(
    evidence: Evidence,
    sample: ViewSample,
    own: Ints,
    delays: Floats,
    rng: np.random.Generator,
    shuffles: int,
) -> Company:
    """Largest excess of another account on the leaks, against shuffles of leaks and other reads."""
    accounts, beside = _beside(evidence, sample, own, delays, rng)
    m, items = len(own), beside.shape[1]
    if not len(accounts) or items == m:
        return Company(p_value=1.0, source=sample.source, other=-1, leaks=m, seen=0, expected=0.0)
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
    return Company(
        p_value=(1 + as_large) / (1 + shuffles),
        source=sample.source,
        other=int(accounts[best]),
        leaks=m,
        seen=int(seen[best]),
        expected=float(m * others / (items - m)),
    )


def _beside(
    evidence: Evidence, sample: ViewSample, own: Ints, delays: Floats, rng: np.random.Generator
) -> tuple[Ints, NDArray[np.float32]]:
    """Accounts[B] and [B, m + v]: which of them had the m leaks, then the v other waybills, in time.

    In time: before the sale; for the others before a sale as late as those of the leaks.
    """
    reads = evidence.reads
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
    return accounts[often].astype(np.int32), beside[often]


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
