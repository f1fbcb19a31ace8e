"""Sums by id that grow as parts come in, and the small tables beside the segments that they become."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from wayseal.ledger import _kernels
from wayseal.ledger._dictionary import Dictionary
from wayseal.ledger._keys import fixed
from wayseal.ledger._layout import Codes, Longs, Words
from wayseal.ledger._part import ledger_order
from wayseal.ledger._spill import group_rows


class Sums:
    """For each id (below 2**63): two sums and the least and greatest time. expected: about how many ids come."""

    def __init__(self, expected: int = 0) -> None:
        self._table = np.zeros((64 << (expected >> 5).bit_length(), 5), np.int64)
        self._used = 0

    def add(self, ids: Words, first: Longs, second: Longs, at: Longs) -> None:
        """Adds `first` and `second` (int64, as long as `ids`) and takes note of the times."""
        ids, first, second, at = fixed(ids), fixed(first), fixed(second), fixed(at)
        done = 0
        while True:
            with np.errstate(over="ignore"):
                done, self._used = _kernels.add_up(done, ids, first, second, at, self._table, self._used)
                if done == len(ids):
                    return
                grown = np.zeros((2 * len(self._table), 5), np.int64)
                _kernels.spread(self._table, grown)
            self._table = grown

    def result(self) -> tuple[Words, Longs]:
        """Ids, in no order, and their cells (sum, sum, least, greatest)."""
        rows = self._table[self._table[:, 0] != 0]
        return (rows[:, 0] - 1).astype(np.uint64), rows[:, 1:]


_SIGN = np.uint64(1 << 63)
_TIME = pa.timestamp("us", tz="UTC")
COUNTS = {
    "counts:volumes": pa.schema(
        [("day", pa.int32()), ("actor", pa.uint64()), ("reads", pa.int64()), ("first", pa.int64())]
    ),
    "counts:sessions": pa.schema(
        [
            ("session", pa.uint64()),
            ("actor", pa.uint64()),
            ("reads", pa.int64()),
            ("first", pa.int64()),
            ("from", _TIME),
            ("to", _TIME),
        ]
    ),
    "counts:hours": pa.schema([("hour", pa.int64()), ("reads", pa.int64())]),
    "counts:channels": pa.schema([("channel", pa.uint64()), ("waybills", pa.int64())]),
    "counts:outlets": pa.schema([("outlet", pa.uint64()), ("waybills", pa.int64())]),
}
"""Additive: the files of all generations are added up by their ids (times: least and greatest)."""


def count_tables(sums: Mapping[str, Sums], dictionaries: Mapping[str, Dictionary]) -> dict[str, pa.RecordBatch]:
    """The tables of a generation, sorted by their ids (keys for codes)."""
    out = {}
    for name, total in sums.items():
        ids, cells = total.result()
        columns = _columns(name, ids, cells, dictionaries)
        order = _order(name, columns)
        schema = COUNTS[f"counts:{name}"]
        arrays = [pa.array(c[order]).cast(f.type) for c, f in zip(columns, schema, strict=True)]
        out[f"counts:{name}"] = pa.RecordBatch.from_arrays(arrays, schema=schema)
    return out


def _order(name: str, columns: list[Longs | Words]) -> Codes:
    """Order by the ids of a table; counting and radix passes, since there are millions."""
    if name in ("channels", "outlets", "hours"):
        return np.argsort(columns[0], kind="stable").astype(np.uint32)
    count = len(columns[0])
    none, place = np.zeros(count, np.int32), np.arange(count, dtype=np.int64)
    actor = (columns[1] ^ _SIGN).view(np.int64)
    if name == "sessions":
        return ledger_order(columns[0].astype(np.uint64), actor, none, place)
    order = ledger_order(columns[1].astype(np.uint64), place, none, place)
    days = columns[0][order] - columns[0].min(initial=0)
    return order[group_rows(days.astype(np.uint64), 0, int(days.max(initial=0)) + 1)[0]]


def _columns(name: str, ids: Words, cells: Longs, dictionaries: Mapping[str, Dictionary]) -> list[Longs | Words]:
    if name == "hours":
        return [ids.astype(np.int64), cells[:, 0]]
    if name in ("channels", "outlets"):
        return [dictionaries[name[:-1]].keys_of(ids.astype(np.uint32)), cells[:, 0]]
    high, low = ids >> np.uint64(32), (ids & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    actor = dictionaries["actor"].keys_of(low)
    if name == "volumes":
        return [high.astype(np.int64) - (1 << 31), actor, cells[:, 0], cells[:, 1]]
    session = dictionaries["session"].keys_of(high.astype(np.uint32))
    return [session, actor, cells[:, 0], cells[:, 1], cells[:, 2], cells[:, 3]]
