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
_START = 0.003
_LEAST, _MOST = 5e-4, 0.2
_PSEUDO = 100.0
"""Parcels' worth of what was assumed of ghosts, against what is learnt of them."""
_CLAIMED = 0.02
"""Share of ghosts that somebody claims a machine read, by assumption."""
_AGAINST = -4.0
_EMPTY = (Cause.WEIGHT, Cause.SIGN_OFF, Cause.ORDER)
"""Of these causes are facts of a parcel that is real and empty."""
SHARES = np.array([0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 0.95])
"""Shares of ghosts that a group may have."""
_CAUSES = tuple(Cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What the facts of n parcels come to.

    Attributes:
        facts: Codes, as columns of `llr`.
        llr: (n, facts) nats for a ghost; 0 where a fact isn't judged.
        row: (n, facts) row of the fact that stands for the parcel, -1 for none.
        ghost, empty: Summed up for either.
        prior: Share of ghosts and empties.
    """

    facts: tuple[Code, ...]
    llr: Floats
    row: Longs
    ghost: Floats
    empty: Floats
    prior: float


def weigh(facts: Sequence[Fact], reads: MachineReads, judged: Flags) -> Weighed:
    """Learn densities and priors in turns, each fact's by what all other causes say (rule 3).

    Args:
        facts: In classes.
        reads: Machine reads, a fact of their own.
        judged: Parcels that are judged at all; nothing is learnt from others.

    Returns:
        Nats by fact and parcel.
    """
    n = len(judged)
    codes = (Code.UNREAD, *(fact.code for fact in facts))
    llr, row = np.zeros((n, len(codes))), np.full((n, len(codes)), -1, np.int64)
    row[:, 0] = np.where(reads.judged > 0, np.arange(n), -1)
    causes = np.zeros((n, len(_CAUSES)))
    priors, claimed, ghost, empty = np.array([_START, _START]), _CLAIMED, np.zeros(n), np.zeros(n)
    for turn in range(_ROUNDS):
        ceiling = max(3.0, -float(logit(priors.sum())))
        for cause in _CAUSES:
            place = _CAUSES.index(cause)
            without = _either(ghost - causes[:, place], empty - causes[:, place] * (cause in _EMPTY), priors)
            believed = np.where(judged, expit(without + logit(priors.sum())), 0.0) if turn else np.zeros(n)
            if cause is Cause.READS:
                seen = reads.read > 0
                claimed = min((_PSEUDO * _CLAIMED + (believed * seen).sum()) / (_PSEUDO + believed.sum()), 0.3)
                told = np.where(seen, np.log(claimed), np.log1p(-claimed)) - reads.chance
                llr[:, 0] = np.where(reads.judged > 0, told, 0.0)
            for column, fact in enumerate(facts, 1):
                if fact.cause is cause:
                    llr[:, column], row[:, column] = _by_parcel(fact, _learn(fact, believed, judged), n)
        causes = _by_cause(facts, llr, ceiling)
        discount = _discount(causes[judged & (_either(ghost, empty, priors) < 0)] if turn else causes[judged])
        causes *= discount
        ghost = causes.sum(axis=1)
        empty = causes[:, [_CAUSES.index(cause) for cause in _EMPTY]].sum(axis=1)
        priors = _priors(ghost[judged], empty[judged], priors)
    return Weighed(facts=codes, llr=llr, row=row, ghost=ghost, empty=empty, prior=float(priors.sum()))


def _either(ghost: Floats, empty: Floats, priors: Floats) -> Floats:
    shares = np.log(priors / priors.sum())
    out: Floats = np.logaddexp(ghost + shares[0], empty + shares[1])
    return out


def _learn(fact: Fact, believed: Floats, judged: Flags) -> Floats:
    """Nats by row of a fact, 0 where it isn't judged."""
    bands, classes = fact.ghost.shape
    there = np.flatnonzero((fact.level >= 0) & judged[fact.unit])
    cell = fact.band[there] * classes + fact.level[there]
    ghosts = believed[fact.unit[there]]
    counted, of_ghosts = (np.bincount(cell, w, bands * classes).reshape(bands, classes) for w in (1 - ghosts, ghosts))
    pooled = counted.sum(axis=0) + 0.5
    honest = counted + 5 * pooled / pooled.sum()
    assumed = fact.ghost + 0.02 * fact.ghost.sum(axis=1, keepdims=True) + 1e-9
    known = _PSEUDO * assumed / assumed.sum(axis=1, keepdims=True) + of_ghosts
    worth = np.log(known / known.sum(axis=1, keepdims=True)) - np.log(honest / honest.sum(axis=1, keepdims=True))
    out = np.zeros(len(fact.level))
    some = np.flatnonzero(fact.level >= 0)
    out[some] = worth[fact.band[some], fact.level[some]]
    return out


def _by_parcel(fact: Fact, worth: Floats, n: int) -> tuple[Floats, Longs]:
    """A parcel's nats, of several rows their sum or the strongest; and its strongest row."""
    out, row = np.zeros(n), np.full(n, -1, np.int64)
    some = np.flatnonzero(fact.level >= 0)
    some = some[np.argsort(worth[some], kind="stable")]
    row[fact.unit[some]] = some
    if fact.strongest:
        out[fact.unit[some]] = worth[some]
    else:
        out = np.bincount(fact.unit, worth, n)
    return out, row


def _by_cause(facts: Sequence[Fact], llr: Floats, ceiling: float) -> Floats:
    """Rules 4 and 5: of facts of one cause the one that says most, either way, and no more than may be."""
    out = np.zeros((len(llr), len(_CAUSES)))
    which = [_CAUSES.index(Cause.READS), *(_CAUSES.index(fact.cause) for fact in facts)]
    for place in range(len(_CAUSES)):
        mine = llr[:, [column for column, of in enumerate(which) if of == place]]
        if mine.shape[1]:
            most = np.abs(mine).argmax(axis=1)
            out[:, place] = np.clip(mine[np.arange(len(mine)), most], _AGAINST, ceiling)
    return out


def _discount(causes: Floats) -> float:
    """By how much less than their sum causes are worth: as honest parcels' sums scatter more than their parts do."""
    if len(causes) < 2:
        return 1.0
    whole = float(causes.sum(axis=1).var())
    return float(np.clip((causes.var(axis=0).sum() / whole) ** 0.5, 0.5, 1.0)) if whole > 0 else 1.0


def _priors(ghost: Floats, empty: Floats, priors: Floats) -> Floats:
    """Shares of ghosts and of empties, by expectation and maximisation."""
    if not len(ghost):
        return priors
    for _ in range(20):
        both = np.stack([ghost + np.log(priors[0]), empty + np.log(priors[1])])
        all_ = np.logaddexp(np.logaddexp(both[0], both[1]), np.log1p(-priors.sum()))
        priors = np.clip(np.exp(both - all_).mean(axis=1), _LEAST, _MOST)
    return priors


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Groups of n parcels.

    Attributes:
        group: Of each parcel, its place.
        head: Of each group, a parcel of it.
        size: How many parcels it has that are judged.
        probability: That any of them never was.
        expected: How many of them.
        parcel: Of each parcel, its own probability.
        empty: Whether it is rather an empty one.
    """

    group: Longs
    head: Longs
    size: Longs
    probability: Floats
    expected: Floats
    parcel: Floats
    empty: Flags


def judge_groups(keys: Sequence[Longs], nats: Sequence[Floats], judged: Flags) -> Groups:
    """Rule 6: each group is honest, or has a share of ghosts, or of empties, among its parcels.

    Args:
        keys: What tells groups apart, each (n,).
        nats: Of each parcel, for a ghost and for an empty one.
        judged: Those that count.

    Returns:
        Probabilities of groups and of their parcels.
    """
    group, head = _number(keys, len(judged))
    count, mine = len(head), group[judged]
    size = np.bincount(mine, minlength=count)
    fits, shares = [], []
    for each in nats:
        mind = np.clip(each[judged], -12, 40)
        temper = 1 / (1 + np.maximum(size - 1, 0) * _alike(mine, np.clip(mind, 0, 3), size))
        told = np.stack([np.logaddexp(np.log1p(-share), np.log(share) + mind) for share in SHARES])
        fits.append(np.stack([np.bincount(mine, one, count) * temper for one in told]) - np.log(len(SHARES)))
        shares.append(np.exp(np.log(SHARES)[:, None] + mind - told))
    whole = np.stack([np.logaddexp.reduce(fit, axis=0) for fit in fits])
    some, priors = size > 0, np.full(len(nats), _START)
    for _ in range(30):
        guilty = _guilty(whole, priors)
        priors = np.clip(guilty[:, some].mean(axis=1), _LEAST, _MOST) if some.any() else priors
    guilty = np.where(some, _guilty(whole, priors), 0.0)
    parcel = np.zeros((len(nats), len(judged)))
    for place, (fit, share) in enumerate(zip(fits, shares, strict=True)):
        parcel[place, judged] = guilty[place][mine] * (np.exp(fit - whole[place])[:, mine] * share).sum(axis=0)
    return Groups(
        group=group, head=head, size=size, probability=guilty.sum(axis=0),
        expected=np.bincount(group, parcel.sum(axis=0), count), parcel=parcel.sum(axis=0), empty=parcel[1] > parcel[0],
    )  # fmt: skip


def _guilty(whole: Floats, priors: Floats) -> Floats:
    both = whole + np.log(priors)[:, None]
    honest = np.full((1, whole.shape[1]), np.log1p(-priors.sum()))
    out: Floats = np.exp(both - np.logaddexp.reduce(np.concatenate([both, honest]), axis=0))
    return out


def _number(keys: Sequence[Longs], n: int) -> tuple[Longs, Longs]:
    """The group of each of n parcels, and the first parcel of each group."""
    order = np.lexsort(tuple(keys))
    new = np.zeros(n, np.bool_)
    new[:1] = True
    for key in keys:
        new[1:] |= key[order][1:] != key[order][:-1]
    group = np.zeros(n, np.int64)
    group[order] = np.cumsum(new) - 1
    return group, order[np.flatnonzero(new)]


def _alike(group: Longs, nats: Floats, size: Longs) -> float:
    """How alike the nats of a group's parcels are (intraclass correlation, groups of ghosts aside): so little is new."""
    several = size >= 2
    mean = np.bincount(group, nats, len(size)) / np.maximum(size, 1)
    several &= mean < 1
    pairs = float((size[several] * (size[several] - 1.0)).sum())
    some = nats[several[group]]
    variance = float(some.var()) if len(some) else 0.0
    if not pairs or not variance:
        return 0.0
    centred = nats - some.mean()
    sums, squares = (np.bincount(group, x, len(size))[several] for x in (centred, centred**2))
    return float(np.clip((sums**2 - squares).sum() / pairs / variance, 0.0, 1.0))
