"""Whoever administers the databases: what is written past the vault opens nothing, a log that was cut stands still."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.vault.tampering import fill, found
from tests.vault.world import DAY, NOON, OPERATOR, ORIGIN, World, person
from wayseal.database import Connection
from wayseal.model.records import Refused
from wayseal.vault import Vault
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError, VaultError
from wayseal.vault.keyring import KeyPurpose, KeyringFile, LocalKeys
from wayseal.vault.log.memory import LogMemory
from wayseal.vault.policy import default_texts
from wayseal.vault.row_macs import RowMacs, mark_versions_in_use, remark_rows
from wayseal.vault.verification import TableCode, verify_vault


def written(world: World, statement: sa.Executable, rows: list[dict[str, Any]] | None = None) -> None:
    """Past the vault."""
    world.main.write(lambda c: c.execute(statement, rows) if rows else c.execute(statement))


def reopened(world: World, memory: LogMemory | None = None) -> Vault:
    """The vault as another process finds it."""
    return Vault(world.main, world.keys, world.keyring, memory=memory)


INTRUDER: dict[str, Any] = {
    "actor": "intruder",
    "kind": "person",
    "role": "courier",
    "outlet": "deliver-here",
    "trained_until": NOON + 365 * DAY,
}


def actor_row(world: World, actor: str) -> dict[str, Any]:
    which = sa.select(t.actors).where(t.actors.c.actor == actor)
    return world.main.read(lambda c: dict(c.execute(which).one()._mapping))


def insert_actor(world: World, number: str) -> str:
    row = INTRUDER
    written(world, t.actors.insert(), [row])
    return "intruder"


def copy_actor(world: World, number: str) -> str:
    """With the mark of another row."""
    mark = world.main.read(
        lambda c: c.execute(sa.select(t.actors.c.mark).where(t.actors.c.actor == "courier-1")).scalar()
    )
    row = INTRUDER | {"mark": mark}
    written(world, t.actors.insert(), [row])
    return "intruder"


def move_actor(world: World, number: str) -> str:
    written(world, sa.update(t.actors).where(t.actors.c.actor == "courier-3").values(outlet="deliver-here"))
    return "courier-3"


def move_parcel(world: World, number: str) -> str:
    written(world, sa.update(t.waybills).where(t.waybills.c.waybill == number).values(outlet="elsewhere"))
    return "courier-3"


def unblock(world: World, number: str) -> str:
    world.vault.block(OPERATOR, "courier-2", now=world.now)
    written(world, sa.update(t.actors).where(t.actors.c.actor == "courier-2").values(blocked_at=None))
    return "courier-2"


@pytest.mark.parametrize("act", [insert_actor, copy_actor, move_actor, move_parcel, unblock])
def test_a_row_that_somebody_else_wrote_opens_nothing(both: World, act: Callable[[World, str], str]) -> None:
    (number,) = both.seal()
    who = act(both, number)
    (answer,) = both.ask(who, [number])
    assert isinstance(answer, Refused)
    assert TableCode.MARK in {finding.code for finding in found(both)}


def test_a_ticket_that_somebody_else_wrote_opens_nothing(both: World) -> None:
    known, number = both.seal(2)
    both.ticket("t-1", known, "agent")
    both.shown("agent", known, "contact")
    row = {"ticket": "t-2", "waybill": number, "actor": "agent", "kind": None, "opened_at": both.now, "closed_at": None}
    written(both, t.tickets.insert(), [row])
    assert isinstance(both.ask("agent", [number], "contact")[0], Refused)
    written(both, sa.update(t.tickets).where(t.tickets.c.ticket == "t-1").values(waybill=number))
    assert isinstance(both.ask("agent", [number], "contact")[0], Refused)


def test_a_client_that_somebody_else_wrote_is_nobody(both: World) -> None:
    written(both, sa.update(t.clients).where(t.clients.c.client == "feed").values(acts_for="courier analyst"))
    vault = reopened(both)
    assert vault.client("feed") is None
    assert vault.client("app") is not None
    with pytest.raises(VaultError):
        vault.disable_client(OPERATOR, "feed", now=both.now)


@pytest.mark.parametrize("moved", [("sealed",), ("wrapped",), ("sealed", "wrapped"), ("sealed", "key_id"), ("mark",)])
def test_what_was_sealed_for_one_number_opens_under_no_other(both: World, moved: tuple[str, ...]) -> None:
    """Ciphers hold number and revision as associated data, and a mark holds the number."""
    one, other = both.seal(2)
    for database, table in ((both.main, t.waybills), (both.keys, t.data_keys)):
        which = sa.select(table).where(table.c.waybill == other)
        row = database.read(lambda c, which=which: c.execute(which).one()._mapping)  # type: ignore[misc]
        if values := {name: row[name] for name in moved if name in row}:
            act = sa.update(table).where(table.c.waybill == one).values(values)
            database.write(lambda c, act=act: c.execute(act))  # type: ignore[misc]
    assert both.rule("courier-1", one) == "damaged"
    assert f"waybills/{one}" in {finding.where for finding in found(both)}
    both.shown("courier-1", other)


def _widen(text: str) -> str:
    return text.replace('"masked"', '"full"')


def test_nothing_is_decided_by_a_policy_that_the_log_does_not_name(both: World) -> None:
    """Changed in its place, put in as a newer one with whatever digest, or an older one once the newest is gone."""
    purposes, rules = default_texts()
    both.vault.activate_policy(OPERATOR, purposes + "\n# second\n", rules, now=both.now)
    rows = both.main.read(lambda c: [dict(r._mapping) for r in c.execute(sa.select(t.policies))])
    newer = {**rows[-1], "version": 3, "purposes": _widen(purposes)}
    for act in (
        sa.update(t.policies).values(purposes=_widen(purposes)),
        sa.update(t.policies).values(sha256="0" * 64),
        t.policies.insert().values(newer),
        sa.delete(t.policies).where(t.policies.c.version == 2),
    ):
        written(both, act)
        with pytest.raises(LogChangedError):
            reopened(both)
        # A process that runs goes on with the one that it knows, or stops.
        with suppress(LogChangedError):
            both.vault._refresh(always=True)
        assert both.vault._policy.sha256 == rows[-1]["sha256"]
        assert any(finding.where.startswith("policies/") for finding in found(both))
        written(both, sa.delete(t.policies))
        written(both, t.policies.insert(), rows)
        both.vault._refresh(always=True)


def test_a_row_of_before_that_is_put_back_is_found(both: World) -> None:
    """It has a good mark: the log alone tells (`row_macs`, rule 4)."""
    fill(both)
    before = both.main.read(
        lambda c: dict(c.execute(sa.select(t.actors).where(t.actors.c.actor == "agent")).one()._mapping)
    )
    both.put(person("agent", "sorter"))
    written(both, sa.delete(t.actors).where(t.actors.c.actor == "agent"))
    written(both, t.actors.insert(), [before])
    assert [(f.code, f.where) for f in found(both)] == [(TableCode.DIFFERS, "actors/agent")]
    written(both, sa.delete(t.actors).where(t.actors.c.actor == "agent"))
    assert [(f.code, f.where) for f in found(both)] == [(TableCode.GONE, "actors/agent")]


def _cut(connection: Connection, size: int) -> None:
    connection.execute(sa.delete(t.entries).where(t.entries.c.seq >= size))
    connection.execute(sa.delete(t.checkpoints))


def test_a_log_that_was_cut_gets_nothing_more(both: World) -> None:
    """Neither in the process that saw it whole, nor in the next one that reads what was seen."""
    (number,) = both.seal()
    both.shown("courier-1", number)
    size = len(both.entries())
    both.main.write(_cut, size - 1)
    acts: list[Callable[[], object]] = [
        lambda: both.ask("courier-1", [number]),
        both.seal,
        lambda: both.put(person("late", "courier")),
        lambda: both.vault.checkpoint(now=both.now),
        both.vault.check_log,
    ]
    for act in acts:
        with pytest.raises(LogChangedError, match=f"ends before entry {size - 1}"):
            act()
    assert len(both.entries()) == size - 1


def test_what_was_seen_outlives_the_process(both: World, tmp_path: Path) -> None:
    file = tmp_path / "ring.json.seen"
    vault = reopened(both, LogMemory(file))
    vault.actors(OPERATOR, [person("late", "courier")], now=both.now)
    note = vault.checkpoint(now=both.now)
    vault.memory.save()
    seen = json.loads(file.read_text())
    assert seen["size"] == seen["signed_size"] == len(both.entries())
    assert file.stat().st_mode & 0o777 == 0o600
    reopened(both, LogMemory(file))
    both.main.write(_cut, seen["size"] - 1)
    with pytest.raises(LogChangedError):
        reopened(both, LogMemory(file))
    ring = both.keyring
    totals = verify_vault(both.main, both.keys, ring, LocalKeys(ring, ORIGIN), lambda *_: None, LogMemory(file))
    assert [f.where for f in totals.behind] == [f"entries/{seen['size'] - 1}"] * 2
    # Written anew to the same length it is another log, of which nothing is signed.
    reopened(both).actors(OPERATOR, [person("other", "courier")], now=both.now)
    assert len(both.entries()) == seen["size"]
    with pytest.raises(LogChangedError):
        reopened(both, LogMemory(file))
    memory = LogMemory(None)
    memory.keep_signed(note)
    with pytest.raises(LogChangedError, match="has signed"):
        reopened(both, memory)
    LogMemory(file).forget()
    reopened(both, LogMemory(file))


def test_of_several_processes_none_signs_a_second_log_of_one_size(both: World, tmp_path: Path) -> None:
    """Nor does the one that comes after a crash: what was signed stood in the file before anybody could read it."""
    file = tmp_path / "seen"
    first, second = (reopened(both, LogMemory(file)) for _ in range(2))
    first.actors(OPERATOR, [person("late", "courier")], now=both.now)
    first.checkpoint(now=both.now)
    size = len(both.entries())
    both.main.write(_cut, size - 1)
    second.actors(OPERATOR, [person("other", "courier")], now=both.now)
    assert len(both.entries()) == size
    for signing in (second.checkpoint, lambda now: reopened(both, LogMemory(file))):
        with pytest.raises(LogChangedError):
            signing(now=both.now)


def test_of_several_that_remember_the_one_that_saw_most_counts(small: World, tmp_path: Path) -> None:
    file = tmp_path / "seen"
    first, second = LogMemory(file), LogMemory(file)
    small.seal(3)
    vault = reopened(small, second)
    vault.actors(OPERATOR, [person("late", "courier")], now=small.now)
    second.save()
    first.learn(1, bytes(32))
    first.save()
    assert first.seen.size == second.seen.size == LogMemory(file).seen.size == len(small.entries())


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"size": -1}', b'{"size": "1"}', b'{"leaf": "x"}', b"\xff"])
def test_what_is_no_record_of_what_was_seen(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "seen"
    file.write_bytes(content)
    with pytest.raises(VaultError, match="seen: this is no record"):
        LogMemory(file)


def test_where_it_cannot_be_kept_it_says_so(small: World, tmp_path: Path) -> None:
    memory = LogMemory(tmp_path / "none" / "seen")
    reopened(small, memory).actors(OPERATOR, [person("late", "courier")], now=small.now)
    memory.save()
    assert memory.trouble


def test_rows_are_marked_anew_after_a_rotation(both: World) -> None:
    fill(both)
    ring = both.keyring.rotate(KeyPurpose.ROW, both.now)
    damaged = sa.update(t.actors).where(t.actors.c.actor == "courier-1").values(outlet="elsewhere")
    before = both.main.read(
        lambda c: dict(c.execute(sa.select(t.actors).where(t.actors.c.actor == "courier-1")).one()._mapping)
    )
    written(both, damaged)
    seen: list[tuple[str, int, int]] = []
    done = remark_rows(both.main, RowMacs(ring, "vault.example"), 2, lambda *told: seen.append(told))
    assert mark_versions_in_use(both.main) == {1: 1, 2: done}
    assert seen[-1] == ("marks", done, done + 1)
    written(both, sa.delete(t.actors).where(t.actors.c.actor == "courier-1"))
    written(both, t.actors.insert(), [before])
    assert remark_rows(both.main, RowMacs(ring, "vault.example"), 2, lambda *told: None) == 1
    left = ring.retire(KeyPurpose.ROW, 1)
    assert verify_vault(both.main, both.keys, left, LocalKeys(left, ORIGIN), lambda *_: None).findings == ()


def test_a_process_that_did_not_hear_of_a_rotation_yet_looks_for_the_new_key(small: World, tmp_path: Path) -> None:
    """What another process marked with it is the vault's own: nobody is blocked, and nothing stands still."""
    file = tmp_path / "ring.json"
    small.keyring.save(file)
    late = Vault(small.main, small.keys, KeyringFile(file, clock=lambda: 0.0))
    ring = small.keyring.rotate(KeyPurpose.ROW, small.now)
    ring.save(file)
    Vault(small.main, small.keys, ring).actors(OPERATOR, [person("late", "courier")], now=small.now)
    late.check_log()
    late.actors(OPERATOR, [person("late", "clerk")], now=small.now)
    assert (found := late.actor("late")) is not None
    assert (found.role, found.blocked_at) == ("clerk", None)
