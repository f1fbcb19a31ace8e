"""The database of the record, with the room's own errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wayseal.market.errors import RecordBusyError, RecordDiskError, RecordError
from wayseal.store.statements import Store, open_store
from wayseal.store.statements.errors import (
    AddressError,
    BusyError,
    DiskError,
    ForeignError,
    PackagesError,
    StatementsError,
)

FILE = "market.db"
URL_FILE = "database"
"""In the folder: the address of a PostgreSQL database that holds the record instead, where one does."""
FOLDER_MODE = 0o700


@contextmanager
def opened_store(folder: Path, url: str | None) -> Iterator[Store]:
    """The database of a record, while it is used."""
    store = open_store(folder / FILE, url or _find_url(folder), _turn)
    try:
        yield store
    finally:
        store.close()


def _find_url(folder: Path) -> str | None:
    try:
        return (folder / URL_FILE).read_text("utf-8").strip() or None
    except (FileNotFoundError, NotADirectoryError):
        return None


def _turn(error: StatementsError) -> RecordError:
    match error:
        case BusyError():
            return RecordBusyError(error.message, file=error.file)
        case DiskError():
            return RecordDiskError(error.message, file=error.file)
        case ForeignError():
            return RecordError("this is no record of a market", file=error.file)
        case AddressError():
            return RecordError("the address of the market's record is no postgresql://...")
        case PackagesError():
            return RecordError(
                "a record in PostgreSQL needs packages that are not installed: pip install 'wayseal[vault]', or "
                "`make setup-vault` in a checkout",
                file=error.file,
            )
        case _:
            return RecordError(error.message, file=error.file)
