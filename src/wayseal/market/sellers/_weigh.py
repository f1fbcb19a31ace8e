"""What each signal is worth, in nats (rules 1 and 2).

A weight is the log of how much likelier the signal is between two shops of one seller than between two of different
ones. Weights are rounded, and no more than an order: an address that only one can answer is worth more than a picture
that can be taken from another's shop, and that more than a text, which is copied more often still. They were set on one
seed of the benchmark's first worlds, and measured on other seeds and on worlds that were written afterwards.
"""

import math
from collections.abc import Iterable
from typing import Final

import numpy as np

from wayseal.market.sellers._kernels import F64, I64
from wayseal.market.sellers._types import Signal
from wayseal.market.types import HandleKind

PRIOR: Final = -8.0
"""Log odds that two shops are one seller's before anything is known: one pair out of 3,000."""
THRESHOLD: Final = math.log(0.95 / 0.05)
"""Log odds from which they are told as one."""
NEEDED: Final = THRESHOLD - PRIOR
"""Nats that take a pair over the threshold."""
SHOWN: Final = 4.0
"""Nats from which links of a pair are kept, so that a person sees who may belong together."""

SHOP: Final = 14.0
_HANDLES: Final = {
    HandleKind.INVITE: 14.0,
    HandleKind.PHONE: 14.0,
    HandleKind.PAYMENT: 14.0,
    HandleKind.QQ: 13.5,
    HandleKind.WECHAT: 13.5,
    HandleKind.TELEGRAM: 13.0,
    HandleKind.EMAIL: 13.0,
    HandleKind.QR: 12.5,
    HandleKind.SHOP: 14.0,
    HandleKind.LINK: 7.0,
}
FURTHER: Final = 2.0
"""Each further handle of a pair, or picture: they mostly move together."""
PICTURE_BITS: Final = 8
"""Bits of 64 in which near-same pictures may differ; other ones differ in 30."""
LEAST_LIKE: Final = 0.5
"""Likeness of texts from which it is evidence."""
_MOST_TEXT = 11.5
_ENOUGH_TEXT = 60.0
_BESIDE = -4.0
AFTER: Final = 1.5
DAY: Final = 86_400_000_000
_SUCCESSION = 30 * DAY
_SIDE_BY_SIDE = 3 * DAY
MOVES: Final = DAY // 3
"""A shop may have been seen so long after the one began that takes its place: sites are looked at at their times."""
_BACK, _BACK_ANEW = 0.25, 0.1
_GO = 0.01 * 2
"""Of all shops, in the two days that count most."""
_LEAST_SUCCESSION = -2.0


def handle(kind: HandleKind, degree: int, crowd: int) -> float:
    """One handle that two shops share.

    degree: how many shops have it; crowd: how many at one time who have others of their own, and none together.
    """
    return _HANDLES[kind] - math.log(max(1.0, degree / 4)) - 3.5 * max(0, crowd - 1)


def picture(bits: int, crowd: int, *, mirrored: bool) -> float:
    """A picture that two shops share, in all but so many bits. crowd: how many at one time, otherwise unrelated."""
    return 12.0 - 0.25 * bits - (0.5 if mirrored else 0.0) - 3.0 * max(0, crowd - 1)


def text(likeness: float, information: float, crowd: int) -> float:
    """Two texts without footers.

    likeness: Jaccard of pairs of characters, rare ones counting more; information: nats in what they share, as if pairs
    were independent: a few common words are no evidence, however alike; crowd: how many have it at one time.
    """
    grade = min(1.0, (likeness - 0.35) / 0.35) * min(1.0, information / _ENOUGH_TEXT)
    return _MOST_TEXT * grade - 3.0 * max(0, crowd - 1)


def rhythm(first: tuple[int, int], second: tuple[int, int], *, contacts: bool) -> float:
    """When two shops stood there, as (from, to). contacts: both have handles, and none together."""
    earlier, later = sorted((first, second))
    overlap = min(earlier[1], later[1]) - later[0]
    if overlap >= _SIDE_BY_SIDE:
        return _BESIDE if contacts else 0.0
    return AFTER if 0 <= later[0] - earlier[1] + DAY <= _SUCCESSION else 0.0


def succession(gap: int, others: F64 | I64, known: int) -> float:
    """A shop began so long after another one was seen last that is known to be gone.

    One new shop in four is somebody's who was there before (rule 8): that is shared out among all that went, the more
    to each the sooner it went before, and set against the prior of any two.

    others: gaps to all that are known to be gone; known: how many shops are known. As nobody knows who went before the
    first look, one in a hundred is taken to go a day.
    """
    mine = _returns(np.array([gap]))
    return max(_LEAST_SUCCESSION, float(_shares(mine, _returns(others), known)[0]) + _odds(_BACK) - PRIOR)


def successions_anew(gaps: F64, known: int) -> F64:
    """The same of a shop that has nothing in common with any before, for each of those whose sellers are nowhere now.

    Of such shops one in ten is somebody's who was there before. gaps: to all of those.
    """
    mine = _returns(gaps)
    return _shares(mine, mine, known) + _odds(_BACK_ANEW) - PRIOR


def _shares(mine: F64, others: F64, known: int) -> F64:
    """Logs of shares."""
    return np.asarray(np.log(mine / np.maximum(mine, max(float(others.sum()), _GO * known))), np.float64)


def _odds(share: float) -> float:
    return math.log(share / (1 - share))


def _returns(gaps: F64 | I64) -> F64:
    """Density of coming back after a gap: half are back within two days, and few after weeks."""
    return np.asarray(1.0 / (1.0 + np.maximum(0.0, gaps) / (2 * DAY)) ** 2, np.float64)


def total(weights: Iterable[tuple[Signal, float]]) -> float:
    """What a pair's links come to: each signal once; of picture and mirror the better one."""
    best: dict[Signal, float] = {}
    for signal, weight in weights:
        kind = Signal.PICTURE if signal is Signal.MIRROR else signal
        best[kind] = max(weight, best.get(kind, weight))
    return sum(best.values())
