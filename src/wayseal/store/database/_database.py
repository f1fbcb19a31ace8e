"""Transactions on SQLite and PostgreSQL.

1. What `write` did is durable when it returns, whole or not at all; what it raises left nothing behind.
2. Writers follow one another, in all processes: whoever is in `write` sees what was committed before, and nobody
   commits beside it.
3. What a library raises becomes an error of this room, without statement, parameter or address.
4. SQLite overwrites what is deleted (`secure_delete`), so that an erased key leaves no bytes in the file.

Work is plain synchronous SQLAlchemy Core on a connection; PostgreSQL's driver (asyncpg) runs on a loop in a thread of
its own, as no synchronous driver under a permissive licence is half as fast.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from wayseal.store.database.errors import DatabaseError, DatabaseGoneError

P = ParamSpec("P")
T = TypeVar("T")
Connection = sa.Connection
_LOCK = 0x77617973
"""Key of PostgreSQL's advisory lock: the bytes of "ways"."""
_PATIENCE = 30
"""Seconds to wait for a connection or for SQLite's lock."""
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "foreign_keys=ON",
    f"busy_timeout={_PATIENCE * 1000}",
)
_GONE_STATES = ("08", "57")
"""Classes of SQLSTATE: connection exceptions, and a server that is being shut down."""


class Database(Protocol):
    """One operational database, whichever it is."""

    dialect: str

    def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work` makes of one snapshot."""

    def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work` returns once what it did is durable (rules 1 and 2)."""

    def close(self) -> None:
        """Lets go of all connections."""


def open_database(url: str) -> Database:
    """The database at `url`: `sqlite:///FILE`, or `postgresql://USER:PASSWORD@HOST/NAME`.

    DatabaseError where it is no such address. Nothing is opened yet.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseError("the database's address is no URL: sqlite:///FILE or postgresql://...") from None
    match parsed.get_backend_name():
        case "sqlite" if parsed.database:
            return _SQLite(parsed)
        case "postgresql":
            return _PostgreSQL(parsed.set(drivername="postgresql+asyncpg"))
    raise DatabaseError("the database is neither sqlite:///FILE nor postgresql://...")


class _SQLite:
    dialect = "sqlite"

    def __init__(self, url: URL) -> None:
        self.path = Path(url.database or "")
        self._engine = sa.create_engine(url, connect_args={"timeout": _PATIENCE, "check_same_thread": False})
        sa.event.listen(self._engine, "connect", self._prepare)
        self._writing = threading.Lock()

    def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Database`."""
        with _wrapped(), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            return work(connection, *args, **kwargs)

    def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Database`."""
        with _wrapped(), self._writing, self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            done = work(connection, *args, **kwargs)
            connection.commit()
            return done

    def close(self) -> None:
        """See `Database`."""
        self._engine.dispose()

    def _prepare(self, raw: Any, record: object) -> None:
        # Transactions begin where we say so, and not where the driver guesses.
        raw.isolation_level = None
        if not self.path.stat().st_size:
            self.path.chmod(0o600)
        cursor = raw.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


class _PostgreSQL:
    dialect = "postgresql"

    def __init__(self, url: URL) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wayseal-postgresql", daemon=True)
        self._thread.start()
        self._engine: AsyncEngine = create_async_engine(
            url, pool_size=4, pool_pre_ping=False, connect_args={"timeout": _PATIENCE, "command_timeout": _PATIENCE}
        )

    def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Database`."""
        return self._run(None, lambda c: work(c, *args, **kwargs))

    def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Database`."""
        return self._run(f"SELECT pg_advisory_xact_lock({_LOCK})", lambda c: work(c, *args, **kwargs))

    def close(self) -> None:
        """See `Database`."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._engine.dispose(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, first: str | None, work: Callable[[Connection], T]) -> T:
        async def run() -> T:
            async with self._engine.begin() as connection:
                if first:
                    await connection.exec_driver_sql(first)
                return await connection.run_sync(work)

        with _wrapped():
            return asyncio.run_coroutine_threadsafe(run(), self._loop).result()


@contextmanager
def _wrapped() -> Iterator[None]:
    """Rule 3."""
    try:
        yield
    except IntegrityError:
        raise DatabaseError("the database holds something else under this key already") from None
    except DBAPIError as error:
        state = str(getattr(error.orig, "sqlstate", "") or getattr(error.orig, "pgcode", "") or "")
        if error.connection_invalidated or state.startswith(_GONE_STATES):
            raise DatabaseGoneError("the database can't be reached") from None
        raise DatabaseError(_words(str(error.orig), state)) from None
    except SQLAlchemyError as error:
        raise DatabaseError(f"the database refuses ({type(error).__name__})") from None
    except (ConnectionError, TimeoutError, OSError) as error:
        raise DatabaseGoneError("the database can't be reached") from error


def _words(text: str, state: str) -> str:
    """What is wrong, in words that hold nothing of what was asked."""
    for said, words in (
        ("is full", "the database's disk is full"),
        ("no such table", "the database has no tables yet: run `wayseal vault init`"),
        ("is locked", "another process holds the database"),
        ("readonly", "the database can't be written to"),
        ("not a database", "this file is no database"),
        ("malformed", "the database's file is damaged"),
        ("unable to open", "the database's file can't be opened"),
        ("does not exist", "the database has no tables yet: run `wayseal vault init`"),
    ):
        if said in text:
            return words
    return f"the database refuses ({state or 'no reason given'})"
