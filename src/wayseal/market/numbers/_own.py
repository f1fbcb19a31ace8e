"""The courier's own numbers, out of a ledger.

A shape is a number with its letters and its first two characters kept and other digits as 0: numbers of one shape are
10 to the power of those zeros, and how many of them are the courier's own says how often a random one would be found.
"""

from collections.abc import Callable, Sequence

import numpy as np

from wayseal.ledger import Snapshot
from wayseal.market.numbers.types import Own
from wayseal.model.numbers import learn_formats

SAMPLE = 20_000
"""Numbers of a ledger out of which shapes are counted."""
_MOST_SHAPES, _LOOKED = 16, 64
"""Shapes, the most common, whose crowds are looked at, and about how many numbers of each."""


def shape_of(number: str) -> str:
    """A clean number's shape.

    Args:
        number: The number, clean.

    Returns:
        Its letters and first two characters, and 0 for each other digit.
    """
    return number[:2] + "".join("0" if c.isdigit() else c for c in number[2:])


def space_of(shape: str) -> float:
    """How many numbers have a shape.

    Args:
        shape: As of `shape_of`.

    Returns:
        Ten to the power of its free digits.
    """
    return 10.0 ** shape[2:].count("0")


def own_of_ledger(snapshot: Snapshot) -> Own:
    """Numbers that a ledger knows: read, or in `waybills` or `scans`.

    Args:
        snapshot: The ledger; it has to stay open.

    Returns:
        Them, to be asked.
    """

    def known(numbers: Sequence[str]) -> frozenset[str]:
        keys = snapshot.keys(numbers)
        there = snapshot.find(keys)["waybill"].to_numpy()
        return frozenset(n for n, found in zip(numbers, np.isin(keys, there), strict=True) if found)

    sample = [text for text in snapshot.names("waybill", snapshot.control(SAMPLE)) if text]
    return _own(known, sample, snapshot.size())


def _own(known: Callable[[Sequence[str]], frozenset[str]], sample: Sequence[str], size: int) -> Own:
    """size: of all of them."""
    by_shape: dict[str, list[str]] = {}
    for number in sample:
        by_shape.setdefault(shape_of(number), []).append(number)
    scale = size / max(len(sample), 1)
    shapes = {shape: len(some) * scale for shape, some in by_shape.items()}
    common = sorted(by_shape, key=lambda shape: (-len(by_shape[shape]), shape))[:_MOST_SHAPES]
    looked = {shape: by_shape[shape][:: max(len(by_shape[shape]) // _LOOKED, 1)] for shape in common}
    near = {shape: [_neighbours(number) for number in some] for shape, some in looked.items()}
    found = known(sorted({n for some in near.values() for one in some for n in one}))
    crowds = {shape: _part(some, found) for shape, some in near.items()}
    return Own(known=known, shapes=shapes, crowds=crowds, formats=learn_formats(sample))


def _part(near: Sequence[Sequence[str]], found: frozenset[str]) -> float:
    every = [number for some in near for number in some]
    return sum(number in found for number in every) / max(len(every), 1)


def _neighbours(number: str) -> list[str]:
    """Numbers that differ from one in one digit."""
    return [
        f"{number[:place]}{digit}{number[place + 1 :]}"
        for place, there in enumerate(number)
        if there.isdigit()
        for digit in "0123456789"
        if digit != there
    ]
