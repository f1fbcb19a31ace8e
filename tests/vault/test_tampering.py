"""Whoever administers the databases changes nothing unseen: every column of every table, on both."""

import random
from collections import defaultdict
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa

from tests.effort import DEEP
from tests.vault.tampering import UNCOVERED, change, fill, found, kind_of, put_back, rows_of, values_for
from tests.vault.world import HOUR, World
from wayseal.database import Database
from wayseal.model.errors import WaysealError
from wayseal.model.records import Ask
from wayseal.vault import Vault
from wayseal.vault import tables as t
from wayseal.vault._disclose import decide_one
from wayseal.vault.policy.budgets import day_of
from wayseal.vault.verification import TableCode

CHANGES = 3
CHANCES = 5000 if DEEP else 40


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
@pytest.mark.once
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
    assert {place: some for place, some in missed.items() if place not in UNCOVERED} == {}


ASKED = [
    ("courier-1", "deliver"),
    ("courier-3", "deliver"),
    ("agent", "contact"),
    ("gone", "sort"),
    ("nobody", "deliver"),
]
"""Who asks, and for what."""


def opened(world: World, numbers: list[str]) -> dict[tuple[str, str, str], dict[str, str]]:
    """What a process that starts now would show to whom: forms by field; nothing where it doesn't start."""
    try:
        inputs = Vault(world.main, world.keys, world.keyring)._decision_inputs()
    except WaysealError:
        return {}
    shown = {}
    for number in numbers:
        for actor, purpose in ASKED:
            job = Vault.job(world.caller(actor), [Ask(waybill=number, purpose=purpose, reason="x")])
            day = day_of(world.now, 8 * HOUR)
            with suppress(WaysealError):
                one, _ = world.main.read(decide_one, job, inputs, now=world.now, day=day)
                shown[actor, purpose, number] = {str(f): str(form) for f, form in one.forms.items()}
    return shown


def test_whatever_is_changed_nothing_more_is_shown_and_nothing_raises(both: World) -> None:
    """Random changes: any value in any column of any row."""
    fill(both)
    numbers = [row["waybill"] for row in rows_of(both.main, t.waybills)]
    before = opened(both, numbers)
    assert any(before.values())
    chance = random.Random(11)
    tables = [(database, table) for database, metadata in databases(both) for table in metadata.sorted_tables]
    kept = {table.name: rows_of(database, table) for database, table in tables}
    done = seen = 0
    while done < CHANCES:
        database, table = chance.choice(tables)
        column, row = chance.choice(list(table.c)), chance.choice(kept[table.name])
        value = next(values_for(kind_of(column), row[column.name], database.dialect, chance), None)
        if not change(database, column, row, value):
            continue
        done += 1
        findings = found(both)
        seen += bool(findings)
        assert findings or (table.name, column.name) in UNCOVERED, (table.name, column.name, row, value)
        for asked, forms in opened(both, numbers).items():
            assert forms in ({}, before[asked]), (table.name, column.name, row, value, asked)
        put_back(database, table, kept[table.name])
    print(f"{seen} of {done} changes found on {both.main.dialect}")


def test_a_table_or_a_column_that_is_gone_is_named(small: World) -> None:
    fill(small)
    small.main.write(lambda c: c.exec_driver_sql("DROP TABLE phones"))
    small.main.write(lambda c: c.exec_driver_sql("ALTER TABLE tickets DROP COLUMN kind"))
    assert {(f.code, f.where) for f in found(small)} == {
        (TableCode.TABLE_MISSING, "phones"),
        (TableCode.COLUMN_MISSING, "tickets/kind"),
    }
