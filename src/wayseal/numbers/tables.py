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


def _key(name: str, size: int = ID) -> sa.Column[str]:
    return sa.Column(name, sa.String(size), primary_key=True)


def _texts(*names: str, size: int = ID, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(size), nullable=nullable) for name in names]


def _whole(*names: str, nullable: bool = False, key: bool = False) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=nullable, primary_key=key) for name in names]


def _row(name: str) -> sa.Column[int]:
    return sa.Column(name, SEQ, primary_key=True, autoincrement=False)


sa.Table("series", meta, _key("series"), *_whole("digits", "epoch", "next"))
"""The first counter of each series (its prefix, `YT`) that was never given out."""
sa.Table(
    "blocks",
    meta,
    _row("block"),
    sa.Column("key", sa.String(2 * ID), unique=True),
    *_texts("series", "holder", "channel"),
    *_texts("outlet", nullable=True),
    *_whole("epoch", "first", "size", "issued_at", "used"),
    *_whole("used_at", nullable=True),
)
"""Counters `first` to `first + size - 1`; key: of the request; used: how many were bound; holder "": burnt."""
sa.Table(
    "numbers",
    meta,
    _key("number", NUMBER),
    *_texts("state", size=10),
    *_whole("block", "last"),
    sa.Column("verifier", sa.LargeBinary, nullable=False),
    sa.Column("order_tag", sa.LargeBinary, unique=True),
    sa.Column("commitment", sa.LargeBinary),
    *_whole("scanned_at", "closed_at", nullable=True),
    sqlite_with_rowid=False,
    postgresql_with={"fillfactor": 50},
)
"""order_tag: of client and order; commitment: of number, order, phone and city; last: its newest event.

Room on PostgreSQL's pages lets a row that moves stay on its own.
"""
sa.Table(
    "number_events",
    meta,
    _row("seq"),
    *_whole("at"),
    *_texts("number", "move", "state", "by"),
    *_whole("previous", nullable=True),
    sa.Column("facts", sa.Text),
)
"""Only ever added to. state: after it; previous: the number's event before, so that no index of numbers is needed."""
_DIGESTS = [sa.Column(name, sa.LargeBinary, nullable=False) for name in ("digest", "previous")]
sa.Table("batches", meta, _row("batch"), *_whole("first", "count"), *_DIGESTS)
"""What was committed together: its events, and the keyed hash over them and the batch before."""
sa.Table("outlet_hours", meta, _key("outlet"), *_whole("hour", key=True), *_whole("scans", "unbound"))
"""First scans of an hour (since 1970) at an outlet, and those of numbers without an order."""
sa.Table(
    "breaches",
    meta,
    sa.Column("id", SEQ, primary_key=True),
    *_texts("kind", "number", "asker", "holder"),
    *_whole("at", "day"),
    sa.Column("facts", sa.Text, nullable=False),
    sa.UniqueConstraint("asker", "kind", "day", "number"),
    sqlite_autoincrement=True,
)
"""What broke the order, once a kind, number, asker and day (since 1970, UTC); number "": of none alone."""
sa.Table("places", meta, _key("name"), *_whole("place"))
"""How far whoever follows a table has come."""
sa.Table("quotas", meta, _key("of", 2 * ID), *_whole("day", key=True), *_whole("used"))
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
        if not database.has_table("numbers") or version(database, CHAIN) != CHAIN.revisions[-1]:
            raise NumbersError(N_("this database has no numbers yet: run `wayseal numbers init`"))
    except BaseException:
        database.close()
        raise
    return database
