"""Databases that are made for a test and gone after it, and entries of every kind."""

import asyncio
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from tests.conftest import need
from wayseal.database import Connection, Database, open_database
from wayseal.merkle import SigningKey
from wayseal.model.fields import Field, Form
from wayseal.vault import tables as t
from wayseal.vault.keyring import Keyring
from wayseal.vault.log import Entry, EntryKind, append, make_checkpoint
from wayseal.vault.row_macs import RowMacs

KEY = SigningKey(name="vault.example", seed=bytes(range(32)))
ORIGIN = "vault.example/log"
START = 1_772_323_200_000_000
RING = Keyring.new(START)
MARKS = RowMacs(RING, ORIGIN)
KINDS = ("sqlite", "postgresql")
SERVER = os.environ.get("WAYSEAL_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432")


@contextmanager
def database(kind: str, folder: Path) -> Iterator[Database]:
    """A new database with the vault's tables."""
    name = f"wayseal_log_{secrets.token_hex(6)}"
    if kind == "postgresql":
        need(_answers(f"CREATE DATABASE {name}"), "no PostgreSQL server answers at WAYSEAL_TEST_POSTGRESQL")
    made = open_database(f"{SERVER}/{name}" if kind == "postgresql" else f"sqlite:///{folder / name}.db")
    try:
        made.write(t.main.create_all)
        made.write(_founded)
        yield made
    finally:
        made.close()
        if kind == "postgresql":
            _answers(f"DROP DATABASE {name} WITH (FORCE)")


def _answers(statement: str) -> bool:
    """Whether the server for tests is there and did it."""

    async def run() -> None:
        connection = await asyncpg.connect(f"{SERVER}/postgres", timeout=5)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    try:
        asyncio.run(run())
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return False
    return True


def _founded(connection: Connection) -> None:
    connection.execute(t.facts.insert().values(name="origin", value=ORIGIN))


def entry(n: int, kind: EntryKind | None = None) -> Entry:
    """The n-th of a row of entries, of all kinds by turns; two in three disclose."""
    kind = kind or (list(EntryKind)[n // 3 % len(EntryKind)] if n % 3 == 2 else EntryKind.DISCLOSED)
    shown = kind is EntryKind.DISCLOSED
    about = kind in (EntryKind.DISCLOSED, EntryKind.REFUSED, EntryKind.REVISED)
    more: dict[EntryKind, dict[str, str | int]] = {
        EntryKind.ADMIN: {"act": "blocked", "of": f"账号-{n}"},
        EntryKind.REVISED: {"fields": "recipient_phone", "revision": 2 + n},
    }
    return Entry(
        kind=kind, at=START + n * 1_000_000, client="crm", actor=f"u-{n % 7}", policy=1 + n // 50, request=f"r-{n}",
        via="api", waybill=f"YT{n % 40:010d}" if about else None, purpose="deliver" if about else None,
        fields={Field.RECIPIENT_PHONE: Form.FULL, Field.GOODS: Form.MASKED} if shown else {},
        rule="budget" if kind is EntryKind.REFUSED else None, ip="10.0.0.7" if n % 2 else None,
        reason=bytes([n % 256] * 40) if about else None,
        more=more.get(kind, {}),
    )  # fmt: skip


def filled(made: Database, count: int, *, first: int = 0) -> None:
    """Appends `count` entries in groups of 37."""
    for start in range(first, first + count, 37):
        group = [entry(n) for n in range(start, min(start + 37, first + count))]
        made.write(append, MARKS, group, bytes(_salts(group)))


def _salts(group: Sequence[Entry]) -> Iterator[int]:
    for one in group:
        yield from (one.at // 1_000_000 * (n + 3) % 251 for n in range(32))


def signed(made: Database, at: int = START) -> bytes:
    """A new checkpoint."""
    return made.write(make_checkpoint, ORIGIN, KEY, at).encode()
