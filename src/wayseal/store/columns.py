"""Columns of the contract as arrays of numbers."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def microseconds(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Times as microseconds after 1970; the smallest int64 where null."""
    as_int = column.combine_chunks().cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    return np.asarray(as_int.fill_null(np.iinfo(np.int64).min).to_numpy(zero_copy_only=False))
