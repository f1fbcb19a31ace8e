"""Transactions on SQLite and PostgreSQL.

1. What `write` did is durable when it returns, whole or not at all; what it raises left nothing behind. One case is
   open: a `DatabaseGoneError` may come out of the commit itself, and then only a look tells whether it was done.
2. Writers follow one another, in all processes: whoever is in `write` sees what was committed before, and nobody
   commits beside it. `read` sees one snapshot and can write nothing.
3. What a library raises becomes an error of this room, without statement, parameter, password or host, and without
   the library's error in its chain.
4. SQLite's file is its owner's alone from its first byte, and overwrites what is deleted (`secure_delete`).
5. A connection that died is never used twice: the call that finds it dead raises, the next one has a new one.
6. Nobody waits for ever: for a lock, a connection or an answer at most `patience` seconds.

Work is plain synchronous SQLAlchemy Core on a connection; PostgreSQL's driver (asyncpg) runs on a loop in a thread of
its own, as no synchronous driver under a permissive licence is half as fast. So work does nothing but ask: what it
waits for beside the database, other transactions wait for too.
"""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, Protocol, Self, TypeVar

import sqlalchemy as sa

from wayseal.model.runtime import Closing

P = ParamSpec("P")
T = TypeVar("T")
Connection = sa.Connection


class Database(Protocol):
    """One operational database, whichever it is. Safe to use from many threads.

    A context manager: whoever opens it closes it, and a ResourceWarning tells where nobody did.
    """

    dialect: str
    """`sqlite` or `postgresql`."""
    place: Path | str
    """What an error names: the file, or the word for the database."""

    def has_table(self, name: str) -> bool:
        """Check whether there is a database that has this table; an empty file is none."""

    def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` on one snapshot and return its result (rule 2)."""

    def look(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `read`, for work that is a single statement: a snapshot by itself, at a third of the round trips."""

    def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work`; return its result once all is durable (rules 1 and 2). What `work` raises comes out as it is."""

    def shred(self, tables: Sequence[str]) -> None:
        """Takes the bytes of rows that were deleted from `tables` out of the database's files.

        SQLite: out of its file and its log, whole. That is a copy of the file: writers wait meanwhile, and there must
        be room for it. PostgreSQL: the tables are written anew (VACUUM FULL; the account must own them) and are locked
        meanwhile. What that can't do: versions that a transaction still open may see stay; so do copies in the
        write-ahead log until it is recycled, in its archive, in replicas and in backups, all under the retention that
        is set there. Neither reaches what a disk keeps of blocks that were let go.
        """

    def empty_log(self) -> bool:
        """Takes what was overwritten or deleted out of SQLite's log, which holds pages as they were; whether it is out.

        Not where somebody reads or writes for longer than a moment: nobody is waited for. PostgreSQL: its log is the
        server's, and this does nothing.
        """

    def size(self) -> int:
        """Bytes that the database takes."""

    def healthy(self) -> bool:
        """Check whether it answers within a few seconds and can be written to; raise nothing."""

    def __enter__(self) -> Self:
        """Itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes it."""

    def close(self) -> None:
        """Lets go of all connections; of those in use, when they are done.

        Who asks afterwards gets a DatabaseGoneError.
        """


class Closeable(Closing):
    """Closes itself at the end of a `with`; says so, as files do, where nobody closed it."""

    dialect: str
    _closed: bool

    def __del__(self) -> None:
        # One that couldn't be made has no `_closed`.
        if not getattr(self, "_closed", True):
            warnings.warn(f"a database ({self.dialect}) was never closed", ResourceWarning, stacklevel=2, source=self)
