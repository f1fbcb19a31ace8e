"""Whose the numbers are that were read, and how many of the hits are chance.

1. Candidates that differ in few places and whose probabilities sum to 1 at most are readings of one written number:
   one of them is right, or none.
2. A number is ours by Bayes' rule over its readings: each is right with its probability; the one that is right is ours
   with the share of own numbers among what is on sale (`share`); every other is found by chance, as often as numbers
   that differ from it in one digit are found: own numbers are issued in rows, so a misreading of one often hits its
   neighbour, and a random number hardly ever.
3. Ours from `SURE` on; not ours if every reading was missed and they were sure; else it can't be told. A number in a
   format that the courier has nearly to itself and that isn't known can't be told either: it may be too new.
4. The number of hits by chance is expected, not counted: of each reading that is tried, as often as its neighbours are
   found if it is misread, and as often as numbers of its shape are own ones if it is no waybill at all.
5. Whether a reading is a canary is said of readings that are found or that are sure, whatever the rest.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from wayseal.market.numbers._own import shape_of, space_of
from wayseal.market.numbers.types import Match, Matches, Own, Standing, Why
from wayseal.market.types import NumberCandidate
from wayseal.model.numbers import FORMATS
from wayseal.model.numbers import candidates as couriers_of

SURE, READ_WELL = 0.95, 0.9
SHARE = 0.5
"""Of numbers on sale, those that are ours, if nothing else is known."""
_TELLING = 7.0
"""Rarity of a format that hardly any other number has."""
_MOST_PLACES = 3
_MOST_WITH_NEIGHBOURS = 256
"""Readings whose neighbours are looked up; of more, evenly many, for the mean of them all."""
_RARITY = {f.reason: f.rarity for f in FORMATS}
_OFTEN = 1e-12


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
    chances = _chances(ranked, own)
    readings = [
        _Reading(number=n, probability=best[n], found=n in found, chance=c)
        for n, c in zip(ranked, chances, strict=True)
    ]
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
    ours, right = _posterior(group, share)
    hits = [one for one in group if one.found]
    trap = next((one for one in group if one.number in canaries and (one.found or one.probability >= READ_WELL)), None)
    head = max(hits, key=lambda one: one.probability) if hits and ours >= 0.5 else group[0]
    head = trap or head
    if ours >= SURE:
        standing, why = Standing.OURS, Why.KNOWN
    elif hits or right < READ_WELL:
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


def _posterior(group: Sequence[_Reading], share: float) -> tuple[float, float]:
    """That the number is ours, and how much of what it may be was tried (rule 2)."""
    odds = [(one.chance if one.found else 1 - one.chance) or _OFTEN for one in group]
    all_wrong = float(np.prod(odds))
    tried = min(sum(one.probability for one in group), 1.0)
    ours = other = 0.0
    for one, chance in zip(group, odds, strict=True):
        weight = one.probability * all_wrong / chance
        if one.found:
            ours += weight * share
        else:
            other += weight * (1 - share)
    other += (1 - tried) * all_wrong
    return (ours / (ours + other) if ours else 0.0), tried


def _own_format(number: str, own: Own) -> bool:
    """Whether its format is telling, and the courier has numbers of that shape."""
    rarity = max((_RARITY.get(c.reason, 0.0) for c in couriers_of(number)), default=0.0)
    return rarity >= _TELLING and own.shapes.get(shape_of(number), 0.0) > 0


def _chances(numbers: Sequence[str], own: Own) -> list[float]:
    """For each number, which part of those that differ in one digit is found; of many, that of those looked at."""
    if not numbers:
        return []
    every = max(len(numbers) // _MOST_WITH_NEIGHBOURS, 1)
    looked = [_neighbours(number) for number in numbers[::every]]
    found = own.known(sorted({n for near in looked for n in near}))
    parts = [sum(n in found for n in near) / max(len(near), 1) for near in looked]
    mean = sum(parts) / len(parts)
    chances = [parts[place // every] if place % every == 0 else mean for place in range(len(numbers))]
    return [max(chance, _density(number, own), _OFTEN) for chance, number in zip(chances, numbers, strict=True)]


def _neighbours(number: str) -> list[str]:
    return [
        f"{number[:place]}{digit}{number[place + 1 :]}"
        for place, there in enumerate(number)
        if there.isdigit()
        for digit in "0123456789"
        if digit != there
    ]


def _density(number: str, own: Own) -> float:
    shape = shape_of(number)
    return min(own.shapes.get(shape, 0.0) / space_of(shape), 1.0)


def _expected(one: _Reading, own: Own) -> float:
    """Hits by chance of one that is tried (rule 4)."""
    return one.probability * _density(one.number, own) + (1 - one.probability) * one.chance
