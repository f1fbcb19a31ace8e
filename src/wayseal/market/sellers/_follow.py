"""Whose place a new shop took that has nothing in common with any other but how it is written (rule 8)."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

import numpy as np

from wayseal.market.sellers._book import Book
from wayseal.market.sellers._groups import Groups
from wayseal.market.sellers._style import Styles
from wayseal.market.sellers._weigh import DAY, MOVES, PRIOR, successions_anew

LATEST: Final = 21 * DAY
"""Who wrote like that and went longer ago is not looked for."""
LIKELY: Final = math.log(4) - PRIOR
"""Nats from which a shop is told to have taken another's place: it is four times as likely as that it didn't."""


class Followed(NamedTuple):
    """A shop whose place another took. style, time: nats by how both write, and when; total: less rivals."""

    old: int
    style: float
    time: float
    total: float


def find_followed(new: int, book: Book, groups: Groups, styles: Styles, beside: Collection[int]) -> Followed | None:
    """Who was there before, under another address; None: nobody is known, or not well enough.

    All who went stand against one another, and against that it is somebody new: a way of writing that two of them have
    tells of neither. beside: shops with which it has anything in common, which is weighed for itself: who takes a text
    takes a way of writing along.
    """
    first = book.shops[new].first
    if any(book.shops[one].first < first for one in groups.members[groups.find(new)]):
        return None  # it is known whose it is
    olds = [old for old in _away(new, book, groups) if old not in beside]
    if not olds:
        return None
    gaps = np.array([first - book.shops[old].last for old in olds], np.float64)
    time = successions_anew(gaps, len(book.shops))
    style = styles.weigh(new, olds, address=False)
    odds = np.exp(time + style + PRIOR)
    best = int(odds.argmax())
    total = float(np.log(odds[best] / (1 + odds.sum() - odds[best]))) - PRIOR
    if total < LIKELY:
        return None
    return Followed(olds[best], float(style[best]), float(time[best]), total)


def _away(new: int, book: Book, groups: Groups) -> list[int]:
    """Of each seller who was there and is nowhere any more, as far as is known, the shop that was there last."""
    first = book.shops[new].first
    went: defaultdict[int, list[int]] = defaultdict(list)
    for old in book.ended_between(first - LATEST, first + MOVES):
        if book.shops[old].first < first:
            went[groups.find(old)].append(old)
    return [olds[-1] for group, olds in went.items() if _is_away(groups.members[group], olds[-1], book)]


def _is_away(shops: Iterable[int], last: int, book: Book) -> bool:
    """Whether all of a seller's shops are gone, and none was seen after one of them."""
    return all(book.has_ended(one) and book.shops[one].last <= book.shops[last].last for one in shops)
