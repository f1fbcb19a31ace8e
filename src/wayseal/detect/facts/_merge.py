"""Two sorted tables of counts as one, in one pass over both: an increment doesn't sort the whole anew."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.detect.facts._tally import Flags, Longs, UInts
from wayseal.model.jit import kernel

_SIGN = np.uint64(1 << 63)


@kernel
def _side_by_side(a: UInts, b: UInts, left: Longs, right: Longs) -> int:
    """Places in a and b (n, ids), -1 for none, of each id that either has; returns how many there are."""
    i, j, n = 0, 0, 0
    while i < len(a) or j < len(b):
        order = 0
        if i == len(a):
            order = 1
        elif j == len(b):
            order = -1
        else:
            for k in range(a.shape[1]):
                if a[i, k] != b[j, k]:
                    order = -1 if a[i, k] < b[j, k] else 1
                    break
        left[n], right[n] = -1, -1
        if order <= 0:
            left[n] = i
            i += 1
        if order >= 0:
            right[n] = j
            j += 1
        n += 1
    return n


def merge_sorted(
    mine: pa.Table, other: pa.Table, ids: Sequence[str], least: Sequence[str], most: Sequence[str]
) -> pa.Table:
    """Both tables, each sorted by its ids and without equal ones: counts of equal ids add up.

    least, most: columns of which the least or the most is kept instead.
    """
    if not len(mine) or not len(other):
        return mine if len(mine) else other
    left, right = np.empty((2, len(mine) + len(other)), np.int64)
    n = _side_by_side(_ids(mine, ids), _ids(other, ids), left, right)
    left, right = left[:n], right[:n]
    both = (left >= 0) & (right >= 0)
    columns = []
    for name in mine.schema.names:
        a, b = (t[name].to_numpy() for t in (mine, other))
        column = np.where(left >= 0, a[left], b[right])
        if name not in ids:
            how = np.minimum if name in least else np.maximum if name in most else np.add
            column[both] = how(a[left[both]], b[right[both]])
        columns.append(pa.array(column))
    return pa.table(columns, schema=mine.schema)


def _ids(table: pa.Table, names: Sequence[str]) -> UInts:
    """uint64 (n, ids) in the order of the ids, signed ones too."""
    out = np.empty((len(table), len(names)), np.uint64)
    for k, name in enumerate(names):
        values: npt.NDArray[np.generic] = table[name].to_numpy()
        signed = np.issubdtype(values.dtype, np.signedinteger)
        out[:, k] = values.astype(np.int64).view(np.uint64) ^ _SIGN if signed else values
    return out


@kernel
def _of(keys: UInts, wanted: UInts, out: Flags) -> None:
    row = 0
    for i in range(len(keys)):
        while row < len(wanted) and wanted[row] < keys[i]:
            row += 1
        out[i] = row < len(wanted) and wanted[row] == keys[i]


def rows_of(rows: pa.RecordBatch, wanted: UInts) -> pa.RecordBatch:
    """The rows, sorted by waybill, of some waybills (keys, sorted)."""
    out = np.empty(rows.num_rows, np.bool_)
    _of(rows["waybill"].to_numpy(), wanted, out)
    return rows.filter(pa.array(out))
