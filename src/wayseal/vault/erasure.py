"""Erasing what was sealed: the data key goes, and with it every copy of what it sealed.

1. The act stands in the log before a key goes. Until the key is gone the number stays due, so that what a crash left
   between the two goes with the next retention, or when the number is erased again.
2. What is erased at once: the wrapped key, the sealed bytes, the tags of its phones. The number stays, and says so. On
   SQLite the key's bytes leave the log with it, unless somebody is in the way; copies that a split page kept go when
   the database is shredded, as on PostgreSQL everything does.
3. Backups of the key database may hold the key until `gone_at`; after that nobody can open what was sealed. A restore
   erases again what this list names.
"""

from collections.abc import Sequence
from contextlib import suppress

import sqlalchemy as sa

from wayseal.database import Connection, Database, DatabaseError
from wayseal.model.fields import MOST_AT_ONCE
from wayseal.model.records import Erased
from wayseal.vault import tables as t
from wayseal.vault._sql import chosen, delete_chosen, keep, record_of
from wayseal.vault.errors import VaultError
from wayseal.vault.log import append
from wayseal.vault.log.entries import admin
from wayseal.vault.log.memory import WatchedDatabase
from wayseal.vault.requests import Caller
from wayseal.vault.row_marks import RowMarks

ACT = "erased"
"""What stands in the log."""


def erase(
    main: Database | WatchedDatabase,
    keys: Database,
    marks: RowMarks,
    caller: Caller,
    numbers: Sequence[str],
    why: str,
    *,
    backups: int,
    policy: int,
    now: int,
) -> list[Erased]:
    """Erases what is sealed under numbers (rules 1 to 3). backups: how long backups of keys are kept, microseconds.

    why: a code such as `request` or `retention`. VaultError: too many, or a number that isn't there.
    """
    if not 0 < len(numbers) <= MOST_AT_ONCE:
        raise VaultError("1 to {most} in one act", key="waybills", most=MOST_AT_ONCE)
    main.write(_mark, marks, caller, numbers, why, policy, now)
    done = keys.write(_drop, numbers, now, now + backups)
    # It is done and durable. Where somebody is in the way, the next erasure or retention empties the log.
    with suppress(DatabaseError):
        keys.empty_log()
    main.write(_settle, numbers)
    return done


def due(connection: Connection, now: int) -> list[str]:
    """Numbers whose time to be kept is over or that are half erased (rule 1), oldest first; enough for one act."""
    columns = t.waybills.c
    rows = connection.execute(
        sa.select(columns.waybill).where(columns.keep_until < now).order_by(columns.keep_until).limit(MOST_AT_ONCE)
    )
    # What is no number was put there by somebody else, and verifying names it.
    return [row.waybill for row in rows if type(row.waybill) is str]


def _mark(
    connection: Connection, marks: RowMarks, caller: Caller, numbers: Sequence[str], why: str, policy: int, now: int
) -> None:
    rows = {row.waybill: row for row in chosen(connection, t.waybills, "waybill", list(numbers))}
    if missing := [number for number in numbers if number not in rows]:
        raise VaultError(
            "waybills: {missing} of these numbers {missing:is|are} not in the vault; none was erased",
            missing=len(missing),
        )
    fresh = [number for number in numbers if rows[number].erased_at is None]
    if fresh:
        which = t.waybills.c.waybill == sa.bindparam("b_waybill")
        connection.execute(
            sa.update(t.waybills).where(which).values(erased_at=now, sealed=b"", keep_until=now),
            [{"b_waybill": number} for number in fresh],
        )
        delete_chosen(connection, t.phones, "waybill", fresh)
    append(connection, marks, [admin(caller, now, policy, ACT, waybill=n, why=why) for n in fresh])


def _settle(connection: Connection, numbers: Sequence[str]) -> None:
    """The keys are gone: nothing is due any more (rule 1)."""
    which = (t.waybills.c.waybill == sa.bindparam("b_waybill")) & t.waybills.c.erased_at.is_not(None)
    connection.execute(
        sa.update(t.waybills).where(which).values(keep_until=None), [{"b_waybill": number} for number in numbers]
    )


def _drop(connection: Connection, numbers: Sequence[str], now: int, gone: int) -> list[Erased]:
    delete_chosen(connection, t.data_keys, "waybill", list(numbers))
    keep(connection, t.erasures, [{"waybill": n, "erased_at": now, "gone_at": gone} for n in numbers])
    rows = {row.waybill: row for row in chosen(connection, t.erasures, "waybill", list(numbers))}
    return [record_of(Erased, rows[n]) for n in numbers]
