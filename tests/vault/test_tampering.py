"""Whoever administers the databases changes nothing unseen: every column of every table, on both."""

import random
from collections import defaultdict
from typing import Any

import pytest
import sqlalchemy as sa

from tests.vault.tampering import UNCOVERED, change, fill, found, kind_of, put_back, rows_of, values_for
from tests.vault.world import World
from wayseal.store.database import Database
from wayseal.vault import tables as t
from wayseal.vault.verification import TableCode

CHANGES = 3


def databases(world: World) -> list[tuple[Database, sa.MetaData]]:
    return [(world.main, t.main), (world.keys, t.keys)]


def test_what_nobody_touched_is_as_it_was(both: World) -> None:
    fill(both)
    assert found(both) == []
    for database, metadata in databases(both):
        assert all(rows_of(database, table) for table in metadata.sorted_tables)


def _names(where: str, table: sa.Table, row: dict[str, Any]) -> bool:
    """Whether a finding says which row it is: the row itself, the waybill it belongs to, or the report of scans."""
    report = f"entries/{row['entry']}" if table is t.scans else None
    return where.startswith(f"{table.name}/") or where == f"waybills/{row.get('waybill')}" or where == report


@pytest.mark.slow
def test_every_column_of_every_table(both: World) -> None:
    """Found and named, or listed as not covered: three changes each. Nothing makes verifying raise."""
    fill(both)
    chance = random.Random(7)
    missed: dict[tuple[str, str], list[Any]] = defaultdict(list)
    tried = 0
    for database, metadata in databases(both):
        for table in metadata.sorted_tables:
            rows = rows_of(database, table)
            for column in table.c:
                done = 0
                for row in chance.sample(rows, len(rows)):
                    for value in values_for(kind_of(column), row[column.name], database.dialect, chance):
                        if not change(database, column, row, value):
                            continue
                        findings = found(both)
                        tried, done = tried + 1, done + 1
                        if not any(_names(f.where, table, row) for f in findings):
                            missed[table.name, column.name].append((row, value, findings))
                        put_back(database, table, rows)
                        break
                    if done == CHANGES:
                        break
    assert tried > 200
    for place, some in missed.items():
        print(place, len(some), place in UNCOVERED, some[0])
    assert {place: some for place, some in missed.items() if place not in UNCOVERED} == {}


def test_a_table_or_a_column_that_is_gone_is_named(small: World) -> None:
    fill(small)
    small.main.write(lambda c: c.exec_driver_sql("DROP TABLE phones"))
    small.main.write(lambda c: c.exec_driver_sql("ALTER TABLE tickets DROP COLUMN kind"))
    assert {(f.code, f.where) for f in found(small)} == {
        (TableCode.TABLE_MISSING, "phones"),
        (TableCode.COLUMN_MISSING, "tickets/kind"),
    }
