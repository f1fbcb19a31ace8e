"""What can't stand in a column of no mark refuses its own number, and nobody else's, with a rule."""

from typing import Any

import pytest
import sqlalchemy as sa

from tests.tables import each
from tests.vault.tampering import change, rows_of
from tests.vault.world import OPERATOR, ORIGIN, World
from wayseal.model.fields import Field
from wayseal.model.records import Refused
from wayseal.vault import tables as t
from wayseal.vault.data_keys import rewrap_keys
from wayseal.vault.errors import LogChangedError
from wayseal.vault.inspection import EntryFilter, entries
from wayseal.vault.keyring import LocalKeys

ODD = [
    (t.waybills.c.sealed, "abc"),
    (t.waybills.c.sealed, 2**62),
    (t.data_keys.c.wrapped, "abc"),
    (t.data_keys.c.wrapped, 2**62),
    (t.data_keys.c.key_id, "abc"),
    (t.data_keys.c.key_version, "x"),
    (t.data_keys.c.superseded_by, "x"),
]


@each(["column", "value"], ODD)
def test_one_number_is_refused_and_the_others_are_shown(small: World, column: sa.Column[Any], value: object) -> None:
    odd, sound = small.seal(2)
    small.ticket(odd, odd, "agent")
    database = small.keys if column.table is t.data_keys else small.main
    (row,) = [row for row in rows_of(database, column.table) if row["waybill"] == odd]
    assert change(database, column, row, value)
    refused, shown = small.ask("courier-1", [odd, sound])
    assert (isinstance(refused, Refused) and refused.rule, shown.waybill) == ("damaged", sound)
    values = {Field.RECIPIENT_ADDRESS: "广东省深圳市南山区科技园路9号"}
    done = small.vault.revise(small.caller("agent"), odd, "change_address", "改派", values, now=small.now)
    assert isinstance(done, Refused)
    if database is small.keys:
        again = rewrap_keys(small.keys, LocalKeys(small.keyring, ORIGIN), 2, lambda *_: None)
        assert set(again.failed) <= {odd}
    small.vault.tidy(now=small.now)
    small.vault.erase(OPERATOR, [odd], now=small.now)


def test_a_count_of_look_ups_that_is_none_refuses(small: World) -> None:
    small.seal()
    small.vault.find(small.caller("agent"), "13987654321", "contact", "x", now=small.now)
    (row,) = [row for row in rows_of(small.main, t.budgets) if row["purpose"] == "look-ups"]
    assert change(small.main, t.budgets.c.used, row, "x")
    answer = small.vault.find(small.caller("agent"), "13987654321", "contact", "x", now=small.now)
    assert isinstance(answer, Refused)
    assert answer.rule == "quota"


def test_a_version_of_the_directory_that_is_none_counts_as_before_all(small: World) -> None:
    (row,) = [row for row in rows_of(small.main, t.facts) if row["name"] == "directory"]
    assert change(small.main, t.facts.c.value, row, "9" * 5000)
    assert small.vault.directory_version() == 0


def test_an_entry_that_is_text_is_named_where_the_log_is_listed(small: World) -> None:
    small.seal()
    row = rows_of(small.main, t.entries)[-1]
    assert change(small.main, t.entries.c.entry, row, "abc")
    with pytest.raises(LogChangedError):
        entries(small.main, EntryFilter(waybill="YT1"), 10)


def test_a_number_that_is_none_keeps_nobody_else_from_retention(small: World) -> None:
    kept, odd = small.seal(2, keep_until=small.now + 1)
    row = next(row for row in rows_of(small.main, t.waybills) if row["waybill"] == odd)
    assert change(small.main, t.waybills.c.waybill, row, b"\xff")
    assert [one.waybill for one in small.vault.retain(OPERATOR, now=small.now + 2)] == [kept]
