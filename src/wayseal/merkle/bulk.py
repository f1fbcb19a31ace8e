"""Many hashes at once.

1. What is hashed in bulk is byte for byte what hashlib gives.
"""

import hashlib
from collections.abc import Sequence
from types import FunctionType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from wayseal.merkle import _sha256
from wayseal.merkle.hashing import SIZE

Digests: TypeAlias = npt.NDArray[np.uint8]
"""n hashes: uint8 (n, 32)."""
_AT_ONCE = 4096
WORTH = 1 << 62 if isinstance(_sha256.compress, FunctionType) else 48
"""Fewest messages for which the kernel beats hashlib; without the compiler it never does."""


class Messages:
    """Room for up to `most` messages of `size` bytes each, to be filled and hashed again and again.

    rows: uint8 (most, size), to be written to.
    """

    def __init__(self, most: int, size: int) -> None:
        blocks = (size + 9 + _sha256.BLOCK - 1) // _sha256.BLOCK
        most += -most % _sha256.LANES
        self._padded = np.zeros((most, blocks * _sha256.BLOCK), np.uint8)
        self._padded[:, size] = 0x80
        self._padded[:, -8:] = np.frombuffer((8 * size).to_bytes(8, "big"), np.uint8)
        self.rows = self._padded[:, :size]
        self._out = np.empty((most, 8), np.uint32)

    def hashes(self, count: int) -> Digests:
        """SHA-256 of the first `count` messages (rule 1)."""
        if count < WORTH:
            rows = self.rows[:count]
            joined = b"".join(hashlib.sha256(row.tobytes()).digest() for row in rows)
            return np.frombuffer(joined, np.uint8).reshape(count, SIZE)
        whole = count + -count % _sha256.LANES
        with np.errstate(over="ignore"):
            _sha256.hash_padded(self._padded[:whole].view(np.uint32), self._out[:whole])
        return self._out[:count].copy().view(np.uint8)


def parents(nodes: Digests) -> Digests:
    """Hashes of the nodes over each two of `nodes`; a last one without a sibling has none."""
    count = len(nodes) // 2
    pairs = np.ascontiguousarray(nodes[: 2 * count]).reshape(count, 2 * SIZE)
    room = Messages(min(count, _AT_ONCE), 1 + 2 * SIZE)
    room.rows[:, 0] = 1
    out = np.empty((count, SIZE), np.uint8)
    for start in range(0, count, _AT_ONCE):
        some = pairs[start : start + _AT_ONCE]
        room.rows[: len(some), 1:] = some
        out[start : start + len(some)] = room.hashes(len(some))
    return out


def stacked(hashes: Sequence[bytes]) -> Digests:
    """Hashes as an array."""
    return np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, SIZE)
