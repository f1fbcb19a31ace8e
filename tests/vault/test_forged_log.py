"""Whoever administers the databases writes into the log, and brings rows of another vault of the same keyring."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from tests.vault.tampering import found
from tests.vault.world import OPERATOR, World, person
from wayseal.merkle.hashing import leaf_hash
from wayseal.store.database import Connection
from wayseal.vault import Vault
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError
from wayseal.vault.log import Entry
from wayseal.vault.log._append import present_tail
from wayseal.vault.log.entries import admin, encode
from wayseal.vault.policy import default_texts
from wayseal.vault.verification import TableCode


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
