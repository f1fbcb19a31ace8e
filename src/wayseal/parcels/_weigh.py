"""What facts are worth, learnt from all parcels; and what they come to, by parcel and by group (rules 3 to 6)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from wayseal.model.arrays import Flags, Floats, Longs
from wayseal.parcels._coverage import MachineReads
from wayseal.parcels._facts import Cause, Fact
from wayseal.parcels.result import Code

_ROUNDS = 5
_START, _LEAST, _MOST = 0.003, 5e-4, 0.2
"""Share of parcels of each kind, to begin with, and its bounds."""
_PSEUDO = 100.0
"""Parcels' worth of what was assumed of ghosts, against what is learnt of them."""
_ENOUGH = 200_000
_CLAIMED = 0.02
"""Share of ghosts that somebody claims a machine read, by assumption."""
_AGAINST = -4.0
_CAUSES = tuple(Cause)
_KINDS = np.array([[True] * len(_CAUSES), [c in (Cause.WEIGHT, Cause.SIGN_OFF, Cause.ORDER) for c in _CAUSES],
                   [c is Cause.ORDER for c in _CAUSES]])  # fmt: skip
"""Of which causes the facts of each kind are: of a ghost all; an empty or borrowed one is real."""
SHARES = np.array([0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 0.95])
"""Shares of ghosts that a group may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What the facts of n parcels come to.

    facts: codes, as columns of `llr` (n, facts), nats for a ghost, 0 where a fact isn't judged, and of `row`, the
    fact's row that stands for the parcel, -1 for none. nats: (kinds, n), summed up. prior: share of all kinds.
    """

    facts: tuple[Code, ...]
    llr: Floats
    row: Longs
    nats: Floats
    prior: float


def weigh(facts: Sequence[Fact], reads: MachineReads, judged: Flags) -> Weighed:
    """Learn densities and priors in turns, each fact's by what all other causes say (rule 3); from judged parcels."""
    n = len(judged)
    codes = (Code.UNREAD, *(fact.code for fact in facts))
    llr, row = np.zeros((n, len(codes))), np.full((n, len(codes)), -1, np.int64)
    row[:, 0] = np.where(reads.judged > 0, np.arange(n), -1)
    causes, nats, priors = np.zeros((n, len(_CAUSES))), np.zeros((len(_KINDS), n)), np.full(len(_KINDS), _START)
    for turn in range(_ROUNDS):
        for place, cause in enumerate(_CAUSES):
            without = nats - np.outer(_KINDS[:, place], causes[:, place])
            believed = np.where(judged, expit(_any(without, priors)), 0.0) if turn else np.zeros(n)
            if cause is Cause.READS:
                llr[:, 0] = _unread(reads, believed)
            for column, fact in enumerate(facts, 1):
                if fact.cause is cause:
                    llr[:, column], row[:, column] = _by_parcel(fact, _learn(fact, believed, judged), n)
        causes = _by_cause(facts, llr, max(3.0, -float(logit(priors.sum()))))
        causes *= _discount(causes[judged & ((_any(nats, priors) < logit(priors.sum())) | (turn == 0))])
        nats = _KINDS @ causes.T
        priors = _priors(nats[:, judged], priors)
    return Weighed(facts=codes, llr=llr, row=row, nats=nats, prior=float(priors.sum()))


def _any(nats: Floats, priors: Floats) -> Floats:
    """Log odds that a parcel is of any kind."""
    out: Floats = np.logaddexp.reduce(nats + np.log(priors)[:, None], axis=0) - np.log1p(-priors.sum())
    return out


def _unread(reads: MachineReads, believed: Floats) -> Floats:
    seen = reads.read > 0
    claimed = min(float((_PSEUDO * _CLAIMED + (believed * seen).sum()) / (_PSEUDO + believed.sum())), 0.3)
    told = np.where(seen, np.log(claimed), np.log1p(-claimed)) - reads.chance
    out: Floats = np.where(reads.judged > 0, told, 0.0)
    return out


def _learn(fact: Fact, believed: Floats, judged: Flags) -> Floats:
    """Nats by row of a fact, 0 where it isn't judged."""
    bands, classes = fact.ghost.shape
    there = np.flatnonzero((fact.level >= 0) & judged[fact.unit])
    cell, ghosts = fact.band[there] * classes + fact.level[there], believed[fact.unit[there]]
    counted, of_ghosts = (np.bincount(cell, w, bands * classes).reshape(bands, classes) for w in (1 - ghosts, ghosts))
    pooled = counted.sum(axis=0) + 0.5
    honest = counted + 5 * pooled / pooled.sum()
    assumed = fact.ghost + 0.02 * fact.ghost.sum(axis=1, keepdims=True) + 1e-9
    known = _PSEUDO * assumed / assumed.sum(axis=1, keepdims=True) + of_ghosts
    worth = np.log(known / known.sum(axis=1, keepdims=True)) - np.log(honest / honest.sum(axis=1, keepdims=True))
    out: Floats = np.where(fact.level >= 0, worth[fact.band, fact.level], 0.0)
    return out


