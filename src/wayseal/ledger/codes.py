"""Small codes for keys: what loops over millions of rows count by; and rows by key."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.ledger import _kernels
from wayseal.ledger._keys import UNPACKED, fixed, pack_numbers
from wayseal.ledger._sorted import locate, sort_unique
from wayseal.model.arrays import UInts

Places: TypeAlias = npt.NDArray[np.int32]


def find_rows(known: UInts, keys: UInts) -> npt.NDArray[np.int64]:
    """Row of each key among `known`, which are sorted; -1 for one that is not among them.

    So the last of values that have one more for none: `np.append(values, none)[find_rows(known, keys)]`.
    """
    row, found = locate(known, keys)
    return np.where(found, row, -1)


def numbers_of(waybills: pa.Array) -> UInts:
    """Each waybill number as an integer in the order of numbers of its form; 0 for what has no such form."""
    words, unpacked = pack_numbers(waybills)
    return np.where(words < UNPACKED, words, np.uint64(0)) if unpacked else words


class Coder:
    """Gives each of some keys its place among them."""

    def __init__(self, keys: UInts) -> None:
        """keys: distinct, none 0."""
        self.keys = keys
        self._slots = np.full(4 << len(keys).bit_length(), -1, np.int32)
        with np.errstate(over="ignore"):
            _kernels.fill_slots(fixed(keys), len(keys), self._slots)

    @classmethod
    def of(cls, keys: UInts) -> "Coder":
        """A coder of keys that come in any order, with repeats; none 0."""
        return cls(sort_unique(keys))

    def __len__(self) -> int:
        return len(self.keys)

    def places(self, keys: UInts) -> Places:
        """Place of each key, int32; -1 for 0 and for one that is not among them."""
        out = np.empty(len(keys), np.uint32)
        with np.errstate(over="ignore"):
            _kernels.find_codes(fixed(keys), fixed(self.keys), fixed(self._slots), out)
        return (out - np.uint32(1)).view(np.int32)
