"""The waybills to be told, as CSV, written while the ledger is walked over: millions are no problem.

Columns: waybill, first, last (UTC), reads, fields (joined by ";"), origin, destination (cities), by ("log", or
"query" for what a replayed query showed; those stand behind the others). Sorted by the ledger's key of the number,
which says nothing about it.
"""

from functools import cache
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from wayseal.ledger import Snapshot
from wayseal.model.closing import Closing
from wayseal.trace.scope._fields import FieldNames, FieldSets
from wayseal.trace.scope._holdings import Holdings
from wayseal.trace.scope._places import Longs, Places
from wayseal.trace.scope._routes import Routes

_DAY_S = 86_400
COLUMNS = ("waybill", "first", "last", "reads", "fields", "origin", "destination", "by")
_SCHEMA = pa.schema([(name, pa.int64() if name == "reads" else pa.string()) for name in COLUMNS])


class Listing(Closing):
    """Writes to a binary file. A context manager; the file stays open."""

    def __init__(self, out: IO[bytes]) -> None:
        options = pacsv.WriteOptions(quoting_style="needed", batch_size=1 << 16)
        self._writer = pacsv.CSVWriter(pa.PythonFile(out, "w"), _SCHEMA, write_options=options)

    def close(self) -> None:
        self._writer.close()

    def write(
        self,
        snapshot: Snapshot,
        holdings: Holdings,
        routes: Routes,
        places: Places,
        sets: FieldSets,
        names: FieldNames,
        by: str = "log",
    ) -> None:
        """Adds the waybills of a stretch."""
        if not len(holdings.keys):
            return
        cities = pa.array(places.cities, pa.string())
        reads = None if holdings.reads is None else holdings.counts
        columns = [
            snapshot.texts("waybill", holdings.keys),
            _times(holdings.first),
            _times(holdings.last),
            pa.nulls(len(holdings.keys), pa.int64()) if reads is None else pa.array(reads),
            names.texts(sets.of_waybill),
            cities.take(pa.array(routes.origin)),
            cities.take(pa.array(routes.destination)),
            pa.repeat(by, len(holdings.keys)),
        ]
        self._writer.write_table(pa.table(columns, schema=_SCHEMA))


def _times(us: Longs) -> pa.Array:
    """To the second, in UTC: 2026-03-02T08:00:00Z."""
    days, seconds = np.divmod(us // 1_000_000, _DAY_S)
    first = int(days.min())
    dates = np.datetime_as_string(np.arange(first, int(days.max()) + 1).astype("datetime64[D]"))
    date = pa.array(dates, pa.string()).take(pa.array(days - first))
    return pc.binary_join_element_wise(date, _clock().take(pa.array(seconds)), "T")


@cache
def _clock() -> pa.Array:
    """The seconds of a day as texts."""
    texts = np.datetime_as_string(np.arange(_DAY_S).astype("datetime64[s]"), timezone="UTC")
    return pa.array([text[11:] for text in texts.tolist()], pa.string())
