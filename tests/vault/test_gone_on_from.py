"""Whoever administers the databases puts older rows back, or deletes some, and has the vault go on from there."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.vault.tampering import found
from tests.vault.world import OPERATOR, World, person
from wayseal.database import Database
from wayseal.model.fields import Field
from wayseal.model.records import Revised
from wayseal.vault import tables as t
from wayseal.vault.policy import default_texts
from wayseal.vault.verification import TableCode

Row = dict[str, Any]


def rows_of(database: Database, table: sa.Table) -> list[Row]:
    return database.read(lambda c: [dict(row._mapping) for row in c.execute(sa.select(table))])


def put_back(database: Database, table: sa.Table, rows: list[Row]) -> None:
    """All of a table as it was then."""
    database.write(lambda c: (c.execute(sa.delete(table)), c.execute(table.insert(), rows)))


def told(world: World) -> set[tuple[str, str]]:
    return {(str(f.code), f.where) for f in found(world)}


def change_block(world: World, actor: str) -> None:
    world.main.write(lambda c: c.execute(sa.update(t.actors).where(t.actors.c.actor == actor).values(blocked_at=None)))


def delete_block(world: World, actor: str) -> None:
    world.main.write(lambda c: c.execute(sa.delete(t.actors).where(t.actors.c.actor == actor)))


@pytest.mark.parametrize("act", [change_block, delete_block])
def test_a_block_is_not_lifted_by_the_next_directory(both: World, act: Callable[[World, str], None]) -> None:
    """The systems that bring people know nothing of who is blocked: what the log says counts."""
    both.vault.block(OPERATOR, "courier-1", now=both.now)
    act(both, "courier-1")
    both.put(person("courier-1", "courier", "deliver-here"))
    if act is change_block:
        (number,) = both.seal()
        assert both.rule("courier-1", number) == "blocked"
    else:
        assert told(both) == {(TableCode.DIFFERS, "actors/courier-1")}
    both.vault.unblock(OPERATOR, "courier-1", now=both.now)
    assert told(both) == set()


def test_an_older_record_that_was_changed_again_is_told(both: World) -> None:
    """Whoever writes to both databases has an older revision back; a change then seems to be of the present one."""
    (number,) = both.seal()
    both.ticket("t-1", number, "agent")
    records, wrapped = rows_of(both.main, t.waybills), rows_of(both.keys, t.data_keys)

    def revise(field: Field, text: str) -> int:
        caller = both.caller("agent")
        done = both.vault.revise(caller, number, "change_address", "改派", {field: text}, now=both.now)
        assert isinstance(done, Revised)
        return done.seq

    revise(Field.RECIPIENT_ADDRESS, "广东省深圳市南山区科技园路9号")
    put_back(both.main, t.waybills, records)
    put_back(both.keys, t.data_keys, wrapped)
    seq = revise(Field.RECIPIENT_PHONE, "13612345678")
    assert (TableCode.STEP, f"entries/{seq}") in told(both)


def test_a_policy_or_a_client_that_takes_the_place_of_a_deleted_one_is_told(both: World) -> None:
    purposes, rules = default_texts()
    both.vault.activate_policy(OPERATOR, purposes + "\n# second\n", rules, now=both.now)
    both.vault.add_client(OPERATOR, "late", scopes=frozenset(), now=both.now)
    both.main.write(lambda c: c.execute(sa.delete(t.policies).where(t.policies.c.version == 2)))
    both.main.write(lambda c: c.execute(sa.delete(t.clients).where(t.clients.c.client == "late")))
    both.vault.activate_policy(OPERATOR, purposes + "\n# other\n", rules, now=both.now)
    both.vault.add_client(OPERATOR, "late", scopes=frozenset(), now=both.now)
    size = len(both.entries())
    assert told(both) == {(TableCode.STEP, f"entries/{size - 2}"), (TableCode.STEP, f"entries/{size - 1}")}


def test_a_directory_that_says_it_did_not_change_is_told(both: World) -> None:
    """By its version services know that what they remember still holds."""
    facts = rows_of(both.main, t.facts)
    both.vault.disable_client(OPERATOR, "app", now=both.now)
    put_back(both.main, t.facts, facts)
    assert told(both) == {(TableCode.DIFFERS, "facts/directory")}
    both.main.write(lambda c: c.execute(sa.delete(t.facts).where(t.facts.c.name == "directory")))
    assert told(both) == {(TableCode.DIFFERS, "facts/directory")}


def test_a_client_that_was_disabled_has_nothing_shown(both: World) -> None:
    """Whatever a service remembers of it."""
    (number,) = both.seal()
    both.vault.disable_client(OPERATOR, "app", now=both.now)
    assert both.rule("courier-1", number) == "client"
