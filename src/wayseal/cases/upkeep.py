"""Upkeep of a casebook: tables made anew, and a copy as of one moment, also while others write."""

from pathlib import Path

from wayseal.cases._cases import FOLDER_MODE
from wayseal.cases._project_records import Alias, alias_by
from wayseal.cases._pseudonyms import NAME, check_pseudonyms
from wayseal.cases._read import look_at_lines, open_store, opened_store, read_batches
from wayseal.cases._tables import JOURNAL, make_journal
from wayseal.cases._verify import rebuild
from wayseal.cases._walk import remake_tables
from wayseal.cases.errors import CasebookError
from wayseal.cases.types import FILE
from wayseal.database import Connection, execute
from wayseal.store.durable import write_file

__all__ = ["copy_casebook", "rebuild"]


def copy_casebook(folder: Path, to: Path) -> int:
    """Copies lines and secret into a folder that is made for them, with the tables; how many lines there are.

    The copy is SQLite, whichever database the casebook lies in. Errors as for `read_casebook`; CasebookError: there is
    none, or something lies in the folder already.
    """
    with opened_store(folder) as store:
        secret, head = look_at_lines(store)
        if not head[0]:
            raise CasebookError("there is no casebook here", file=store.place)
        alias = alias_by(check_pseudonyms(folder, secret).of)
        if to.exists() and any(to.iterdir()):
            raise CasebookError("something lies here already", file=to)
        to.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        to.chmod(FOLDER_MODE)
        with open_store(to / FILE) as made:
            lines = store.read(lambda source: made.write(lambda target: _copy(source, target, to / FILE, alias)))
    write_file(to / NAME, (folder / NAME).read_bytes())
    return lines


def _copy(source: Connection, target: Connection, place: Path, alias: Alias) -> int:
    make_journal(target)
    for lines in read_batches(source):
        execute(target, f"INSERT INTO {JOURNAL} (line, content) VALUES (?, ?)", lines)
    return remake_tables(target, place, alias)
