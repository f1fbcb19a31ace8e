"""Stable 64-bit keys of id strings, out of Arrow arrays without a copy."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.ledger import _hash
from wayseal.ledger._types import Bytes, Offsets, Words

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


def words(texts: pa.Array) -> tuple[Words, int]:
    """Packed words of waybill numbers, and how many have no packed form (theirs is a hash, top bit set)."""
    offsets, data = text_buffers(texts)
    out = np.empty(len(texts), np.uint64)
    with np.errstate(over="ignore"):
        unpacked = _hash.words_of(fixed(offsets), fixed(data), WORD_SEED, out)
    return out, unpacked
