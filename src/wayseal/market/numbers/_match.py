"""Whose the numbers are that were read, and how many of the hits are chance.

1. Candidates that differ in few places and whose probabilities sum to 1 at most are readings of one written number:
   one of them is right, or none.
2. A number is ours by Bayes' rule over its readings: each is right with its probability; the one that is right is ours
   with the share of own numbers among what is on sale (`share`); every other is found by chance, as often as a
   misreading of an own number of that shape hits another (`Own.crowds`).
3. Ours is a number whose one reading is known and right with `SURE`; not ours, if every reading was missed and they
   were sure; else it can't be told: which of several known ones it is, too. A number in a format that the courier has
   nearly to itself and that isn't known can't be told either: it may be too new.
4. The number of hits by chance is expected, not counted: of each reading that is tried, as in 2 as far as it is
   misread, and as often as numbers of its shape are own ones as far as it isn't.
5. Whether a reading is a canary is said of readings that are found or that are sure, whatever the rest.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from wayseal.market.numbers._own import shape_of, space_of
from wayseal.market.numbers.types import Match, Matches, Own, Standing, Why
from wayseal.market.types import NumberCandidate
from wayseal.model.numbers import rarity_of

SURE, READ_WELL = 0.95, 0.9
SHARE = 0.5
"""Of numbers on sale, those that are ours, if nothing else is known."""
_TELLING = 7.0
"""Rarity of a format that hardly any other number has."""
_MOST_PLACES = 3
_NEVER, _ALWAYS = 1e-12, 1 - 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """One spelling that is looked up. chance: that a wrong one like it is found."""

    number: str = field(repr=False)
    probability: float
    found: bool
    chance: float


def match(
    candidates: Sequence[NumberCandidate],
    own: Own,
    *,
    canaries: Collection[str] = (),
    share: float = SHARE,
) -> Matches:
    """Whose some numbers are (rules 1 to 5).

    Args:
        candidates: What was read, of any number of pictures and texts; of each number the highest probability counts.
        own: The courier's own.
        canaries: Clean numbers that a register says are canaries.
        share: Of numbers on sale, those that are ours, as one knows it beforehand.

    Returns:
        One row for each written number, and how many hits are chance.
    """
    best: dict[str, float] = {}
    for one in candidates:
        best[one.number] = max(best.get(one.number, 0.0), one.probability)
    ranked = sorted(best, key=lambda number: (-best[number], number))
    found = own.known(ranked)
    readings = [_Reading(number=n, probability=best[n], found=n in found, chance=_chance(n, own)) for n in ranked]
    traps = frozenset(canaries)
    rows = tuple(_judge(group, own, traps, share) for group in _groups(readings))
    return Matches(rows=rows, tried=len(ranked), by_chance=sum(_expected(one, own) for one in readings))


def _groups(readings: Sequence[_Reading]) -> list[list[_Reading]]:
    """Readings of one number each (rule 1), the likeliest first in each."""
    groups: list[list[_Reading]] = []
    sums: list[float] = []
    heads: dict[tuple[int, int, str], list[int]] = {}
    for one in readings:
        # Of four interleaved parts, three differences leave one as it is.
        parts = [(len(one.number), n, one.number[n::4]) for n in range(_MOST_PLACES + 1)]
        near = (g for part in parts for g in heads.get(part, ()))
        home = next((g for g in near if sums[g] + one.probability <= 1.0 + 1e-6 and _near(groups[g][0], one)), None)
        if home is None:
            home = len(groups)
            groups.append([])
            sums.append(0.0)
            for part in parts:
                heads.setdefault(part, []).append(home)
        groups[home].append(one)
        sums[home] += one.probability
    return groups


def _near(one: _Reading, other: _Reading) -> bool:
    return sum(a != b for a, b in zip(one.number, other.number, strict=True)) <= _MOST_PLACES


def _judge(group: Sequence[_Reading], own: Own, canaries: frozenset[str], share: float) -> Match:
    shares = _posterior(group, share)
    hits = [one for one in group if one.found]
    trap = next((one for one in group if one.number in canaries and (one.found or one.probability >= READ_WELL)), None)
    head = trap or max(group, key=lambda one: shares[one.number])
    ours = shares[head.number]
    if ours >= SURE:
        standing, why = Standing.OURS, Why.KNOWN
    elif hits or sum(one.probability for one in group) < READ_WELL:
        standing, why = Standing.UNTOLD, Why.READ_BADLY
    elif _own_format(head.number, own):
        standing, why = Standing.UNTOLD, Why.OWN_FORMAT
    else:
        standing, why = Standing.NOT_OURS, Why.UNKNOWN
    return Match(
        number=head.number,
        standing=standing,
        why=why,
        probability=ours,
        readings=len(group),
        canary=trap is not None,
    )


def _posterior(group: Sequence[_Reading], share: float) -> dict[str, float]:
    """For each reading, that it is what is written, and ours (rule 2)."""
    odds = [one.chance if one.found else 1 - one.chance for one in group]
    all_wrong = float(np.prod(odds))
    untried = max(1 - sum(one.probability for one in group), 0.0) * all_wrong
    weights = [one.probability * all_wrong / chance for one, chance in zip(group, odds, strict=True)]
    ours = {one.number: w * share if one.found else 0.0 for one, w in zip(group, weights, strict=True)}
    other = untried + sum(w * (1 - share) for one, w in zip(group, weights, strict=True) if not one.found)
    total = sum(ours.values()) + other
    return {number: weight / total if total else 0.0 for number, weight in ours.items()}


def _own_format(number: str, own: Own) -> bool:
    """Whether its format is telling, and the courier has numbers of that shape."""
    return rarity_of(number, own.formats) >= _TELLING and own.shapes.get(shape_of(number), 0.0) > 0


def _chance(number: str, own: Own) -> float:
    """That a wrong reading like this one is found (rule 2)."""
    return min(max(own.crowds.get(shape_of(number), 0.0), _density(number, own), _NEVER), _ALWAYS)


def _density(number: str, own: Own) -> float:
    shape = shape_of(number)
    return min(own.shapes.get(shape, 0.0) / space_of(shape), 1.0)


def _expected(one: _Reading, own: Own) -> float:
    """Hits by chance of one that is tried (rule 4)."""
    return one.probability * _density(one.number, own) + (1 - one.probability) * one.chance
