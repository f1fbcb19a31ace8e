"""Changes of tables, with rows in every table, on both databases."""

import shutil
from collections.abc import Iterator
from multiprocessing import Pipe
from pathlib import Path
from typing import Any, cast, get_args

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from tests.forking import forked
from tests.store.database.places import fresh, opened
from tests.store.database.rows import FRESH, ROWS, Rows
from tests.store.database.writing import upgrade_when_told
from wayseal.console.access._rows import METADATA as ACCESS
from wayseal.console.jobs._rows import METADATA as JOBS
from wayseal.console.tracing._baskets import METADATA as TRACING
from wayseal.store.database import Connection, Database, DatabaseError
from wayseal.store.database._postgresql import LOCK
from wayseal.store.database.migrations import Chain, Step, _run, check, downgrade, pending, upgrade, version
from wayseal.vault import tables

CHAINS: tuple[Chain, ...] = get_args(Chain)
CONSOLE = sa.MetaData()
for _table in [*ACCESS.tables.values(), *JOBS.tables.values(), *TRACING.tables.values()]:
    _table.to_metadata(CONSOLE)
METADATA = {"main": tables.main, "keys": tables.keys, "console": CONSOLE}
NEXT = '''"""A column and a table more."""
import sqlalchemy as sa
from alembic import op

revision = "main_later"
down_revision = "main_newest"


def upgrade():
    op.add_column("facts", sa.Column("extra", sa.Integer, server_default="5"))
    op.create_table("more", sa.Column("x", sa.Integer, primary_key=True, autoincrement=False))


def downgrade():
    op.drop_table("more")
    op.drop_column("facts", "extra")
'''


def revisions(chain: Chain) -> list[Any]:
    """The scripts of a chain, oldest first."""
    return list(_run._script(chain).walk_revisions())[::-1]


EVERY = [(chain, script.revision) for chain in CHAINS for script in revisions(chain)]
NEWEST = revisions("main")[-1].revision
LATER = f"main_{int(NEWEST[-4:]) + 1:04d}"
SCRIPT = NEXT.replace("main_later", LATER).replace("main_newest", NEWEST)


@pytest.fixture
def longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A Wayseal of tomorrow, with a step more in `main`; undo() makes it today's again."""
    place = tmp_path / "migrations"
    shutil.copytree(_run._PLACE, place, ignore=shutil.ignore_patterns("__pycache__"))
    (place / f"main/{LATER}.py").write_text(SCRIPT)
    monkeypatch.setattr(_run, "_PLACE", place)
    monkeypatch.setitem(ROWS, LATER, tomorrow())
    monkeypatch.setitem(FRESH, LATER, {"more"})
    yield monkeypatch
    monkeypatch.undo()


def tomorrow() -> Rows:
    before = ROWS[NEWEST]
    return before | {"facts": [row | {"extra": 5} for row in before["facts"]], "more": [{"x": 1}]}


def contents(connection: Connection, chain: Chain) -> Rows:
    """Every row of every table of a chain, as the database itself describes them."""
    found = sa.MetaData()
    found.reflect(connection)
    other: set[str] = {t for c in CHAINS if c != chain for t in METADATA[c].tables}
    tables = [t for t in found.sorted_tables if t.name not in other and not t.name.startswith(("alembic_", LOCK))]
    return {t.name: ordered([dict(row._mapping) for row in connection.execute(sa.select(t))]) for t in tables}


def ordered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=repr)


def fill(connection: Connection, rows: Rows) -> None:
    found = sa.MetaData()
    found.reflect(connection, only=list(rows))
    for name, lines in rows.items():
        connection.execute(sa.insert(found.tables[name]), lines)


def expected(revision: str) -> Rows:
    return {name: ordered([dict(sorted(r.items())) for r in lines]) for name, lines in ROWS[revision].items()}


def sorted_keys(rows: Rows) -> Rows:
    return {name: ordered([dict(sorted(r.items())) for r in lines]) for name, lines in rows.items()}


def see(database: Database, chain: Chain) -> Rows:
    return sorted_keys(database.read(contents, chain))


def walk(database: Database, chain: Chain, revision: str, before: str | None) -> None:
    """The step to a revision, back and there again, with rows in every table of the revision before."""
    if before:
        upgrade(database, chain, before)
        database.write(fill, ROWS[before])
        assert see(database, chain) == expected(before)
    carried = {name: ([] if name in FRESH[revision] else rows) for name, rows in expected(revision).items()}
    for _ in range(2):
        assert [s.revision for s in upgrade(database, chain, revision)] == [revision]
        assert see(database, chain) == carried
        assert [s.revision for s in downgrade(database, chain, before or "base")] == [revision]
        assert see(database, chain) == (expected(before) if before else {})
    upgrade(database, chain, revision)
    database.write(fill, {name: ROWS[revision][name] for name in FRESH[revision]})
    assert see(database, chain) == expected(revision)


def test_every_revision_and_every_table_is_tested_with_rows(database: Database) -> None:
    assert set(ROWS) == set(FRESH) == {revision for _, revision in EVERY}
    for chain, revision in EVERY:
        upgrade(database, chain, revision)
        assert set(see(database, chain)) == set(ROWS[revision])
    assert all(lines for rows in ROWS.values() for lines in rows.values())


@pytest.mark.parametrize(("chain", "revision"), EVERY)
def test_a_step_keeps_every_row(chain: Chain, revision: str, database: Database) -> None:
    script = _run._script(chain).get_revision(revision)
    walk(database, chain, revision, cast("str | None", script.down_revision))


