"""Strings for Arrow without a Python object for each."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal_sim.types import Ints

_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)[np.arange(1 << 16)[:, None] >> np.array([12, 8, 4, 0]) & 15]
_MASK = (1 << 64) - 1


def fixed_width(matrix: npt.NDArray[np.uint8]) -> pa.Array:
    """A string array out of (n, width) ASCII bytes."""
    n, width = matrix.shape
    offsets = np.arange(0, (n + 1) * width, width, dtype=np.int32)
    return pa.Array.from_buffers(
        pa.string(), n, [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(matrix))]
    )


def mix(values: Ints, salt: int) -> npt.NDArray[np.uint64]:
    """Scatters integers over 64 bits, one to one for each salt."""
    z = values.astype(np.uint64) + np.uint64(salt & _MASK)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    out: npt.NDArray[np.uint64] = z ^ (z >> np.uint64(31))
    return out


def hexes(prefix: str, values: npt.NDArray[np.uint64]) -> pa.Array:
    """The prefix and twelve hexadecimal digits of each value."""
    head = np.frombuffer(prefix.encode("ascii"), np.uint8)
    out = np.empty((len(values), len(head) + 12), np.uint8)
    out[:, : len(head)] = head
    for k in range(3):
        part = (values >> np.uint64(16 * k)) & np.uint64(0xFFFF)
        out[:, len(head) + 4 * k : len(head) + 4 * k + 4] = _HEX[part.astype(np.int64)]
    return fixed_width(out)


def coded(codes: npt.NDArray[np.generic], words: pa.Array) -> pa.DictionaryArray:
    """A dictionary array; negative codes are null.

    A word stands in the dictionary once: of one that stands twice Arrow counts the bytes twice where it writes Parquet,
    and what lay in memory goes into the file.
    """
    small = codes.astype(np.int32, copy=False)
    once = words.unique()
    if len(once) < len(words):
        place = pc.index_in(words, once).to_numpy().astype(np.int32)
        small, words = np.where(small < 0, np.int32(-1), place[small]), once
    missing = small < 0
    indices = pa.array(small, mask=missing) if missing.any() else pa.array(small)
    return pa.DictionaryArray.from_arrays(indices, words)
