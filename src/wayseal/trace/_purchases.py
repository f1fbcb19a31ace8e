"""Which number to ask a seller for next, so that getting it, or not, says most.

1. One leaker, as in `_planner`: a belief over K listed sources; what is missing to 1 is somebody not listed, who had
   a number that fits as often as such accounts do.
2. Whoever had a number that fits delivers it with the probability `WILLING`; who had none, with `ELSEWHERE` (a lost
   read, another supplier). So a narrow question is a test by itself: it can only be met by those who had such a number.
3. What is delivered is a draw from what the source had of it, and shows who else had read it: the source itself, but
   for reads that the log lost; any other with the share of fitting numbers that it had, or, within one outlet, its
   share of those that came there. Given the source these are taken as independent of each other.
4. Bits: mutual information between the source and (delivered or not, who had it). Its first part is exact, its second
   a mean over draws that are the same for the same arguments. Times of reads, which add to it, are left out.
5. Cost: `COST_REFUSED` for a question that isn't met, 1 for a number bought.
"""

from dataclasses import dataclass
from math import log

import numpy as np

from wayseal.trace._evidence import Floats, Ints

WILLING = 0.9
ELSEWHERE = 0.1
COST_REFUSED = 0.2
"""Cost of asking in vain, where a number bought costs 1: time, and the seller's patience."""

LOST = 0.05
"""Share of reads that the log does not hold (`Evidence.lost`)."""

DRAWS = 24
"""Draws of "who had it" for each source and question."""
_FLOOR = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """Q questions to K sources.

    size[Q]: numbers that fit. was_read[K, Q]: how many of them each source had. in_reach[K, Q]: how many came to the
    source's outlet, 0 where that isn't known. group[K]: number of that outlet, -1 without. others[Q]: share of the
    accounts that are not listed that had any of them.
    """

    size: Floats
    was_read: Floats
    in_reach: Floats
    group: Ints
    others: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferWorth:
    """What each question is worth: bits[Q], cost[Q], delivered[Q] (probability that it is met)."""

    bits: Floats
    cost: Floats
    delivered: Floats

    @property
    def per_cost(self) -> Floats:
        """[Q] bits per cost."""
        return self.bits / self.cost


def weigh_offers(belief: Floats, offers: Offers) -> OfferWorth:
    """Weigh all questions under a belief [K] (rules 2 to 5)."""
    known = np.append(belief, max(1 - float(belief.sum()), 0.0))
    chance = delivery_chances(offers)
    got = known @ chance
    first = _entropy(got) - known @ _entropy(chance)
    with np.errstate(invalid="ignore", divide="ignore"):
        after = np.where(got > 0, known[:, None] * chance / got, known[:, None])
    second = np.array([_who(after[:, q], _reads(offers, q)) for q in range(len(got))])
    return OfferWorth(
        bits=np.maximum(first, 0.0) + got * second,
        cost=got + COST_REFUSED * (1 - got),
        delivered=np.asarray(got, np.float64),
    )


def delivery_chances(offers: Offers) -> Floats:
    """[K + 1, Q] probability that each source, and somebody not listed, meets a question (rule 2)."""
    there = (offers.size > 0)[None, :]
    some = np.vstack([(offers.was_read > 0).astype(np.float64), offers.others[None, :]])
    return np.asarray(np.where(there, ELSEWHERE + (1 - ELSEWHERE) * WILLING * some, 0.0), np.float64)


def _reads(offers: Offers, q: int) -> Floats:
    """[K + 1, K] probability that each source had read what each other (or, last, somebody not listed) sold."""
    had, came, size = offers.was_read[:, q], offers.in_reach[:, q], max(float(offers.size[q]), 1.0)
    share = had / size
    with np.errstate(divide="ignore", invalid="ignore"):
        home = np.where(came > 0, np.minimum(had / came, 1.0), share)
    mates = (offers.group[:, None] == offers.group[None, :]) & (offers.group[:, None] >= 0)
    out = np.where(mates, home[None, :], share[None, :])
    own = (1 - ELSEWHERE) * np.maximum(1 - LOST, share) + ELSEWHERE * share
    np.fill_diagonal(out, np.where(had > 0, own, share))
    return np.asarray(np.clip(np.vstack([out, share]), _FLOOR, 1 - _FLOOR), np.float64)


def _who(belief: Floats, reads: Floats) -> float:
    """Bits that the list of those who had read it tells about who sold it."""
    u = np.random.default_rng(1).random((DRAWS, 1, reads.shape[1]))
    drawn = (u < reads[None, :, :]).reshape(-1, reads.shape[1]).astype(np.float64)
    yes, no = np.log(reads), np.log1p(-reads)
    by_source = drawn @ (yes - no).T + no.sum(axis=1)
    true = np.tile(np.arange(len(belief)), DRAWS)
    top = by_source.max(axis=1)
    mixed = top + np.log(np.exp(by_source - top[:, None]) @ belief)
    gained = by_source[np.arange(len(true)), true] - mixed
    return max(float(belief[true] @ gained) / DRAWS / log(2), 0.0)


def _entropy(p: Floats) -> Floats:
    x = np.clip(p, 1e-300, 1.0)
    y = np.clip(1 - x, 1e-300, 1.0)
    return np.asarray(-(x * np.log2(x) + y * np.log2(y)), np.float64)
