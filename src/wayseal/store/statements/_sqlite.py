"""SQLite's file behind plain statements (rules of `wayseal.store.statements`)."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from wayseal.store._write_ahead import set_write_ahead
from wayseal.store.durable import sync_folder
from wayseal.store.statements._store import PATIENCE, Connection, Turn
from wayseal.store.statements.errors import BusyError, DiskError, ForeignError

T = TypeVar("T")
_PRAGMAS = ("synchronous=FULL", "secure_delete=ON", "temp_store=MEMORY")
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")
_NONE = ("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_ERROR", "SQLITE_MISMATCH")


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
    """See `Store`. path: the file; its folder must be there. turn: makes the caller's own of errors."""

    def __init__(self, path: Path, turn: Turn) -> None:
        self._turn = turn
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
            raise self._turn(self._busy())
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
            if writes:
                set_write_ahead(raw, PATIENCE)
            for pragma in _PRAGMAS:
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
            translated = self._turn(self._foreign())
        # Without the library's error in what is printed of the chain, which may hold values.
        raise translated from None

    def _translate(self, error: sqlite3.Error) -> Exception:
        name = str(getattr(error, "sqlite_errorname", None) or "")
        if name.startswith(_BUSY):
            return self._turn(self._busy())
        if name == "SQLITE_CANTOPEN" and not _may(self._path, os.R_OK):
            return PermissionError(13, os.strerror(13), str(self._path))
        if name.startswith(_NONE) or not self._path.is_file():
            return self._turn(self._foreign())
        if name == "SQLITE_FULL":
            return self._turn(DiskError("the disk is full", file=self.place))
        return self._turn(DiskError("can't be read or written ({state})", file=self.place, state=name or "SQLite"))

    def _busy(self) -> BusyError:
        return BusyError("another process is writing to it", file=self.place)

    def _foreign(self) -> ForeignError:
        return ForeignError("this is no such database", file=self.place)


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
