"""Columns of the contract as arrays of numbers."""

import numpy as np
import pyarrow as pa

from wayseal.store.tables import microseconds


def test_times_of_any_unit_and_none() -> None:
    seconds = pa.chunked_array([pa.array([1, None], pa.timestamp("s")), pa.array([], pa.timestamp("s"))])
    assert microseconds(seconds).tolist() == [1_000_000, np.iinfo(np.int64).min]
    assert microseconds(pa.chunked_array([pa.array([7], pa.timestamp("us", tz="UTC"))])).tolist() == [7]
    assert microseconds(pa.chunked_array([], pa.timestamp("us", tz="UTC"))).tolist() == []
