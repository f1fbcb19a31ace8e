"""Erasing what was sealed: the data key goes, and with it every copy of what it sealed.

1. The act stands in the log before a key goes. Until the key is gone the number stays due, so that what a crash left
   between the two goes with the next retention, or when the number is erased again.
2. What is erased at once: the wrapped key, the sealed bytes, the tags of its phones. The number stays, and says so. On
   SQLite the key's bytes leave the log with it, unless somebody is in the way; copies that a split page kept go when
   the database is shredded, as on PostgreSQL everything does.
3. Backups of the key database may hold the key until `gone_at`; after that nobody can open what was sealed. A restore
   erases again what this list names.

Lists of what was erased, so that no restore brings it back:

4. A restore takes a list that is newer than the backup: from the key database that is in use, from the records that
   are in use (they say of each number that it was erased), or from a file.
5. A list is numbers and times: it holds nothing personal and no key, so it can be kept for as long as backups are.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from wayseal.database import Connection, Database, DatabaseError
from wayseal.database.migrations import check
from wayseal.model.errors import disk_says
from wayseal.model.fields import MOST_AT_ONCE
from wayseal.model.records import Erased
from wayseal.model.rows import json_line, read_json_line
from wayseal.model.times import time_at
from wayseal.store.durable import write_file
from wayseal.vault import tables as t
from wayseal.vault._sql import chosen, delete_chosen, keep, record_of, row_of
from wayseal.vault.errors import BackupError, VaultError
from wayseal.vault.log import UnitOfWork, append
from wayseal.vault.log.entries import admin
from wayseal.vault.log.memory import WatchedDatabase

ACT = "erased"
"""What stands in the log."""


def erase(
    act: Callable[..., Any],
    main: Database | WatchedDatabase,
    keys: Database,
    numbers: Sequence[str],
    why: str,
    *,
    backups: int,
    now: int,
) -> list[Erased]:
    """Erases what is sealed under numbers (rules 1 to 3). backups: how long backups of keys are kept, microseconds.

    why: a code such as `request` or `retention`. VaultError: too many, or a number that isn't there.
    """
    if not 0 < len(numbers) <= MOST_AT_ONCE:
        raise VaultError("1 to {most} in one act", key="waybills", most=MOST_AT_ONCE)
    act(_mark, numbers, why)
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


def _mark(unit: UnitOfWork, numbers: Sequence[str], why: str) -> None:
    connection = unit.connection
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
            sa.update(t.waybills).where(which).values(erased_at=unit.now, sealed=b"", keep_until=unit.now),
            [{"b_waybill": number} for number in fresh],
        )
        delete_chosen(connection, t.phones, "waybill", fresh)
    acts = [admin(unit.caller, unit.now, unit.policy, ACT, waybill=n, why=why) for n in fresh]
    append(connection, unit.marks, acts)


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


def erasures_of(database: Database, chain: t.ChainName, *, backups: int = 0) -> list[Erased]:
    """List the erasures up to now, by the key database or by the records, in order of time.

    backups: how long backups of keys are kept, microseconds; of the records alone, which don't say when the last one
    that holds a key is gone.
    """
    check(database, t.CHAINS[chain])
    return database.read(_erased_keys if chain == "keys" else _erased_records, backups)


def save_erasures(file: Path, erasures: Iterable[Erased]) -> None:
    """Writes a list to a new file, a line for each; BackupError where there is one, or the disk refuses."""
    try:
        write_file(file, "".join(json_line(row_of(e), ascii_only=True) for e in erasures).encode(), new=True)
    except OSError as error:
        raise BackupError("the list can't be written: {reason}", file=file, reason=disk_says(error)) from None


def load_erasures(file: Path) -> list[Erased]:
    """A list that `save_erasures` wrote; BackupError names the line that can't be."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError):
        raise BackupError("can't be read", file=file) from None
    return [_line(file, number, line) for number, line in enumerate(lines, 1)]


def _line(file: Path, number: int, line: str) -> Erased:
    try:
        found = read_json_line(line) or {}
        waybill, erased_at, gone_at = (found[name] for name in ("waybill", "erased_at", "gone_at"))
        if isinstance(waybill, str) and type(erased_at) is int and type(gone_at) is int:
            return Erased(waybill=waybill, erased_at=time_at(erased_at), gone_at=time_at(gone_at))
    except (ValueError, TypeError, KeyError, OverflowError):
        pass
    raise BackupError("not a line of a list of erasures", file=file, line=number)


def _erased_keys(connection: Connection, _backups: int) -> list[Erased]:
    rows = connection.execute(sa.select(t.erasures).order_by(t.erasures.c.erased_at))
    return [record_of(Erased, row) for row in rows]


def _erased_records(connection: Connection, backups: int) -> list[Erased]:
    columns = t.waybills.c
    chosen = sa.select(columns.waybill, columns.erased_at, (columns.erased_at + backups).label("gone_at"))
    rows = connection.execute(chosen.where(columns.erased_at.is_not(None)).order_by(columns.erased_at))
    return [record_of(Erased, row) for row in rows]
