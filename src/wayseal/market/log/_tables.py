"""The record's tables: the lines and their tree, which are the truth, and what is made of the lines alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wayseal.market.log.lines import BY_HAND as _BY_HAND

VERSION = 1
"""Of the tables that are made of lines: with another one they are made anew."""
PREFIX = "market_"
LINES, NODES, STATE = f"{PREFIX}lines", f"{PREFIX}nodes", f"{PREFIX}state"
BY_HAND = "kind IN ({})".format(", ".join(f"'{kind}'" for kind in sorted(_BY_HAND)))
"""Lines of people, to the letter as their index has it: databases use it for nothing else."""
_TEXT, _INT, _REAL = "TEXT NOT NULL", "BIGINT NOT NULL", "DOUBLE PRECISION NOT NULL"
_MAYBE_TEXT, _MAYBE_INT, _MAYBE_REAL = "TEXT", "BIGINT", "DOUBLE PRECISION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table that is made of lines. key: columns that name a row."""

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    indexes: tuple[str, ...] = field(default=())

    @property
    def full_name(self) -> str:
        """In the database."""
        return PREFIX + self.name


SOURCES = Table(
    name="sources",
    key=("source",),
    columns={
        "source": _TEXT,
        "kind": _TEXT,
        "settings": _TEXT,
        "since": _INT,
        "planned": _INT,
        "made": _INT,
        "looked_at": _MAYBE_INT,
        "sight": _MAYBE_TEXT,
        "hindrance": _MAYBE_TEXT,
        "seen_at": _MAYBE_INT,
        "unseen_since": _MAYBE_INT,
        "next_at": _MAYBE_INT,
        "offers": _INT,
    },
)
CAPTURES = Table(
    name="captures",
    key=("capture",),
    columns={
        "capture": _TEXT,
        "seq": _INT,
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
    },
    indexes=("seq", "source, at"),
)
PURGED = Table(name="purged", key=("capture",), columns={"capture": _TEXT, "at": _INT})
LOOKS = Table(
    name="looks",
    key=("seq",),
    columns={
        "seq": _INT,
        "source": _TEXT,
        "target": _TEXT,
        "planned_at": _INT,
        "at": _INT,
        "sight": _TEXT,
        "hindrance": _MAYBE_TEXT,
        "offers": _INT,
    },
    indexes=("source, seq", "at"),
)
OFFERS = Table(
    name="offers",
    key=("offer",),
    columns={
        "offer": _TEXT,
        "seq": _INT,
        "source": _TEXT,
        "shop": _TEXT,
        "shop_name": _TEXT,
        "title": _TEXT,
        "text": _TEXT,
        "url": _TEXT,
        "price": _TEXT,
        "posted_at": _MAYBE_INT,
        "first_at": _INT,
        "last_at": _INT,
        "gone_at": _MAYBE_INT,
        "capture": _TEXT,
        "kind": _TEXT,
        "probability": _REAL,
        "reading": _TEXT,
        "pictures": _TEXT,
        "versions": _INT,
        "digest": _MAYBE_TEXT,
        "seller": _MAYBE_TEXT,
        "state": _TEXT,
        "decided_by": _MAYBE_TEXT,
        "decided_at": _MAYBE_INT,
        "reason": _MAYBE_TEXT,
        "ours": _INT,
    },
    indexes=("state, kind, seq", "state, seq", "seller, first_at", "source, seq", "shop", "first_at"),
)
SAID = Table(
    name="said",
    key=("offer", "what", "value"),
    columns={"offer": _TEXT, "what": _TEXT, "value": _TEXT, "number": _MAYBE_REAL, "at": _INT},
    indexes=("what, value, at", "what, at"),
)
LINKS = Table(
    name="links",
    key=("a", "b", "signal", "detail"),
    columns={
        "a": _TEXT,
        "b": _TEXT,
        "signal": _TEXT,
        "detail": _TEXT,
        "weight": _REAL,
        "capture_a": _TEXT,
        "capture_b": _TEXT,
        "seq": _INT,
    },
    indexes=("b", "seq"),
)
SHOPS = Table(
    name="shops",
    key=("shop",),
    columns={
        "shop": _TEXT,
        "source": _TEXT,
        "name": _TEXT,
        "state": _TEXT,
        "since": _INT,
        "first_at": _INT,
        "last_at": _INT,
        "gone_at": _MAYBE_INT,
        "next_at": _MAYBE_INT,
        "memory": _TEXT,
    },
    indexes=("state, since", "next_at", "source"),
)
BACKS = Table(
    name="backs",
    key=("seq",),
    columns={
        "seq": _INT,
        "shop": _TEXT,
        "was": _TEXT,
        "seller": _TEXT,
        "at": _INT,
        "weight": _REAL,
        "offer": _TEXT,
        "was_offer": _TEXT,
    },
    indexes=("at", "seller"),
)
WORDS_OF_PEOPLE = Table(
    name="judged",
    key=("seq",),
    columns={"seq": _INT, "word": _TEXT, "a": _TEXT, "b": _TEXT, "who": _TEXT, "why": _TEXT, "undone_by": _MAYBE_INT},
    indexes=("a", "b"),
)
NUMBERS = Table(
    name="numbers",
    key=("waybill", "offer"),
    columns={"waybill": _TEXT, "offer": _TEXT, "at": _INT, "canary": _INT, "capture": _TEXT, "expected_false": _REAL},
    indexes=("offer", "at"),
)
REMOVALS = Table(
    name="removals",
    key=("removal",),
    columns={
        "removal": _TEXT,
        "target": _TEXT,
        "source": _TEXT,
        "rule": _TEXT,
        "captures": _TEXT,
        "asked_at": _INT,
        "who": _TEXT,
        "why": _TEXT,
        "reminders": _INT,
        "reminded_at": _MAYBE_INT,
        "answers": _TEXT,
        "outcome": _MAYBE_TEXT,
        "closed_at": _MAYBE_INT,
    },
    indexes=("target", "outcome, asked_at"),
)
WORDS = Table(
    name="words",
    key=("word",),
    columns={"word": _TEXT, "kind": _TEXT, "meaning": _TEXT, "who": _TEXT, "at": _INT, "taken_out": _INT},
)
TABLES = (
    SOURCES,
    CAPTURES,
    PURGED,
    LOOKS,
    OFFERS,
    SAID,
    LINKS,
    SHOPS,
    BACKS,
    WORDS_OF_PEOPLE,
    NUMBERS,
    REMOVALS,
    WORDS,
)


def make_record() -> list[str]:
    """Statements that make the lines' tables where there are none."""
    return [
        f"CREATE TABLE IF NOT EXISTS {LINES} (seq BIGINT PRIMARY KEY, kind TEXT NOT NULL, content TEXT)",
        f"CREATE TABLE IF NOT EXISTS {NODES} (level {_INT}, place {_INT}, hash {_TEXT}, PRIMARY KEY (level, place))",
        f"CREATE TABLE IF NOT EXISTS {STATE} (one INTEGER PRIMARY KEY, version BIGINT NOT NULL, line BIGINT NOT NULL)",
        f"CREATE INDEX IF NOT EXISTS ix_{LINES}_by_hand ON {LINES} (seq) WHERE {BY_HAND}",
    ]


def make_tables() -> list[str]:
    """Statements that make all other tables anew, and what they are found by."""
    made = []
    for table in TABLES:
        columns = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
        made.append(f"DROP TABLE IF EXISTS {table.full_name}")
        made.append(f"CREATE TABLE {table.full_name} ({columns}, PRIMARY KEY ({', '.join(table.key)}))")
        for number, index in enumerate(table.indexes):
            made.append(f"CREATE INDEX ix_{table.full_name}_{number} ON {table.full_name} ({index})")
    return made
