"""One waybill from its issue on: what the tables say of it, and who read it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from wayseal.detect.explain import Template
from wayseal.detect.reasons import ListedRead, World, list_waybill_reads
from wayseal.ledger import Snapshot

_EVENTS = ("scans", "tickets", "changes")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaybillLife:
    """What is known of a waybill. Times are microseconds since 1970.

    Attributes:
        waybill: Its number, clean.
        issued: Its row in `waybills`; None: there is none.
        scans: Rows of `scans`, by time.
        tickets: Rows of `tickets`, by time; `actor` under the name that may be shown.
        changes: Rows of `changes`, by time.
        reads: By time, without sessions, addresses and devices.
        missing: Tables that explanations are made of and the ledger lacks.
    """

    waybill: str
    issued: Row | None
    scans: Sequence[Row]
    tickets: Sequence[Row]
    changes: Sequence[Row]
    reads: tuple[ListedRead, ...]
    missing: tuple[str, ...]


def life_of(
    snapshot: Snapshot, waybill: str, templates: Sequence[Template], world: World, name: Callable[[str], str]
) -> WaybillLife | None:
    """The life of a waybill (a clean number); None: the ledger knows no such number. LedgerError."""
    keys = snapshot.keys([waybill])
    if not len(snapshot.find(keys)):
        return None
    listed = list_waybill_reads(snapshot, waybill, templates, name, kept_back=True, world=world)
    issued = _rows(snapshot.waybills(keys))
    events = {table: _rows(snapshot.table(table, keys)) for table in _EVENTS}
    return WaybillLife(
        waybill=waybill,
        issued=issued[0] if issued else None,
        scans=events["scans"],
        tickets=[{**row, "actor": name(row["actor"])} for row in events["tickets"]],
        changes=events["changes"],
        reads=listed.reads,
        missing=listed.missing,
    )


def _rows(table: pa.Table) -> list[Row]:
    """Rows of a table, times as microseconds."""
    for place, column in enumerate(table.schema):
        if pa.types.is_timestamp(column.type):
            table = table.set_column(place, column.name, table[column.name].cast(pa.int64()))
    rows: list[Row] = table.to_pylist()
    return rows
