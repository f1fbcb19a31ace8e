"""Near-same pictures: hashes that differ in few bits, and those of mirrored ones.

Of eight bits that differ, one of nine bands is left whole: so no pair is missed, and few are compared.
"""

import itertools

import numpy as np

from wayseal.market.sellers._kernels import I64, U64, near
from wayseal.market.sellers._weigh import PICTURE_BITS

_EDGES = np.linspace(0, 64, PICTURE_BITS + 2).astype(int).tolist()
_MASKS: U64 = np.array([((1 << high) - 1) ^ ((1 << low) - 1) for low, high in itertools.pairwise(_EDGES)], np.uint64)


def near_pictures(hashes: U64, mirrors: U64) -> I64:
    """All pairs of pictures that are near-same, each once: rows of (earlier, later, bits, whether mirrored)."""
    count = len(hashes)
    both = np.concatenate([hashes, mirrors])
    found = [np.zeros((0, 2), np.int64)]
    for band, mask in enumerate(_MASKS):
        key = both & mask
        order = np.argsort(key, kind="stable")
        key = key[order]
        groups = np.append(np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1]))), len(key))
        found.append(_near_in(both, order, groups, count, _MASKS[:band]))
    pairs = np.concatenate(found)
    bits = np.bitwise_count(both[pairs[:, 0]] ^ both[pairs[:, 1]]).astype(np.int64)
    mirrored = (pairs[:, 1] >= count).astype(np.int64)
    rows = np.stack([pairs[:, 0], pairs[:, 1] - count * mirrored, bits, mirrored], axis=1)
    rows = rows[np.lexsort((rows[:, 3], rows[:, 1], rows[:, 0]))]
    fresh = np.ones(len(rows), bool)
    fresh[1:] = (rows[1:, :2] != rows[:-1, :2]).any(axis=1)
    return rows[fresh]


def _near_in(both: U64, order: I64, groups: I64, plain: int, earlier: U64) -> I64:
    room = np.empty((1 << 16, 2), np.int64)
    with np.errstate(over="ignore"):
        found = near(both, order, groups, PICTURE_BITS, plain, earlier, room)
        if found > len(room):
            room = np.empty((found, 2), np.int64)
            near(both, order, groups, PICTURE_BITS, plain, earlier, room)
    return room[:found]


def near_one(hashes: U64, hash_: int, mirror: int) -> list[tuple[int, int, bool]]:
    """(place, bits, mirrored) of all pictures that are near-same to one."""
    out: dict[int, tuple[int, int, bool]] = {}
    for value, mirrored in ((mirror, True), (hash_, False)):
        bits = np.bitwise_count(hashes ^ np.uint64(value))
        for place in np.flatnonzero(bits <= PICTURE_BITS).tolist():
            out[place] = (place, int(bits[place]), mirrored)
    return [out[place] for place in sorted(out)]
