"""From sums to the small tables beside the segments."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from wayseal.ledger._dictionary import Dictionary
from wayseal.ledger._sorted import one_batch
from wayseal.ledger._sums import Sums
from wayseal.ledger._types import Longs, Words

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
        schema = COUNTS[f"counts:{name}"]
        arrays = [pa.array(c).cast(f.type) for c, f in zip(columns, schema, strict=True)]
        table = pa.Table.from_arrays(arrays, schema=schema)
        order = [(schema.names[0], "ascending"), (schema.names[1], "ascending")]
        out[f"counts:{name}"] = one_batch(table.sort_by(order))
    return out


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
