"""Versions of tables: made as they are today where there are none, and changed step by step from then on.

1. An upgrade is one transaction: all steps are done, or none.
2. Of several processes that upgrade at once one does, and the others find it done (the database's own lock).
3. Nothing is touched in a database of a version that isn't known: another Wayseal wrote it.
4. Chains know nothing of each other: each keeps its version in a table of its own.
5. A change brings tables of the version before to the next, with all their rows. What it leaves is what `Chain.tables`
   make where there was nothing: a test compares both.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from wayseal.database._database import Database
from wayseal.database.errors import DatabaseError


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change of tables: its revision (main_0003), and in a line what it does."""

    revision: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A step that brings tables to the next version. work: runs in the upgrade's transaction."""

    what: str
    work: Callable[[sa.Connection], None] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Tables that have a version together.

    Attributes:
        name: Begins their revisions.
        what: What is in them, in a line.
        tables: As they are now.
        first: Number of the oldest version that is known.
        changes: Those since, oldest first.
    """

    name: str
    what: str
    tables: Sequence[sa.MetaData] = field(repr=False)
    first: int
    changes: Sequence[Change] = ()

    @property
    def revisions(self) -> tuple[str, ...]:
        """The versions that this Wayseal knows, oldest first."""
        return tuple(f"{self.name}_{self.first + number:04d}" for number in range(len(self.changes) + 1))

    @property
    def version_table(self) -> sa.Table:
        """Holds one row: the version of the tables."""
        revision = sa.Column("revision", sa.String(40), primary_key=True)
        return sa.Table(f"version_of_{self.name}", sa.MetaData(), revision)


def upgrade(database: Database, chain: Chain) -> list[Step]:
    """Brings the tables of `chain` to the newest version; the steps done, none if it was there.

    Open the database with a long `patience`: a step over many rows may take minutes. DatabaseError where the database
    is of a version that isn't known (rule 3), or refuses.
    """

    def work(connection: sa.Connection) -> list[Step]:
        standing = _version(connection, chain)
        steps, table = _steps(chain, standing), chain.version_table
        if not steps:
            return []
        if standing is None:
            for tables in chain.tables:
                tables.create_all(connection)
            table.create(connection)
        else:
            for change in chain.changes[len(chain.changes) - len(steps) :]:
                change.work(connection)
            connection.execute(table.delete())
        connection.execute(table.insert().values(revision=chain.revisions[-1]))
        return steps

    return database.write(work)


def pending(database: Database, chain: Chain) -> list[Step]:
    """The steps that `upgrade` would do. DatabaseError where the database is of a version that isn't known."""
    return _steps(chain, version(database, chain))


def version(database: Database, chain: Chain) -> str | None:
    """The revision of the tables of `chain`; None: there are none. DatabaseError where it is one that isn't known."""
    return database.read(_version, chain)


def check(database: Database, chain: Chain) -> None:
    """DatabaseError unless the tables of `chain` are of the version that this Wayseal works with."""
    current, newest = version(database, chain), chain.revisions[-1]
    if current is None:
        raise DatabaseError("the database has no tables of {chain} yet: run `wayseal vault init`", chain=chain.name)
    if current != newest:
        raise DatabaseError(
            "the tables of {chain} are of version {current}, this Wayseal needs {newest}: run `wayseal vault upgrade`",
            chain=chain.name,
            current=current,
            newest=newest,
        )


def _steps(chain: Chain, standing: str | None) -> list[Step]:
    if standing is None:
        return [Step(revision=chain.revisions[-1], what=chain.what)]
    since = chain.revisions.index(standing)
    pairs = zip(chain.revisions[1:], chain.changes, strict=True)
    return [Step(revision=revision, what=change.what) for revision, change in pairs][since:]


def _version(connection: sa.Connection, chain: Chain) -> str | None:
    """The version of the tables; None: there are none. Rule 3."""
    there = set(sa.inspect(connection).get_table_names())
    table = chain.version_table
    if table.name not in there:
        if any(there.intersection(tables.tables) for tables in chain.tables):
            raise DatabaseError(
                "the tables of {chain} are of a version before the first that counts: begin with an empty database",
                chain=chain.name,
            )
        return None
    found: list[str] = list(connection.execute(sa.select(table.c.revision)).scalars())
    if len(found) != 1:
        raise DatabaseError("the tables of {chain} are of several versions at once: restore a backup", chain=chain.name)
    if found[0] not in chain.revisions:
        raise DatabaseError(
            "the tables of {chain} are of version {current}, and this Wayseal works with {newest}: run the Wayseal "
            "that made them",
            chain=chain.name,
            current=found[0],
            newest=chain.revisions[-1],
        )
    return found[0]
