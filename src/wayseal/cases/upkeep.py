"""Upkeep of a casebook: lines and rows verified, tables made anew, a copy as of one moment, also while others write."""

from collections.abc import Callable
from pathlib import Path

from wayseal.cases._cases import FOLDER_MODE
from wayseal.cases._project_records import Alias, alias_by
from wayseal.cases._pseudonyms import NAME, check_pseudonyms
from wayseal.cases._read import look_at_lines, open_store, opened_store, read_batches
from wayseal.cases._tables import JOURNAL, PROJECTION, TABLES, make_journal
from wayseal.cases._walk import Walk, Walked, remake_tables
from wayseal.cases.book import Verification
from wayseal.cases.errors import CasebookError
from wayseal.cases.types import FILE
from wayseal.database import Connection, Database, execute, query, scratch
from wayseal.journal import Code, Fault, Head
from wayseal.journal.projection import tables_differ
from wayseal.model.progress import Progress, silent
from wayseal.store.durable import write_file


def verify(folder: Path, *, head: Head | None = None, progress: Progress = silent) -> Verification:
    """Looks at every line of a casebook, at its secret and its tables, as of one moment; a part at a time.

    Args:
        folder: Where it lies, or its secret.
        head: One that was written down, which it must go on from.
        progress: Told how far it is.

    Returns:
        What is wrong with which line.

    Raises:
        CasebookError: There is none, or one of another version, or the secret is missing or another one.

    """
    with opened_store(folder) as store:
        if not store.has_table(JOURNAL):
            raise CasebookError("there is no casebook here", file=store.place)
        fits = _fit(store)
        return store.read(lambda connection: _verify(connection, store, folder, head, progress, fits=fits))


def _fit(store: Database) -> bool:
    """Check whether its tables have the columns of this version."""
    for table in TABLES:
        text = f"SELECT {', '.join(table.names)} FROM {table.full_name} LIMIT 1"
        try:
            store.read(lambda connection, text=text: query(connection, text))  # type: ignore[misc]
        except CasebookError:
            return False
    return True


def _verify(
    connection: Connection, store: Database, folder: Path, head: Head | None, progress: Progress, *, fits: bool
) -> Verification:
    def alias(secret: str) -> Alias:
        return alias_by(check_pseudonyms(folder, secret).of)

    with scratch() as made:
        _begin(made)
        found = Walk(connection, store.place, made, alias).go(progress, watch=0 if head is None else head.lines)
        if not found.lines:
            raise CasebookError("there is no casebook here", file=store.place)
        faults = list(found.faults)
        if not faults and fits:
            faults += _compare(connection, store, made, alias, found, progress)
        elif not faults and (known := PROJECTION.known(connection)) is not None and known[0] == PROJECTION.version:
            faults.append(Fault(line=known[1], code=Code.TABLES))
    earlier, restarted = None, None
    if head is not None:
        restarted = next((one for one in found.forgotten if (one.lines, one.head) == (head.lines, head.sum)), None)
        earlier = restarted is not None or found.watched == head.sum
    return Verification(
        head=Head(lines=found.lines, sum=found.sum),
        acts=found.acts,
        faults=tuple(faults),
        forgotten=found.forgotten,
        earlier=earlier,
        restarted=restarted,
    )


def _begin(made: Connection) -> None:
    PROJECTION.prepare(made)
    PROJECTION.clear(made)


def _compare(
    connection: Connection,
    store: Database,
    made: Connection,
    alias: Callable[[str], Alias],
    found: Walked,
    progress: Progress,
) -> list[Fault]:
    """Compare the tables with what they should hold.

    Those of another version, with other columns, nobody reads. That they are of one is said by a row that anybody could
    change: where they have the columns of this version, they are compared.
    """
    known = PROJECTION.known(connection)
    line = found.lines if known is None else known[1]
    if line < found.lines:  # lines were added that the tables don't know yet
        _begin(made)
        Walk(connection, store.place, made, alias).go(silent, until=line)
    differ = known is None
    for number, table in enumerate(TABLES):
        progress("tables", number, len(TABLES))
        differ = differ or tables_differ(connection, made, table)
    progress("tables", len(TABLES), len(TABLES))
    return [Fault(line=line, code=Code.TABLES)] if differ else []


def rebuild(folder: Path) -> int:
    """Makes the tables anew from the lines, of which there are so many (rule 5); errors as for `read_casebook`."""
    with opened_store(folder) as store:
        secret, head = look_at_lines(store)
        if not head[0]:
            raise CasebookError("there is no casebook here", file=store.place)
        alias = alias_by(check_pseudonyms(folder, secret).of)
        return store.write(lambda connection: remake_tables(connection, store.place, alias))


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
