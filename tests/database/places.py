"""Fresh databases for tests: files, and databases of a PostgreSQL server that are dropped afterwards."""

import asyncio
import os
import secrets
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from tests.conftest import need
from wayseal.database import Database, open_database

KINDS = ("sqlite", "postgresql")
SERVER = os.environ.get("WAYSEAL_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432")


def ask(statement: str, database: str = "postgres") -> list[asyncpg.Record]:
    """What the server answers, beside the connections under test."""

    async def run() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(f"{SERVER}/{database}", timeout=5)
        try:
            return list(await connection.fetch(statement))
        finally:
            await connection.close()

    # In a thread: work runs where a loop runs already.
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(lambda: asyncio.run(run())).result()


def server_there() -> bool:
    """Whether the server for tests answers."""
    try:
        return bool(ask("SELECT 1"))
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return False


@contextmanager
def fresh(kind: str, folder: Path, *, like: str | None = None) -> Iterator[str]:
    """The address of an empty database, or of a copy of one that nobody has open."""
    if kind == "sqlite":
        place = folder / f"{secrets.token_hex(4)}.db"
        if like is not None:
            shutil.copyfile(like.removeprefix("sqlite:///"), place)
        yield f"sqlite:///{place}"
        return
    need(server_there(), "no PostgreSQL server answers at WAYSEAL_TEST_POSTGRESQL")
    name = f"wayseal_test_{secrets.token_hex(6)}"
    ask(f"CREATE DATABASE {name}" + (f" TEMPLATE {like.rpartition('/')[2]}" if like else ""))
    try:
        yield f"{SERVER}/{name}"
    finally:
        ask(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def opened(url: str, *, patience: float = 30) -> Iterator[Database]:
    """The database at an address, and closed again."""
    database = open_database(url, patience=patience)
    try:
        yield database
    finally:
        database.close()


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with fresh(request.param, tmp_path) as address:
        yield address


@pytest.fixture
def postgresql(tmp_path: Path) -> Iterator[str]:
    with fresh("postgresql", tmp_path) as address:
        yield address


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with opened(url) as found:
        yield found
