"""Versions of tables, with rows in every table, on both databases."""

from collections.abc import Sequence
from multiprocessing import Pipe
from typing import Any

import pytest
import sqlalchemy as sa

from tests.database.places import opened
from tests.database.rows import ROWS, Rows
from tests.database.writing import upgrade_when_told
from tests.forking import forked
from wayseal.console.serve import TABLES
from wayseal.database import Connection, Database, DatabaseError
from wayseal.database.migrations import Chain, Change, Step, check, pending, upgrade, version
from wayseal.vault.tables import CHAINS, ChainName, main

EVERY: tuple[Chain, ...] = (*CHAINS.values(), TABLES)
NEWEST, LATER = "main_0003", "main_0004"
LATER_TABLES = sa.MetaData()
for _table in main.sorted_tables:
    _table.to_metadata(LATER_TABLES)
LATER_TABLES.tables["facts"].append_column(sa.Column("extra", sa.Integer, server_default="5"))
sa.Table("more", LATER_TABLES, sa.Column("x", sa.Integer, primary_key=True, autoincrement=False))


def add_more(connection: Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE facts ADD COLUMN extra INTEGER DEFAULT '5'")
    LATER_TABLES.tables["more"].create(connection)


def later(*work: Any) -> Chain:
    """A Wayseal of tomorrow, with a change more in `main`."""
    changes = [Change(what="A column and a table more.", work=one) for one in work or (add_more,)]
    return Chain(name="main", what="All.", tables=(LATER_TABLES,), first=3, changes=changes)


def contents(connection: Connection, chain: ChainName) -> Rows:
    """Every row of every table of a chain, as the database itself describes them."""
    return see(connection, CHAINS[chain].tables)


def see(connection: Connection, wanted: Sequence[sa.MetaData]) -> Rows:
    there, found = sa.inspect(connection).get_table_names(), sa.MetaData()
    found.reflect(connection, only=[name for each in wanted for name in each.tables if name in there])
    return {
        t.name: sorted([dict(sorted(row._asdict().items())) for row in connection.execute(sa.select(t))], key=repr)
        for t in found.sorted_tables
    }


def fill(connection: Connection, rows: Rows) -> None:
    found = sa.MetaData()
    found.reflect(connection, only=list(rows))
    for name, lines in rows.items():
        connection.execute(sa.insert(found.tables[name]), lines)


def described(connection: Connection) -> dict[str, object]:
    """Tables as the database has them: columns, keys, indexes."""
    seen = sa.inspect(connection)
    return {
        name: (
            [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in seen.get_columns(name)],
            seen.get_pk_constraint(name)["constrained_columns"],
            [(i["name"], i["column_names"], i["unique"]) for i in seen.get_indexes(name)],
        )
        for name in seen.get_table_names()
    }


def test_chains_lie_in_one_database_and_are_made_once(database: Database) -> None:
    """Rule 4."""
    for chain in EVERY:
        newest = chain.revisions[-1]
        assert [step.revision for step in upgrade(database, chain)] == [newest]
        assert version(database, chain) == newest
        assert pending(database, chain) == upgrade(database, chain) == []
    for chain in EVERY:
        check(database, chain)
    for name, rows in ROWS.items():
        assert set(rows) == set(database.read(contents, name))


def test_a_database_without_tables_says_so(database: Database) -> None:
    database.write(lambda c: None)
    for chain in EVERY:
        with pytest.raises(DatabaseError, match=f"no tables of {chain.name} yet: run `wayseal vault init`"):
            check(database, chain)
        assert [step.revision for step in pending(database, chain)] == [chain.revisions[-1]]
        assert version(database, chain) is None


def test_a_change_keeps_every_row_and_leaves_what_is_made_anew(database: Database, url: str) -> None:
    """Rule 5."""
    upgrade(database, CHAINS["main"])
    database.write(fill, ROWS["main"])
    with pytest.raises(DatabaseError, match=f"version {NEWEST}, this Wayseal needs {LATER}.*vault upgrade"):
        check(database, later())
    done = [Step(revision=LATER, what="A column and a table more.")]
    assert pending(database, later()) == upgrade(database, later()) == done
    check(database, later())
    before = database.read(see, [LATER_TABLES])
    assert before.pop("more") == []
    assert [row.pop("extra") for row in before["facts"]] == [5] * len(ROWS["main"]["facts"])
    wanted = {name: sorted([dict(sorted(r.items())) for r in rows], key=repr) for name, rows in ROWS["main"].items()}
    assert before == wanted
    shape = database.read(described)
    database.write(LATER_TABLES.drop_all)
    database.write(lambda c: c.exec_driver_sql("DROP TABLE version_of_main") and None)
    upgrade(database, later())
    assert database.read(described) == shape


def test_a_newer_database_is_left_alone(database: Database) -> None:
    upgrade(database, later())
    for act in (check, pending, upgrade):
        with pytest.raises(DatabaseError, match=f"version {LATER}, and this Wayseal works with {NEWEST}"):
            act(database, CHAINS["main"])


def test_tables_of_before_and_of_two_versions_are_refused(database: Database) -> None:
    database.write(main.tables["facts"].create)
    for act in (check, pending, upgrade):
        with pytest.raises(DatabaseError, match="tables of main are of a version before the first"):
            act(database, CHAINS["main"])
    upgrade(database, CHAINS["keys"])
    database.write(lambda c: c.exec_driver_sql("INSERT INTO version_of_keys VALUES ('keys_0009')") and None)
    with pytest.raises(DatabaseError, match="several versions"):
        check(database, CHAINS["keys"])


def test_a_change_that_fails_leaves_nothing(database: Database) -> None:
    """Rule 1."""
    upgrade(database, CHAINS["main"])
    before = database.read(described)
    with pytest.raises(DatabaseError):
        upgrade(database, later(add_more, add_more))
    assert database.read(described) == before
    check(database, CHAINS["main"])


def test_of_processes_that_upgrade_at_once_one_does(url: str) -> None:
    """Rule 2."""
    lines = [Pipe() for _ in range(3)]
    running = [forked(upgrade_when_told, url, theirs) for _, theirs in lines]
    for ours, theirs in lines:
        theirs.close()  # so that one that ends early is told, and not waited for
        ours.send("go")
    assert all(ours.poll(120) for ours, _ in lines)
    assert sorted(ours.recv() for ours, _ in lines) == [0, 0, 1]
    for process, ends in zip(running, lines, strict=True):
        process.join(60)
        assert process.exitcode == 0
        for end in ends:
            end.close()
    with opened(url) as database:
        check(database, CHAINS["main"])
