"""Counters as rows of the facts' tables, sorted by their ids. Keys of accounts are sorted, too, as their places are."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.detect.facts._facts import HOURS, SHOWN, USES
from wayseal.detect.facts._tally import CounterTable, Flags, Longs, UInts

_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_KIND_BITS, _ACTION_BITS = np.uint64(2), np.uint64(4)
_HOUR_US = 3_600_000_000


def hours_rows(table: CounterTable, keys: UInts) -> pa.Table:
    """Counts by account and hour. keys: of accounts by their place."""
    ids, cells = _in_order(table)
    return _table(HOURS, [keys[ids[:, 0] >> _HALF], ids[:, 0] & _LOW, *cells.T])


def uses_rows(table: CounterTable, keys: UInts) -> pa.Table:
    """Counts by account, day and device or address."""
    ids, cells = _in_order(table)
    low = ids[:, 0] & _LOW
    columns = [keys[ids[:, 0] >> _HALF], low >> _KIND_BITS, low & np.uint64(3), ids[:, 1]]
    return _table(USES, [*columns, *cells.T])


def shown_rows(table: CounterTable, keys: UInts) -> pa.Table:
    """Counts by account, day, action, purpose and fields."""
    ids, cells = _in_order(table)
    low = ids[:, 0] & _LOW
    columns = [keys[ids[:, 0] >> _HALF], low >> _ACTION_BITS, low & np.uint64(15)]
    return _table(SHOWN, [*columns, ids[:, 1], ids[:, 2], *cells.T])


def moved_rows(reads: pa.RecordBatch, mandate: Flags) -> pa.Table:
    """Rows that take away first reads which are none any more."""
    none = np.zeros(reads.num_rows, np.int64)
    hour = reads["at"].view(pa.int64()).to_numpy() // _HOUR_US
    return _table(HOURS, [reads["actor"].to_numpy(), hour, none, none - 1, -mandate.astype(np.int64)])


def _in_order(table: CounterTable) -> tuple[UInts, Longs]:
    """Ids and counters, sorted: an id's first word has the account's place on top, as the tables have its key."""
    ids, cells = table.rows()
    order = np.argsort(ids[:, 0]) if ids.shape[1] == 1 else np.lexsort(ids.T[::-1])
    return ids[order], cells[order]


def _table(schema: pa.Schema, columns: Sequence[npt.NDArray[np.generic]]) -> pa.Table:
    pairs = zip(columns, schema, strict=True)
    made = [pa.array(np.ascontiguousarray(c).astype(f.type.to_pandas_dtype())) for c, f in pairs]
    return pa.table(made, schema=schema)
