"""The waybills to be told, as CSV, written while the ledger is walked over: millions are no problem.

Columns: waybill, first, last, reads, fields (joined by ";"), origin, destination (cities), basis (log, or
query for what a replayed query showed; those stand behind the others). Sorted by the ledger's key of the number,
which says nothing about it.
"""

from codecs import BOM_UTF8
from functools import cache
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.ledger import Snapshot
from wayseal.model.times import clock_hours, offset_text
from wayseal.page.languages import known_lang
from wayseal.page.spreadsheet import csv_blocks
from wayseal.page.words import headings, words
from wayseal.trace.scope._holdings import FieldNames, FieldSets, Holdings, Longs, Places, Routes

_DAY_S = 86_400
COLUMNS = ("waybill", "first_time", "last_time", "reads", "fields", "origin", "destination", "basis")


class Listing:
    """Writes to a binary file, which stays open, for readers of a language."""

    def __init__(self, out: IO[bytes], lang: str = "en") -> None:
        self._out = out
        self._values = words(known_lang(lang), "unit.values")
        (head,) = csv_blocks(headings(COLUMNS, known_lang(lang)), ())
        out.write(head.removeprefix(BOM_UTF8))

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
            pa.nulls(len(holdings.keys), pa.string()) if reads is None else pa.array(reads).cast(pa.string()),
            self._said(names.texts(sets.of_waybill)),
            cities.take(pa.array(routes.origin)),
            cities.take(pa.array(routes.destination)),
            pa.repeat(self._values[by], len(holdings.keys)),
        ]
        _, *pieces = csv_blocks(COLUMNS, [[column.fill_null("") for column in columns]])
        self._out.writelines(pieces)

    def _said(self, texts: pa.Array) -> pa.Array:
        coded = texts.dictionary_encode()
        named = [";".join(self._values.get(one, one) for one in t.split(";")) for t in coded.dictionary.to_pylist()]
        return pa.array(named, pa.string()).take(coded.indices)


def _times(us: Longs) -> pa.Array:
    """To the second, on the clock of people: 2026-03-02T08:00:00+08:00."""
    days, seconds = np.divmod(us // 1_000_000 + clock_hours() * 3600, _DAY_S)
    first = int(days.min())
    dates = np.datetime_as_string(np.arange(first, int(days.max()) + 1).astype("datetime64[D]"))
    date = pa.array(dates, pa.string()).take(pa.array(days - first))
    offset = offset_text(clock_hours())
    return pc.binary_join_element_wise(
        date, pc.binary_join_element_wise(_clock().take(pa.array(seconds)), offset, ""), "T"
    )


@cache
def _clock() -> pa.Array:
    """The seconds of a day as texts."""
    texts = np.datetime_as_string(np.arange(_DAY_S).astype("datetime64[s]"))
    return pa.array([text[11:] for text in texts.tolist()], pa.string())
