"""Near-same pictures: hashes that differ in few bits, and those of mirrored ones.

Of eight bits that differ, one of nine bands is left whole: so no pair is missed, and few are compared.
"""

from typing import NamedTuple

import numpy as np

from wayseal.market.sellers._kernels import I64, U64, near
from wayseal.market.sellers._weigh import PICTURE_BITS

_BANDS = PICTURE_BITS + 1


class Near(NamedTuple):
    """Two pictures by their places. bits: in which they differ; mirrored: as mirror images."""

    a: int
    b: int
    bits: int
    mirrored: bool


def near_pictures(hashes: U64, mirrors: U64) -> list[Near]:
    """All pairs of pictures that are near-same, each once."""
    count = len(hashes)
    both = np.concatenate([hashes, mirrors])
    found = [np.zeros((0, 2), np.int64)]
    edges = np.linspace(0, 64, _BANDS + 1).astype(int)
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        key = (both >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)
        order = np.argsort(key, kind="stable")
        key = key[order]
        groups = np.append(np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1]))), len(key))
        found.append(_near_in(both, order, groups, count))
    pairs = np.concatenate(found)
    best: dict[tuple[int, int], Near] = {}
    bits = np.bitwise_count(both[pairs[:, 0]] ^ both[pairs[:, 1]])
    for (i, j), differ in zip(pairs.tolist(), bits.tolist(), strict=True):
        a, b = sorted((i % count, j % count))
        one = Near(a, b, int(differ), i >= count or j >= count)
        known = best.get((a, b))
        if a != b and (known is None or (one.mirrored, one.bits) < (known.mirrored, known.bits)):
            best[a, b] = one
    return [best[key] for key in sorted(best)]


def _near_in(both: U64, order: I64, groups: I64, plain: int) -> I64:
    room = np.empty((1 << 16, 2), np.int64)
    with np.errstate(over="ignore"):
        found = near(both, order, groups, PICTURE_BITS, plain, room)
        if found > len(room):
            room = np.empty((found, 2), np.int64)
            near(both, order, groups, PICTURE_BITS, plain, room)
    return room[:found]


def near_one(hashes: U64, hash_: int, mirror: int) -> list[tuple[int, int, bool]]:
    """(place, bits, mirrored) of all pictures that are near-same to one."""
    out: dict[int, tuple[int, int, bool]] = {}
    for value, mirrored in ((mirror, True), (hash_, False)):
        bits = np.bitwise_count(hashes ^ np.uint64(value))
        for place in np.flatnonzero(bits <= PICTURE_BITS).tolist():
            out[place] = (place, int(bits[place]), mirrored)
    return [out[place] for place in sorted(out)]
