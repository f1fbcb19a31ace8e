"""The database that a casebook lies in: SQLite's file or PostgreSQL, with the casebook's own errors."""

from pathlib import Path

from wayseal.cases.errors import CasebookBusyError, CasebookDiskError, CasebookError
from wayseal.store.statements import Store, open_file, open_store
from wayseal.store.statements.errors import (
    AddressError,
    BusyError,
    DiskError,
    ForeignError,
    PackagesError,
    StatementsError,
)


def open_database(folder: Path, file: str, url: str | None) -> Store:
    """The database of a casebook: the file in its folder, or the one at an address."""
    return open_store(folder / file, url, _turn)


def open_copy(file: Path) -> Store:
    """SQLite's file for a copy of a casebook."""
    return open_file(file, _turn)


def _turn(error: StatementsError) -> CasebookError:
    match error:
        case BusyError():
            return CasebookBusyError(error.message, file=error.file)
        case DiskError():
            return CasebookDiskError(error.message, file=error.file)
        case ForeignError():
            return CasebookError("this is no casebook", file=error.file)
        case AddressError():
            return CasebookError("the casebook's address is no postgresql://...")
        case PackagesError():
            return CasebookError(
                "a casebook in PostgreSQL needs packages that are not installed: pip install 'wayseal[vault]', or "
                "`make setup-vault` in a checkout",
                file=error.file,
            )
        case _:
            return CasebookError(error.message, file=error.file)
