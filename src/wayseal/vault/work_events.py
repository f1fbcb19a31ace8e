"""Events of work: scans and tickets. From scans it knows where each parcel is, by room `custody`.

1. Where a parcel is, is what `custody.present` says of all its scans; there is no second definition.
2. A scan or a ticket that comes twice changes nothing, and opens no budget twice.
3. Work counts on the day on which it comes in, by the vault's clock: nobody opens a budget with old dates.
4. Who says so stands in the log: an entry for each report that brought something new, in the same transaction, and
   its place with each row. Of scans it has the number and the hash, of tickets all that was put. Work opens purposes,
   so whoever invents it must be found. How far the newest scan lies behind the vault's clock tells of a source's own.
5. What is said to have happened lies in the past, but for `AHEAD`, by which clocks may differ: one scan from a clock
   that is far ahead would hold a parcel against all later ones.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from wayseal.custody import present
from wayseal.model.records import Scan, Ticket
from wayseal.model.times import EPOCH, micros_of
from wayseal.store.tables import microseconds
from wayseal.vault import check
from wayseal.vault import tables as t
from wayseal.vault._context import ACTOR, OUTLET, digest
from wayseal.vault._sql import add, chosen, put
from wayseal.vault.errors import VaultError
from wayseal.vault.log import UnitOfWork
from wayseal.vault.log.entries import serialize_rows
from wayseal.vault.policy import Work

_TIME = pa.timestamp("us", tz="UTC")
_SCAN = ("waybill", "at", "kind", "outlet")
PLACE = ("outlet", "since", "until", "departed")
"""Columns of a waybill that say where it is."""
AHEAD = timedelta(minutes=5)
"""How far another clock may be ahead of the vault's."""


def record_scans(unit: UnitOfWork, events: Sequence[Scan]) -> int:
    """Takes scans in, and moves the parcels; how many were new. Those of numbers that aren't sealed yet are kept."""
    rows = list(dict.fromkeys((check.waybill(e.waybill), _at("at", e.at, unit.now), e.kind, e.outlet) for e in events))
    for row in rows:
        check.identifier("outlet", row[3])
    numbers = list(dict.fromkeys(row[0] for row in rows))
    before = {scan_of(s) for s in chosen(unit.connection, t.scans, "waybill", numbers)}
    new = [row for row in rows if row not in before]
    if not new:
        return 0
    newest = max(row[1] for row in new)
    behind = (unit.now - newest) // 1_000_000
    entry = unit.record_act("scans", rows=len(new), sha256=scans_digest(new), behind_s=behind)
    made = [dict(zip(_SCAN, row, strict=True)) | {"entry": entry} for row in new]
    unit.connection.execute(t.scans.insert(), [unit.marks.marked(t.scans, row) for row in made])
    arrived = {(row[0], row[3]) for row in new} - {(row[0], row[3]) for row in before}
    count_work(unit, Work.ARRIVALS, (OUTLET + outlet for _, outlet in arrived))
    settle(unit, numbers)
    return len(new)


def record_tickets(unit: UnitOfWork, events: Sequence[Ticket]) -> int:
    """Takes tickets in; one that is there already gets its end. How many were new."""
    rows = [_ticket(e, unit.now) for e in {e.ticket: e for e in events}.values()]
    there = {row.ticket: row for row in chosen(unit.connection, t.tickets, "ticket", [r["ticket"] for r in rows])}
    for row in rows:
        if (old := there.get(row["ticket"])) and (old.waybill, old.actor) != (row["waybill"], row["actor"]):
            raise VaultError("ticket: this id stands for another waybill or actor")
    _put_tickets(unit, [r for r in rows if not _is_same(r, there.get(r["ticket"]))])
    new = [row["actor"] for row in rows if row["ticket"] not in there]
    outlets = {row.actor: row.outlet for row in chosen(unit.connection, t.actors, "actor", list(dict.fromkeys(new)))}
    whose = [ACTOR + actor for actor in new] + [OUTLET + outlet for a in new if (outlet := outlets.get(a))]
    count_work(unit, Work.TICKETS, whose)
    return len(new)


