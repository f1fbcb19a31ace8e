"""Wrapped keys as their table has them, whatever somebody put there: a row that can't be a key is none.

They are wrapped anew with the active key after a rotation, while the vault is used:

1. Portion by portion; what was done stays done when it is broken off, and the next run goes on from there.
2. A key that was erased meanwhile stays erased: rows are changed, never put.
3. Of a key that doesn't open the number is named, and the rest goes on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wayseal.database import Connection, Database
from wayseal.model.progress import Progress
from wayseal.vault import tables as t
from wayseal.vault._sql import chosen, key_after
from wayseal.vault.errors import VaultError
from wayseal.vault.keyring import KeyService, Wrapped
from wayseal.vault.sealing import rewrap

DataKeys = Mapping[str, Mapping[bytes, Any]]
"""Rows of keys by number and id."""


def data_keys_of(connection: Connection, numbers: Sequence[str]) -> DataKeys:
    """The keys of numbers. One that has rows alone that are no keys has {}, and isn't left out like an erased one."""
    found: dict[str, dict[bytes, Any]] = {}
    for row in chosen(connection, t.data_keys, "waybill", numbers):
        keys = found.setdefault(row.waybill, {})
        if can_be_key(row):
            keys[row.key_id] = row
    return found


def can_be_key(row: Any) -> bool:
    """Check whether the columns of a row have types that they can have."""
    return (
        type(row.waybill) is str
        and type(row.key_id) is bytes
        and type(row.key_version) is int
        and type(row.wrapped) is bytes
        and (row.superseded_by is None or type(row.superseded_by) is int)
    )


PORTION = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrapped:
    """How many keys were wrapped anew, and the numbers of those that don't open."""

    done: int
    failed: tuple[str, ...]


def rewrap_keys(keys: Database, service: KeyService, active: int, progress: Progress) -> Rewrapped:
    """Wraps anew what isn't wrapped by version `active` (rules 1 to 3)."""
    total = keys.read(_count_older, active)
    seen = done = 0
    failed: list[str] = []
    last: sa.Row[Any] | None = None
    while rows := keys.read(_portion, active, last):
        last = rows[-1]
        made: list[tuple[sa.Row[Any], Wrapped]] = []
        sound = [row for row in rows if can_be_key(row)]
        failed += [str(row.waybill) for row in rows if not can_be_key(row)]
        for some, again in _rewrap_portion(service, sound):
            if again is None:
                failed += [row.waybill for row in some]
            else:
                made += zip(some, again, strict=True)
        if made:
            done += keys.write(_change, made)
        seen += len(rows)
        progress("keys", seen, max(total, seen))
    return Rewrapped(done=done, failed=tuple(failed))


def versions_in_use(keys: Database) -> dict[int, int]:
    """How many data keys each version of the wrapping key has."""
    column = t.data_keys.c.key_version
    counted = sa.select(column, sa.func.count()).group_by(column).order_by(column)
    return {row[0]: row[1] for row in keys.read(lambda c: c.execute(counted).all())}


def index_versions_in_use(main: Database) -> dict[int, int]:
    """How many tags of phones each version of the index key has."""
    column = t.phones.c.key_version
    counted = sa.select(column, sa.func.count()).group_by(column).order_by(column)
    return {row[0]: row[1] for row in main.read(lambda c: c.execute(counted).all())}


_Rows = Sequence[sa.Row[Any]]


def _rewrap_portion(service: KeyService, rows: _Rows) -> list[tuple[_Rows, list[Wrapped] | None]]:
    """Rows with their keys wrapped anew; None for those that don't open (rule 3)."""
    items = [(row.waybill, Wrapped(row.key_version, row.wrapped)) for row in rows]
    try:
        return [(rows, rewrap(service, items))]
    except VaultError:
        if len(rows) == 1:
            return [(rows, None)]
        return [one for row in rows for one in _rewrap_portion(service, [row])]


def _count_older(connection: Connection, active: int) -> int:
    which = sa.select(sa.func.count()).select_from(t.data_keys).where(t.data_keys.c.key_version != active)
    return connection.execute(which).scalar_one()


def _portion(connection: Connection, active: int, last: sa.Row[Any] | None) -> _Rows:
    older = sa.select(t.data_keys).where(t.data_keys.c.key_version != active)
    statement = older.order_by(*t.data_keys.primary_key).limit(PORTION)
    if last is not None:
        statement = statement.where(key_after(t.data_keys, last))
    return connection.execute(statement).all()


def _change(connection: Connection, made: Sequence[tuple[sa.Row[Any], Wrapped]]) -> int:
    """Rule 2."""
    columns = t.data_keys.c
    which = (
        (columns.waybill == sa.bindparam("b_waybill"))
        & (columns.key_id == sa.bindparam("b_key_id"))
        & (columns.key_version == sa.bindparam("b_version"))
    )
    connection.execute(
        sa.update(t.data_keys).where(which).values(key_version=sa.bindparam("v"), wrapped=sa.bindparam("w")),
        [
            {
                "b_waybill": row.waybill,
                "b_key_id": row.key_id,
                "b_version": row.key_version,
                "v": again.key_version,
                "w": again.wrapped,
            }
            for row, again in made
        ],
    )
    return len(made)
