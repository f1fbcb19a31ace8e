"""The operational database: SQLite by default, PostgreSQL by its address; one way to run a transaction on both."""

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from wayseal.database._database import Connection, Database
from wayseal.database._sqlite import SQLite, scratch
from wayseal.database.errors import DatabaseError, DatabaseGoneError, Turn
from wayseal.database.raw import execute, query

__all__ = [
    "Connection",
    "Database",
    "DatabaseError",
    "DatabaseGoneError",
    "execute",
    "open_database",
    "query",
    "scratch",
]

_POSTGRESQL_OPTIONS = {"ssl", "sslmode", "host", "port"}


def open_database(url: str | Path, *, patience: float = 30, turn: Turn | None = None) -> Database:
    """Find the database at an address; nothing is opened yet.

    Args:
        url: A file of SQLite, `sqlite:///FILE`, or `postgresql://USER:PASSWORD@HOST/NAME`, which takes `?ssl=`
            (`verify-full` where the network isn't trusted) and `?host=` (a socket's folder); without a password, the
            driver looks for PGPASSWORD and ~/.pgpass.
        patience: Seconds, rule 6; take hours for migrations, backups and `shred`.
        turn: Makes the caller's own of what the database raises.

    Returns:
        To be closed. DatabaseError where it is no such address; ModuleNotFoundError where packages for PostgreSQL are
        missing.
    """
    if isinstance(url, Path):
        return SQLite(url, patience, turn)
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseError("the database's address is no URL: sqlite:///FILE or postgresql://...") from None
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            if parsed.query:
                raise DatabaseError("the address of an SQLite file takes no options")
            return SQLite(Path(parsed.database), patience, turn)
        case "postgresql":
            from wayseal.database._postgresql import PostgreSQL

            return PostgreSQL(_known_options(parsed), patience, turn)
    raise DatabaseError("the database is neither sqlite:///FILE nor postgresql://...")


def _known_options(url: URL) -> URL:
    unknown = sorted(set(url.query) - _POSTGRESQL_OPTIONS)
    if unknown:
        raise DatabaseError(
            "the database's address takes {known} as options only",
            known=sorted(_POSTGRESQL_OPTIONS),
        )
    query = {("ssl" if name == "sslmode" else name): value for name, value in url.query.items()}
    return url.set(drivername="postgresql+asyncpg", query=query)
