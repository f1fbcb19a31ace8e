"""The operational database: SQLite by default, PostgreSQL by its address; one way to run a transaction on both."""

from wayseal.database._database import Connection, Database
from wayseal.database._open import open_database
from wayseal.database._sqlite import scratch
from wayseal.database.errors import DatabaseError, DatabaseGoneError
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
