"""The operational database: SQLite by default, PostgreSQL by its address; one way to run a transaction on both."""

from wayseal.store.database._database import Connection, Database
from wayseal.store.database._open import open_database
from wayseal.store.database._sqlite import scratch
from wayseal.store.database.errors import DatabaseError, DatabaseGoneError
from wayseal.store.database.raw import execute, query

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
