"""The tables of the room: the journal, which is the truth, and what its lines come to, which is made of it alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

VERSION = 3
"""Of the tables but the journal: with another one they are made anew."""
PREFIX = "casework_"
_TEXT, _INT, _REAL = "TEXT NOT NULL", "BIGINT NOT NULL", "DOUBLE PRECISION NOT NULL"
_MAYBE_TEXT, _MAYBE_INT = "TEXT", "BIGINT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of rows that are made of the journal. key: columns that name a row; the first one its group."""

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    indexes: tuple[str, ...] = field(default=())

    @property
    def full_name(self) -> str:
        """In the database."""
        return PREFIX + self.name

    @property
    def names(self) -> tuple[str, ...]:
        """Of its columns, in their order."""
        return tuple(self.columns)


OWNER = "coalesce(owner, '')"
"""Whose it is; "" for nobody's: SQLite goes past everybody's to find those where it is null."""


def _by_state(*sorts: str) -> tuple[str, ...]:
    """Indexes along which lists of cases go: in each order, all, those of an owner, and those of a source."""
    return tuple(f"{before}state, {sort}" for before in ("", f"({OWNER}), ", "source, ") for sort in sorts)


CASES = Table(
    name="cases",
    key=("case_id",),
    columns={
        "case_id": _TEXT,
        "number": _INT,
        "state": _TEXT,
        "source": _TEXT,
        "title": _MAYBE_TEXT,
        "owner": _MAYBE_TEXT,
        "priority": _INT,
        "snoozed_until": _INT,
        "score": _REAL,
        "detectors": _TEXT,
        "alerted_at": _INT,
        "last_alerted_at": _INT,
        "read_until": _INT,
        "made_at": _INT,
        "changed_at": _INT,
        "changed_line": _INT,
        "closed_at": _MAYBE_INT,
        "verdict_line": _MAYBE_INT,
        "statements": _INT,
        "merged_into": _MAYBE_TEXT,
        "merged_state": _MAYBE_TEXT,
        "next_note": _INT,
        "next_task": _INT,
    },
    indexes=(
        "changed_line",
        "number",
        *_by_state("changed_line", "score, number", "number", "alerted_at, number", "priority, number"),
        "merged_into",
    ),
)
THINGS = Table(
    name="things",
    key=("case_id", "kind", "value", "via"),
    columns={
        "case_id": _TEXT,
        "kind": _TEXT,
        "value": _TEXT,
        "via": _TEXT,
        "place": _INT,
        "alias": _TEXT,
        "named": _INT,
    },
    indexes=("kind, value, case_id", "alias, case_id", "named, kind, value"),
)
ALERTS = Table(
    name="alerts",
    key=("case_id", "line"),
    columns={
        "case_id": _TEXT,
        "line": _INT,
        "via": _TEXT,
        "alerted_at": _INT,
        "read_until": _INT,
        "score": _REAL,
        "detectors": _TEXT,
    },
)
ACTS = Table(
    name="acts",
    key=("case_id", "line"),
    columns={"case_id": _TEXT, "line": _INT, "act": _TEXT, "at": _INT, "who": _TEXT},
    indexes=("who, line", "line"),
)
NOTES = Table(
    name="notes",
    key=("case_id", "note"),
    columns={
        "case_id": _TEXT,
        "note": _TEXT,
        "version": _INT,
        "text": _TEXT,
        "first_who": _TEXT,
        "who": _TEXT,
        "at": _INT,
    },
)
TASKS = Table(
    name="tasks",
    key=("case_id", "task"),
    columns={
        "case_id": _TEXT,
        "task": _TEXT,
        "text": _TEXT,
        "state": _TEXT,
        "owner": _MAYBE_TEXT,
        "due": _MAYBE_TEXT,
        "who": _TEXT,
        "at": _INT,
        "line": _INT,
    },
    indexes=("owner, state, line",),
)
FILES = Table(
    name="files",
    key=("case_id", "digest"),
    columns={
        "case_id": _TEXT,
        "digest": _TEXT,
        "name": _TEXT,
        "size": _INT,
        "who": _TEXT,
        "at": _INT,
        "sm3": _MAYBE_TEXT,
    },
    indexes=("digest",),
)
QUEUE = Table(
    name="queue",
    key=("item",),
    columns={
        "item": _TEXT,
        "number": _INT,
        "case_id": _MAYBE_TEXT,
        "source": _TEXT,
        "state": _TEXT,
        "owner": _MAYBE_TEXT,
        "snoozed_until": _INT,
        "score": _REAL,
        "reason": _TEXT,
        "since": _INT,
        "changed_at": _INT,
        "changed_line": _INT,
    },
    indexes=(
        *(
            f"state, {before}{sort}, number"
            for before in ("", "source, ", f"({OWNER}), ")
            for sort in ("score", "since")
        ),
        "state, snoozed_until",
        "changed_line",
    ),
)
COUNTS = Table(name="counts", key=("name", "value"), columns={"name": _TEXT, "value": _TEXT, "n": _INT})
TABLES = (CASES, THINGS, ALERTS, ACTS, NOTES, TASKS, FILES, QUEUE, COUNTS)
JOURNAL = f"{PREFIX}journal"
STATE = f"{PREFIX}state"
"""One row: the version of the tables, and the last line that they know."""


def make_journal() -> list[str]:
    """Statements that make the journal where there is none."""
    return [
        f"CREATE TABLE IF NOT EXISTS {JOURNAL} (line BIGINT PRIMARY KEY, content TEXT NOT NULL)",
        f"CREATE TABLE IF NOT EXISTS {STATE} (one INTEGER PRIMARY KEY, version BIGINT NOT NULL, line BIGINT NOT NULL)",
    ]


def make_tables() -> list[str]:
    """Statements that make all other tables anew, without what they are found by."""
    made = []
    for table in TABLES:
        columns = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
        made.append(f"DROP TABLE IF EXISTS {table.full_name}")
        made.append(f"CREATE TABLE {table.full_name} ({columns}, PRIMARY KEY ({', '.join(table.key)}))")
    return made


def make_indexes() -> list[str]:
    """Statements that make their indexes."""
    return [
        f"CREATE INDEX ix_{table.full_name}_{number} ON {table.full_name} ({index})"
        for table in TABLES
        for number, index in enumerate(table.indexes)
    ]
