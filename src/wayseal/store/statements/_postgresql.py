"""PostgreSQL behind plain statements, through `wayseal.store.database` (the extra `vault` or `console`)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from wayseal.store.database import Connection as Inner
from wayseal.store.database import DatabaseError, DatabaseGoneError, open_database
from wayseal.store.database.raw import fetch, run_many
from wayseal.store.statements._store import PATIENCE, Connection, Turn
from wayseal.store.statements.errors import AddressError, BusyError, DiskError, StatementsError

T = TypeVar("T")
_CHUNK = 5000


@lru_cache(maxsize=1024)
def number_marks(text: str) -> str:
    """A statement with `$1`, `$2` … for its `?`."""
    parts = text.split("?")
    return parts[0] + "".join(f"${number}{part}" for number, part in enumerate(parts[1:], start=1))


class _Postgres:
    def __init__(self, inner: Inner) -> None:
        self._inner = inner

    def rows(self, text: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """See `Connection`."""
        return [tuple(row) for row in fetch(self._inner, number_marks(text), values)]

    def run(self, text: str, rows: Sequence[Sequence[Any]]) -> None:
        """See `Connection`."""
        for start in range(0, len(rows), _CHUNK):
            run_many(self._inner, number_marks(text), rows[start : start + _CHUNK])


class PostgreSQLStore:
    """See `Store`. url: as `open_database` takes it. turn: makes the caller's own of errors."""

    def __init__(self, url: str, turn: Turn) -> None:
        self._turn = turn
        self.place: Path | str = "PostgreSQL"
        with _worded(self.place, self._turn):
            self._database = open_database(url, patience=PATIENCE)
        if self._database.dialect != "postgresql":
            self._database.close()
            raise turn(AddressError("the address is no postgresql://..."))

    def there(self) -> bool:
        """See `Store`."""
        return True

    def has_table(self, name: str) -> bool:
        """See `Store`."""
        return self.read(lambda c: c.rows("SELECT to_regclass(?::text) IS NOT NULL", (name,))[0][0] is True)

    def read(self, work: Callable[[Connection], T]) -> T:
        """See `Store`."""
        with _worded(self.place, self._turn):
            return self._database.read(lambda inner: work(_Postgres(inner)))

    def write(self, work: Callable[[Connection], T]) -> T:
        """See `Store`."""
        with _worded(self.place, self._turn):
            return self._database.write(lambda inner: work(_Postgres(inner)))

    def shred(self, tables: Sequence[str]) -> None:
        """See `Store`."""
        with _worded(self.place, self._turn):
            self._database.shred(tables)

    def close(self) -> None:
        """See `Store`."""
        self._database.close()


@contextmanager
def _worded(place: Path | str, turn: Turn) -> Iterator[None]:
    translated: StatementsError
    try:
        yield
        return
    except DatabaseGoneError as error:
        if "held" in str(error) or "another process" in str(error):
            translated = BusyError("another process is writing to it", file=place)
        else:
            translated = DiskError(error.message, file=place)
    except DatabaseError as error:
        translated = DiskError(error.message, file=place)
    raise turn(translated) from None
