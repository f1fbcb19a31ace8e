"""The waybills to be told, as CSV, written while the ledger is walked over: millions are no problem.

Columns: waybill, first, last (UTC), reads, fields (joined by ";"), origin, destination (cities). Sorted by the ledger's
key of the number, which says nothing about it.
"""

from types import TracebackType
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from wayseal.ledger import Snapshot
from wayseal.trace.scope._fields import FieldNames, FieldSets
from wayseal.trace.scope._had import Had
from wayseal.trace.scope._places import Longs, Places
from wayseal.trace.scope._routes import Routes

COLUMNS = ("waybill", "first", "last", "reads", "fields", "origin", "destination")
_SCHEMA = pa.schema([(name, pa.int64() if name == "reads" else pa.string()) for name in COLUMNS])


class Listing:
    """Writes to a binary file. A context manager; the file stays open."""

    def __init__(self, out: IO[bytes]) -> None:
        options = pacsv.WriteOptions(quoting_style="needed", batch_size=1 << 16)
        self._writer = pacsv.CSVWriter(pa.PythonFile(out, "w"), _SCHEMA, write_options=options)

    def __enter__(self) -> "Listing":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def write(
        self, snapshot: Snapshot, had: Had, routes: Routes, places: Places, sets: FieldSets, names: FieldNames
    ) -> None:
        """Adds the waybills of a stretch."""
        if not len(had.keys):
            return
        cities = pa.array(places.cities, pa.string())
        reads = None if had.reads is None else had.counts
        columns = [
            pa.array(snapshot.names("waybill", had.keys), pa.string()),
            _times(had.first),
            _times(had.last),
            pa.nulls(len(had.keys), pa.int64()) if reads is None else pa.array(reads),
            pa.array(names.texts(sets.of_waybill), pa.string()),
            cities.take(pa.array(routes.origin)),
            cities.take(pa.array(routes.destination)),
        ]
        self._writer.write_table(pa.table(columns, schema=_SCHEMA))


def _times(us: Longs) -> pa.Array:
    texts = np.datetime_as_string(us.astype("datetime64[us]"), unit="s", timezone="UTC")
    return pa.array(texts, pa.string())
