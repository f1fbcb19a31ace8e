"""How much better one source explains one leak than an unknown source does.

1. A logged read at τ before the sale at t: (1-δ)·f(t-τ) / (π·g). π: share of the leak's stratum
   that the source had read; f: the delay; g: what f gives for a reader who has nothing to do with
   the sale, averaged over everybody who had read this parcel (and, as one reader more, over any
   moment of its life). So an innocent reader's time ratio averages 1, whatever f is.
2. Not logged: δ·1{the parcel came to the account's outlet} / P(it comes there), never more.
3. Outlets, regions: 1{the parcel passed} / share of the stratum that does; the time of passing says
   less than a read, so it counts for four fifths. Issuing channels: the moment of issue is as exact as a
   read; but more than half of what is unknown may have had the number at issue as well, so g is
   never far below what f gives for that moment, for accounts and channels alike.
4. Several reads by the same source count as their mean; reads after the sale count nothing.
5. A share counted on a sample is shrunk towards the source's overall share; it is never zero.
6. A soft read happened with probability w: a query may have shown the parcel. A leak is a draw from what the source
   had, so its probability is E[1{had it} / had in all], taken as e / n: e = 1 - Π(1-w) over its reads of the parcel
   before the sale, n = Σ e over all parcels (replay counts π by the same weights; of a hundred and more parcels the
   count hardly varies). So e multiplies what rule 1 gives. If all reads of a source have one w, it cancels: a log
   that is uniformly vague accuses and clears nobody. The mean of rule 4 is weighted by w, and g counts a reader as e.
   With w = 1 everywhere, nothing changes.
7. Where only yes or no can be said (who saw a leak; tests of fit), e ≥ ½ is yes.
8. A number that the buyer chose is no draw from what its seller had: its stratum is itself, so π is 1 and only the time
   tells. Reads between question and answer are what the question brings about, so g leaves them out: who looked a
   parcel up whose work was done isn't measured against itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wayseal.trace._delay import Delay, sale_weight, unrelated_weight
from wayseal.trace._evidence import (
    ACTOR,
    CHANNEL,
    SESSION,
    UNLOGGED,
    Events,
    Evidence,
    Floats,
    Ints,
)

READERS_MORE = 1.0
"""Weight of "any moment of the parcel's life" in g, counted in readers."""

ROUTE_TIME = 0.8
"""How far the time of passing an outlet is believed."""

ISSUE_ELSEWHERE = 0.6
"""Share of the unknown that is taken to sit on the issue side as well (printing, merchants' systems): an early sale
alone gains a channel at most 1.7-fold, or a leak behind all channels would accuse every one of them."""

SURELY = 0.5
"""From this probability on a soft read counts as one (rule 7)."""

_LEAST = 1e-200


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """Sparse ratios p(leak | source) / p(leak | unknown), sorted by source, then leak.

    source[e], leak[e], ratio[D, e] for each of D delays; pairs that are not listed have ratio 0.
    log_base[D]: log p(all sale times | unknown) under each delay. n leaks, C candidates.
    """

    source: Ints
    leak: Ints
    ratio: Floats
    log_base: Floats
    leaks: int
    candidates: int

    def dense(self, rows: Ints) -> Floats:
        """[D, len(rows), n] ratios of the given candidates."""
        place = np.full(self.candidates, -1, np.int64)
        place[rows] = np.arange(len(rows))
        out = np.zeros((len(self.ratio), len(rows), self.leaks))
        kept = place[self.source] >= 0
        out[:, place[self.source[kept]], self.leak[kept]] = self.ratio[:, kept]
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pairs:
    """Distinct (source, leak) pairs of a list of events and their mean weight.

    before, ever: probability that any of them happened before the sale, or at all (rule 6).
    """

    source: Ints
    leak: Ints
    weight: Floats
    before: Floats
    ever: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Ratios of distinct (source, leak) pairs, for one of the ways to have a leak."""

    source: Ints
    leak: Ints
    ratio: Floats


def likelihood(evidence: Evidence, delays: Sequence[Delay] = (Delay(),), *, timed: bool = True) -> Likelihood:
    """Ratios of all candidates on all leaks. Without `timed`, times only say before or after."""
    n = max(evidence.leaks, 1)
    rows, bases = [], []
    for delay in delays if timed else delays[:1]:
        anytime = unrelated_weight(evidence, delay) if timed else np.ones(evidence.leaks)
        typical = _with_issue(evidence, delay, _expected(evidence, delay, anytime))
        parts = [
            _logged(evidence, delay, typical, timed=timed),
            _lost(evidence),
            _passed(evidence, delay, typical, anytime, timed=timed),
        ]
        key = np.concatenate([p.source.astype(np.int64) * n + p.leak for p in parts])
        unique, inverse = np.unique(key, return_inverse=True)
        value = np.concatenate([p.ratio for p in parts])
        rows.append(np.bincount(inverse, weights=value, minlength=len(unique)))
        bases.append(float(np.log(typical).sum()))
    ratio = np.array(rows, np.float64)
    kept = ratio[0] > 0
    return Likelihood(
        source=(unique[kept] // n).astype(np.int32),
        leak=(unique[kept] % n).astype(np.int32),
        ratio=ratio[:, kept],
        log_base=np.array(bases),
        leaks=evidence.leaks,
        candidates=evidence.candidates,
    )


def shares(evidence: Evidence) -> Floats:
    """[C, X] share of each stratum that the source had read; at least one waybill's worth."""
    return np.minimum(np.maximum(evidence.volume, 1.0) / np.maximum(evidence.size, 1.0), 1.0)


def touch_shares(evidence: Evidence) -> Floats:
    """[C, X] share of each stratum that came by the source; at least one waybill's worth."""
    size = np.maximum(evidence.size, 1.0)
    return np.minimum(np.maximum(evidence.touch_volume, 0.5) / size, 1.0)


def seen_pairs(evidence: Evidence) -> tuple[Ints, Ints]:
    """Distinct (source, leak) pairs where the source had the leak before its sale.

    Accounts, sessions, devices: a read (rule 7); channels, outlets, regions: the route.
    """
    reads, touches = certain_events(evidence, evidence.reads), evidence.touches
    route = np.isin(evidence.kind[touches.source], UNLOGGED)
    source = np.concatenate([reads.source, touches.source[route]])
    leak = np.concatenate([reads.leak, touches.leak[route]])
    at = np.concatenate([reads.at, touches.at[route]])
    before = at < evidence.sold_at[leak]
    key = np.unique(source[before].astype(np.int64) * max(evidence.leaks, 1) + leak[before])
    n = max(evidence.leaks, 1)
    return (key // n).astype(np.int32), (key % n).astype(np.int32)


def certain_events(evidence: Evidence, events: Events) -> Events:
    """Events that count as such (rule 7): those of a source and a leak before the sale together, and those after it."""
    if events.weight is None:
        return events
    before = events.at < evidence.sold_at[events.leak]
    key = (events.source.astype(np.int64) * max(evidence.leaks, 1) + events.leak) * 2 + before
    unique, inverse = np.unique(key, return_inverse=True)
    return events.take((_chance(events, inverse, len(unique)) >= SURELY)[inverse])


def _chance(events: Events, group: NDArray[np.int64], groups: int, among: NDArray[np.bool_] | None = None) -> Floats:
    """[groups] probability that any event of the group (of those `among` them) happened."""
    if events.weight is None:
        counted = group if among is None else group[among]
        return (np.bincount(counted, minlength=groups) > 0).astype(np.float64)
    with np.errstate(divide="ignore"):
        log_miss = np.log1p(-events.weight)
    if among is not None:
        log_miss = np.where(among, log_miss, 0.0)
    return np.asarray(1.0 - np.exp(np.bincount(group, weights=log_miss, minlength=groups)), np.float64)


def _pairs(evidence: Evidence, events: Events, weight: Floats) -> _Pairs:
    """Mean weight over each source's events before the sale; 0 where all were later (rules 4 and 6)."""
    n = max(evidence.leaks, 1)
    key, inverse = np.unique(events.source.astype(np.int64) * n + events.leak, return_inverse=True)
    before = events.at < evidence.sold_at[events.leak]
    held = np.where(before, events.chance, 0.0)
    total = np.bincount(inverse, weights=held * np.where(before, weight, 0.0), minlength=len(key))
    count = np.bincount(inverse, weights=held, minlength=len(key))
    return _Pairs(
        source=(key // n).astype(np.int32),
        leak=(key % n).astype(np.int32),
        weight=np.divide(total, count, out=np.zeros(len(key)), where=count > 0),
        before=_chance(events, inverse, len(key), before),
        ever=_chance(events, inverse, len(key)),
    )


def _expected(evidence: Evidence, delay: Delay, anytime: Floats) -> Floats:
    """[n] g: mean weight over the accounts that read each leak, and any moment of its life."""
    reads = evidence.reads
    if evidence.chosen is not None:
        asked, sold = evidence.asked_at[reads.leak], evidence.sold_at[reads.leak]
        reads = reads.take(~(evidence.chosen[reads.leak] & (reads.at >= asked) & (reads.at < sold)))
    pairs = _pairs(evidence, reads, sale_weight(evidence, reads.leak, reads.at, delay))
    return _typical(anytime, pairs, evidence.kind[pairs.source] == ACTOR)


def _with_issue(evidence: Evidence, delay: Delay, typical: Floats) -> Floats:
    """[n] g, where an early sale is what the unknown on the issue side would make as well."""
    touches = evidence.touches
    issued = evidence.kind[touches.source] == CHANNEL
    leak = touches.leak[issued]
    early = np.zeros(evidence.leaks)
    np.maximum.at(early, leak, sale_weight(evidence, leak, touches.at[issued], delay))
    return typical + ISSUE_ELSEWHERE * np.maximum(early - typical, 0.0)


def _typical(anytime: Floats, pairs: _Pairs, counted: NDArray[np.bool_]) -> Floats:
    n = len(anytime)
    leak = pairs.leak[counted]
    total = np.bincount(leak, weights=(pairs.before * pairs.weight)[counted], minlength=n)
    count = np.bincount(leak, weights=pairs.ever[counted], minlength=n)
    mean = (total + READERS_MORE * anytime) / (count + READERS_MORE)
    return np.maximum(mean, _LEAST)


def _logged(evidence: Evidence, delay: Delay, typical: Floats, *, timed: bool) -> _Part:
    reads = evidence.reads
    weight = sale_weight(evidence, reads.leak, reads.at, delay) if timed else np.ones(len(reads))
    pairs = _pairs(evidence, reads, weight)
    time_ratio = pairs.weight / typical[pairs.leak] if timed else pairs.weight
    rate = shares(evidence)[pairs.source, evidence.stratum[pairs.leak]]
    return _Part(source=pairs.source, leak=pairs.leak, ratio=(1 - evidence.lost) * pairs.before * time_ratio / rate)


def _lost(evidence: Evidence) -> _Part:
    """Ratios of what an account may have read without a trace: what came to its outlet."""
    mine = np.isin(evidence.kind[evidence.touches.source], (ACTOR, SESSION))
    pairs = _passing(evidence, mine)
    rate = touch_shares(evidence)[pairs.source, evidence.stratum[pairs.leak]]
    return _Part(source=pairs.source, leak=pairs.leak, ratio=evidence.lost * pairs.weight / rate)


def _passing(evidence: Evidence, kept: NDArray[np.bool_]) -> _Pairs:
    """1 for each (source, leak) of the kept touches that came before the sale."""
    events = evidence.touches.take(kept)
    return _pairs(evidence, events, np.ones(len(events)))


def _passed(evidence: Evidence, delay: Delay, typical: Floats, anytime: Floats, *, timed: bool) -> _Part:
    """Outlets, regions and channels."""
    touches = evidence.touches
    kind = evidence.kind[touches.source]
    kept = np.isin(kind, UNLOGGED)
    pairs = _passing(evidence, kept)
    weight = _route_time(evidence, delay, typical, anytime, pairs, kept) if timed else pairs.weight
    rate = touch_shares(evidence)[pairs.source, evidence.stratum[pairs.leak]]
    return _Part(source=pairs.source, leak=pairs.leak, ratio=weight / rate)


def _route_time(
    evidence: Evidence,
    delay: Delay,
    typical: Floats,
    anytime: Floats,
    pairs: _Pairs,
    kept: NDArray[np.bool_],
) -> Floats:
    """Mix the time ratio of passing into the bare fact of passing."""
    events = evidence.touches.take(kept)
    timed = _pairs(evidence, events, sale_weight(evidence, events.leak, events.at, delay))
    weight = pairs.weight.copy()
    kind = evidence.kind[pairs.source]
    for each in UNLOGGED:
        mine = kind == each
        if each == CHANNEL:
            weight[mine] *= (timed.weight / typical[timed.leak])[mine]
            continue
        others = _typical(anytime, timed, mine)[timed.leak]
        weight[mine] *= ((1 - ROUTE_TIME) + ROUTE_TIME * timed.weight / others)[mine]
    return weight
