"""The data contract, version 1: every table and column of a dataset, typed.

Names and types are public interface: they change only with a new version and a migration.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wayseal.model.kinds import Action, ActorKind, Entry, FoundBy, OutletKind, ScanKind, Scope

VERSION = 1
EARLIEST, LATEST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000 for year in (1990, 2100))
"""Times lie from the one up to the other (excluded): microseconds since 1970."""
MOMENT = "at"
"""The column of tables of events that says when each happened."""


class ColumnType(StrEnum):
    """How a column's values are read, checked and kept.

    id: trimmed, no control characters. waybill: a cleaned number. text: free text. enum: one of `Column.values`.
    time: microseconds, UTC. list: strings. int, float: numbers. json: an object, in its canonical spelling.
    """

    ID = "id"
    WAYBILL = "waybill"
    TEXT = "text"
    ENUM = "enum"
    TIME = "time"
    LIST = "list"
    INT = "int"
    FLOAT = "float"
    JSON = "json"


_ARROW: Mapping[ColumnType, pa.DataType] = {
    ColumnType.ID: pa.string(),
    ColumnType.WAYBILL: pa.string(),
    ColumnType.TEXT: pa.string(),
    ColumnType.ENUM: pa.string(),
    ColumnType.JSON: pa.string(),
    ColumnType.TIME: pa.timestamp("us", tz="UTC"),
    ColumnType.LIST: pa.list_(pa.string()),
    ColumnType.INT: pa.int64(),
    ColumnType.FLOAT: pa.float64(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `values` lists what an enum may hold; `low` and `high` bound a number, both included.

    units: that a number may name, and how many of the column's own unit each is.
    """

    name: str
    type: ColumnType
    required: bool
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    units: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type that the column has inside."""
        return _ARROW[self.type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of the contract; `columns` in the order in which batches carry them."""

    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(c.name for c in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the columns that a file must have."""
        return tuple(c.name for c in self.columns if c.required)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


_Kind: TypeAlias = Callable[..., Column]
_ID, _WAYBILL, _TEXT, _, _TIME, _LIST, _, _, _JSON = (partial(Column, type=kind) for kind in ColumnType)
_COUNT = partial(Column, type=ColumnType.INT, low=0)
_LATITUDE = partial(Column, type=ColumnType.FLOAT, low=-90, high=90)
_LONGITUDE = partial(Column, type=ColumnType.FLOAT, low=-180, high=180)
_GRAMS = {"kg": 1000, "千克": 1000, "公斤": 1000, "斤": 500, "g": 1, "克": 1, "t": 1_000_000, "吨": 1_000_000}
_WEIGHT = partial(_COUNT, units={unit: Decimal(grams) for unit, grams in _GRAMS.items()})


def _enum(values: type[StrEnum]) -> _Kind:
    return partial(Column, type=ColumnType.ENUM, values=tuple(values))


def _table(name: str, required: Mapping[str, _Kind], optional: Mapping[str, _Kind]) -> Table:
    columns = (kind(name=column, required=of is required) for of in (required, optional) for column, kind in of.items())
    return Table(name=name, columns=tuple(columns))


_ALL = (
    _table(
        "actors",
        {"actor": _ID, "kind": _enum(ActorKind), "role": _ID},
        {
            "outlet": _ID, "region": _ID, "rights": _LIST,
            "valid_from": _TIME, "valid_to": _TIME, "trained_until": _TIME,
        },
    ),
    _table(
        "outlets",
        {"outlet": _ID, "kind": _enum(OutletKind), "city": _ID, "region": _ID},
        {"name": _TEXT, "latitude": _LATITUDE, "longitude": _LONGITUDE},
    ),
    _table(
        "waybills",
        {"waybill": _WAYBILL, "issued_at": _TIME, "channel": _ID, "origin_outlet": _ID, "destination_outlet": _ID},
        {"customer": _ID, "order_ref": _ID, "weight_g": _WEIGHT, "goods_class": _ID},
    ),
    _table("changes", {"waybill": _WAYBILL, "at": _TIME, "column": _ID, "value": _TEXT}, {}),
    _table(
        "scans",
        {"waybill": _WAYBILL, "at": _TIME, "kind": _enum(ScanKind), "outlet": _ID},
        {"operator": _ID, "weight_g": _WEIGHT, "entered": _enum(Entry), "device": _ID, "trip": _ID},
    ),
    _table(
        "accesses",
        {"at": _TIME, "actor": _ID, "waybill": _WAYBILL},
        {
            "access": _ID, "action": _enum(Action), "via": _ID, "fields": _LIST, "request": _ID, "session": _ID,
            "ip": _ID, "device": _ID, "purpose": _ID,
        },
    ),
    _table(
        "queries",
        {"request": _ID, "at": _TIME, "actor": _ID, "filter": _JSON},
        {"via": _ID, "rows": _COUNT, "session": _ID, "ip": _ID},
    ),
    _table(
        "tickets",
        {"ticket": _ID, "waybill": _WAYBILL, "opened_at": _TIME, "actor": _ID},
        {"closed_at": _TIME, "kind": _ID},
    ),
    _table("assignments", {"actor": _ID, "scope": _enum(Scope), "value": _ID, "from": _TIME}, {"to": _TIME}),
    _table(
        "partner_calls",
        {"partner": _ID, "at": _TIME, "waybill": _WAYBILL},
        {"request": _ID, "operation": _ID, "fields": _LIST, "ip": _ID},
    ),
    _table(
        "leaks",
        {"waybill": _WAYBILL, "seen_at": _TIME},
        {"asked_at": _TIME, "absent_at": _TIME, "found_by": _enum(FoundBy), "seller": _ID, "asked": _JSON},
    ),
)  # fmt: skip

TABLES: Mapping[str, Table] = MappingProxyType({t.name: t for t in _ALL})


def arrow_schema(table: str | Table) -> pa.Schema:
    """The Arrow schema of a table's batches.

    Args:
        table: The table or its name.

    Returns:
        Every column of the contract in its order; absent optional ones are null.
    """
    known = TABLES[table] if isinstance(table, str) else table
    return pa.schema([pa.field(c.name, c.arrow, nullable=not c.required) for c in known.columns])


def microseconds(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Times as microseconds after 1970; the smallest int64 where null."""
    as_int = column.combine_chunks().cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    return np.asarray(as_int.fill_null(np.iinfo(np.int64).min).to_numpy(zero_copy_only=False))
