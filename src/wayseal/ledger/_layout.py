"""How each table of the contract lies in the ledger, and the array types and limits that its modules share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal import store
from wayseal.store.tables import Column, ColumnType

Offsets: TypeAlias = npt.NDArray[np.int32]

DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
NO_DAY = -(2**31)
"""Day of a waybill that was only mentioned (a ticket, a change), never seen."""
ROW_GROUP = 1 << 14
"""Rows of a row group of a segment: the range that is read to find one waybill."""
WIDE_GROUP = 1 << 17
"""Rows of a row group of what is read as a whole."""
NUMBERS = "numbers"
"""Waybill numbers without a packed form: key, word, text."""
SEPARATOR = "\x1f"
"""Between the items of a list when it is made one text; ids have no control characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLayout:
    """How one table is kept. time: the column by which a waybill's rows are ordered.

    ids: column → kind of dictionary (keys inside). hashed: columns kept as bare keys, without a dictionary (a read
    points to them, nothing is ever looked up by their text). unique: one row a waybill, the last one wins.
    seen: a row shows that the waybill existed; a mention (ticket, change) does not.
    """

    name: str
    time: str
    ids: Mapping[str, str] = field(default_factory=dict)
    hashed: frozenset[str] = frozenset()
    unique: bool = False
    seen: bool = True


_KEYED = (
    TableLayout(
        name="waybills",
        time="issued_at",
        ids={"channel": "channel", "origin_outlet": "outlet", "destination_outlet": "outlet"},
        unique=True,
    ),
    TableLayout(name="changes", time="at", seen=False),
    TableLayout(
        name="scans",
        time="at",
        # What scans aren't the devices that read: those are counted as sources, and a purge forgets them.
        ids={"outlet": "outlet", "operator": "actor", "device": "scanner", "trip": "trip"},
    ),
    TableLayout(name="tickets", time="opened_at", ids={"actor": "actor"}, seen=False),
    TableLayout(name="partner_calls", time="at", ids={"partner": "actor"}, seen=False),
    TableLayout(
        name="accesses",
        time="at",
        ids={
            "actor": "actor",
            "via": "via",
            "session": "session",
            "ip": "ip",
            "device": "device",
            "purpose": "purpose",
            "fields": "fields",
        },
        hashed=frozenset(("access", "request")),
    ),
)

KEYED: Mapping[str, TableLayout] = MappingProxyType({t.name: t for t in _KEYED})
"""Tables whose rows hang on a waybill: sorted by its key."""
LOOSE_IDS: Mapping[str, Mapping[str, str]] = {
    "actors": {"actor": "actor"},
    "outlets": {"outlet": "outlet"},
    "queries": {"actor": "actor", "session": "session", "via": "via"},
}
"""Columns of loose tables whose ids join a dictionary, and which."""
LOOSE_TIMES = MappingProxyType({"queries": "at"})
"""Loose tables whose rows are of a moment, and the column that says so."""
UNIQUE = MappingProxyType({"actors": "actor", "outlets": "outlet"})
"""Loose tables with one row an id, the last one wins."""
ID_KINDS = tuple(sorted({kind for t in _KEYED for kind in t.ids.values()}))
ORDER = ("actors", "outlets", "waybills", "changes", "scans", "tickets", "assignments")
"""Tables that come first in an ingest, so that what later rows need is there; the rest follows by name."""


def flight_type(layout: TableLayout, column: Column) -> pa.DataType:
    """Type of a column while its row is on the way: codes for ids, keys for what is only hashed."""
    if column.name in layout.ids:
        return pa.uint32()
    if column.name in layout.hashed:
        return pa.uint64()
    if column.type is ColumnType.ENUM:
        return pa.uint8()
    return column.arrow


def flight_schema(layout: TableLayout) -> pa.Schema:
    """Columns of a row on its way: waybill key, word, the contract's columns, source and row."""
    columns = [c for c in store.TABLES[layout.name].columns if c.name != "waybill"]
    fields = [(c.name, flight_type(layout, c)) for c in columns]
    ends = [("source", pa.int32()), ("row", pa.int64())]
    return pa.schema([("waybill", pa.uint64()), ("word", pa.uint64()), *fields, *ends])


def kept_schema(layout: TableLayout) -> pa.Schema:
    """Columns of a row in a segment, all of them: as on its way, but keys for codes, no word, and `first` for reads."""
    fields = [
        pa.field(f.name, pa.uint64() if f.name in layout.ids else f.type)
        for f in flight_schema(layout)
        if f.name != "word"
    ]
    return pa.schema([*fields, *([pa.field("first", pa.bool_())] if layout.name == "accesses" else [])])


NUMBERS_SCHEMA = pa.schema([("waybill", pa.uint64()), ("word", pa.uint64()), ("text", pa.string())])
CATALOGUE_SCHEMA = pa.schema([("waybill", pa.uint64()), ("word", pa.uint64()), ("day", pa.int32())])
PAIRS_SCHEMA = pa.schema([("waybill", pa.uint64()), ("code", pa.uint32())])
