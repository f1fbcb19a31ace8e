"""Plain statements over SQLite's file or a PostgreSQL database: one way for all that is kept in tables by itself.

1. `write` is one transaction, durable when it returns, whole or not at all; writers follow one another in all
   processes, and each sees what was committed before. `read` sees one snapshot and can write nothing.
2. Nobody waits longer than `PATIENCE` seconds.
3. What a library raises becomes an error of this room (`wayseal.store.statements.errors`), without a statement or a
   value, and that at once the error into which `turn` makes it.
4. SQLite's file is its owner's alone from its first byte, and overwrites what is deleted.

SQLite is the standard library's, so that the command line needs nothing more and starts as quickly as before; the
statements are the same for both, with `?` for each value (ADR 53).
"""

from wayseal.store.statements._open import open_file, open_store
from wayseal.store.statements._sqlite import scratch
from wayseal.store.statements._store import PATIENCE, Connection, Store, Turn

__all__ = ["PATIENCE", "Connection", "Store", "Turn", "open_file", "open_store", "scratch"]
