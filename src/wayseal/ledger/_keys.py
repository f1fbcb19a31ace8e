"""Stable 64-bit keys of id strings, digests of them, and packed forms of waybill numbers and the way back.

Keys are XXH64 as published (little-endian reads, seed 0), over Arrow's offset and data buffers. Everything is unsigned
64-bit arithmetic that wraps; where the compiler is off, callers silence NumPy's warning about it.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.ledger._layout import Bytes, Flags, Longs, Offsets, Words
from wayseal.merkle.bulk import Digests, Messages
from wayseal.merkle.hashing import SIZE
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


WORD_SEED = np.uint64(0x57617973)
_ALL = (1 << 64) - 1
_T = TypeVar("_T", bound=np.generic)


def text_buffers(texts: pa.Array) -> tuple[Offsets, Bytes]:
    """Offsets (n + 1) and bytes of a string array; nulls have no bytes."""
    count = len(texts)
    _, offsets, data = texts.buffers()
    if count == 0:
        return np.zeros(1, np.int32), np.zeros(0, np.uint8)
    where = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + count + 1]
    content = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return where, content


def fixed(array: npt.NDArray[_T]) -> npt.NDArray[_T]:
    """The same array, not to be written to: kernels are compiled once for such, not a second time for others."""
    view = array.view()
    view.flags.writeable = False
    return view


class Keyer:
    """Makes keys: XXH64 with seed 0, of which the top `bits` are kept (64 outside of tests)."""

    def __init__(self, bits: int = 64) -> None:
        self.bits = bits
        self._mask = np.uint64(_ALL ^ (_ALL >> bits) if bits < 64 else _ALL)

    def keys(self, texts: pa.Array) -> Words:
        """Keys of a string array; 0 for null and for empty text."""
        offsets, data = text_buffers(texts)
        return self.keys_of_buffers(offsets, data)

    def keys_of_buffers(self, offsets: Offsets, data: Bytes) -> Words:
        """Keys of the texts that lie between the offsets."""
        out = np.empty(len(offsets) - 1, np.uint64)
        with np.errstate(over="ignore"):
            hash_texts(fixed(offsets), fixed(data), np.uint64(0), self._mask, out)
        return out

    def of(self, texts: Sequence[str]) -> Words:
        """Keys of a few texts."""
        return self.keys(pa.array(texts, pa.string()))


def pack_numbers(texts: pa.Array) -> tuple[Words, int]:
    """Packed words of waybill numbers, and how many have no packed form (theirs is a hash, top bit set)."""
    offsets, data = text_buffers(texts)
    out = np.empty(len(texts), np.uint64)
    with np.errstate(over="ignore"):
        unpacked = words_of(fixed(offsets), fixed(data), WORD_SEED, out)
    return out, unpacked


_AT_ONCE = 4096


def digest_slices(ends: Longs, data: Bytes) -> Digests:
    """Digest of each text `data[ends[i]:ends[i + 1]]`; texts of one length are hashed together."""
    sizes = np.diff(ends)
    out = np.empty((len(sizes), SIZE), np.uint8)
    order = np.argsort(sizes, kind="stable")
    for length in np.unique(sizes).tolist():
        low, high = np.searchsorted(sizes[order], [length, length + 1]).tolist()
        room = Messages(min(high - low, _AT_ONCE), length)
        within = np.arange(length)
        for start in range(low, high, _AT_ONCE):
            some = order[start : min(start + _AT_ONCE, high)]
            room.rows[: len(some)] = data[ends[some][:, None] + within]
            out[some] = room.hashes(len(some))
    return out


def digest_texts(texts: pa.Array) -> Digests:
    """Digest of each text of a string array."""
    offsets, data = text_buffers(texts)
    return digest_slices(offsets.astype(np.int64), data)


_LESS = np.array([(10**n - 1) // 9 for n in range(PLAIN_DIGITS + 1)], np.uint64)
"""How many strings of digits are shorter than n."""
_ZERO = ord("0")
_LETTER = ord("A") - 1


def unpack_words(pack_numbers: Words, packed: Flags) -> pa.Array:
    """The numbers whose packed forms are `pack_numbers`; null where one is not `packed`."""
    plain = pack_numbers < PLAIN_SIZE
    prefix, rest = np.divmod(pack_numbers - np.where(plain, pack_numbers, PLAIN_SIZE), LETTER_SIZE)
    first, second = np.divmod(prefix, np.uint64(26))
    value = np.where(plain, pack_numbers, rest)
    length = np.searchsorted(_LESS, value, side="right") - 1
    value = value - _LESS[length]
    out = np.zeros((len(pack_numbers), PLAIN_DIGITS + 2), np.uint8)
    for place in range(out.shape[1] - 1, 1, -1):
        value, digit = np.divmod(value, np.uint64(10))
        out[:, place] = np.where(out.shape[1] - place <= length, digit + np.uint64(_ZERO), 0)
    out[:, 1] = np.where(plain, 0, second + np.uint64(_LETTER + 1))
    out[:, 0] = np.where(plain | (first == 0), 0, first + np.uint64(_LETTER))
    out[~packed] = 0
    used = out != 0
    ends = np.concatenate([[0], np.cumsum(used.sum(axis=1))]).astype(np.int32)
    data = pa.py_buffer(out[used].tobytes())
    texts = pa.StringArray.from_buffers(len(pack_numbers), pa.py_buffer(ends), data)
    return pc.if_else(pa.array(packed), texts, pa.scalar(None, pa.string()))
