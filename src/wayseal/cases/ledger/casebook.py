"""The casebook of a ledger: where it lies, whether it can be written, and what accounts may be called.

Where the casebook can't be written (a copy that is only read), and in a dry run, cases are shown without ids and under
pseudonyms, and nothing is recorded: what would have to be recorded is refused.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from wayseal.cases import CasebookError, load_pseudonyms, read_known
from wayseal.cases.types import Known, Pseudonyms, RecordedCase
from wayseal.ledger import open_ledger
from wayseal.ledger.upkeep import refuse_backup

FOLDER = "detect"
"""Where detection keeps what it keeps, within a ledger."""
_SECRET = 32


class Names:
    """How accounts may be called now."""

    def __init__(self, opened: frozenset[str], pseudonym: Callable[[str], str]) -> None:
        """opened: the accounts whose names may be shown."""
        self._opened = opened
        self._pseudonym = pseudonym

    def of(self, actor: str) -> str:
        """An account's name if it may be shown, else its pseudonym."""
        return actor if actor in self._opened else self._pseudonym(actor)

    def all_shown(self, case: RecordedCase) -> bool:
        """Check whether every name of a case may be shown, and with them what was said in it."""
        return self._opened.issuperset(case.actors)


def can_write_casebook(ledger: Path, folder: Path) -> bool:
    """Check whether the casebook's folder can be written, or made."""
    place = folder if folder.exists() else ledger
    return os.access(place, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)


def casebook_folder(ledger: Path) -> Path:
    """The casebook's folder; LedgerError where this is no ledger, either."""
    folder = ledger / FOLDER
    if not folder.is_dir():
        open_ledger(ledger).close()
    return folder


def writable_casebook(ledger: Path) -> Path:
    """The same, to write there; BackupRefusedError where the ledger is a backup, of which only one may go on."""
    refuse_backup(ledger)
    return casebook_folder(ledger)


def load_known(folder: Path, *, writable: bool) -> Known:
    """Load what detection has to know of the casebook; nothing where it is another's, and closed to us.

    writable: it can be written.
    """
    try:
        return read_known(folder)
    except PermissionError:
        if writable:
            raise
        return Known()


def masking(folder: Path, known: Known) -> Callable[[str], str]:
    """Return a function that gives accounts the names that may be shown, by the casebook's pseudonyms or this run's."""
    pseudonyms = Pseudonyms(os.urandom(_SECRET))
    with suppress(CasebookError, OSError):
        pseudonyms = load_pseudonyms(folder)
    return Names(known.opened, pseudonyms.of).of
