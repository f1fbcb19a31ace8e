"""The courier's own numbers, out of a ledger or a list.

A shape is a number with its letters and its first two characters kept and other digits as 0: numbers of one shape are
10 to the power of those zeros, and how many of them are the courier's own says how often a random one would be found.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from wayseal.ledger import Snapshot
from wayseal.market.numbers.types import Own
from wayseal.model.numbers import clean_waybill

SAMPLE = 20_000
"""Numbers of a ledger out of which shapes are counted."""


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
    sample = snapshot.control(SAMPLE)
    counted = Counter(shape_of(text) for text in snapshot.names("waybill", sample))
    scale = snapshot.size() / max(len(sample), 1)

    def known(numbers: Sequence[str]) -> frozenset[str]:
        keys = snapshot.keys(numbers)
        there = snapshot.find(keys)["waybill"].to_numpy()
        return frozenset(n for n, found in zip(numbers, np.isin(keys, there), strict=True) if found)

    return Own(known=known, shapes={shape: count * scale for shape, count in counted.items()})


def own_of_numbers(numbers: Iterable[str]) -> Own:
    """A list as the courier's own numbers.

    Args:
        numbers: As they are written.

    Returns:
        Them, to be asked.
    """
    own = frozenset(map(clean_waybill, numbers)) - {""}
    counted = Counter(map(shape_of, own))
    return Own(known=own.intersection, shapes=counted)
