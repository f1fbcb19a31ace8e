"""The data contract, version 1: every table and column of a dataset, typed.

Names and types are public interface: they change only with a new version and a migration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

import pyarrow as pa

from wayseal.model.kinds import Action, ActorKind, FoundBy, OutletKind, ScanKind, Scope

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


_ARROW: Mapping[ColumnType, pa.DataType] = MappingProxyType(
    {
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
)


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


def _table(name: str, required: tuple[Column, ...], optional: tuple[Column, ...]) -> Table:
    return Table(name=name, columns=(*required, *optional))


def _must(name: str, kind: ColumnType, values: type[StrEnum] | None = None) -> Column:
    words = () if values is None else tuple(values)
    return Column(name=name, type=kind, required=True, values=words)


def _may(
    name: str,
    kind: ColumnType,
    values: type[StrEnum] | None = None,
    low: float | None = None,
    high: float | None = None,
) -> Column:
    words = () if values is None else tuple(values)
    return Column(name=name, type=kind, required=False, values=words, low=low, high=high)


_ID, _WAYBILL, _TEXT, _ENUM, _TIME, _LIST, _INT, _FLOAT, _JSON = ColumnType

_GRAMS = {"kg": 1000, "千克": 1000, "公斤": 1000, "斤": 500, "g": 1, "克": 1, "t": 1_000_000, "吨": 1_000_000}
_WEIGHT = Column(
    name="weight_g", type=_INT, required=False, low=0, units={unit: Decimal(g) for unit, g in _GRAMS.items()}
)
_ALL = (
    _table(
        "actors",
        (_must("actor", _ID), _must("kind", _ENUM, ActorKind), _must("role", _ID)),
        (
            _may("outlet", _ID),
            _may("region", _ID),
            _may("rights", _LIST),
            _may("valid_from", _TIME),
            _may("valid_to", _TIME),
            _may("trained_until", _TIME),
        ),
    ),
    _table(
        "outlets",
        (
            _must("outlet", _ID),
            _must("kind", _ENUM, OutletKind),
            _must("city", _ID),
            _must("region", _ID),
        ),
        (
            _may("name", _TEXT),
            _may("latitude", _FLOAT, low=-90, high=90),
            _may("longitude", _FLOAT, low=-180, high=180),
        ),
    ),
    _table(
        "waybills",
        (
            _must("waybill", _WAYBILL),
            _must("issued_at", _TIME),
            _must("channel", _ID),
            _must("origin_outlet", _ID),
            _must("destination_outlet", _ID),
        ),
        (
            _may("customer", _ID),
            _may("order_ref", _ID),
            _WEIGHT,
            _may("goods_class", _ID),
        ),
    ),
    _table(
        "changes",
        (
            _must("waybill", _WAYBILL),
            _must("at", _TIME),
            _must("column", _ID),
            _must("value", _TEXT),
        ),
        (),
    ),
    _table(
        "scans",
        (
            _must("waybill", _WAYBILL),
            _must("at", _TIME),
            _must("kind", _ENUM, ScanKind),
            _must("outlet", _ID),
        ),
        (_may("operator", _ID), _WEIGHT),
    ),
    _table(
        "accesses",
        (_must("at", _TIME), _must("actor", _ID), _must("waybill", _WAYBILL)),
        (
            _may("access", _ID),
            _may("action", _ENUM, Action),
            _may("via", _ID),
            _may("fields", _LIST),
            _may("request", _ID),
            _may("session", _ID),
            _may("ip", _ID),
            _may("device", _ID),
            _may("purpose", _ID),
        ),
    ),
    _table(
        "queries",
        (_must("request", _ID), _must("at", _TIME), _must("actor", _ID), _must("filter", _JSON)),
        (_may("via", _ID), _may("rows", _INT, low=0), _may("session", _ID), _may("ip", _ID)),
    ),
    _table(
        "tickets",
        (
            _must("ticket", _ID),
            _must("waybill", _WAYBILL),
            _must("opened_at", _TIME),
            _must("actor", _ID),
        ),
        (_may("closed_at", _TIME), _may("kind", _ID)),
    ),
    _table(
        "assignments",
        (
            _must("actor", _ID),
            _must("scope", _ENUM, Scope),
            _must("value", _ID),
            _must("from", _TIME),
        ),
        (_may("to", _TIME),),
    ),
    _table(
        "partner_calls",
        (_must("partner", _ID), _must("at", _TIME), _must("waybill", _WAYBILL)),
        (_may("request", _ID), _may("operation", _ID), _may("fields", _LIST), _may("ip", _ID)),
    ),
    _table(
        "leaks",
        (_must("waybill", _WAYBILL), _must("seen_at", _TIME)),
        (
            _may("asked_at", _TIME),
            _may("absent_at", _TIME),
            _may("found_by", _ENUM, FoundBy),
            _may("seller", _ID),
            _may("asked", _JSON),
        ),
    ),
)

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
