"""Runs changes of tables inside the process, through `Database.write`.

1. An upgrade is one transaction: all steps are done, or none.
2. Of several processes that upgrade at once one does, and the others find it done (the database's own lock).
3. Nothing is touched in a database of a version that these scripts don't know: another Wayseal wrote it.
4. The two chains know nothing of each other: each keeps its version in a table of its own.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError

from wayseal.store.database._database import Database
from wayseal.store.database.errors import DatabaseError

Chain = Literal["main", "keys", "console"]
_PLACE = Path(__file__).parent
# Alembic keeps what it works on in module globals: one upgrade at a time in a process.
_ONE = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change of tables: its revision (main_0002), and in a line what it does."""

    revision: str
    what: str


def upgrade(database: Database, chain: Chain, to: str = "head") -> list[Step]:
    """Brings the tables of `chain` to the newest version (or to revision `to`); the steps done, none if it was there.

    Open the database with a long `patience`: a step over many rows may take minutes. DatabaseError where the database
    is of a version that isn't known (rule 3), or refuses.
    """
    script = _script(chain)

    def steps(current: Any, context: MigrationContext) -> Any:
        del context
        return script._upgrade_revs(to, current)

    return _migrate(database, chain, script, steps)


def downgrade(database: Database, chain: Chain, to: str) -> list[Step]:
    """Takes the steps after revision `to` back ("base": all of them); the steps undone, newest first.

    DatabaseError where that would lose what is in the tables. The way back in operation is a backup.
    """
    script = _script(chain)

    def steps(current: Any, context: MigrationContext) -> Any:
        del context
        return script._downgrade_revs(to, current)

    return _migrate(database, chain, script, steps)


def pending(database: Database, chain: Chain) -> list[Step]:
    """The steps that `upgrade` would do. DatabaseError where the database is of a version that isn't known."""
    script = _script(chain)
    current = database.read(_version, chain, script)
    waiting = [_step(s) for s in script.walk_revisions(current or "base", "head") if s.revision != current]
    return waiting[::-1]


def check(database: Database, chain: Chain) -> None:
    """DatabaseError unless the tables of `chain` are of the version that this Wayseal works with."""
    script = _script(chain)
    current, newest = database.read(_version, chain, script), script.get_current_head()
    if current is None:
        raise DatabaseError("the database has no tables of {chain} yet: run `wayseal vault init`", chain=chain)
    if current != newest:
        raise DatabaseError(
            "the tables of {chain} are of version {current}, this Wayseal needs {newest}: run `wayseal vault upgrade`",
            chain=chain,
            current=current,
            newest=newest,
        )


def version(database: Database, chain: Chain) -> str | None:
    """The revision of the tables of `chain`; None: there are none. DatabaseError where it is one that isn't known."""
    return database.read(_version, chain, _script(chain))


def versions(chain: Chain) -> tuple[str, ...]:
    """The revisions that this Wayseal knows, oldest first."""
    return tuple(s.revision for s in _script(chain).walk_revisions())[::-1]


def _script(chain: Chain) -> ScriptDirectory:
    return ScriptDirectory(_PLACE, version_locations=[_PLACE / chain])


def _version_table(chain: Chain) -> str:
    return f"alembic_version_{chain}"


def _version(connection: sa.Connection, chain: Chain, script: ScriptDirectory) -> str | None:
    """The version of the tables; None: there are none. Rule 3."""
    context = MigrationContext.configure(connection, opts={"version_table": _version_table(chain)})
    heads = context.get_current_heads()
    known = {s.revision for s in script.walk_revisions()}
    for head in heads:
        if head not in known:
            raise DatabaseError(
                "the tables of {chain} are of version {current}, and this Wayseal works with {newest}: run the Wayseal "
                "that made them",
                chain=chain,
                current=head,
                newest=script.get_current_head(),
            )
    if len(heads) > 1:
        raise DatabaseError("the tables of {chain} are of several versions at once: restore a backup", chain=chain)
    return heads[0] if heads else None


def _migrate(database: Database, chain: Chain, script: ScriptDirectory, steps: Any) -> list[Step]:
    done: list[Step] = []

    def note(ctx: MigrationContext, step: MigrationInfo, heads: object, run_args: object) -> None:
        del ctx, heads, run_args
        done.extend(_step(s) for s in script.get_revisions(step.up_revision_ids) if s)

    def work(connection: sa.Connection) -> None:
        _version(connection, chain, script)
        with EnvironmentContext(Config(), script, fn=steps) as environment:
            environment.configure(connection=connection, version_table=_version_table(chain), on_version_apply=note)
            environment.run_migrations()

    with _ONE, _worded(chain):
        database.write(work)
    return done


def _step(script: Script) -> Step:
    return Step(revision=script.revision, what=script.doc)


@contextmanager
def _worded(chain: Chain) -> Iterator[None]:
    try:
        yield
    except CommandError:
        raise DatabaseError("there is no such way between versions of the tables of {chain}", chain=chain) from None
