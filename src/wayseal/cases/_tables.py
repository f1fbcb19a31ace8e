"""The tables of the room: the journal, which is the truth, and what its lines come to, which is made of it alone.

The first column of a key names the group of a row. Rows are held in memory while acts are taken: loaded by group where
they are in a database, and written once.
"""

from collections.abc import Callable, Iterator, Sequence, Sized
from functools import partial
from typing import Any

from wayseal.database import Connection, query
from wayseal.journal.projection import INT, MAYBE_INT, MAYBE_TEXT, REAL, TEXT, Projection, Table

VERSION = 5
"""Of the tables but the journal: with another one they are made anew."""
PREFIX = "casework_"
_table = partial(Table, prefix=PREFIX)


def marks(values: Sized) -> str:
    """Marks for values in a statement, as many as there are."""
    return ", ".join("?" * len(values))


OWNER = "coalesce(owner, '')"
"""Whose it is; "" for nobody's: SQLite goes past everybody's to find those where it is null."""


def _by_state(*sorts: str) -> tuple[str, ...]:
    """Indexes along which lists of cases go: in each order, all, those of an owner, and those of a source."""
    return tuple(f"{before}state, {sort}" for before in ("", f"({OWNER}), ", "source, ") for sort in sorts)


CASES = _table(
    name="cases",
    key=("case_id",),
    columns={
        "case_id": TEXT,
        "number": INT,
        "state": TEXT,
        "source": TEXT,
        "title": MAYBE_TEXT,
        "owner": MAYBE_TEXT,
        "priority": INT,
        "snoozed_until": INT,
        "score": REAL,
        "parcels_a_day": REAL,
        "loss": REAL,
        "worth": INT,
        "detectors": TEXT,
        "alerted_at": INT,
        "last_alerted_at": INT,
        "read_until": INT,
        "made_at": INT,
        "changed_at": INT,
        "changed_line": INT,
        "closed_at": MAYBE_INT,
        "verdict_line": MAYBE_INT,
        "statements": INT,
        "merged_into": MAYBE_TEXT,
        "merged_state": MAYBE_TEXT,
        "next_note": INT,
        "next_task": INT,
        "next_proposal": INT,
        "tags": TEXT,
        "due": MAYBE_TEXT,
    },
    indexes=(
        "changed_line",
        "number",
        *_by_state("changed_line", "loss, number", "score, number", "number", "alerted_at, number", "priority, number"),
        "merged_into",
        "made_at",
        "closed_at",
    ),
)
THINGS = _table(
    name="things",
    key=("case_id", "kind", "value", "via"),
    columns={
        "case_id": TEXT,
        "kind": TEXT,
        "value": TEXT,
        "via": TEXT,
        "place": INT,
        "alias": TEXT,
        "named": INT,
        "guilty": MAYBE_INT,
        "judged_line": INT,
        "heard": TEXT,
    },
    indexes=("kind, value, case_id", "alias, case_id", "named, kind, value"),
)
ALERTS = _table(
    name="alerts",
    key=("case_id", "line"),
    columns={
        "case_id": TEXT,
        "line": INT,
        "via": TEXT,
        "alerted_at": INT,
        "read_until": INT,
        "score": REAL,
        "parcels_a_day": REAL,
        "worth": INT,
        "detectors": TEXT,
    },
)
ACTS = _table(
    name="acts",
    key=("case_id", "line"),
    columns={"case_id": TEXT, "line": INT, "act": TEXT, "at": INT, "who": TEXT},
    indexes=("who, line", "line"),
)
NOTES = _table(
    name="notes",
    key=("case_id", "note"),
    columns={
        "case_id": TEXT,
        "note": TEXT,
        "version": INT,
        "text": TEXT,
        "first_who": TEXT,
        "who": TEXT,
        "at": INT,
    },
)
TASKS = _table(
    name="tasks",
    key=("case_id", "task"),
    columns={
        "case_id": TEXT,
        "task": TEXT,
        "text": TEXT,
        "state": TEXT,
        "owner": MAYBE_TEXT,
        "due": MAYBE_TEXT,
        "who": TEXT,
        "at": INT,
        "line": INT,
    },
    indexes=("owner, state, line",),
)
PROPOSALS = _table(
    name="proposals",
    key=("case_id", "proposal"),
    columns={"case_id": TEXT, "proposal": TEXT, "line": INT, "who": TEXT, "until": INT, "state": TEXT},
    indexes=("state, until",),
)
READ_MARKS = _table(
    name="read_marks",
    key=("case_id", "read"),
    columns={
        "case_id": TEXT,
        "read": TEXT,
        "waybill": TEXT,
        "starred": INT,
        "comment": TEXT,
        "who": TEXT,
        "at": INT,
        "line": INT,
    },
)
TAGS = _table(
    name="tags",
    key=("case_id", "tag"),
    columns={"case_id": TEXT, "tag": TEXT, "line": INT},
    indexes=("tag, case_id",),
)
FILES = _table(
    name="files",
    key=("case_id", "digest"),
    columns={
        "case_id": TEXT,
        "digest": TEXT,
        "name": TEXT,
        "size": INT,
        "who": TEXT,
        "at": INT,
        "sm3": MAYBE_TEXT,
    },
    indexes=("digest",),
)
QUEUE = _table(
    name="queue",
    key=("item",),
    columns={
        "item": TEXT,
        "number": INT,
        "case_id": MAYBE_TEXT,
        "source": TEXT,
        "state": TEXT,
        "owner": MAYBE_TEXT,
        "snoozed_until": INT,
        "score": REAL,
        "parcels_a_day": REAL,
        "loss": REAL,
        "reason": TEXT,
        "since": INT,
        "read_until": INT,
        "queued_at": INT,
        "count": INT,
        "changed_at": INT,
        "changed_line": INT,
    },
    indexes=(
        *(
            f"state, {before}{sort}, number"
            for before in ("", "source, ", f"({OWNER}), ")
            for sort in ("loss", "score", "since", "queued_at")
        ),
        "state, snoozed_until",
        "changed_line",
    ),
)
TERMS = _table(
    name="terms",
    key=("case_id", "what", "ref", "term"),
    columns={"case_id": TEXT, "what": TEXT, "ref": TEXT, "term": INT, "number": INT},
    indexes=("what, term, number DESC",),
)
"""By which words (`_terms`) things, notes, files, titles and reasons are found. ref: which; of things, as they may be
called: nobody is found by a name that isn't shown."""
INBOX = _table(
    name="inbox",
    key=("login", "line"),
    columns={"login": TEXT, "line": INT, "at": INT, "kind": TEXT, "act": TEXT, "case_id": TEXT, "who": TEXT},
    indexes=("login, at",),
)
COUNTS = _table(name="counts", key=("name", "value"), columns={"name": TEXT, "value": TEXT, "n": INT})
TABLES = (
    CASES, THINGS, ALERTS, ACTS, NOTES, TASKS, PROPOSALS, READ_MARKS, TAGS, FILES, QUEUE, TERMS, INBOX, COUNTS,
)  # fmt: skip
JOURNAL = f"{PREFIX}journal"
PROJECTION = Projection(prefix=PREFIX, version=VERSION, tables=TABLES)


