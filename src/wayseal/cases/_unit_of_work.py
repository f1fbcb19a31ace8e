"""A transaction on a casebook: what is known of it, and acts that are added (rules 1, 2 and 4)."""

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from wayseal.cases._project import Projector
from wayseal.cases._project_records import ITEM_PREFIX, Alias, alias_by
from wayseal.cases._pseudonyms import Pseudonyms
from wayseal.cases._read import (
    SAYS,
    header,
    load_group,
    look_at_all,
    recorded_case,
    select_lines,
    write_rows,
)
from wayseal.cases._tables import ACTS, CASES, JOURNAL, PROJECTION, QUEUE, TABLES, Row, Rows, make_journal
from wayseal.cases._walk import parse_line, remake_tables
from wayseal.cases.book import RecordedCase, to_act, to_object
from wayseal.cases.errors import CasebookChangedError, NoSuchCaseError, StaleError
from wayseal.cases.types import MOST_ID, Act
from wayseal.database import Connection, Database, execute, query
from wayseal.journal import Head as FoundHead
from wayseal.journal.chain import chain_line, check_lines, sum_of
from wayseal.journal.projection import Table
from wayseal.page.visible import shorten, visible

J = TypeVar("J", bound="Journal")
P = ParamSpec("P")
T = TypeVar("T")
Head = tuple[int, str]
"""The last line that was looked at, and its SHA-256."""


class UnitOfWork:
    """A transaction's view of a casebook. head: the last line."""

    def __init__(self, connection: Connection, head: Head, alias: Alias) -> None:
        self.connection = connection
        self.rows = Rows(load_group(connection))
        self.head = head
        self._known: dict[int, Act] = {}
        self._lines: list[tuple[int, str]] = []
        self._projector = Projector(self.rows, self.act_at, alias)

    def case(self, id_: str) -> Row:
        """The row of a case; NoSuchCaseError."""
        row = self.rows.get(CASES, id_)
        if row is None:
            raise no_such_case(id_)
        return row

    def item(self, id_: str) -> Row:
        """The row of something in the queue; NoSuchCaseError."""
        row = self.rows.get(QUEUE, id_)
        if row is None:
            raise NoSuchCaseError("there is no {name} in the queue", name=shorten(visible(id_), MOST_ID) or '""')
        return row

    def line_of(self, id_: str) -> int:
        """The line that changed a case or an item last; 0 where there is none."""
        row = self.rows.get(QUEUE if id_.startswith(ITEM_PREFIX) else CASES, id_)
        return 0 if row is None else int(row["changed_line"])

    def last(self, name: str) -> int:
        """The highest number given so far, of a case or an item."""
        return self._projector.last(name)

    def act_at(self, line: int) -> Act:
        """The act of a line; KeyError where there is none."""
        if line not in self._known:
            found = query(self.connection, f"SELECT content FROM {JOURNAL} WHERE line = ?", (line,))
            self._known[line] = parse_line(found[0][0] if found else "")
        return self._known[line]

    def parse(self, line: int, content: str) -> Act:
        """The act of a line that was read."""
        if line not in self._known:
            self._known[line] = parse_line(content)
        return self._known[line]

    def record(self, id_: str) -> RecordedCase:
        """A case with what was done with it, as it stood before this transaction."""
        self.case(id_)
        acts = [act for _, act in self.acts("a.case_id = ? ORDER BY a.line", (id_,))]
        return recorded_case(id_, self.rows, acts, self.act_at)

    def acts(self, where: str, values: Sequence[Any]) -> list[tuple[int, Act]]:
        """Acts with their lines: 1 statement. where: what holds of `a`, of the table of acts; their order."""
        joined = f"{ACTS.full_name} AS a JOIN {JOURNAL} AS j ON j.line = a.line"
        found = query(self.connection, f"SELECT a.line, j.content FROM {joined} WHERE {where}", values)
        return [(int(line), self.parse(int(line), content)) for line, content in found]

    def select(self, table: Table, rest: str, values: Sequence[Any]) -> list[Row]:
        """Rows of a table: 1 statement. rest: what of it stands behind the table's name."""
        text = f"SELECT {', '.join(table.names)} FROM {table.full_name} {rest}"
        return [dict(zip(table.names, row, strict=True)) for row in query(self.connection, text, values)]

    def load_groups(self, tables: Sequence[Table], first: str) -> None:
        """Loads a group of several tables, whose columns are texts and whole numbers: 1 statement."""
        widest = sorted(tables, key=lambda table: -len(table.names))
        parts = []
        for number, table in enumerate(widest):
            columns = [f"CAST({name} AS TEXT)" for name in table.names]
            columns += ["CAST(NULL AS TEXT)"] * (len(widest[0].names) - len(columns))
            parts.append(f"SELECT {number}, {', '.join(columns)} FROM {table.full_name} WHERE {table.key[0]} = ?")
        found = query(self.connection, " UNION ALL ".join(parts), [first] * len(widest))
        for number, table in enumerate(widest):
            whole = {name for name, kind in table.columns.items() if kind.startswith("BIGINT")}
            rows = [dict(zip(table.names, row[1:], strict=False)) for row in found if row[0] == number]
            read = ({k: int(v) if k in whole and v is not None else v for k, v in row.items()} for row in rows)
            self.rows.fill(table, [first], list(read))

    def add(self, act: Act) -> int:
        """Adds an act to what will be written; its line. ValueError: it couldn't be read again, or can't be."""
        said = to_object(act)
        read = to_act(said)  # what can't be read again is refused before it is written
        line = self.head[0] + 1
        self._projector.take(line, read)
        content = chain_line(said, self.head[1])
        self._lines.append((line, content))
        self._known[line] = read
        self.head = (line, sum_of(content))
        return line

    def flush(self) -> None:
        """Writes the acts, and what they come to."""
        if self._lines:
            execute(self.connection, f"INSERT INTO {JOURNAL} (line, content) VALUES (?, ?)", self._lines)
            write_rows(self.connection, self.rows, self.head[0])
            self._lines = []


