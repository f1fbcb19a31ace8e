"""SQLite's write-ahead log, turned on where several processes open a new file at once."""

import sqlite3
import time

_PAUSE = 0.005


def set_write_ahead(raw: sqlite3.Connection, patience: float) -> None:
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
