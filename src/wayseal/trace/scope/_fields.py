"""Which fields each read showed, as bits: up to 63 fields by name, the rest together in the last bit."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from wayseal.ledger import Snapshot
from wayseal.trace.scope._holdings import Holdings
from wayseal.trace.scope._places import UInts

MOST = 64
OTHERS = "…"
"""Name of the last bit, should there ever be more fields than bits."""
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSets:
    """of_read[n], of_waybill[w]: bits of the fields. known: how many bits have a name."""

    of_read: UInts
    of_waybill: UInts
    known: int


class FieldNames:
    """Gives each field a bit when it is first met."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._bits: dict[str, int] = {}
        self._sets: dict[int, int] = {0: 0}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the bits, in order."""
        return tuple(self._bits)

    def sets(self, holdings: Holdings) -> FieldSets:
        """The fields of a stretch's reads and waybills; none where the source doesn't read."""
        if holdings.reads is None or not len(holdings.reads):
            none = np.zeros(len(holdings.keys), np.uint64)
            return FieldSets(of_read=np.zeros(0, np.uint64), of_waybill=none, known=len(self._bits))
        keys, place = np.unique(holdings.reads["fields"].to_numpy(), return_inverse=True)
        new = [key for key in keys.tolist() if key not in self._sets]
        for key, text in zip(new, self._snapshot.names("fields", new), strict=True):
            self._sets[key] = sum({1 << self._bit(name) for name in text.split(_SEPARATOR) if name})
        of_read = np.array([self._sets[key] for key in keys.tolist()], np.uint64)[place]
        starts = np.searchsorted(holdings.run, np.arange(len(holdings.keys)))
        of_waybill = np.bitwise_or.reduceat(of_read, starts)
        return FieldSets(of_read=of_read, of_waybill=of_waybill, known=len(self._bits))

    def _bit(self, name: str) -> int:
        if name not in self._bits and len(self._bits) >= MOST - 1:
            name = OTHERS
        return self._bits.setdefault(name, len(self._bits))

    def texts(self, sets: UInts) -> pa.Array:
        """Names of each set's fields, joined by ";"."""
        keys, place = np.unique(sets, return_inverse=True)
        names = [";".join(sorted(n for n, bit in self._bits.items() if key >> bit & 1)) for key in keys.tolist()]
        return pa.array(names, pa.string()).take(pa.array(place))