def test_a_later_step_keeps_every_row(longer: pytest.MonkeyPatch, database: Database) -> None:
    del longer
    walk(database, "main", LATER, NEWEST)


def test_the_walk_sees_a_step_that_loses_a_row(longer: pytest.MonkeyPatch, database: Database) -> None:
    del longer
    script = _run._PLACE / f"main/{LATER}.py"
    script.write_text(SCRIPT.replace("    op.create_table", '    op.execute("DELETE FROM nodes")\n    op.create_table'))
    with pytest.raises(AssertionError):
        walk(database, "main", LATER, NEWEST)


def described(connection: Connection, chain: Chain) -> dict[str, object]:
    """What Alembic's comparison leaves out, too: the order of columns and of those in a key, and SQLite's own types."""
    seen = sa.inspect(connection)
    return {
        name: (
            [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in seen.get_columns(name)],
            seen.get_pk_constraint(name)["constrained_columns"],
            [(i["name"], i["column_names"], i["unique"]) for i in seen.get_indexes(name)],
        )
        for name in METADATA[chain].tables
    }


@pytest.mark.parametrize("chain", CHAINS)
def test_what_is_made_is_what_the_code_works_with(chain: Chain, database: Database, tmp_path: Path) -> None:
    for each in CHAINS:  # Both in one database: neither is in the other's way (rule 4).
        upgrade(database, each)

    def differences(connection: Connection) -> object:
        tables = METADATA[chain].tables
        options = {"include_name": lambda name, kind, parents: kind != "table" or name in tables}
        return compare_metadata(MigrationContext.configure(connection, opts=options), METADATA[chain])

    assert database.read(differences) == []
    shape = database.read(described, chain)
    with fresh(database.dialect, tmp_path) as url, opened(url) as other:
        other.write(METADATA[chain].create_all)
        assert shape == other.read(described, chain)
    for each in CHAINS:
        check(database, each)
        assert version(database, each) == revisions(each)[-1].revision
        assert pending(database, each) == upgrade(database, each) == []


def test_a_database_without_tables_says_so(database: Database) -> None:
    database.write(lambda c: None)
    for chain in CHAINS:
        with pytest.raises(DatabaseError, match=f"no tables of {chain} yet: run `wayseal vault init`"):
            check(database, chain)
        assert pending(database, chain)[0].revision == revisions(chain)[0].revision
        assert version(database, chain) is None


def test_an_older_database_is_told_apart(longer: pytest.MonkeyPatch, database: Database) -> None:
    del longer
    upgrade(database, "main", NEWEST)
    with pytest.raises(DatabaseError, match=f"version {NEWEST}, this Wayseal needs {LATER}.*vault upgrade"):
        check(database, "main")
    assert pending(database, "main") == [Step(revision=LATER, what="A column and a table more.")]
    assert upgrade(database, "main") == [Step(revision=LATER, what="A column and a table more.")]
    check(database, "main")


def test_a_newer_database_is_left_alone(longer: pytest.MonkeyPatch, database: Database) -> None:
    upgrade(database, "main")
    longer.undo()
    before = see(database, "main")
    for act in (check, pending, upgrade):
        with pytest.raises(DatabaseError, match=f"version {LATER}, and this Wayseal works with {NEWEST}"):
            act(database, "main")
    assert see(database, "main") == before


def test_a_table_of_versions_with_two_is_refused(database: Database) -> None:
    upgrade(database, "main")
    script = _run._script("main")
    database.write(lambda c: c.exec_driver_sql("INSERT INTO alembic_version_main VALUES ('base_of_nothing')") and None)
    with pytest.raises(DatabaseError, match="base_of_nothing"):
        check(database, "main")
    assert script.get_current_head() == NEWEST


def test_a_step_that_fails_leaves_nothing(longer: pytest.MonkeyPatch, database: Database) -> None:
    del longer
    (_run._PLACE / f"main/{LATER}.py").write_text(
        SCRIPT.replace("    op.create_table", "    op.nothing()\n    op.create_table")
    )
    with pytest.raises(AttributeError):
        upgrade(database, "main")
    assert see(database, "main") == {}
    upgrade(database, "main", NEWEST)


def test_steps_back_refuse_to_lose_rows(database: Database) -> None:
    for chain in CHAINS:
        upgrade(database, chain)
        database.write(fill, ROWS[revisions(chain)[-1].revision])
        with pytest.raises(DatabaseError, match="holds rows"):
            downgrade(database, chain, "base")
        check(database, chain)


def test_ways_that_lead_nowhere_are_refused(database: Database) -> None:
    with pytest.raises(DatabaseError, match="no such way"):
        upgrade(database, "main", "main_9999")
    with pytest.raises(DatabaseError, match="no such way"):
        downgrade(database, "main", NEWEST)


def test_of_processes_that_upgrade_at_once_one_does(url: str) -> None:
    lines = [Pipe() for _ in range(3)]
    running = [forked(upgrade_when_told, url, theirs) for _, theirs in lines]
    for ours, theirs in lines:
        theirs.close()  # so that one that ends early is told, and not waited for
        ours.send("go")
    assert all(ours.poll(120) for ours, _ in lines)
    assert sorted(ours.recv() for ours, _ in lines) == [0, 0, len(revisions("main"))]
    for process, ends in zip(running, lines, strict=True):
        process.join(60)
        assert process.exitcode == 0
        for end in ends:
            end.close()
    with opened(url) as database:
        check(database, "main")