def make_journal(connection: Connection) -> None:
    """Makes the journal where there is none."""
    query(connection, f"CREATE TABLE IF NOT EXISTS {JOURNAL} (line BIGINT PRIMARY KEY, content TEXT NOT NULL)")
    PROJECTION.prepare(connection)


Row = dict[str, Any]
Key = tuple[Any, ...]
Load = Callable[[Table, Any], Sequence[Sequence[Any]]]
"""The rows of a table whose first key column has a value."""


class Rows:
    """Rows by table, group and key. load: what the database holds; without, there is nothing."""

    def __init__(self, load: Load | None = None) -> None:
        self._load = load
        self._groups: dict[str, dict[Any, dict[Key, Row]]] = {table.name: {} for table in TABLES}
        self._changed: dict[str, dict[Key, Row | None]] = {table.name: {} for table in TABLES}

    def group(self, table: Table, first: Any) -> dict[Key, Row]:
        """The rows whose first key column has that value, by key. To be read only."""
        groups = self._groups[table.name]
        if first not in groups:
            found = () if self._load is None else self._load(table, first)
            rows = (dict(zip(table.names, row, strict=True)) for row in found)
            groups[first] = {tuple(row[name] for name in table.key): row for row in rows}
        return groups[first]

    def fill(self, table: Table, firsts: Sequence[Any], found: Sequence[Row]) -> None:
        """Takes in groups that were loaded together, as none of them was looked at before."""
        groups = self._groups[table.name]
        for first in firsts:
            groups.setdefault(first, {})
        for row in found:
            groups[row[table.key[0]]][tuple(row[name] for name in table.key)] = row

    def get(self, table: Table, *key: Any) -> Row | None:
        """A row, or None. To be read only."""
        return self.group(table, key[0]).get(key)

    def put(self, table: Table, row: Row) -> None:
        """Puts a row in, in the place of one with its key."""
        key = tuple(row[name] for name in table.key)
        self.group(table, key[0])[key] = row
        self._changed[table.name][key] = row

    def append(self, table: Table, row: Row) -> None:
        """Puts a row in that is known to be new, without a look at its group, which nothing reads here."""
        self._changed[table.name][tuple(row[name] for name in table.key)] = row

    def remove(self, table: Table, *key: Any) -> None:
        """Takes a row out that was appended, now or earlier, without a look at its group."""
        self._changed[table.name][key] = None

    def drop(self, table: Table, *key: Any) -> None:
        """Takes a row out."""
        if self.group(table, key[0]).pop(key, None) is not None:
            self._changed[table.name][key] = None

    def discard(self, table: Table, *key: Any) -> None:
        """Takes a row out if it is there, without a look at its group."""
        self._groups[table.name].get(key[0], {}).pop(key, None)
        self._changed[table.name][key] = None

    def changes(self) -> Iterator[tuple[Table, list[tuple[Any, ...]], list[Key]]]:
        """Of each table the rows to write, and the keys of those to delete."""
        for table in TABLES:
            changed = self._changed[table.name]
            puts = [tuple(row[name] for name in table.names) for row in changed.values() if row is not None]
            yield table, puts, [key for key, row in changed.items() if row is None]
