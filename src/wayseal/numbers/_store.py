"""Statements of blocks, numbers and events, in sets: SQLite takes many rows a statement, PostgreSQL arrays and COPY."""

import hmac
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, TypeAlias

from sqlalchemy.util import await_only

from wayseal.database import Connection, execute, query
from wayseal.database.raw import fetch
from wayseal.model.messages import N_
from wayseal.model.times import HOUR_US
from wayseal.numbers.errors import NumbersError
from wayseal.numbers.rules import Standing
from wayseal.numbers.tables import NumberState

Event: TypeAlias = tuple[int, int, str, str, str, str, int | None, str | None]
"""seq, at, number, move, state, by, previous, facts."""
EVENTS = ("seq", "at", "number", "move", "state", "by", "previous", "facts")
_CHUNK = 1000
_STANDING = (
    "SELECT n.number, n.state, n.block, b.holder, b.outlet, n.last, n.order_tag, n.commitment, n.scanned_at, "
    "n.closed_at FROM numbers n JOIN blocks b ON b.block = n.block"
)
_CHANGED = {
    "state": "text",
    "scanned_at": "bigint",
    "closed_at": "bigint",
    "last": "bigint",
    "order_tag": "bytea",
    "commitment": "bytea",
}
"""Columns that moves change, the tags last, which only a bind does, with PostgreSQL's types."""


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def add_rows(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Put rows into a table: by COPY on PostgreSQL."""
    if _is_sqlite(connection):
        named = ", ".join(f'"{one}"' for one in columns)
        marks = ", ".join("?" * len(columns))
        execute(connection, f"INSERT INTO {table} ({named}) VALUES ({marks})", rows)  # noqa: S608
    elif rows:
        raw: Any = connection.connection.driver_connection
        await_only(raw.copy_records_to_table(table, columns=columns, records=rows))


def among(connection: Connection, select: str, column: str, values: Iterable[Any], kind: str) -> list[Sequence[Any]]:
    """The rows of `select` whose `column` is one of `values`. kind: PostgreSQL's type of it."""
    wanted = [*dict.fromkeys(values)]
    if not wanted:
        return []
    if not _is_sqlite(connection):
        return [*fetch(connection, f"{select} WHERE {column} = ANY($1::{kind}[])", [wanted])]
    found: list[Sequence[Any]] = []
    for start in range(0, len(wanted), _CHUNK):
        part = wanted[start : start + _CHUNK]
        found += query(connection, f"{select} WHERE {column} IN ({', '.join('?' * len(part))})", part)
    return found


def standing(connection: Connection, numbers: Iterable[str]) -> dict[str, Standing]:
    """Numbers as they stand."""
    return {row[0]: Standing._make(row) for row in among(connection, _STANDING, "n.number", numbers, "text")}


def numbers_of(connection: Connection, tags: Iterable[bytes]) -> dict[bytes, str]:
    """The numbers of orders, by tag."""
    rows = among(connection, "SELECT order_tag, number FROM numbers", "order_tag", tags, "bytea")
    return {bytes(row[0]): row[1] for row in rows}


def next_seq(connection: Connection) -> int:
    """The place of the next event."""
    rows = query(connection, "SELECT first + count FROM batches ORDER BY batch DESC LIMIT 1")
    return int(rows[0][0]) if rows else 1


def digest(key: bytes, previous: bytes, events: Sequence[Sequence[Any]]) -> bytes:
    """The digest of a batch: a keyed hash over the digest before and its events."""
    return hmac.digest(key, previous + json.dumps([*map(list, events)], separators=(",", ":")).encode(), "sha256")


def append(connection: Connection, key: bytes, events: Sequence[Event]) -> None:
    """Add events as a batch, behind all others."""
    if not events:
        return
    rows = query(connection, "SELECT batch, digest FROM batches ORDER BY batch DESC LIMIT 1")
    batch, previous = (rows[0][0], bytes(rows[0][1])) if rows else (0, b"")
    add_rows(connection, "number_events", EVENTS, events)
    made = (batch + 1, events[0][0], len(events), digest(key, previous, events), previous)
    add_rows(connection, "batches", ("batch", "first", "count", "digest", "previous"), [made])


def block_of_key(connection: Connection, key: str) -> tuple[Any, ...] | None:
    """The block that a request under a key got: its id, first counter, series, size, holder, channel and outlet."""
    text = "SELECT block, first, series, size, holder, channel, outlet FROM blocks WHERE key = ?"
    rows = query(connection, text, (key,))
    return rows[0] if rows else None


def add_block(connection: Connection, key: bytes, block: Mapping[str, Any]) -> tuple[int, int]:
    """Add a block, and the event of its issue; its id and the event's place. block: columns."""
    ((newest,),) = query(connection, "SELECT COALESCE(MAX(block), 0) FROM blocks")
    columns = {"block": newest + 1, "used": 0, **block}
    add_rows(connection, "blocks", [*columns], [[*columns.values()]])
    said = ("series", "epoch", "first", "size", "channel", "outlet")
    seq, facts = next_seq(connection), json.dumps({name: block[name] for name in said})
    issued = NumberState.ISSUED.value
    event = (seq, block["issued_at"], f"block {newest + 1}", "issue", issued, block["holder"], None, facts)
    append(connection, key, [event])
    return newest + 1, seq


def add_numbers(connection: Connection, block: int, event: int, rows: Iterable[tuple[str, bytes]]) -> None:
    """Add numbers of a block, each with its verifier. event: the place of the issue."""
    issued = NumberState.ISSUED.value
    made = [(number, issued, block, verifier, event) for number, verifier in rows]
    add_rows(connection, "numbers", ("number", "state", "block", "verifier", "last"), made)


def update(connection: Connection, before: Mapping[str, Standing], after: Mapping[str, Standing]) -> None:
    """Change numbers where they stand as they did before; NumbersError, and nothing done, where one doesn't."""
    bound = [one for one in after.values() if one.order_tag != before[one.number].order_tag]
    others = [one for one in after.values() if one.order_tag == before[one.number].order_tag]
    for rows, columns in ((bound, [*_CHANGED]), (others, [*_CHANGED][:-2])):
        of = attrgetter(*columns, "number")
        values = [(*of(one), before[one.number].state) for one in rows]
        if rows and _guarded_update(connection, columns, values) != len(rows):
            raise NumbersError(N_("a number doesn't stand as it was read"))


def _guarded_update(connection: Connection, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
    raw: Any = connection.connection.driver_connection
    if _is_sqlite(connection):
        sets = ", ".join(f"{one} = ?" for one in columns)
        return int(raw.executemany(f"UPDATE numbers SET {sets} WHERE number = ? AND state = ?", rows).rowcount)  # noqa: S608
    sets = ", ".join(f"{one} = m.{one}" for one in columns)
    kinds = [_CHANGED[one] for one in columns] + ["text", "text"]
    arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(kinds, 1))
    names = ", ".join([*columns, "number", "was"])
    text = (
        f"WITH done AS (UPDATE numbers n SET {sets} FROM unnest({arrays}) AS m({names}) "  # noqa: S608
        "WHERE n.number = m.number AND n.state = m.was RETURNING 1) SELECT count(*) FROM done"
    )
    return int(fetch(connection, text, [*zip(*rows, strict=True)])[0][0])


def count_scans(connection: Connection, scans: Counter[tuple[str, bool]], now: int) -> dict[str, tuple[int, int]]:
    """Count first scans by outlet (and whether unbound); the first scans and the unbound of this and the last hour."""
    hour, outlets = now // HOUR_US, sorted({outlet for outlet, _ in scans})
    text = (
        "INSERT INTO outlet_hours (outlet, hour, scans, unbound) VALUES (?, ?, ?, ?) ON CONFLICT (outlet, hour) DO "
        "UPDATE SET scans = outlet_hours.scans + excluded.scans, unbound = outlet_hours.unbound + excluded.unbound"
    )
    rows = [(one, hour, scans[one, True] + scans[one, False], scans[one, True]) for one in outlets]
    execute(connection, text, rows)
    found = dict.fromkeys(outlets, (0, 0))
    column = f"hour >= {hour - 1} AND outlet"
    for one, some, unbound in among(
        connection, "SELECT outlet, scans, unbound FROM outlet_hours", column, outlets, "text"
    ):
        found[one] = found[one][0] + some, found[one][1] + unbound
    return found
