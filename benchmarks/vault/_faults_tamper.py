"""Bytes changed in the databases one at a time, behind the vault's back; each is looked for, and undone."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from wayseal.database import Connection, Database, open_database
from wayseal.merkle import VerifyKey
from wayseal.vault import tables as t
from wayseal.vault.keyring import Keyring, LocalKeys
from wayseal.vault.keyring.keys import LogKey
from wayseal.vault.log.integrity import Note, verify
from wayseal.vault.verification import verify_vault

COLUMNS = (
    (t.waybills, "sealed"),
    (t.waybills, "key_id"),
    (t.waybills, "revision"),
    (t.data_keys, "wrapped"),
    (t.data_keys, "key_id"),
    (t.data_keys, "key_version"),
    (t.entries, "leaf"),
    (t.entries, "salt"),
    (t.entries, "entry"),
    (t.nodes, "hash"),
    (t.checkpoints, "note"),
    (t.checkpoints, "at"),
)
"""All that is sealed or signed, and by what it is found."""
_LOG = (t.entries, t.nodes, t.checkpoints)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """One byte that was changed. where: table and column."""

    where: str
    found: bool


def tampered(urls: tuple[str, str], keyring: Path, notes: Sequence[str], count: int) -> list[Flip]:
    """Changes `count` random bytes, over all columns in turn, and says which were found."""
    ring = Keyring.load(keyring)
    main, keys = (open_database(url) for url in urls)
    try:
        name = str(
            main.read(lambda c: c.execute(sa.select(t.facts.c.value).where(t.facts.c.name == "origin")).scalar())
        )
        looking = _Looking(
            main=main,
            keys=keys,
            ring=ring,
            name=name,
            given=[(f"note {n}", note.encode()) for n, note in enumerate(notes)],
            verifying=[key.verifying(name) for key in ring.keys(LogKey)],
        )
        chance = random.Random(5)
        return [flip for n in range(count) if (flip := _one(looking, chance, *COLUMNS[n % len(COLUMNS)])) is not None]
    finally:
        main.close()
        keys.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looking:
    main: Database
    keys: Database
    ring: Keyring
    name: str
    given: Sequence[Note]
    verifying: Sequence[VerifyKey]

    def finds(self, table: sa.Table) -> bool:
        """Whether a verification finds anything."""
        if table in _LOG:
            return bool(verify(self.main, self.given, self.verifying, _quiet).findings)
        return bool(verify_vault(self.main, self.keys, self.ring, LocalKeys(self.ring, self.name), _quiet).findings)


def _one(looking: _Looking, chance: random.Random, table: sa.Table, column: str) -> Flip | None:
    """Changes a byte and puts it back; None where the table is empty."""
    database = looking.keys if table is t.data_keys else looking.main
    count = int(database.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()))
    if not count:
        return None
    row = database.read(_row, table, chance.randrange(count))
    while table is t.data_keys and not looking.main.read(_used, row["waybill"], row["key_id"]):
        # A key that a crash left opens nothing.
        row = database.read(_row, table, chance.randrange(count))
    which = sa.and_(*(c == row[c.name] for c in table.primary_key if c.name in row))
    before = row[column]
    changed = _changed(chance, before)
    moved = sa.and_(*(c == (changed if c.name == column else row[c.name]) for c in table.primary_key))
    database.write(_put, table, which, column, changed)
    try:
        return Flip(where=f"{table.name}.{column}", found=looking.finds(table))
    finally:
        database.write(_put, table, moved, column, before)


def _row(connection: Connection, table: sa.Table, place: int) -> dict[str, Any]:
    statement = sa.select(table).order_by(*table.primary_key).offset(place).limit(1)
    return dict(connection.execute(statement).one()._mapping)


def _used(connection: Connection, waybill: str, key_id: bytes) -> bool:
    """Whether a wrapped key is a record's."""
    found = connection.execute(sa.select(t.waybills.c.key_id).where(t.waybills.c.waybill == waybill)).scalar()
    return found is not None and bytes(found) == bytes(key_id)


def _put(connection: Connection, table: sa.Table, which: sa.ColumnElement[bool], column: str, value: object) -> None:
    done = connection.execute(sa.update(table).where(which).values({column: value}))
    if done.rowcount != 1:
        raise RuntimeError(f"{table.name}: not one row was changed")


def _changed(chance: random.Random, value: Any) -> Any:
    """The value with one bit of one byte changed; of a number the lowest, of a text another letter."""
    if isinstance(value, int):
        return value ^ 1
    if isinstance(value, str):
        place = chance.randrange(len(value))
        return value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
    out = bytearray(value)
    out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def _quiet(stage: str, done: int, total: int) -> None:
    """Nobody watches."""
