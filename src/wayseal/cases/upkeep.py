"""Upkeep of a casebook: tables made anew, and a copy as of one moment, also while others write."""

import contextlib
from pathlib import Path

from wayseal.cases._cases import FOLDER_MODE
from wayseal.cases._project_records import alias_by
from wayseal.cases._pseudonyms import NAME, check_pseudonyms
from wayseal.cases._read import load_lines, opened_store, read_lines, rebuild, rebuild_tables
from wayseal.cases._sql import SQLiteStore
from wayseal.cases._store import Connection
from wayseal.cases._tables import JOURNAL, make_journal
from wayseal.cases.errors import CasebookError
from wayseal.cases.types import FILE
from wayseal.store.durable import write_file

__all__ = ["copy_casebook", "rebuild"]


def copy_casebook(folder: Path, to: Path) -> int:
    """Copies lines and secret into a folder that is made for them, with the tables; how many lines there are.

    The copy is SQLite, whichever database the casebook lies in. Errors as for `read_casebook`; CasebookError: there is
    none, or something lies in the folder already.
    """
    with opened_store(folder) as store:
        lines = read_lines(store)
        if not lines:
            raise CasebookError("there is no casebook here", file=store.place)
        pseudonyms = check_pseudonyms(folder, load_lines(lines, store.place).chain.secret)
    if to.exists() and any(to.iterdir()):
        raise CasebookError("something lies here already", file=to)
    to.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    to.chmod(FOLDER_MODE)

    def work(connection: Connection) -> None:
        for text in make_journal():
            connection.rows(text)
        connection.run(f"INSERT INTO {JOURNAL} (line, content) VALUES (?, ?)", lines)
        rebuild_tables(connection, load_lines(lines, to / FILE, alias_by(pseudonyms.of)))

    with contextlib.closing(SQLiteStore(to / FILE)) as made:
        made.write(work)
    write_file(to / NAME, (folder / NAME).read_bytes())
    return len(lines)
