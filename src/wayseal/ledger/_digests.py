"""SHA-256 of many short texts: keys of 64 bits are no promise that nobody finds two texts with one key, digests are."""

import numpy as np
import pyarrow as pa

from wayseal.ledger._keys import text_buffers
from wayseal.ledger._types import Bytes, Longs
from wayseal.merkle.hashing import SIZE, Digests, Messages

_AT_ONCE = 4096


def digests_of(ends: Longs, data: Bytes) -> Digests:
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


def digests(texts: pa.Array) -> Digests:
    """Digest of each text of a string array."""
    offsets, data = text_buffers(texts)
    return digests_of(offsets.astype(np.int64), data)
