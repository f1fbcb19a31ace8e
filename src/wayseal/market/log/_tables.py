"""The tables: lines and nodes, which are the truth, and what lines come to, which is made of them alone (rule 1)."""

from collections.abc import Mapping
from dataclasses import dataclass

VERSION = 1
"""Of the tables but lines and nodes: with another one they are made anew."""
LINES = "market_lines"
"""A line each: its text (null once it was purged) and its leaf."""
NODES = "market_nodes"
"""Entries of levels of tiles above the leaves."""
CHECKPOINTS = "market_checkpoints"
"""Signed notes, as they were signed here."""
STATE = "market_state"
"""One row: the version of the tables, and how many lines they know."""
_TEXT, _INT, _REAL = "TEXT NOT NULL", "BIGINT NOT NULL", "DOUBLE PRECISION NOT NULL"
_MAYBE_INT, _MAYBE_TEXT = "BIGINT", "TEXT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of rows that are made of lines."""

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    indexes: tuple[str, ...] = ()

    @property
    def names(self) -> str:
        """Its columns, as statements name them."""
        return ", ".join(self.columns)


SOURCES = Table(
    name="market_sources",
    key=("source",),
    columns={"source": _TEXT, "settings": _TEXT, "added_at": _INT, "changed_at": _INT, "who": _TEXT, "line": _INT},
)
CAPTURES = Table(
    name="market_captures",
    key=("id",),
    columns={
        "id": _TEXT,
        "source": _TEXT,
        "url": _TEXT,
        "at": _INT,
        "status": _INT,
        "media_type": _TEXT,
        "sha256": _TEXT,
        "size": _INT,
        "warc": _TEXT,
        "start": _INT,
        "length": _INT,
        "line": _INT,
    },
    indexes=("source, at", "line"),
)
LOOKS = Table(
    name="market_looks",
    key=("line",),
    columns={
        "line": _INT,
        "source": _TEXT,
        "target": _TEXT,
        "way": _TEXT,
        "planned_at": _INT,
        "at": _INT,
        "sight": _TEXT,
        "hindrance": _MAYBE_TEXT,
        "captures": _TEXT,
        "reason": _TEXT,
    },
    indexes=("source, target, line", "planned_at"),
)
OFFERS = Table(
    name="market_offers",
    key=("offer",),
    columns={
        "offer": _TEXT,
        "source": _TEXT,
        "item": _TEXT,
        "url": _TEXT,
        "shop": _TEXT,
        "shop_name": _TEXT,
        "title": _TEXT,
        "text": _TEXT,
        "price": _TEXT,
        "posted_at": _MAYBE_INT,
        "kind": _TEXT,
        "probability": _REAL,
        "reading": _TEXT,
        "handles": _TEXT,
        "pictures": _TEXT,
        "capture": _TEXT,
        "first_at": _INT,
        "last_at": _INT,
        "verdict": _TEXT,
        "note": _TEXT,
        "judged_by": _TEXT,
        "judged_at": _MAYBE_INT,
        "line": _INT,
        "last_line": _INT,
    },
    indexes=("kind, last_at", "source, shop", "verdict, kind, first_at", "line"),
)
OFFER_LINES = Table(
    name="market_offer_lines",
    key=("line",),
    columns={"line": _INT, "offer": _TEXT},
    indexes=("offer",),
)
WORDS = Table(
    name="market_words",
    key=("line",),
    columns={"line": _INT, "kind": _TEXT, "a": _TEXT, "b": _TEXT, "who": _TEXT, "at": _INT, "undone": _MAYBE_INT},
)
REMOVALS = Table(
    name="market_removals",
    key=("line",),
    columns={"line": _INT, "request": _TEXT, "kind": _TEXT, "at": _INT, "who": _TEXT, "body": _TEXT},
    indexes=("request, line",),
)
JARGON = Table(
    name="market_jargon",
    key=("word",),
    columns={"word": _TEXT, "means": _TEXT, "source": _TEXT, "who": _TEXT, "at": _INT, "line": _INT},
)
TOLD = Table(
    name="market_told",
    key=("notice", "about"),
    columns={"notice": _TEXT, "about": _TEXT, "at": _INT, "line": _INT},
)
TABLES = (SOURCES, CAPTURES, LOOKS, OFFERS, OFFER_LINES, WORDS, REMOVALS, JARGON, TOLD)


def make_record() -> list[str]:
    """Statements that make the record where there is none."""
    key = "PRIMARY KEY (level, place)"
    return [
        f"CREATE TABLE IF NOT EXISTS {LINES} (seq BIGINT PRIMARY KEY, line TEXT, leaf TEXT NOT NULL)",
        f"CREATE TABLE IF NOT EXISTS {NODES} (level BIGINT, place BIGINT, node TEXT NOT NULL, {key})",
        f"CREATE TABLE IF NOT EXISTS {CHECKPOINTS} (size BIGINT, note TEXT NOT NULL, PRIMARY KEY (size, note))",
        f"CREATE TABLE IF NOT EXISTS {STATE} (one INTEGER PRIMARY KEY, version BIGINT NOT NULL, size BIGINT NOT NULL)",
    ]


def make_tables() -> list[str]:
    """Statements that make all other tables anew."""
    made = []
    for table in TABLES:
        columns = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
        made.append(f"DROP TABLE IF EXISTS {table.name}")
        made.append(f"CREATE TABLE {table.name} ({columns}, PRIMARY KEY ({', '.join(table.key)}))")
        made += [
            f"CREATE INDEX ix_{table.name}_{number} ON {table.name} ({index})"
            for number, index in enumerate(table.indexes)
        ]
    return made
