"""What tells the vault about work: scans and tickets. From scans it knows where each parcel is, by room `custody`.

1. Where a parcel is, is what `custody.present` says of all its scans; there is no second definition.
2. A scan or a ticket that comes twice changes nothing, and opens no budget twice.
3. Work counts on the day on which it comes in, by the vault's clock: nobody opens a budget with old dates.
4. Who says so stands in the log: an entry for each report that brought something new, with how much it was and the
   hash of its rows, in the same transaction. Work opens purposes, so whoever invents it must be found.
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
from wayseal.store.columns import microseconds
from wayseal.store.database import Connection
from wayseal.vault import check
from wayseal.vault import tables as t
from wayseal.vault._context import ACTOR, OUTLET, digest
from wayseal.vault._sql import add, chosen, put
from wayseal.vault.errors import VaultError
from wayseal.vault.log import append
from wayseal.vault.log.entries import admin
from wayseal.vault.policy import Work
from wayseal.vault.requests import Caller

_TIME = pa.timestamp("us", tz="UTC")
AHEAD = timedelta(minutes=5)
"""How far another clock may be ahead of the vault's."""


def record_scans(
    connection: Connection, caller: Caller, events: Sequence[Scan], policy: int, now: int, day: int
) -> int:
    """Takes scans in, and moves the parcels; how many were new. Those of numbers that aren't sealed yet are kept."""
    rows = list(dict.fromkeys((check.waybill(e.waybill), _at("at", e.at, now), e.kind, e.outlet) for e in events))
    for row in rows:
        check.identifier("outlet", row[3])
    numbers = list(dict.fromkeys(row[0] for row in rows))
    before = {(s.waybill, s.at, s.kind, s.outlet) for s in chosen(connection, t.scans, "waybill", numbers)}
    new = [row for row in rows if row not in before]
    if not new:
        return 0
    names = ("waybill", "at", "kind", "outlet")
    connection.execute(t.scans.insert(), [dict(zip(names, row, strict=True)) for row in new])
    arrived = {(row[0], row[3]) for row in new} - {(row[0], row[3]) for row in before}
    count_work(connection, Work.ARRIVALS, (OUTLET + outlet for _, outlet in arrived), day)
    _move(connection, [*before, *new])
    _append_report(connection, caller, "scans", new, policy, now)
    return len(new)


def record_tickets(
    connection: Connection, caller: Caller, events: Sequence[Ticket], policy: int, now: int, day: int
) -> int:
    """Takes tickets in; one that is there already gets its end. How many were new."""
    rows = [_ticket(e, now) for e in {e.ticket: e for e in events}.values()]
    there = {row.ticket: row for row in chosen(connection, t.tickets, "ticket", [r["ticket"] for r in rows])}
    for row in rows:
        if (old := there.get(row["ticket"])) and (old.waybill, old.actor) != (row["waybill"], row["actor"]):
            raise VaultError("ticket: this id stands for another waybill or actor")
    put(connection, t.tickets, rows)
    new = [row["actor"] for row in rows if row["ticket"] not in there]
    outlets = {row.actor: row.outlet for row in chosen(connection, t.actors, "actor", list(dict.fromkeys(new)))}
    whose = [ACTOR + actor for actor in new] + [OUTLET + outlet for a in new if (outlet := outlets.get(a))]
    count_work(connection, Work.TICKETS, whose, day)
    before = {name: tuple(getattr(row, column) for column in rows[0]) for name, row in there.items()}
    changed = [values for r in rows if (values := tuple(r.values())) != before.get(r["ticket"])]
    if changed:
        _append_report(connection, caller, "tickets", changed, policy, now)
    return len(new)


def _append_report(
    connection: Connection, caller: Caller, act: str, rows: Sequence[tuple[Any, ...]], policy: int, now: int
) -> None:
    """Rule 4."""
    said: dict[str, str | int] = {"rows": len(rows), "sha256": digest(*sorted(map(json.dumps, rows))).hex()}
    append(connection, [admin(caller, now, policy, act, **said)])


def count_work(connection: Connection, kind: Work, of: Iterable[str], day: int) -> None:
    """Adds work that came in: one for each of `of`."""
    rows = [{"of": who, "kind": kind.value, "day": day, "count": n} for who, n in sorted(Counter(of).items())]
    add(connection, t.work, "count", rows)


def settle(connection: Connection, numbers: Sequence[str]) -> None:
    """Puts parcels where their scans say: for numbers whose scans came before they were sealed."""
    rows = chosen(connection, t.scans, "waybill", numbers)
    if rows:
        _move(connection, [(s.waybill, s.at, s.kind, s.outlet) for s in rows])


def _ticket(event: Ticket, now: int) -> dict[str, Any]:
    return {
        "ticket": check.identifier("ticket", event.ticket),
        "waybill": check.waybill(event.waybill),
        "actor": check.identifier("actor", event.actor),
        "kind": check.optional("kind", event.kind),
        "opened_at": _at("opened_at", event.opened_at, now),
        "closed_at": None if event.closed_at is None else _at("closed_at", event.closed_at, now),
    }


def _move(connection: Connection, scans: Sequence[tuple[str, int, str, str]]) -> None:
    """Rule 1."""
    waybill, at, kind, outlet = zip(*scans, strict=True)
    table = pa.table({"waybill": waybill, "at": pa.array(at, _TIME), "kind": kind, "outlet": outlet})
    now = present(table)
    rows = [
        {"b_waybill": number, "outlet": outlet, "since": since, "until": until, "departed": departed}
        for number, outlet, since, until, departed in zip(
            now["waybill"].to_pylist(),
            now["outlet"].to_pylist(),
            microseconds(now["since"]).tolist(),
            _optional(now["until"]),
            _optional(now["departed"]),
            strict=True,
        )
    ]
    if rows:
        which = t.waybills.c.waybill == sa.bindparam("b_waybill")
        values: dict[str, Any] = {name: sa.bindparam(name) for name in ("outlet", "since", "until", "departed")}
        connection.execute(sa.update(t.waybills).where(which).values(values), rows)


def _optional(column: pa.ChunkedArray) -> list[int | None]:
    return column.cast(pa.int64()).to_pylist()  # type: ignore[no-any-return]


def _at(name: str, at: datetime, now: int) -> int:
    """Rule 5."""
    if at < EPOCH or micros_of(at) > now + AHEAD // timedelta(microseconds=1):
        raise VaultError("a time since 1970, and not in the future", key=name)
    return micros_of(at)