def _by_parcel(fact: Fact, worth: Floats, n: int) -> tuple[Floats, Longs]:
    """A parcel's nats, of several rows their sum or the strongest; and its strongest row."""
    row = np.full(n, -1, np.int64)
    some = np.flatnonzero(fact.level >= 0)
    some = some[np.argsort(worth[some], kind="stable")]
    row[fact.unit[some]] = some
    if fact.strongest:
        return np.where(row >= 0, np.append(worth, 0.0)[row], 0.0), row
    return np.bincount(fact.unit, worth, n).astype(np.float64), row


def _by_cause(facts: Sequence[Fact], llr: Floats, ceiling: float) -> Floats:
    """Rules 4 and 5: of facts of one cause the one that says most, either way, and no more than may be."""
    out, which = np.zeros((len(llr), len(_CAUSES))), [Cause.READS, *(fact.cause for fact in facts)]
    for place, cause in enumerate(_CAUSES):
        mine = llr[:, [column for column, of in enumerate(which) if of is cause]]
        if mine.shape[1]:
            most = np.abs(mine).argmax(axis=1)
            out[:, place] = np.clip(mine[np.arange(len(mine)), most], _AGAINST, ceiling)
    return out


def _discount(causes: Floats) -> float:
    """By how much less than their sum causes are worth: as honest parcels' sums scatter more than their parts do."""
    whole = float(causes.sum(axis=1).var()) if len(causes) else 0.0
    return float(np.clip((causes.var(axis=0).sum() / whole) ** 0.5, 0.5, 1.0)) if whole > 0 else 1.0


def _posterior(nats: Floats, priors: Floats) -> Floats:
    """(kinds, n): probability of each kind."""
    both = nats + np.log(priors)[:, None]
    honest = np.full((1, nats.shape[1]), np.log1p(-priors.sum()))
    out: Floats = np.exp(both - np.logaddexp.reduce(np.concatenate([both, honest]), axis=0))
    return out


def _priors(nats: Floats, priors: Floats, turns: int = 10) -> Floats:
    """Shares of the kinds, by expectation and maximisation over enough of them."""
    nats = nats[:, :: max(1, nats.shape[1] // _ENOUGH)]
    for _ in range(turns if nats.shape[1] else 0):
        priors = np.clip(_posterior(nats, priors).mean(axis=1), _LEAST, _MOST)
    return priors


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Groups of n parcels.

    group: of each parcel, its place. Of each group: a parcel of it (head), how many are judged (size), the probability
    that any of them never was, how many of them (expected). parcel: (n,) each one's own probability; kind: its place.
    """

    group: Longs
    head: Longs
    size: Longs
    probability: Floats
    expected: Floats
    parcel: Floats
    kind: Longs


def judge_groups(keys: Sequence[Longs], nats: Floats, judged: Flags) -> Groups:
    """Rule 6: each group is honest, or has a share of one kind among its parcels. keys: what tells groups apart."""
    group, head = _number(keys, len(judged))
    count, mine = len(head), group[judged]
    size = np.bincount(mine, minlength=count)
    fits, shares = [], []
    for each in np.clip(nats[:, judged], -12, 40):
        temper = 1 / (1 + np.maximum(size - 1, 0) * _alike(mine, np.clip(each, 0, 3), size))
        told = np.stack([np.logaddexp(np.log1p(-share), np.log(share) + each) for share in SHARES])
        fits.append(np.stack([np.bincount(mine, one, count) * temper for one in told]) - np.log(len(SHARES)))
        shares.append(np.exp(np.log(SHARES)[:, None] + each - told))
    whole, some = np.stack([np.logaddexp.reduce(fit, axis=0) for fit in fits]), size > 0
    guilty = np.where(some, _posterior(whole, _priors(whole[:, some], np.full(len(nats), _START), 60)), 0.0)
    parcel = np.zeros((len(nats), len(judged)))
    for k, (fit, share) in enumerate(zip(fits, shares, strict=True)):
        parcel[k, judged] = guilty[k][mine] * (np.exp(fit - whole[k])[:, mine] * share).sum(axis=0)
    total = parcel.sum(axis=0)
    return Groups(
        group=group, head=head, size=size, probability=guilty.sum(axis=0), parcel=total, kind=parcel.argmax(axis=0),
        expected=np.bincount(group, total, count).astype(np.float64),
    )  # fmt: skip


def _number(keys: Sequence[Longs], n: int) -> tuple[Longs, Longs]:
    """The group of each of n parcels, and the first parcel of each group."""
    order = np.lexsort(tuple(keys))
    new = np.arange(n) == 0
    for key in keys:
        new[1:] |= key[order][1:] != key[order][:-1]
    group = np.zeros(n, np.int64)
    group[order] = np.cumsum(new) - 1
    return group, order[np.flatnonzero(new)]


def _alike(group: Longs, nats: Floats, size: Longs) -> float:
    """How alike parcels of a group are (intraclass correlation): each group counts once, none like ghosts."""
    several = (size >= 2) & (np.bincount(group, nats, len(size)) < size)
    some = nats[several[group]]
    variance = float(some.var()) if len(some) else 0.0
    if not variance:
        return 0.0
    centred, pairs = nats - some.mean(), size[several] * (size[several] - 1.0)
    sums, squares = (np.bincount(group, x, len(size))[several] for x in (centred, centred**2))
    return float(np.clip(((sums**2 - squares) / pairs).mean() / variance, 0.0, 1.0))
