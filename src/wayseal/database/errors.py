"""Errors of the operational database; never with a statement, a parameter or an address in its text.

What libraries raise becomes one of these errors (rule 3 of `_database`).
"""

import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, TypeAlias, TypeVar

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from wayseal.model.messages import N_, Message
from wayseal.store.errors import StoreError


class DatabaseError(StoreError):
    """The database refuses: its disk is full, its tables are of another version, its address is none."""

    exit_code: ClassVar[int] = 5


class DatabaseGoneError(DatabaseError):
    """It can't be reached now; whoever asks again later may be answered."""


class DatabaseBusyError(DatabaseGoneError):
    """Another process writes to it, and for longer than anybody waits."""


class ForeignDatabaseError(DatabaseError):
    """The file is no database, or one of something else."""


T = TypeVar("T")
Turn: TypeAlias = Callable[[DatabaseError], Exception]
"""Makes an error of the caller's own package of one of this package."""
_AWAY = N_("the database can't be reached")
_TAKEN = N_("the database holds something else under this key already")
_VALUE = N_("the database doesn't take a value")
_FULL = N_("the database's disk is full")
_READONLY = N_("the database can't be written to")
_NO_TABLES = N_("the database has no tables yet: run `wayseal vault init`")
_OTHER_TABLES = N_("the database's tables are of another version: run `wayseal vault upgrade`")
_HELD = N_("another process holds the database")
_FOREIGN = ("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_ERROR", "SQLITE_MISMATCH")
"""Of a file that is no database, or one of something else."""
_REFUSES = N_("the database refuses ({state})")
# Names of SQLite's result codes, and states of PostgreSQL (appendix A of its manual): the longest start counts.
_WORDS = {
    "SQLITE_CONSTRAINT": _VALUE,
    "SQLITE_CONSTRAINT_PRIMARYKEY": _TAKEN,
    "SQLITE_CONSTRAINT_UNIQUE": _TAKEN,
    "SQLITE_MISMATCH": _VALUE,
    "SQLITE_TOOBIG": _VALUE,
    "SQLITE_FULL": _FULL,
    "SQLITE_READONLY": _READONLY,
    "SQLITE_PERM": _READONLY,
    "SQLITE_CANTOPEN": N_("the database's file can't be opened"),
    "SQLITE_NOTADB": N_("this file is no database"),
    "SQLITE_CORRUPT": N_("the database's file is damaged"),
    "SQLITE_IOERR": N_("the database's disk can't be read or written"),
    "0A": N_("the database can't do that"),
    "22": _VALUE,
    "23": _VALUE,
    "23505": _TAKEN,
    "25006": _READONLY,
    "28": N_("the database doesn't let this account in"),
    "3D000": N_("there is no database of this name"),
    "42501": N_("the database's account may not do that"),
    "42703": _OTHER_TABLES,
    "42P01": _NO_TABLES,
    "53100": _FULL,
}
_GONE = {
    "SQLITE_BUSY": _HELD,
    "SQLITE_LOCKED": _HELD,
    "SQLITE_PROTOCOL": _HELD,
    "08": _AWAY,
    "40": N_("the database asks to do it again"),
    "53300": N_("the database has no connection left"),
    "55000": _AWAY,  # it takes no connections just now
    "55P03": _HELD,
    "57": _AWAY,
    "57014": N_("the database takes too long"),
}


def run_guarded(act: Callable[[], T], file: Path | None = None, turn: Turn | None = None) -> T:
    """Run `act` and return its result; raise a library's error as one of this room, without that error in its chain.

    file: SQLite's. turn: makes the caller's own of that error.
    """
    try:
        return act()
    except Exception as error:
        translated = _translate(error, file)
        if translated is None or (translated is error and turn is None):
            raise
    # Outside of the clause, so that nothing which prints a chain of errors finds parameters there.
    raise translated if turn is None else turn(translated)


def _translate(error: Exception, file: Path | None) -> DatabaseError | None:
    """None: it isn't the database's."""
    if isinstance(error, DatabaseError):
        return error
    if isinstance(error, PoolTimeoutError):
        return DatabaseGoneError("the database is busy")
    if isinstance(error, DBAPIError | sqlite3.Error) or _is_asyncpg(error, "PostgresError", "InterfaceError"):
        return _translate_driver_error(error, file)
    if _is_asyncpg(error, "InternalClientError"):
        # What the driver says of a connection that broke in the middle of an answer.
        return DatabaseGoneError(_AWAY)
    if isinstance(error, SQLAlchemyError):
        return DatabaseError(_REFUSES, state=type(error).__name__)
    if isinstance(error, UnicodeError | OverflowError):
        return DatabaseError(_VALUE)
    if isinstance(error, OSError) and file is None:
        return DatabaseGoneError(_AWAY)
    return None


def _is_asyncpg(error: Exception, *names: str) -> bool:
    """Check whether an error is one of the driver's, which is loaded where PostgreSQL is used."""
    driver = sys.modules.get("asyncpg")
    return driver is not None and isinstance(error, tuple(getattr(driver, name) for name in names))


def _translate_driver_error(error: Exception, file: Path | None) -> DatabaseError:
    inner = error.orig if isinstance(error, DBAPIError) else error
    state = str(getattr(inner, "sqlstate", None) or getattr(inner, "sqlite_errorname", None) or "")
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return DatabaseGoneError(_AWAY)
    if "cached statement plan is invalid" in str(inner):
        return DatabaseGoneError("the database's tables changed just now: ask again")
    foreign = state.startswith(_FOREIGN) or (state == "SQLITE_CANTOPEN" and file is not None and not file.is_file())
    kind = ForeignDatabaseError if foreign else DatabaseError
    for length in range(len(state), 1, -1):
        if words := _GONE.get(state[:length]):
            return DatabaseBusyError(words) if words is _HELD else DatabaseGoneError(words)
        if words := _WORDS.get(state[:length]):
            return kind(words, file=file)
    if words := _describe_by_text(str(inner)):
        return DatabaseGoneError(words) if words == _AWAY else kind(words, file=file)
    return kind(_REFUSES, file=file, state=state or Message("no reason given"))


def _describe_by_text(text: str) -> str | None:
    """SQLite has one code for all that is wrong with a statement, and drivers none for what they refuse themselves."""
    for said, words in (
        ("no such table", _NO_TABLES),
        ("no such column", _OTHER_TABLES),
        ("has no column", _OTHER_TABLES),
        ("invalid input for query argument", _VALUE),
        ("connection is closed", _AWAY),
    ):
        if said in text:
            return words
    return None
