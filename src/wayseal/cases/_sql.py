"""The two databases that a casebook may lie in, behind plain statements: SQLite's file, or PostgreSQL by its address.

1. `write` is one transaction, durable when it returns, whole or not at all; writers follow one another in all
   processes, and each sees what was committed before. `read` sees one snapshot and can write nothing.
2. Nobody waits longer than `PATIENCE` seconds.
3. What a library raises becomes an error of this room, without a statement or a value.
4. SQLite's file is its owner's alone from its first byte, and overwrites what is deleted.

SQLite is the standard library's, so that the command line needs nothing more and starts as quickly as before; the
statements are the same for both, with `?` for each value (ADR 53).
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from wayseal.cases._store import PATIENCE, Connection, Store
from wayseal.cases.errors import CasebookBusyError, CasebookDiskError, CasebookError
from wayseal.model.messages import N_
from wayseal.store.durable import sync_folder

T = TypeVar("T")
_PRAGMAS = ("synchronous=FULL", "secure_delete=ON", "temp_store=MEMORY")
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")
_NONE = ("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_ERROR", "SQLITE_MISMATCH")
_NO_CASEBOOK = N_("this is no casebook")


class _Sqlite:
    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw

    def rows(self, text: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """See `Connection`."""
        return self._raw.execute(text, values).fetchall()

    def run(self, text: str, rows: Sequence[Sequence[Any]]) -> None:
        """See `Connection`."""
        self._raw.executemany(text, rows)


class SQLiteStore:
    """See `Store`. path: the file; its folder must be there."""

    def __init__(self, path: Path) -> None:
        self.place: Path | str = path
        self._path = path
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._free: list[sqlite3.Connection] = []
        self._writer: sqlite3.Connection | None = None

    def there(self) -> bool:
        """See `Store`: an empty file is none."""
        try:
            return self._path.stat().st_size > 0 or self._wal.exists()
        except FileNotFoundError:
            return False

    def has_table(self, name: str) -> bool:
        """See `Store`."""
        found = self.read(lambda c: c.rows("SELECT 1 FROM sqlite_master WHERE type='table' AND name=?", (name,)))
        return bool(found)

    def read(self, work: Callable[[Connection], T]) -> T:
        """See `Store`."""
        with self._worded():
            raw = self._take()
            try:
                raw.execute("BEGIN")
                return work(_Sqlite(raw))
            finally:
                if raw.in_transaction:
                    raw.rollback()
                with self._lock:
                    self._free.append(raw)

    def write(self, work: Callable[[Connection], T]) -> T:
        """See `Store`."""
        if not self._writing.acquire(timeout=PATIENCE):
            raise CasebookBusyError("another process is writing to it", file=self.place)
        try:
            with self._worded():
                if self._writer is None:
                    self._make()
                    self._writer = self._connect(writes=True)
                raw = self._writer
                raw.execute("BEGIN IMMEDIATE")
                try:
                    done = work(_Sqlite(raw))
                    raw.execute("COMMIT")
                except BaseException:
                    if raw.in_transaction:
                        raw.rollback()
                    raise
                return done
        finally:
            self._writing.release()

    def shred(self, tables: Sequence[str]) -> None:
        """See `Store`."""
        del tables
        with self._writing, self._worded():
            if self._writer is not None:
                self._writer.execute("VACUUM")
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """See `Store`. The one that writes goes last: it takes the log into the file."""
        with self._lock:
            for raw in self._free:
                raw.close()
            self._free.clear()
        with self._writing:
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    @property
    def _wal(self) -> Path:
        return self._path.with_name(self._path.name + "-wal")

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._free:
                return self._free.pop()
        return self._connect(writes=False)

    def _connect(self, *, writes: bool) -> sqlite3.Connection:
        mode = "rw"
        if not writes and not _may(self._path.parent, os.W_OK):
            # A copy that can only be read has nobody who writes beside us, unless there is a log.
            mode = "ro" if self._wal.exists() else "ro&immutable=1"
        uri = f"{self._path.absolute().as_uri()}?mode={mode}"
        raw = sqlite3.connect(uri, uri=True, timeout=PATIENCE, check_same_thread=False, isolation_level=None)
        try:
            for pragma in (*(("journal_mode=WAL",) if writes else ()), *_PRAGMAS):
                raw.execute(f"PRAGMA {pragma}")
            if not writes:
                raw.execute("PRAGMA query_only=ON")
        except BaseException:
            raw.close()
            raise
        return raw

    def _make(self) -> None:
        try:
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            sync_folder(self._path.parent)
        except FileExistsError:
            return

    @contextmanager
    def _worded(self) -> Iterator[None]:
        translated: Exception
        try:
            yield
            return
        except sqlite3.Error as error:
            translated = self._translate(error)
        except UnicodeError:
            translated = CasebookError(_NO_CASEBOOK, file=self.place)
        # Outside of the clause, so that nothing which prints a chain of errors finds values there.
        raise translated

    def _translate(self, error: sqlite3.Error) -> Exception:
        name = str(getattr(error, "sqlite_errorname", None) or "")
        if name.startswith(_BUSY):
            return CasebookBusyError("another process is writing to it", file=self.place)
        if name == "SQLITE_CANTOPEN" and not _may(self._path, os.R_OK):
            return PermissionError(13, os.strerror(13), str(self._path))
        if name.startswith(_NONE) or not self._path.is_file():
            return CasebookError(_NO_CASEBOOK, file=self.place)
        if name == "SQLITE_FULL":
            return CasebookDiskError("the disk is full", file=self.place)
        return CasebookDiskError("can't be read or written ({state})", file=self.place, state=name or "SQLite")


@contextmanager
def scratch() -> Iterator[Connection]:
    """A database for a while: in memory, and what doesn't fit in a file without a name, which nobody else can open."""
    raw = sqlite3.connect("", isolation_level=None)
    try:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-32768"):
            raw.execute(f"PRAGMA {pragma}")
        raw.execute("BEGIN")
        yield _Sqlite(raw)
    finally:
        raw.close()


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def open_store(folder: Path, file: str, url: str | None) -> Store:
    """The database of a casebook: the file in its folder, or the one at an address."""
    if url is None:
        return SQLiteStore(folder / file)
    try:
        from wayseal.cases._postgresql import PostgreSQLStore
    except ModuleNotFoundError:
        raise CasebookError(
            "a casebook in PostgreSQL needs packages that are not installed: pip install 'wayseal[vault]', or "
            "`make setup-vault` in a checkout",
            file=folder / file,
        ) from None
    return PostgreSQLStore(url)
