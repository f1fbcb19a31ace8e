"""What databases behind plain statements raise; never with a statement, a value or an address in its text.

Whoever keeps something in one turns these into errors of its own room (`Turn`), which say what it was that is kept.
"""

from typing import ClassVar

from wayseal.store.errors import StoreError


class StatementsError(StoreError):
    """A database can't be used as it is."""

    exit_code: ClassVar[int] = 6


class ForeignError(StatementsError):
    """The file is no database, or one of something else."""


class BusyError(StatementsError):
    """Another process writes to it, and for longer than anybody waits."""

    exit_code: ClassVar[int] = 4


class DiskError(StatementsError):
    """Its disk is full, or can't be read or written; or the database is away."""

    exit_code: ClassVar[int] = 5


class AddressError(StatementsError):
    """The address is none of a PostgreSQL database."""

    exit_code: ClassVar[int] = 2


class PackagesError(StatementsError):
    """What PostgreSQL needs is not installed."""

    exit_code: ClassVar[int] = 2
