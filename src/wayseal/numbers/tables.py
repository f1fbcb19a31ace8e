"""The tables of the numbers' own database, without personal data. Times are microseconds since 1970, UTC."""

from enum import StrEnum
from pathlib import Path

import sqlalchemy as sa

from wayseal.database import Database, open_database
from wayseal.database.migrations import Chain, version
from wayseal.model.fields import ID, NUMBER
from wayseal.model.messages import N_
from wayseal.numbers.errors import NumbersError

SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""On SQLite the row's own number."""
DECOY = "-"
"""A number that nobody can be given, with a life of its own: `tracking.find` walks it where there is none to show."""
meta = sa.MetaData()
CHAIN = Chain(name="numbers", what="Blocks and states of numbers, their moves, and breaches.", tables=(meta,), first=1)


class NumberState(StrEnum):
    """How far a number's life has come."""

    ISSUED = "issued"
    BOUND = "bound"
    SCANNED = "scanned"
    CLOSED = "closed"
    RETIRED = "retired"
    VOIDED = "voided"
    EXPIRED = "expired"


series = sa.Table(
    "series",
    meta,
    sa.Column("series", sa.String(20), primary_key=True),
    sa.Column("digits", sa.Integer, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("next", sa.BigInteger, nullable=False),
)
"""The first counter of each series (its prefix, `YT`) that was never given out."""
blocks = sa.Table(
    "blocks",
    meta,
    sa.Column("block", SEQ, primary_key=True),
    sa.Column("key", sa.String(ID), unique=True),
    sa.Column("series", sa.String(20), nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("holder", sa.String(ID), nullable=False),
    sa.Column("channel", sa.String(ID), nullable=False),
    sa.Column("outlet", sa.String(ID)),
    sa.Column("issued_at", sa.BigInteger, nullable=False, index=True),
    sa.Column("used", sa.BigInteger, nullable=False),
    sa.Column("used_at", sa.BigInteger),
    sa.Index("blocks_by_first", "series", "epoch", "first"),
)
"""Counters `first` to `first + size - 1`; key: of the request; used: how many were bound; holder "": burnt."""
numbers = sa.Table(
    "numbers",
    meta,
    sa.Column("number", sa.String(NUMBER), primary_key=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("block", sa.BigInteger, nullable=False),
    sa.Column("verifier", sa.LargeBinary, nullable=False),
    sa.Column("order_tag", sa.LargeBinary, unique=True),
    sa.Column("commitment", sa.LargeBinary),
    sa.Column("scanned_at", sa.BigInteger),
    sa.Column("closed_at", sa.BigInteger),
    sa.Column("last", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
    postgresql_with={"fillfactor": 50},
)
"""order_tag: of client and order; commitment: of number, order, phone and city; last: its newest event.

Room on PostgreSQL's pages lets a row that moves stay on its own.
"""
number_events = sa.Table(
    "number_events",
    meta,
    sa.Column("seq", SEQ, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("number", sa.String(NUMBER), nullable=False),
    sa.Column("move", sa.String(10), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("by", sa.String(ID), nullable=False),
    sa.Column("previous", sa.BigInteger),
    sa.Column("facts", sa.Text),
)
"""Only ever added to. state: after it; previous: the number's event before, so that no index of numbers is needed."""
batches = sa.Table(
    "batches",
    meta,
    sa.Column("batch", SEQ, primary_key=True, autoincrement=False),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("previous", sa.LargeBinary, nullable=False),
)
"""What was committed together: its events, and the keyed hash over them and the batch before."""
outlet_hours = sa.Table(
    "outlet_hours",
    meta,
    sa.Column("outlet", sa.String(ID), primary_key=True),
    sa.Column("hour", sa.Integer, primary_key=True),
    sa.Column("scans", sa.Integer, nullable=False),
    sa.Column("unbound", sa.Integer, nullable=False),
)
"""First scans of an hour (since 1970) at an outlet, and those of numbers without an order."""
breaches = sa.Table(
    "breaches",
    meta,
    sa.Column("id", SEQ, primary_key=True),
    sa.Column("kind", sa.String(30), nullable=False),
    sa.Column("number", sa.String(NUMBER), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("day", sa.Integer, nullable=False),
    sa.Column("asker", sa.String(ID), nullable=False),
    sa.Column("holder", sa.String(ID), nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
    sa.UniqueConstraint("asker", "kind", "day", "number"),
    sqlite_autoincrement=True,
)
"""What broke the order, once a kind, number, asker and day (since 1970, UTC); number "": of none alone."""
places = sa.Table(
    "places",
    meta,
    sa.Column("name", sa.String(ID), primary_key=True),
    sa.Column("place", sa.BigInteger, nullable=False),
)
"""How far whoever follows a table has come."""
quotas = sa.Table(
    "quotas",
    meta,
    sa.Column("of", sa.String(ID + 10), primary_key=True),
    sa.Column("day", sa.Integer, primary_key=True),
    sa.Column("used", sa.Integer, nullable=False),
)
"""Questions on bindings: by `client:ID` or `number:NUMBER`, and day (since 1970, UTC)."""


def open_numbers(url: str | Path, *, patience: float = 30) -> Database:
    """Open the numbers database.

    Args:
        url: As `database.open_database` takes it.
        patience: As there.

    Returns:
        To be closed.

    Raises:
        NumbersError: Its tables aren't there, or are of another version.
        DatabaseError: It can't be reached.
    """
    database = open_database(url, patience=patience)
    try:
        if version(database, CHAIN) != CHAIN.revisions[-1]:
            raise NumbersError(N_("this database has no numbers yet: run `wayseal numbers init`"))
    except BaseException:
        database.close()
        raise
    return database
