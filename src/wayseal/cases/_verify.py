"""Verifying a casebook, and making its tables anew: every line, its secret, and each row of its tables."""

from collections.abc import Callable
from pathlib import Path

from wayseal.cases._project_records import Alias, alias_by
from wayseal.cases._pseudonyms import check_pseudonyms
from wayseal.cases._read import look_at_lines, opened_store
from wayseal.cases._tables import JOURNAL, PROJECTION, TABLES
from wayseal.cases._walk import Progress, Walk, Walked, remake_tables, silent
from wayseal.cases.errors import CasebookError
from wayseal.cases.findings import Verification
from wayseal.database import Connection, Database, query, scratch
from wayseal.journal import Code, Fault, Head
from wayseal.journal.projection import tables_differ


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
