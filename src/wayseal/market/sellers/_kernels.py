"""Inner loops of linking: plain loops over arrays, compiled where numba is on."""

import numpy as np
import numpy.typing as npt

from wayseal.model.jit import kernel

U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]


@kernel
def sketch(grams: U32, starts: I64, factors: U64, offsets: U64, out: U32) -> None:
    """MinHash of each text's grams into out[text, hash]; all ones where a text has none."""
    for text in range(len(starts) - 1):
        for number in range(len(factors)):
            least = np.uint64(0xFFFFFFFF)
            factor, offset = factors[number], offsets[number]
            for place in range(starts[text], starts[text + 1]):
                value = (factor * np.uint64(grams[place]) + offset) >> np.uint64(32)
                least = min(least, value)
            out[text, number] = least


@kernel
def alike(grams: U32, rarity: F32, starts: I64, pairs: I64, out: F64) -> None:
    """Weighted Jaccard of two texts' sorted grams, and what they share, in out[pair, 0] and out[pair, 1]."""
    for row in range(len(pairs)):
        i, end_i = starts[pairs[row, 0]], starts[pairs[row, 0] + 1]
        j, end_j = starts[pairs[row, 1]], starts[pairs[row, 1] + 1]
        shared, other = 0.0, 0.0
        while i < end_i and j < end_j:
            if grams[i] == grams[j]:
                shared += rarity[i]
                i += 1
                j += 1
            elif grams[i] < grams[j]:
                other += rarity[i]
                i += 1
            else:
                other += rarity[j]
                j += 1
        while i < end_i:
            other += rarity[i]
            i += 1
        while j < end_j:
            other += rarity[j]
            j += 1
        out[row, 0] = shared / (shared + other) if shared > 0 else 0.0
        out[row, 1] = shared


@kernel
def near(hashes: U64, order: I64, groups: I64, most: int, plain: int, earlier: U64, out: I64) -> int:
    """Pairs in which no more than `most` bits differ, out of groups of `order`; how many there are.

    The first `plain` hashes are pictures, the others their mirrors; of a picture and a mirror, that of the later one
    counts. earlier: masks of bands; who is the same in one of them was a pair there. Fills out[pair] with both places
    as long as there is room.
    """
    found = 0
    for group in range(len(groups) - 1):
        for x in range(groups[group], groups[group + 1]):
            for y in range(x + 1, groups[group + 1]):
                a, b = min(order[x], order[y]), max(order[x], order[y])
                if a >= plain or (b >= plain and b - plain <= a):
                    continue
                w = hashes[a] ^ hashes[b]
                v = w - ((w >> np.uint64(1)) & np.uint64(0x5555555555555555))
                v = (v & np.uint64(0x3333333333333333)) + ((v >> np.uint64(2)) & np.uint64(0x3333333333333333))
                v = (v + (v >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
                if (v * np.uint64(0x0101010101010101)) >> np.uint64(56) > most:
                    continue
                new = True
                for mask in earlier:
                    if w & mask == 0:
                        new = False
                        break
                if new:
                    if found < len(out):
                        out[found, 0], out[found, 1] = a, b
                    found += 1
    return found


@kernel
def agreeing(sketches: U32, count: int, wanted: U32, out: I64) -> None:
    """In how many hashes each of the first `count` sketches agrees with one."""
    for row in range(count):
        same = 0
        for number in range(len(wanted)):
            if sketches[row, number] == wanted[number]:
                same += 1
        out[row] = same
