"""What the operational database raises; never with a statement, a parameter or an address in its text."""

from typing import ClassVar

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
