"""PostgreSQL; see `_database` for the rules."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import asyncpg
import sqlalchemy as sa
import uvloop
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from wayseal.database._database import Closeable
from wayseal.database.errors import DatabaseError, DatabaseGoneError, Turn, run_guarded
from wayseal.database.raw import query

P = ParamSpec("P")
T = TypeVar("T")
LOCK = "wayseal_writers"
"""A table without columns, that writers lock: only whoever may change it can hold it, while an advisory lock is for
anybody who may connect."""
_WRITE = f"BEGIN ISOLATION LEVEL READ COMMITTED; LOCK TABLE {LOCK} IN EXCLUSIVE MODE"
"""Rule 2. Statements after it see what was committed before it was granted, as long as the transaction is READ
COMMITTED."""
_QUICKER = asyncpg.UniqueViolationError, asyncpg.DuplicateTableError, asyncpg.DuplicateObjectError
"""What the server says where another writer makes the table at the same time."""
_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_LIFE = "SELECT pg_is_in_recovery()"
"""False of a server that can be written to."""
_HEALTH = 3
"""Seconds to wait for a sign of life."""


class PostgreSQL(Closeable):
    """See `Database`."""

    dialect = "postgresql"

    def __init__(self, url: URL, patience: float, turn: Turn | None = None) -> None:
        self.place: Path | str = "PostgreSQL"
        self._patience = patience
        self._turn = turn
        options: dict[str, Any] = {
            "timeout": patience,
            "command_timeout": patience,
            # Statements are short: to compile one, or to share it out among workers, takes longer than to answer it.
            "server_settings": {"application_name": "wayseal", "jit": "off", "max_parallel_workers_per_gather": "0"},
        }
        # Transactions begin and end where we say so: a round trip less for each, and half the work.
        self._engine: AsyncEngine = create_async_engine(
            url,
            pool_size=8,
            pool_timeout=patience,
            connect_args=options,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
        )
        sa.event.listen(self._engine.sync_engine, "connect", _prepare)
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wayseal-postgresql", daemon=True)
        self._thread.start()
        self._closed = False

    def has_table(self, name: str) -> bool:
        """See `Database`."""
        return bool(self.read(lambda c: query(c, "SELECT to_regclass(?::text) IS NOT NULL", (name,)))[0][0])

    def read(self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Database`."""
        return self._run(_READ, lambda c: work(c, *args, **kwargs))

    def look(self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Database`."""
        return self._run(None, lambda c: work(c, *args, **kwargs))

    def write(self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Database`."""
        return self._run(_WRITE, lambda c: work(c, *args, **kwargs))

    def shred(self, tables: Sequence[str]) -> None:
        """See `Database`."""

        def work(connection: sa.Connection) -> None:
            quote = connection.dialect.identifier_preparer.quote
            for table in tables:
                connection.exec_driver_sql(f"VACUUM (FULL) {quote(table)}")

        self._run(None, work)

    def empty_log(self) -> bool:
        """See `Database`."""
        return False

    def size(self) -> int:
        """See `Database`."""
        return int(self.read(lambda c: c.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()))

    def healthy(self) -> bool:
        """See `Database`."""
        try:
            return not self._run(_READ, lambda c: c.exec_driver_sql(_LIFE).scalar(), _HEALTH)
        except DatabaseError:
            return False

    def close(self) -> None:
        """See `Database`."""
        if self._closed:
            return
        self._closed = True
        try:
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _end(self) -> None:
        """Waits for what runs, or is being taken back: a connection that is in use isn't closed with the others."""
        running = asyncio.all_tasks() - {asyncio.current_task()}
        if running:
            await asyncio.wait(running, timeout=self._patience)
        await self._engine.dispose()

    def _run(self, begin: str | None, work: Callable[[sa.Connection], T], patience: float | None = None) -> T:
        async def run() -> T:
            async with self._engine.connect() as connection:
                raw: Any = (await connection.get_raw_connection()).driver_connection
                try:
                    if begin is not None:
                        await _begin(raw, begin)
                    done = await connection.run_sync(_carried(work))
                    if begin is not None:
                        await raw.execute("COMMIT")
                except BaseException:
                    await self._undo(connection, raw)
                    raise
                return done

        def wait() -> T:
            if threading.current_thread() is self._thread:
                # It would wait for itself.
                raise DatabaseError("a transaction can't start within another one of the same database")
            if self._closed:
                raise DatabaseGoneError("the database was closed")
            future = asyncio.run_coroutine_threadsafe(run(), self._loop)
            try:
                return future.result(patience)
            except _CarriedError as carried:
                raise carried.what from None
            finally:
                # Whoever is interrupted, or loses patience, leaves nothing running.
                future.cancel()

        return run_guarded(wait, turn=self._turn)

    async def _undo(self, connection: AsyncConnection, raw: Any) -> None:
        """Takes back what was begun. Where that fails neither this connection nor those that wait are used any more."""
        try:
            await raw.execute("ROLLBACK")
        except Exception:
            await connection.invalidate()
            await self._engine.dispose(close=False)


async def _begin(raw: Any, begin: str) -> None:
    """Begins a transaction; the first writer of a new database makes what writers lock."""
    try:
        await raw.execute(begin)
    except asyncpg.UndefinedTableError:
        await raw.execute("ROLLBACK")
        with suppress(*_QUICKER):
            await raw.execute(f"CREATE TABLE IF NOT EXISTS {LOCK} ()")
        await raw.execute(begin)


class _CarriedError(Exception):
    """A carrier for an error that would end the loop, and with it every wait for an answer."""

    def __init__(self, what: BaseException) -> None:
        super().__init__()
        self.what = what


def _carried(work: Callable[[sa.Connection], T]) -> Callable[[sa.Connection], T]:
    def carry(connection: sa.Connection) -> T:
        try:
            return work(connection)
        except (KeyboardInterrupt, SystemExit) as error:
            raise _CarriedError(error) from None

    return carry


def _prepare(raw: Any, record: object) -> None:
    """Rule 1, where a server's own setting would acknowledge what isn't durable yet."""
    del record
    cursor = raw.cursor()
    cursor.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    cursor.close()
    raw.commit()
