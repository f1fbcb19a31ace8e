"""What libraries raise, told as errors of this room (rule 3 of `_database`)."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import asyncpg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from wayseal.model.messages import N_, Message
from wayseal.store.database.errors import DatabaseError, DatabaseGoneError

T = TypeVar("T")
_AWAY = N_("the database can't be reached")
_TAKEN = N_("the database holds something else under this key already")
_VALUE = N_("the database doesn't take a value")
_FULL = N_("the database's disk is full")
_READONLY = N_("the database can't be written to")
_NO_TABLES = N_("the database has no tables yet: run `wayseal vault init`")
_OTHER_TABLES = N_("the database's tables are of another version: run `wayseal vault upgrade`")
_HELD = N_("another process holds the database")
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


def run_guarded(act: Callable[[], T], file: Path | None = None) -> T:
    """What `act` returns; what a library raised in it as an error of this room, without that error in its chain."""
    try:
        return act()
    except Exception as error:
        translated = _translate(error, file)
        if translated is None:
            raise
    # Outside of the clause, so that nothing which prints a chain of errors finds parameters there.
    raise translated


def _translate(error: Exception, file: Path | None) -> DatabaseError | None:
    """None: it isn't the database's."""
    if isinstance(error, PoolTimeoutError):
        return DatabaseGoneError("the database is busy")
    if isinstance(error, DBAPIError | sqlite3.Error | asyncpg.PostgresError | asyncpg.InterfaceError):
        return _translate_driver_error(error, file)
    if isinstance(error, asyncpg.InternalClientError):
        # What the driver says of a connection that broke in the middle of an answer.
        return DatabaseGoneError(_AWAY)
    if isinstance(error, SQLAlchemyError):
        return DatabaseError(_REFUSES, state=type(error).__name__)
    if isinstance(error, UnicodeError | OverflowError):
        return DatabaseError(_VALUE)
    if isinstance(error, OSError):
        return DatabaseGoneError(_AWAY)
    return None


def _translate_driver_error(error: Exception, file: Path | None) -> DatabaseError:
    inner = error.orig if isinstance(error, DBAPIError) else error
    state = str(getattr(inner, "sqlstate", None) or getattr(inner, "sqlite_errorname", None) or "")
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return DatabaseGoneError(_AWAY)
    if "cached statement plan is invalid" in str(inner):
        return DatabaseGoneError("the database's tables changed just now: ask again")
    for length in range(len(state), 1, -1):
        if words := _GONE.get(state[:length]):
            return DatabaseGoneError(words)
        if words := _WORDS.get(state[:length]):
            return DatabaseError(words, file=file)
    if words := _describe_by_text(str(inner)):
        return DatabaseGoneError(words) if words == _AWAY else DatabaseError(words, file=file)
    return DatabaseError(_REFUSES, file=file, state=state or Message("no reason given"))


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
