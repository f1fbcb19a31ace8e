"""SQLite; see `_database` for the rules.

Readers and the writer have connections of their own: those of readers refuse to write.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa

from wayseal.database._database import Closeable
from wayseal.database.errors import DatabaseBusyError, DatabaseError, DatabaseGoneError, Turn, run_guarded
from wayseal.database.raw import query
from wayseal.store.durable import sync_folder

P = ParamSpec("P")
T = TypeVar("T")
_PRAGMAS = ("synchronous=FULL", "secure_delete=ON", "foreign_keys=ON", "temp_store=MEMORY")
_WRITER = ("query_only=OFF", "cache_size=-65536", "wal_autocheckpoint=8192")
"""Keys come in no order, so a commit touches pages all over: they stay in memory, and go into the database together."""
_PAUSE = 0.005
_MOMENT = 200
"""Milliseconds that emptying the log waits for readers and writers, who wait for it meanwhile."""


class SQLite(Closeable):
    """See `Database`. path: the file; its folder must be there."""

    dialect = "sqlite"

    def __init__(self, path: Path, patience: float, turn: Turn | None = None) -> None:
        self.place: Path | str = path
        self.path = path.absolute()
        self._patience = patience
        self._turn = turn
        self._reading = self._engine(writes=False)
        self._writing = self._engine(writes=True)
        self._lock = threading.Lock()
        self._inside = threading.local()
        self._closed = False

    def has_table(self, name: str) -> bool:
        """See `Database`."""
        if not (self.size() if self.path.is_file() else self.path.exists()):
            return False
        return bool(self.read(query, "SELECT 1 FROM sqlite_master WHERE type='table' AND name=?", (name,)))

    def read(self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Database`."""
        return self._run(lambda: self._read(work, *args, **kwargs))

    def look(self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Database`."""
        return self._run(lambda: self._look(work, *args, **kwargs))

    def write(self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Database`."""
        return self._run(lambda: self._write(work, *args, **kwargs))

    def shred(self, tables: Sequence[str]) -> None:
        """See `Database`."""
        del tables
        self._run(self._shred)

    def empty_log(self) -> bool:
        """See `Database`."""
        return self._run(self._empty_log)

    def size(self) -> int:
        """See `Database`."""
        return sum(f.stat().st_size for f in (self.path, self._log) if f.exists())

    def healthy(self) -> bool:
        """See `Database`."""
        try:
            self.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar())
        except DatabaseError:
            return False
        return _may_write(self.path)

    def close(self) -> None:
        """See `Database`."""
        self._closed = True
        self._let_go()

    def _let_go(self) -> None:
        """Closes connections that nobody uses. Not `Engine.dispose`, after which those in use come back to no pool."""
        self._reading.pool.dispose()
        self._writing.pool.dispose()

    @property
    def _log(self) -> Path:
        return self.path.with_name(self.path.name + "-wal")

    def _run(self, act: Callable[[], T]) -> T:
        return run_guarded(lambda: self._alone(act), self.path, self._turn)

    def _alone(self, act: Callable[[], T]) -> T:
        if self._closed:
            raise DatabaseGoneError("the database was closed")
        if getattr(self._inside, "now", False):
            # On PostgreSQL it would wait for itself.
            raise DatabaseError("a transaction can't start within another one of the same database")
        self._inside.now = True
        try:
            return act()
        finally:
            self._inside.now = False
            if self._closed:
                self._let_go()

    def _read(self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self._reading.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            return work(connection, *args, **kwargs)

    def _look(self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self._reading.connect() as connection:
            return work(connection, *args, **kwargs)

    def _write(self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        if not self.path.exists():
            self._make()
        with _TimedLock(self._lock, self._patience), self._writing.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            done = work(connection, *args, **kwargs)
            connection.commit()
            return done

    def _shred(self) -> None:
        with _TimedLock(self._lock, self._patience), self._writing.connect() as connection:
            # `secure_delete` alone leaves bytes: a page that was split keeps images of rows that went elsewhere.
            connection.exec_driver_sql("PRAGMA temp_store=FILE")
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA temp_store=MEMORY")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
        if busy:
            raise DatabaseGoneError("a reader holds the database's log: nothing was shredded for certain")

    def _empty_log(self) -> bool:
        with _TimedLock(self._lock, self._patience), self._writing.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_MOMENT}")
            try:
                return not connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={round(self._patience * 1000)}")

    def _engine(self, *, writes: bool) -> sa.Engine:
        def connect() -> sqlite3.Connection:
            if not self.path.exists():
                raise DatabaseError(
                    "there is no database here: a new vault is made by `wayseal vault init`, a lost one comes back "
                    "from its backup",
                    file=self.path,
                )
            # No isolation level: transactions begin where we say so, and not where the driver guesses.
            raw = sqlite3.connect(
                f"{self.path.as_uri()}?mode={'rw' if writes else self._reading_mode()}",
                uri=True,
                timeout=self._patience,
                check_same_thread=False,
                isolation_level=None,
            )
            try:
                if writes:
                    _set_write_ahead(raw, self._patience)
                for pragma in (*_PRAGMAS, *(_WRITER if writes else ("query_only=ON",))):
                    raw.execute(f"PRAGMA {pragma}")
            except sqlite3.Error:
                raw.close()
                raise
            return raw

        pool = {"pool_size": 1, "max_overflow": 0} if writes else {"pool_size": 8, "max_overflow": -1}
        options: dict[str, Any] = {**pool, "pool_timeout": self._patience}
        return sa.create_engine("sqlite://", creator=connect, poolclass=sa.QueuePool, hide_parameters=True, **options)

    def _reading_mode(self) -> str:
        """A copy that can only be read has nobody who writes beside us, unless there is a log."""
        if _may_write(self.path.parent):
            return "rw"
        return "ro" if self._log.exists() else "ro&immutable=1"

    def _make(self) -> None:
        """Rule 4: an empty file of its owner's, that survives a power cut as its rows do."""
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            sync_folder(self.path.parent)
        except FileExistsError:
            return
        except FileNotFoundError:
            raise DatabaseError("the folder of the database doesn't exist", file=self.path) from None
        except OSError:
            raise DatabaseError("the database's file can't be made", file=self.path) from None


class _TimedLock:
    """A lock, waited for no longer than `patience` seconds."""

    def __init__(self, lock: threading.Lock, patience: float) -> None:
        self._lock = lock
        self._patience = patience

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=self._patience):
            raise DatabaseBusyError("another writer holds the database")

    def __exit__(self, *error: object) -> None:
        self._lock.release()


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _set_write_ahead(raw: sqlite3.Connection, patience: float) -> None:
    """Turns the write-ahead log of `raw`'s file on; waits up to `patience` seconds for others who do the same.

    SQLite asks no busy handler while a file's mode changes: of two at once, one would be refused without a wait.
    """
    end = time.monotonic() + patience
    while True:
        try:
            raw.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        time.sleep(_PAUSE)


@contextmanager
def scratch() -> Iterator[sa.Connection]:
    """Make a database for a while.

    Returns:
        A connection: in memory, and what doesn't fit in a file without a name, which nobody else can open.
    """
    engine = sa.create_engine("sqlite://", poolclass=sa.NullPool, creator=_open_scratch)
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        yield connection


def _open_scratch() -> sqlite3.Connection:
    raw = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-32768"):
        raw.execute(f"PRAGMA {pragma}")
    return raw