class Journal:
    """A casebook that is open. pseudonyms: how its people are called. Safe to use from many threads."""

    def __init__(self, store: Database, pseudonyms: Pseudonyms, head: Head) -> None:
        self._store = store
        self._head = head
        self._alias = alias_by(pseudonyms.of)
        self.pseudonyms = pseudonyms
        self._whole, self._seen = self, ("", 0)

    def as_seen(self, id_: str, line: int) -> Self:
        """The same, of which no act is done where something changed a case or an item behind a line: StaleError."""
        guarded = copy(self)
        guarded._seen = (id_, line)
        return guarded

    @property
    def head(self) -> FoundHead:
        """The end of what was looked at and written here, to be written down elsewhere."""
        return FoundHead(lines=self._head[0], sum=self._head[1])

    def _act(self, decide: Callable[[UnitOfWork], T]) -> T:
        """Run `decide` in one transaction that sees all acts before it; return its result once its acts are durable."""
        done: list[Head] = []

        def work(connection: Connection) -> T:
            unit, (id_, seen) = self._desk(connection), self._seen
            if id_ and (now := unit.line_of(id_)) > seen:
                raise StaleError(id=id_, version=now, theirs="", mine="")
            result = decide(unit)
            unit.flush()
            done.append(unit.head)
            return result

        result = self._store.write(work)
        self._head = self._whole._head = done[-1]
        return result

    def _look(self, work: Callable[[UnitOfWork], T]) -> T:
        """Run `work` on one snapshot and return its result."""
        return self._store.read(lambda connection: work(UnitOfWork(connection, self._head, self._alias)))

    def _desk(self, connection: Connection) -> UnitOfWork:
        """A unit behind all lines that others added, which are looked at (rule 4)."""
        line, sum_ = self._head
        lines = select_lines(connection, line)
        if not lines or lines[0][0] != line or sum_of(lines[0][1]) != sum_:
            # Somebody had cases forgotten meanwhile: all is looked at again.
            return UnitOfWork(connection, look_at_all(connection, self._store.place)[1], self._alias)
        found = check_lines(lines[1:], line + 1, sum_)
        if found.faults:
            first = found.faults[0]
            raise CasebookChangedError(SAYS[first.code], file=self._store.place, line=first.line)
        head = (lines[-1][0], found.sums[-1] if found.sums else sum_)
        return UnitOfWork(connection, head, self._alias)


def in_act(decide: Callable[Concatenate[J, UnitOfWork, P], T]) -> Callable[Concatenate[J, P], T]:
    """A method that adds acts, durable when it returns (rule 1): whoever calls it leaves the unit of work out."""

    @wraps(decide)
    def run(self: J, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._act(lambda unit: decide(self, unit, *args, **kwargs))

    return run


def in_look(ask: Callable[Concatenate[J, UnitOfWork, P], T]) -> Callable[Concatenate[J, P], T]:
    """A method that asks one snapshot, and adds nothing: whoever calls it leaves the unit of work out."""

    @wraps(ask)
    def run(self: J, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._look(lambda unit: ask(self, unit, *args, **kwargs))

    return run


def start_casebook(connection: Connection, make: Callable[[], Pseudonyms]) -> None:
    """Writes the first line, if nobody did meanwhile. make: makes the secret, or reads it."""
    make_journal(connection)
    if not select_lines(connection):
        first = chain_line(header(make().check), "")
        execute(connection, f"INSERT INTO {JOURNAL} (line, content) VALUES (?, ?)", [(1, first)])
        remake_tables(connection, "", lambda thing: thing.value)


def bring_up_to_date(connection: Connection, store: Database, alias: Alias) -> None:
    """Makes the tables anew where they are of another version, or know other lines than there are."""
    lines = query(connection, f"SELECT count(*) FROM {JOURNAL}")[0][0]
    if not PROJECTION.fits(connection, lines):
        remake_tables(connection, store.place, alias)


def replace_journal(connection: Connection, contents: Iterable[Act], secret: str, alias: Alias) -> Head:
    """Writes the whole journal anew, of these acts, and the tables with it. The new head."""
    lines = [chain_line(header(secret), "")]
    for act in contents:
        lines.append(chain_line(to_object(act), sum_of(lines[-1])))
    numbered = list(enumerate(lines, start=1))
    query(connection, f"DELETE FROM {JOURNAL}")
    execute(connection, f"INSERT INTO {JOURNAL} (line, content) VALUES (?, ?)", numbered)
    remake_tables(connection, "", alias)
    return len(lines), sum_of(lines[-1])


def no_such_case(id_: str) -> NoSuchCaseError:
    """Return the error for a case that doesn't exist."""
    name = shorten(visible(id_), MOST_ID) or '""'
    return NoSuchCaseError("there is no case {name}; `wayseal case list` shows which there are", name=name)


ALL_TABLES = (JOURNAL, *(table.full_name for table in TABLES))
"""What is shredded after cases were forgotten."""
