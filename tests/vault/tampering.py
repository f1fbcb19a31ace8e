"""A vault with rows in every table, and what somebody who administers its databases may do to any column of them."""

import random
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from tests.vault.world import DAY, OPERATOR, ORIGIN, World, person
from wayseal.database import Connection, Database
from wayseal.model.errors import Finding
from wayseal.model.fields import Field
from wayseal.model.kinds import ScanKind
from wayseal.model.records import Ask, Scan
from wayseal.model.times import time_at
from wayseal.vault.keyring import LocalKeys
from wayseal.vault.log.integrity import verify
from wayseal.vault.policy import default_texts
from wayseal.vault.verification import verify_vault

UNCOVERED = {
    ("budgets", "of"), ("budgets", "day"), ("budgets", "purpose"), ("budgets", "used"),
    ("work", "of"), ("work", "day"), ("work", "kind"), ("work", "count"),
    ("data_keys", "superseded_at"),
    ("erasures", "erased_at"), ("erasures", "gone_at"),
    ("waybills", "keep_until"),
}  # fmt: skip
"""Columns of which some changes are found and some are not; `docs/explanation/disclosure-log.md` says why."""


def fill(world: World) -> None:
    """Rows in every table, and so many entries that the log has a node."""
    first, revised, erased, lost = world.seal(4, keep_until=world.now + 90 * DAY)
    world.put(person("gone", "clerk", "elsewhere", valid_to=world.now))
    world.vault.block(OPERATOR, "gone", now=world.now)
    world.vault.add_client(OPERATOR, "old", scopes=frozenset({"seal"}), acts_for=frozenset({"clerk"}), now=world.now)
    world.vault.disable_client(OPERATOR, "old", now=world.now)
    world.ticket("t-1", lost, "agent")
    world.ticket("t-2", first, "agent", closed_at=world.now)
    world.vault.ask_approval(world.caller("analyst"), "audit", 500, now=world.now)
    purposes, rules = default_texts()
    world.vault.activate_policy(OPERATOR, purposes + "\n# again\n", rules, now=world.now)
    values = {Field.RECIPIENT_ADDRESS: "广东省深圳市南山区科技园路9号", Field.RECIPIENT_PHONE: "13612345678"}
    world.vault.revise(world.caller("agent"), revised, "change_address", "改派", values, now=world.now)
    world.vault.erase(OPERATOR, [erased], now=world.now)
    world.vault.checkpoint(now=world.now)
    world.ask("courier-1", [first, revised, lost], key="k-1")
    asks = [Ask(waybill=first, purpose="deliver", reason="补录")] * 50
    for _ in range(6):
        world.vault.disclose(world.caller("courier-2"), asks, now=world.now)
    event = Scan(waybill=first, at=time_at(world.now), kind=ScanKind.PROBLEM, outlet="elsewhere")
    world.vault.scans(world.caller("scans", "feed"), [event, replace(event, waybill=lost)], now=world.now)
    world.vault.checkpoint(now=world.now)


def found(world: World) -> list[Finding]:
    """All that verifying finds."""
    ring = world.keyring
    keys = ring.log_verify_keys("vault.example")
    log = verify(world.main, (), keys, lambda *_: None)
    rest = verify_vault(world.main, world.keys, ring, LocalKeys(ring, ORIGIN), lambda *_: None)
    return [*log.findings, *rest.findings]


class BadText(bytes):
    """Bytes that SQLite is to keep as text."""


ODD: dict[type, list[Any]] = {
    str: ["", "x", "另一个", "x" * 300, 7, 1.5, b"\xff\x00", None, BadText(b"\xff\xfe"), "a\x00b"],
    int: [0, 1, 2**40, -1, "1", "x", 1.5, b"\x01", None, BadText(b"\xff")],
    bytes: [b"", b"\x00", bytes(32), b"x" * 300, "abc", 5, 1.5, None, BadText(b"\xff")],
}
_SOUND = {str: {str, type(None)}, int: {int, type(None)}, bytes: {bytes, type(None)}}


def values_for(kind: type, now: Any, dialect: str, chance: random.Random) -> Iterator[Any]:
    """Other values than the present one, in no order; on PostgreSQL those alone that the column's type takes."""
    near: list[Any] = []
    if isinstance(now, bytes) and now:
        near = [bytes([now[0] ^ 1]) + now[1:], now[:-1], now + b"\0"]
    elif isinstance(now, str) and now:
        near = [now + "x", now[:-1], now.swapcase(), now[::-1]]
    elif isinstance(now, int):
        near = [now + 1, max(now - 1, 0), now // 2]
    options = [*near, *ODD[kind]]
    chance.shuffle(options)
    for value in options:
        if type(value) is type(now) and value == now:
            continue
        if dialect == "postgresql" and (type(value) not in _SOUND[kind] or (isinstance(value, str) and "\0" in value)):
            continue
        yield value


def kind_of(column: sa.Column[Any]) -> type:
    """The type of Python that a column holds."""
    if isinstance(column.type, sa.String):
        return str
    return bytes if isinstance(column.type, sa.LargeBinary) else int


def change(database: Database, column: sa.Column[Any], row: dict[str, Any], value: Any) -> bool:
    """Writes a value past the vault; whether the database takes it."""
    name, table = f'"{column.name}"', column.table
    assert isinstance(table, sa.Table)
    where = {c.name: row[c.name] for c in table.primary_key}
    if database.dialect == "sqlite":
        clauses = " AND ".join(f'"{key}" = ?' for key in where)
        given = "CAST(? AS TEXT)" if isinstance(value, BadText) else "?"
        file = database.path  # type: ignore[attr-defined]
        raw = sqlite3.connect(file, isolation_level=None)
        try:
            raw.execute("PRAGMA ignore_check_constraints=ON")
            statement = f"UPDATE {table.name} SET {name} = {given} WHERE {clauses}"
            plain = bytes(value) if isinstance(value, BadText) else value
            # The column's affinity may make of a value what it was.
            statement += f" AND {given} IS NOT {name}"
            return raw.execute(statement, [plain, *where.values(), plain]).rowcount == 1
        except sqlite3.Error:
            return False
        finally:
            raw.close()
    clause = sa.and_(*(table.c[key] == kept for key, kept in where.items()))
    try:
        done = database.write(lambda c: c.execute(sa.update(table).where(clause).values({column.name: value})))
    except Exception:
        # A column that can't be null, a text that is too long: the server refuses it.
        return False
    return done.rowcount == 1


def rows_of(database: Database, table: sa.Table) -> list[dict[str, Any]]:
    """The rows of a table."""
    return [dict(row._mapping) for row in database.read(lambda c: c.execute(sa.select(table)).all())]


def put_back(database: Database, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """The table as it was."""
    database.write(_put_anew, table, rows)


def _put_anew(connection: Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    connection.execute(table.delete())
    if rows:
        connection.execute(table.insert(), rows)
