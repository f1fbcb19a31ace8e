"""Whoever administers the databases writes into the log, and brings rows of another vault of the same keyring."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.vault.tampering import found
from tests.vault.world import OPERATOR, SECRETS, World, person, tables
from wayseal.database import Connection, open_database
from wayseal.merkle.hashing import leaf_hash
from wayseal.model.fields import Field
from wayseal.model.records import Parcel, Refused
from wayseal.vault import Vault, new_vault
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError
from wayseal.vault.log import Entry, erase_entries
from wayseal.vault.log import tail as present_tail
from wayseal.vault.log.entries import admin, encode
from wayseal.vault.log.projection import project
from wayseal.vault.policy import default_texts
from wayseal.vault.verification import RecordCode, TableCode


def forge(connection: Connection, entry: Entry) -> int:
    """Puts an entry at the log's end as the vault does, but without the keyring."""
    tail, content, salt = present_tail(connection), encode(entry), bytes(range(32))
    leaf = leaf_hash(salt + content)
    connection.execute(t.entries.insert().values(seq=tail.size, leaf=leaf, salt=salt, entry=content))
    _, nodes = tail.grown([leaf])
    for level, place, made in nodes:
        connection.execute(t.nodes.insert().values(level=level, place=place, hash=made))
    return tail.size


def drop(connection: Connection, seq: int) -> None:
    """Drops what an entry says."""
    connection.execute(sa.update(t.entries).where(t.entries.c.seq == seq).values(salt=None, entry=None))


def _rows(world: World, table: sa.Table) -> list[dict[str, Any]]:
    return world.main.read(lambda c: [dict(row._mapping) for row in c.execute(sa.select(table))])


