"""The record's tables: the lines and their tree, which are the truth, and what is made of the lines alone."""

from functools import partial

from wayseal.database import Connection, execute
from wayseal.journal.projection import (
    INT,
    MAYBE_INT,
    MAYBE_REAL,
    MAYBE_TEXT,
    REAL,
    TEXT,
    Projection,
    Table,
    make_nodes,
    nodes_table,
)
from wayseal.market.log.lines import BY_HAND as _BY_HAND

VERSION = 4
"""Of the tables that are made of lines: with another one they are made anew."""
PREFIX = "market_"
LINES = f"{PREFIX}lines"
NODES = nodes_table(PREFIX)
BY_HAND = "kind IN ({})".format(", ".join(f"'{kind}'" for kind in sorted(_BY_HAND)))
"""Lines of people, to the letter as their index has it: databases use it for nothing else."""
_table = partial(Table, prefix=PREFIX)
SOURCES = _table(
    name="sources",
    key=("source",),
    columns={
        "source": TEXT,
        "kind": TEXT,
        "settings": TEXT,
        "since": INT,
        "planned": INT,
        "made": INT,
        "looked_at": MAYBE_INT,
        "sight": MAYBE_TEXT,
        "hindrance": MAYBE_TEXT,
        "failure": MAYBE_TEXT,
        "seen_at": MAYBE_INT,
        "unseen_since": MAYBE_INT,
        "next_at": MAYBE_INT,
        "offers": INT,
    },
)
CAPTURES = _table(
    name="captures",
    key=("capture",),
    columns={
        "capture": TEXT,
        "seq": INT,
        "source": TEXT,
        "url": TEXT,
        "at": INT,
        "status": INT,
        "media_type": TEXT,
        "sha256": TEXT,
        "size": INT,
        "warc": TEXT,
        "start": INT,
        "length": INT,
    },
    indexes=("seq", "source, at"),
)
PURGED = _table(name="purged", key=("capture",), columns={"capture": TEXT, "at": INT, "sha256": MAYBE_TEXT})
LOOKS = _table(
    name="looks",
    key=("seq",),
    columns={
        "seq": INT,
        "source": TEXT,
        "target": TEXT,
        "planned_at": INT,
        "at": INT,
        "sight": TEXT,
        "hindrance": MAYBE_TEXT,
        "offers": INT,
    },
    indexes=("source, seq", "at"),
)
OFFERS = _table(
    name="offers",
    key=("offer",),
    columns={
        "offer": TEXT,
        "seq": INT,
        "source": TEXT,
        "shop": TEXT,
        "shop_name": TEXT,
        "title": TEXT,
        "text": TEXT,
        "url": TEXT,
        "price": TEXT,
        "posted_at": MAYBE_INT,
        "first_at": INT,
        "last_at": INT,
        "gone_at": MAYBE_INT,
        "capture": TEXT,
        "kind": TEXT,
        "probability": REAL,
        "reading": TEXT,
        "pictures": TEXT,
        "versions": INT,
        "digest": MAYBE_TEXT,
        "seller": MAYBE_TEXT,
        "state": TEXT,
        "decided_by": MAYBE_TEXT,
        "decided_at": MAYBE_INT,
        "reason": MAYBE_TEXT,
        "ours": INT,
    },
    indexes=("state, kind, seq", "state, seq", "seller, first_at", "source, seq", "shop", "first_at"),
)
SAID = _table(
    name="said",
    key=("offer", "what", "value"),
    columns={"offer": TEXT, "what": TEXT, "value": TEXT, "number": MAYBE_REAL, "at": INT},
    indexes=("what, value, at", "what, at"),
)
LINKS = _table(
    name="links",
    key=("a", "b", "signal", "detail"),
    columns={
        "a": TEXT,
        "b": TEXT,
        "signal": TEXT,
        "detail": TEXT,
        "weight": REAL,
        "capture_a": TEXT,
        "capture_b": TEXT,
        "seq": INT,
    },
    indexes=("b", "seq"),
)
SHOPS = _table(
    name="shops",
    key=("shop",),
    columns={
        "shop": TEXT,
        "source": TEXT,
        "name": TEXT,
        "state": TEXT,
        "since": INT,
        "first_at": INT,
        "last_at": INT,
        "gone_at": MAYBE_INT,
        "next_at": MAYBE_INT,
        "memory": TEXT,
    },
    indexes=("state, since", "next_at", "source"),
)
BACKS = _table(
    name="backs",
    key=("seq",),
    columns={
        "seq": INT,
        "shop": TEXT,
        "was": TEXT,
        "seller": TEXT,
        "at": INT,
        "weight": REAL,
        "offer": TEXT,
        "was_offer": TEXT,
    },
    indexes=("at", "seller"),
)
WORDS_OF_PEOPLE = _table(
    name="judged",
    key=("seq",),
    columns={"seq": INT, "word": TEXT, "a": TEXT, "b": TEXT, "who": TEXT, "why": TEXT, "undone_by": MAYBE_INT},
    indexes=("a", "b"),
)
NUMBERS = _table(
    name="numbers",
    key=("waybill", "offer"),
    columns={"waybill": TEXT, "offer": TEXT, "at": INT, "canary": INT, "capture": TEXT, "expected_false": REAL},
    indexes=("offer", "at"),
)
REQUESTS = _table(
    name="requests",
    key=("request",),
    columns={"request": TEXT, "target": TEXT, "asked_at": INT, "outcome": TEXT, "acts": TEXT},
    indexes=("target", "outcome, asked_at"),
)
WORDS = _table(
    name="words",
    key=("word",),
    columns={"word": TEXT, "kind": TEXT, "meaning": TEXT, "state": TEXT, "who": TEXT, "at": INT, "why": TEXT},
)
LEARNT = _table(
    name="learnt",
    key=("seq",),
    columns={"seq": INT, "at": INT, "who": TEXT, "why": TEXT, "body": TEXT, "undone_by": MAYBE_INT},
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
    REQUESTS,
    WORDS,
    LEARNT,
)


PROJECTION = Projection(prefix=PREFIX, version=VERSION, tables=TABLES)


def make_record(c: Connection) -> None:
    """Makes the lines' tables where there are none."""
    execute(c, f"CREATE TABLE IF NOT EXISTS {LINES} (seq BIGINT PRIMARY KEY, kind TEXT NOT NULL, content TEXT)", [()])
    execute(c, f"CREATE INDEX IF NOT EXISTS ix_{LINES}_of_people ON {LINES} (seq) WHERE {BY_HAND}", [()])
    make_nodes(c, NODES)
    PROJECTION.prepare(c)
