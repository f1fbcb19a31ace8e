"""From a file or an address to a database."""

from pathlib import Path

from wayseal.store.statements._sqlite import SQLiteStore
from wayseal.store.statements._store import Store, Turn
from wayseal.store.statements.errors import PackagesError


def open_file(path: Path, turn: Turn) -> Store:
    """The database in SQLite's file; the file's folder must be there, the file is made when it is first written to.

    Args:
        path: The file.
        turn: Makes the caller's own of errors.

    Returns:
        The database; nothing is opened yet.
    """
    return SQLiteStore(path, turn)


def open_store(path: Path, url: str | None, turn: Turn) -> Store:
    """The database in a file, or the one at an address.

    Args:
        path: The file; with an address, what an error names.
        url: `postgresql://…`, as `wayseal.store.database.open_database` takes it; None: the file.
        turn: Makes the caller's own of errors.

    Returns:
        The database; of SQLite's file nothing is opened yet.

    Raises:
        StatementsError: There is no such database, or packages for it are missing; as `turn` makes it.
    """
    if url is None:
        return SQLiteStore(path, turn)
    try:
        from wayseal.store.statements._postgresql import PostgreSQLStore
    except ModuleNotFoundError:
        raise turn(PackagesError("packages for PostgreSQL are not installed", file=path)) from None
    return PostgreSQLStore(url, turn)
