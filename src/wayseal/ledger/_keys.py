"""Stable 64-bit keys of id strings, digests of them, and packed forms of waybill numbers and the way back."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.ledger import _hash
from wayseal.ledger._hash import LETTER_SIZE, PLAIN_DIGITS, PLAIN_SIZE
from wayseal.ledger._layout import Bytes, Flags, Longs, Offsets, Words
from wayseal.merkle.bulk import Digests, Messages
from wayseal.merkle.hashing import SIZE

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
            _hash.hash_texts(fixed(offsets), fixed(data), np.uint64(0), self._mask, out)
        return out

    def of(self, texts: Sequence[str]) -> Words:
        """Keys of a few texts."""
        return self.keys(pa.array(texts, pa.string()))


def pack_numbers(texts: pa.Array) -> tuple[Words, int]:
    """Packed words of waybill numbers, and how many have no packed form (theirs is a hash, top bit set)."""
    offsets, data = text_buffers(texts)
    out = np.empty(len(texts), np.uint64)
    with np.errstate(over="ignore"):
        unpacked = _hash.words_of(fixed(offsets), fixed(data), WORD_SEED, out)
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