def _put_back(world: World, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    world.main.write(lambda c: (c.execute(sa.delete(table)), c.execute(table.insert(), rows)))


def test_an_entry_that_somebody_else_wrote_is_named_and_nothing_follows_it(both: World) -> None:
    """Hiding a read behind an erasure that no vault made; the running service, and the next, stand still."""
    (number,) = both.seal()
    shown = both.shown("courier-1", number).seq
    hide = admin(OPERATOR, both.now, 1, "erased_entries", entries=str(shown))
    size = both.main.write(forge, hide)
    both.main.write(drop, shown)
    assert (TableCode.MARK, f"entries/{size}") in {(f.code, f.where) for f in found(both)}
    for act in (
        lambda: both.ask("courier-1", [number]),
        lambda: both.put(person("late", "courier")),
        lambda: both.vault.checkpoint(now=both.now),
        both.vault.check_log,
        lambda: Vault(both.main, both.keys, both.keyring),
    ):
        with pytest.raises(LogChangedError, match="somebody else"):
            act()


def test_an_entry_that_was_written_over_is_named(both: World) -> None:
    """Before the next signature no tree tells."""
    (number,) = both.seal()
    seq = both.shown("courier-1", number).seq
    both.put(person("late", "courier"))
    kept = both.entries()[seq]
    content, salt = encode(replace(kept, actor="courier-2")), bytes(32)
    both.main.write(
        lambda c: c.execute(
            sa.update(t.entries)
            .where(t.entries.c.seq == seq)
            .values(salt=salt, entry=content, leaf=leaf_hash(salt + content))
        )
    )
    assert [(f.code, f.where) for f in found(both)] == [(TableCode.MARK, f"entries/{seq}")]


def test_nobody_goes_back_to_an_older_policy_by_the_last_entry(both: World) -> None:
    """Whether its content is dropped, or another one comes behind it."""
    purposes, rules = default_texts()
    both.vault.activate_policy(OPERATOR, purposes + "\n# narrower\n", rules, now=both.now)
    both.main.write(lambda c: c.execute(sa.delete(t.policies).where(t.policies.c.version == 2)))
    last = len(both.entries()) - 1
    both.main.write(drop, last)
    with pytest.raises(LogChangedError):
        Vault(both.main, both.keys, both.keyring)
    both.main.write(forge, admin(OPERATOR, both.now, 1, "actors_put", actors=0, records="[]"))
    with pytest.raises(LogChangedError):
        Vault(both.main, both.keys, both.keyring)


def test_what_the_database_does_not_keep_is_not_done(small: World) -> None:
    """A trigger that swallows entries: acts fail; of disclosures the next one stands still."""
    (number,) = small.seal()
    small.shown("courier-1", number)
    swallow = "CREATE TRIGGER swallow BEFORE INSERT ON entries BEGIN SELECT RAISE(IGNORE); END"
    small.main.write(lambda c: c.exec_driver_sql(swallow))
    for act in (
        lambda: small.put(person("late", "courier")),
        lambda: small.vault.find(small.caller("agent"), "13987654321", "contact", "x", now=small.now),
    ):
        with pytest.raises(LogChangedError, match="triggers"):
            act()
    assert small.vault.actor("late") is None
    small.shown("courier-1", number)
    with pytest.raises(LogChangedError, match="ends before"):
        small.shown("courier-1", number)


def test_reads_whose_entries_were_dropped_are_not_left_out_of_a_projection(small: World, tmp_path: Path) -> None:
    (number,) = small.seal()
    seq = small.shown("courier-1", number).seq
    small.put(person("late", "courier"))
    small.main.write(drop, seq)
    with pytest.raises(LogChangedError, match="no entry says so"):
        project(small.main, small.vault.marks, tmp_path / "work", tmp_path / "L")
    assert not (tmp_path / "L").exists()
    act = admin(OPERATOR, small.now, 1, "erase")
    small.main.write(erase_entries, small.vault.marks, [seq], act)
    assert project(small.main, small.vault.marks, tmp_path / "work", tmp_path / "L").rows == 0


def test_a_phone_under_a_number_that_is_not_there_is_named(both: World) -> None:
    (row, *_) = [{**row, "waybill": "YT7"} for row in (both.seal(), _rows(both, t.phones))[1]]
    both.main.write(lambda c: c.execute(t.phones.insert(), [row]))
    assert [(f.code, f.where) for f in found(both)] == [(TableCode.UNTOLD, "phones/YT7")]


@pytest.fixture
def other(small: World, tmp_path: Path) -> Iterator[World]:
    """Another vault of the same keyring, in which somebody may do more."""
    folder = tmp_path / "other"
    folder.mkdir()
    with tables("sqlite", folder) as urls, open_database(urls[0]) as main, open_database(urls[1]) as keys:
        new_vault(main, keys, small.keyring, "trial.example", *default_texts(), OPERATOR, small.now)
        made = World(vault=Vault(main, keys, small.keyring), main=main, keys=keys, keyring=small.keyring)
        made.put(person("intruder", "courier", "deliver-here"))
        yield made


def test_a_row_of_another_vault_opens_nothing(small: World, other: World) -> None:
    (number,) = small.seal()
    rows = [row for row in _rows(other, t.actors) if row["actor"] == "intruder"]
    small.main.write(lambda c: c.execute(t.actors.insert(), rows))
    (answer,) = small.ask("intruder", [number])
    assert isinstance(answer, Refused)
    assert [(f.code, f.where) for f in found(small)] == [(TableCode.MARK, "actors/intruder")]


def test_a_record_of_another_vault_does_not_open(small: World, other: World) -> None:
    """Of the same number, with its wrapped key in the place of the right one."""
    (number,) = small.seal()
    parcel = Parcel(waybill=number, values={**SECRETS, Field.RECIPIENT_ADDRESS: "北京市海淀区中关村大街1号"})
    other.vault.seal(OPERATOR, [parcel], now=small.now)
    (record,), (wrapped,) = _rows(other, t.waybills), other.keys.read(lambda c: c.execute(sa.select(t.data_keys)).all())
    small.main.write(lambda c: c.execute(sa.update(t.waybills).values(sealed=record["sealed"])))
    small.keys.write(lambda c: c.execute(sa.update(t.data_keys).values(wrapped=wrapped.wrapped)))
    (answer,) = small.ask("courier-1", [number])
    assert isinstance(answer, Refused)
    assert answer.rule == "damaged"
    assert [(f.code, f.where) for f in found(small)] == [(RecordCode.CHANGED, f"waybills/{number}")]


def test_nothing_is_signed_in_the_name_of_another_vault(small: World, other: World) -> None:
    """Both sign with one key: whose origin stands there decides whose log it says it is."""
    kept = _rows(small, t.facts)
    for facts in (
        _rows(other, t.facts),
        [{**row, "value": "trial.example"} for row in kept if row["name"] == "origin"],
    ):
        _put_back(small, t.facts, facts)
        with pytest.raises(LogChangedError):
            Vault(small.main, small.keys, small.keyring)
        assert found(small)
