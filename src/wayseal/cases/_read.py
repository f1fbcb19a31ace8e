"""Reading and verifying a casebook, and making its tables anew."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wayseal.cases._project import Projector
from wayseal.cases._project_judging import verdicts_of
from wayseal.cases._project_records import Alias, concerned, mark_of
from wayseal.cases._tables import ALERTS, CASES, JOURNAL, PROJECTION, READ_MARKS, THINGS, Load, Rows
from wayseal.cases.book import Casebook, RecordedCase, to_act
from wayseal.cases.errors import CasebookBusyError, CasebookChangedError, CasebookDiskError, CasebookError
from wayseal.cases.types import (
    CLOSED_STATES,
    FILE,
    VERDICTS,
    Act,
    Alert,
    CaseState,
    Forgotten,
    ObservableKind,
    Registered,
    Verdict,
)
from wayseal.cases.views import MarkedRead
from wayseal.database import Connection, Database, DatabaseError, execute, open_database, query
from wayseal.database.errors import DatabaseBusyError, ForeignDatabaseError
from wayseal.database.raw import record_of
from wayseal.journal.chain import Checked, Code, Fault, Line, check_lines, find_last_sum, read_line
from wayseal.journal.projection import Table, put_rows
from wayseal.journal.projection import read_batches as batches_of
from wayseal.model.messages import N_

URL_FILE = "database"
"""In the casebook's folder: the address of a PostgreSQL database that holds it, where one does."""
FORMAT = 2
"""Of the journal's lines."""
_START = '{"wayseal":"casebook",'
SAYS = {
    Code.CHANGED: N_("this line was changed"),
    Code.MISSING: N_("before this line one is missing, or was moved or put in"),
    Code.ACT: N_("this line says what can't be"),
    Code.TABLES: N_("from this line on the tables say something else than the lines"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The result of replaying a casebook's lines. acts: each with its line, by case, too."""

    chain: Checked
    rows: Rows
    acts: dict[int, Act]
    by_case: dict[str, list[Act]]
    faults: tuple[Fault, ...]
    last: tuple[int, int]

    @property
    def book(self) -> Casebook:
        """The casebook they come to, as a value."""
        forgotten = tuple(act for act in self.acts.values() if isinstance(act, Forgotten))
        return Casebook(cases=tuple(self._cases()), forgotten=forgotten)

    def _cases(self) -> Iterator[RecordedCase]:
        for id_, acts in self.by_case.items():
            if self.rows.get(CASES, id_) is not None:
                yield recorded_case(id_, self.rows, acts, self.acts.get)


def find_url(folder: Path) -> str | None:
    """The address of the database that a casebook lies in; None: the file in its folder."""
    try:
        return (folder / URL_FILE).read_text("utf-8").strip() or None
    except (FileNotFoundError, NotADirectoryError):
        return None


@contextmanager
def opened_store(folder: Path, url: str | None = None) -> Iterator[Database]:
    """The database of a casebook, while it is used."""
    url = url or find_url(folder)
    with open_store(folder / FILE if url is None else url) as store:
        yield store


def open_store(place: Path | str) -> Database:
    """The database in a file, or the one of PostgreSQL at an address."""
    if isinstance(place, str) and not place.startswith("postgresql:"):
        raise CasebookError("the casebook's address is no postgresql://...")
    try:
        return open_database(place, turn=_turn)
    except ModuleNotFoundError:
        raise CasebookError(
            "a casebook in PostgreSQL needs packages that are not installed: pip install 'WHEEL[vault]', or "
            "`make setup-vault` in a checkout"
        ) from None


def _turn(error: DatabaseError) -> CasebookError:
    match error:
        case DatabaseBusyError():
            return CasebookBusyError("another process is writing to it", file=error.file)
        case ForeignDatabaseError():
            return CasebookError("this is no casebook", file=error.file)
        case _:
            return CasebookDiskError(error.message, file=error.file)


def has_casebook(folder: Path) -> bool:
    """Check whether there is a casebook.

    Args:
        folder: Where it lies, or its secret.

    Returns:
        Whether a line was ever written.

    """
    with opened_store(folder) as store:
        return store.has_table(JOURNAL)


def read_casebook(folder: Path) -> Casebook:
    """All that a casebook says, every line looked at.

    Args:
        folder: Where it lies, or its secret.

    Returns:
        Its cases; an empty casebook where there is none.

    Raises:
        CasebookChangedError: A line is not what was written; names the first one.
        CasebookError: This is no casebook, or one of another version.
        CasebookDiskError: It can't be read.

    """
    with opened_store(folder) as store:
        lines = read_lines(store)
        return load_lines(lines, store.place).book if lines else Casebook()


def read_lines(store: Database) -> list[Line]:
    """All lines of a journal; none where there is no casebook."""
    if not store.has_table(JOURNAL):
        return []
    return store.read(select_lines)


def header(secret: str) -> Mapping[str, object]:
    """Return the content of the first line. secret: its check."""
    return {"wayseal": "casebook", "version": FORMAT, "secret": secret}


def check(lines: Sequence[Line], place: Path | str) -> tuple[str, Checked]:
    """The header's check of the secret, and the other lines. CasebookError: no casebook, or one of another version."""
    first = read_line(lines[0][1]) if lines else None
    if not lines or lines[0][0] != 1 or not lines[0][1].startswith(_START):
        raise CasebookError("this is no casebook", file=place, line=1)
    if first is not None and first.get("version") != FORMAT:
        raise CasebookError("this casebook is of another version", file=place, line=1)
    found = check_lines(lines)
    return (str(first.get("secret")), replace(found, entries=found.entries[1:])) if first is not None else ("", found)


def select_lines(connection: Connection, since: int = 0) -> list[Line]:
    """Lines from one on."""
    return _lines(query(connection, f"SELECT line, content FROM {JOURNAL} WHERE line >= ? ORDER BY line", (since,)))


def _lines(found: Sequence[Sequence[Any]]) -> list[Line]:
    return [(int(line), content if isinstance(content, str) else "") for line, content in found]


BATCH = 5000
"""Lines that are held at once."""


def read_batches(connection: Connection) -> Iterator[list[Line]]:
    """All lines, some at a time."""
    text = f"SELECT line, content FROM {JOURNAL} WHERE line > ? ORDER BY line LIMIT ?"
    return map(_lines, batches_of(connection, text, BATCH))


def look_at_lines(store: Database) -> tuple[str, tuple[int, str]]:
    """The secret's check and the head of a casebook, after a look at every line; ("", (0, "")) where there is none.

    CasebookChangedError names the first line that is wrong. A batch at a time, so that it takes no memory to speak of.
    """
    if not store.has_table(JOURNAL):
        return "", (0, "")

    return store.read(lambda connection: look_at_all(connection, store.place))


def look_at_all(connection: Connection, place: Path | str) -> tuple[str, tuple[int, str]]:
    """The same within a transaction."""
    secret, number, before = "", 0, ""
    for lines in read_batches(connection):
        if not number:
            secret, _ = check(lines[:1], place)
        sum_ = find_last_sum(lines, number + 1, before)
        if sum_ is None:
            faults = check_lines(lines, number + 1, before).faults
            fault = faults[0] if faults else Fault(line=lines[0][0], code=Code.CHANGED)
            raise CasebookChangedError(SAYS[fault.code], file=place, line=fault.line)
        number, before = number + len(lines), sum_
    return secret, (number, before)


def replay(lines: Sequence[Line], place: Path | str, alias: Alias | None = None) -> Replay:
    """Replay lines into rows and acts. alias: as the tables have it; without, things are their own."""
    _, chain = check(lines, place)
    rows, acts, faults = Rows(), dict[int, Act](), list(chain.faults)
    by_case: defaultdict[str, list[Act]] = defaultdict(list)
    projector = Projector(rows, acts.__getitem__, alias or (lambda thing: thing.value))
    for line, found in chain.entries:
        try:
            act = to_act(found)
            projector.take(line, act)
        except (KeyError, ValueError):
            faults.append(Fault(line=line, code=Code.ACT))
        else:
            acts[line] = act
            for case in concerned(act):
                by_case[case].append(act)
    faults.sort(key=lambda fault: fault.line)
    last = (projector.last("case"), projector.last("item"))
    return Replay(chain=chain, rows=rows, acts=acts, by_case=dict(by_case), faults=tuple(faults), last=last)


def load_lines(lines: Sequence[Line], place: Path | str, alias: Alias | None = None) -> Replay:
    """The same; CasebookChangedError where a line is wrong."""
    found = replay(lines, place, alias)
    if found.faults:
        first = found.faults[0]
        raise CasebookChangedError(SAYS[first.code], file=place, line=first.line)
    return found


def recorded_case(id_: str, rows: Rows, acts: Sequence[Act], act_at: Any) -> RecordedCase:
    """A case out of its rows and acts."""
    row = rows.get(CASES, id_)
    if row is None:
        raise KeyError("case")
    things = sorted(rows.group(THINGS, id_).values(), key=lambda thing: thing["place"])
    accounts = [thing for thing in things if thing["kind"] == ObservableKind.ACCOUNT]
    state = CaseState(row["state"])
    verdict = act_at(row["verdict_line"]) if state in VERDICTS else None
    return RecordedCase(
        id=id_,
        actors=tuple(dict.fromkeys(thing["value"] for thing in accounts)),
        alerts=tuple(_alerts(rows, id_, act_at)),
        acts=tuple(act for act in acts if not isinstance(act, Registered)),  # type: ignore[misc]
        named=frozenset(thing["value"] for thing in accounts if thing["named"]),
        state=state,
        verdict=verdict if isinstance(verdict, Verdict) else None,
        verdicts={actor: true for actor, true in verdicts_of(accounts).items() if true is not None},
        closed_at=row["closed_at"] if state in CLOSED_STATES else None,
        merged_into=row["merged_into"],
        marked=tuple(marked_reads(rows, id_)),
    )


def marked_reads(rows: Rows, case: str) -> Iterator[MarkedRead]:
    """The reads of a case that are marked, in the order in which they last were."""
    for row in sorted(rows.group(READ_MARKS, case).values(), key=lambda row: row["line"]):
        yield record_of(MarkedRead, row, mark=mark_of(row))


def _alerts(rows: Rows, id_: str, act_at: Any) -> Iterator[Alert]:
    for row in sorted(rows.group(ALERTS, id_).values(), key=lambda row: row["line"]):
        yield act_at(row["line"]).alert


def read_table(connection: Connection, table: Table) -> list[tuple[Any, ...]]:
    """All rows of a table."""
    return query(connection, f"SELECT {', '.join(table.names)} FROM {table.full_name}")


def load_group(connection: Connection) -> Load:
    """Return a function that loads rows of a table by the first column of their key."""

    def load(table: Table, first: Any) -> Sequence[Sequence[Any]]:
        text = f"SELECT {', '.join(table.names)} FROM {table.full_name} WHERE {table.key[0]} = ?"
        return query(connection, text, (first,))

    return load


def write_rows(connection: Connection, rows: Rows, line: int) -> None:
    """Writes what changed, and up to which line that is."""
    for table, puts, drops in rows.changes():
        if drops:
            where = " AND ".join(f"{name} = ?" for name in table.key)
            execute(connection, f"DELETE FROM {table.full_name} WHERE {where}", drops)
        if puts:
            put_rows(connection, table, puts)
    PROJECTION.advance(connection, line)