def _is_same(row: dict[str, Any], before: Any) -> bool:
    return before is not None and all(getattr(before, name) == value for name, value in row.items())


def _put_tickets(unit: UnitOfWork, rows: Sequence[dict[str, Any]]) -> None:
    """Rule 4: so many in each entry as it has room for."""
    for told in serialize_rows("rows", rows) if rows else ():
        entry = unit.record_act("tickets", **told.more)
        put(unit.connection, t.tickets, [unit.marks.marked(t.tickets, {**row, "entry": entry}) for row in told.rows])


def scans_digest(rows: Iterable[tuple[Any, ...]]) -> str:
    """The hash of what was scanned, as the entry of its report has it: (waybill, at, kind, outlet), in any order."""
    return digest(*sorted(json.dumps(row) for row in rows)).hex()


def scan_of(row: Any) -> tuple[str, int, str, str]:
    """Return the scan that a row describes: waybill, at, kind, outlet."""
    return row.waybill, row.at, row.kind, row.outlet


def count_work(unit: UnitOfWork, kind: Work, of: Iterable[str]) -> None:
    """Adds work that came in: one for each of `of`."""
    rows = [{"of": who, "kind": kind.value, "day": unit.day, "count": n} for who, n in sorted(Counter(of).items())]
    add(unit.connection, t.work, "count", rows)


def settle(unit: UnitOfWork, numbers: Sequence[str]) -> None:
    """Puts parcels where their scans say (rule 1)."""
    connection, marks = unit.connection, unit.marks
    scans = marks.holding(t.scans, chosen(connection, t.scans, "waybill", numbers))
    if not scans:
        return
    rows = {row.waybill: row for row in marks.holding(t.waybills, chosen(connection, t.waybills, "waybill", numbers))}
    which = t.waybills.c.waybill == sa.bindparam("b_waybill")
    moved = [
        marks.marked(t.waybills, {**rows[number]._asdict(), **place}) | {"b_waybill": number}
        for number, place in find_places(map(scan_of, scans)).items()
        if number in rows
    ]
    if moved:
        columns: dict[str, Any] = {name: sa.bindparam(f"b_{name}") for name in (*PLACE, "mark")}
        values = [{f"b_{name}": row[name] for name in ("waybill", *columns)} for row in moved]
        connection.execute(sa.update(t.waybills).where(which).values(columns), values)


def _ticket(event: Ticket, now: int) -> dict[str, Any]:
    return {
        "ticket": check.identifier("ticket", event.ticket),
        "waybill": check.waybill(event.waybill),
        "actor": check.identifier("actor", event.actor),
        "kind": check.optional("kind", event.kind),
        "opened_at": _at("opened_at", event.opened_at, now),
        "closed_at": None if event.closed_at is None else _at("closed_at", event.closed_at, now),
    }


def find_places(scans: Iterable[tuple[str, int, str, str]]) -> dict[str, dict[str, Any]]:
    """Where the scans (waybill, at, kind, outlet) say that each parcel is, by number (rule 1)."""
    rows = list(scans)
    if not rows:
        return {}
    waybill, at, kind, outlet = zip(*rows, strict=True)
    table = pa.table({"waybill": waybill, "at": pa.array(at, _TIME), "kind": kind, "outlet": outlet})
    now = present(table)
    columns: tuple[list[Any], ...] = (
        now["outlet"].to_pylist(),
        microseconds(now["since"]).tolist(),
        _optional(now["until"]),
        _optional(now["departed"]),
    )
    places = (dict(zip(PLACE, place, strict=True)) for place in zip(*columns, strict=True))
    return dict(zip(now["waybill"].to_pylist(), places, strict=True))


def _optional(column: pa.ChunkedArray) -> list[int | None]:
    return column.cast(pa.int64()).to_pylist()  # type: ignore[no-any-return]


def _at(name: str, at: datetime, now: int) -> int:
    """Rule 5."""
    if at < EPOCH or micros_of(at) > now + AHEAD // timedelta(microseconds=1):
        raise VaultError("a time since 1970, and not in the future", key=name)
    return micros_of(at)
