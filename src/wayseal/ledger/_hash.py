"""XXH64 and a packed form of waybill numbers, over Arrow's offset and data buffers.

The algorithm is the published one (XXH64, little-endian reads); the seed is 0 for keys. Everything is
unsigned 64-bit arithmetic that wraps; where the compiler is off, callers silence NumPy's warning about it.
"""

import numpy as np

from wayseal.ledger._layout import Bytes, Offsets, Words
from wayseal.model.runtime import kernel

P1 = np.uint64(11400714785074694791)
P2 = np.uint64(14029467366897019727)
P3 = np.uint64(1609587929392839161)
P4 = np.uint64(9650029242287828579)
P5 = np.uint64(2870177450012600261)
ZERO = np.uint64(0)

UNPACKED = np.uint64(1 << 63)
"""Top bit of the word of a number that has no packed form."""
PLAIN_DIGITS = 18
LETTER_DIGITS = 16
PLAIN_SIZE = np.uint64((10 ** (PLAIN_DIGITS + 1) - 1) // 9)
LETTER_SIZE = np.uint64((10 ** (LETTER_DIGITS + 1) - 1) // 9)


@kernel
def rotate(x: np.uint64, left: int) -> np.uint64:
    """`x` rotated left."""
    return (x << np.uint64(left)) | (x >> np.uint64(64 - left))


@kernel
def read8(data: Bytes, i: int) -> np.uint64:
    """Eight bytes, little-endian."""
    return (
        np.uint64(data[i])
        | np.uint64(data[i + 1]) << np.uint64(8)
        | np.uint64(data[i + 2]) << np.uint64(16)
        | np.uint64(data[i + 3]) << np.uint64(24)
        | np.uint64(data[i + 4]) << np.uint64(32)
        | np.uint64(data[i + 5]) << np.uint64(40)
        | np.uint64(data[i + 6]) << np.uint64(48)
        | np.uint64(data[i + 7]) << np.uint64(56)
    )


@kernel
def read4(data: Bytes, i: int) -> np.uint64:
    """Four bytes, little-endian."""
    return (
        np.uint64(data[i])
        | np.uint64(data[i + 1]) << np.uint64(8)
        | np.uint64(data[i + 2]) << np.uint64(16)
        | np.uint64(data[i + 3]) << np.uint64(24)
    )


@kernel
def mix(lane: np.uint64, word: np.uint64) -> np.uint64:
    """One round of XXH64."""
    return rotate(lane + word * P2, 31) * P1


@kernel
def merge_lanes(a: np.uint64, b: np.uint64, c: np.uint64, d: np.uint64) -> np.uint64:
    """The four lanes of a long input, made one."""
    h = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)
    h = (h ^ mix(ZERO, a)) * P1 + P4
    h = (h ^ mix(ZERO, b)) * P1 + P4
    h = (h ^ mix(ZERO, c)) * P1 + P4
    return (h ^ mix(ZERO, d)) * P1 + P4


@kernel
def xxh64(data: Bytes, start: int, stop: int, seed: np.uint64) -> np.uint64:
    """XXH64 of `data[start:stop]`."""
    i = start
    if stop - start >= 32:
        a, b, c, d = seed + P1 + P2, seed + P2, seed, seed - P1
        while i + 32 <= stop:
            a = mix(a, read8(data, i))
            b = mix(b, read8(data, i + 8))
            c = mix(c, read8(data, i + 16))
            d = mix(d, read8(data, i + 24))
            i += 32
        h = merge_lanes(a, b, c, d)
    else:
        h = seed + P5
    h += np.uint64(stop - start)
    while i + 8 <= stop:
        h = rotate(h ^ mix(ZERO, read8(data, i)), 27) * P1 + P4
        i += 8
    if i + 4 <= stop:
        h = rotate(h ^ (read4(data, i) * P1), 23) * P2 + P3
        i += 4
    while i < stop:
        h = rotate(h ^ (np.uint64(data[i]) * P5), 11) * P1
        i += 1
    h = (h ^ (h >> np.uint64(33))) * P2
    h = (h ^ (h >> np.uint64(29))) * P3
    return h ^ (h >> np.uint64(32))


@kernel
def hash_texts(offsets: Offsets, data: Bytes, seed: np.uint64, mask: np.uint64, out: Words) -> None:
    """Keys of texts: XXH64 & mask, where 0 (kept for null) becomes the lowest bit of the mask; empty is 0."""
    low = mask & (ZERO - mask)
    for i in range(len(out)):
        if offsets[i] == offsets[i + 1]:
            out[i] = ZERO
            continue
        h = xxh64(data, offsets[i], offsets[i + 1], seed) & mask
        out[i] = low if h == ZERO else h


@kernel
def pack(data: Bytes, start: int, stop: int) -> np.uint64:
    """The packed form of a number: up to 18 digits, or one or two letters A–Z and up to 16 digits.

    Distinct numbers have distinct forms, all below 2**63; UNPACKED for anything else.
    """
    prefix, i = 0, start
    while i < stop and i < start + 2 and np.uint8(65) <= data[i] <= np.uint8(90):
        prefix = prefix * 26 + (int(data[i]) - 65) + 1
        i += 1
    digits = stop - i
    if digits > (PLAIN_DIGITS if prefix == 0 else LETTER_DIGITS):
        return UNPACKED
    value, longer = ZERO, ZERO
    while i < stop:
        if data[i] < np.uint8(48) or data[i] > np.uint8(57):
            return UNPACKED
        value = value * np.uint64(10) + np.uint64(data[i] - np.uint8(48))
        longer = longer * np.uint64(10) + np.uint64(1)
        i += 1
    if prefix == 0:
        return longer + value
    return PLAIN_SIZE + np.uint64(prefix - 1) * LETTER_SIZE + longer + value


@kernel
def words_of(offsets: Offsets, data: Bytes, seed: np.uint64, out: Words) -> int:
    """Word of each number: its packed form, or UNPACKED with 63 bits of a hash. Returns how many are unpacked."""
    unpacked = 0
    for i in range(len(out)):
        word = pack(data, offsets[i], offsets[i + 1])
        if word == UNPACKED:
            word |= xxh64(data, offsets[i], offsets[i + 1], seed)
            unpacked += 1
        out[i] = word
    return unpacked
