"""Back from packed words to waybill numbers."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.ledger._hash import LETTER_SIZE, PLAIN_DIGITS, PLAIN_SIZE
from wayseal.ledger._types import Flags, Words

_LESS = np.array([(10**n - 1) // 9 for n in range(PLAIN_DIGITS + 1)], np.uint64)
"""How many strings of digits are shorter than n."""
_ZERO = ord("0")
_LETTER = ord("A") - 1


def unpack_all(words: Words, packed: Flags) -> pa.Array:
    """The numbers whose packed forms are `words`; null where one is not `packed`."""
    plain = words < PLAIN_SIZE
    prefix, rest = np.divmod(words - np.where(plain, words, PLAIN_SIZE), LETTER_SIZE)
    first, second = np.divmod(prefix, np.uint64(26))
    value = np.where(plain, words, rest)
    length = np.searchsorted(_LESS, value, side="right") - 1
    value = value - _LESS[length]
    out = np.zeros((len(words), PLAIN_DIGITS + 2), np.uint8)
    for place in range(out.shape[1] - 1, 1, -1):
        value, digit = np.divmod(value, np.uint64(10))
        out[:, place] = np.where(out.shape[1] - place <= length, digit + np.uint64(_ZERO), 0)
    out[:, 1] = np.where(plain, 0, second + np.uint64(_LETTER + 1))
    out[:, 0] = np.where(plain | (first == 0), 0, first + np.uint64(_LETTER))
    out[~packed] = 0
    used = out != 0
    ends = np.concatenate([[0], np.cumsum(used.sum(axis=1))]).astype(np.int32)
    data = pa.py_buffer(out[used].tobytes())
    texts = pa.StringArray.from_buffers(len(words), pa.py_buffer(ends), data)
    return pc.if_else(pa.array(packed), texts, pa.scalar(None, pa.string()))
