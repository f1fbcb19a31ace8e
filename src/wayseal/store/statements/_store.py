"""What a database behind plain statements is, whichever it is."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

from wayseal.store.statements.errors import StatementsError

T = TypeVar("T")
Turn: TypeAlias = Callable[[StatementsError], Exception]
"""Makes an error of the caller's own room of one of this one."""
PATIENCE = 30.0
"""Seconds that anybody waits."""


class Connection(Protocol):
    """What a transaction's work is given."""

    def rows(self, text: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of one statement."""

    def run(self, text: str, rows: Sequence[Sequence[Any]]) -> None:
        """One statement for each row of values."""


class Store(Protocol):
    """A database. Safe to use from many threads."""

    place: Path | str
    """What an error names: the file, or the word for the database."""

    def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` makes of one snapshot."""

    def write(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns once what it did is durable."""

    def there(self) -> bool:
        """Whether there is a database."""

    def has_table(self, name: str) -> bool:
        """Whether it has a table."""

    def shred(self, tables: Sequence[str]) -> None:
        """Takes bytes of rows that were deleted out of the database's files."""

    def close(self) -> None:
        """Lets go of all connections."""
