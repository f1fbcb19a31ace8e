"""A changed byte of any ciphertext or wrapped key is found, and named by its number alone."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.vault.world import OPERATOR, ORIGIN, SECRETS, World
from wayseal.database import Database
from wayseal.vault import tables as t
from wayseal.vault.keyring import KeyPurpose, Keyring, LocalKeys
from wayseal.vault.verification import RecordCode, VaultTotals, verify_vault

pytestmark = pytest.mark.once


def looked(world: World, keyring: Keyring | None = None) -> VaultTotals:
    ring = keyring or world.keyring
    return verify_vault(world.main, world.keys, ring, LocalKeys(ring, ORIGIN), lambda *_: None)


def put(database: Database, table: sa.Table, number: str, **values: object) -> None:
    database.write(lambda c: c.execute(sa.update(table).where(table.c.waybill == number).values(**values)))


def stored(database: Database, column: sa.Column[bytes], number: str) -> bytes:
    return database.read(
        lambda c: bytes(c.execute(sa.select(column).where(column.table.c.waybill == number)).scalar_one())
    )


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def test_what_is_as_it_was_opens(both: World) -> None:
    both.seal(5)
    both.vault.erase(OPERATOR, [both.seal(1)[0]], now=both.now)
    found = looked(both)
    records = found.records
    assert records is not None
    assert (records.opened, records.erased, records.keys, found.findings) == (5, 1, 5, ())


def test_a_byte_anywhere_in_a_record_or_its_key_counts(small: World) -> None:
    number, other = small.seal(2)
    for database, column in ((small.main, t.waybills.c.sealed), (small.keys, t.data_keys.c.wrapped)):
        before = stored(database, column, number)
        table = column.table
        assert isinstance(table, sa.Table)
        for place in range(0, len(before), 11):
            put(database, table, number, **{column.name: flipped(before, place)})
            found = looked(small)
            assert [(f.code, f.where) for f in found.findings] == [(RecordCode.CHANGED, f"waybills/{number}")], place
        put(database, table, number, **{column.name: before})
    assert looked(small).findings == ()
    put(small.main, t.waybills, number, sealed=stored(small.main, t.waybills.c.sealed, other))
    assert [f.where for f in looked(small).findings] == [f"waybills/{number}"]


def _lose_key(world: World, number: str) -> None:
    world.keys.write(lambda c: c.execute(sa.delete(t.data_keys).where(t.data_keys.c.waybill == number)))


def _erase_half(world: World, number: str) -> None:
    put(world.main, t.waybills, number, erased_at=1)


def _lose_row(world: World, number: str) -> None:
    world.main.write(lambda c: c.execute(sa.delete(t.waybills).where(t.waybills.c.waybill == number)))


def _other_version(world: World, number: str) -> None:
    put(world.keys, t.data_keys, number, key_version=9)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (_lose_key, RecordCode.NO_KEY),
        (_erase_half, RecordCode.NOT_ERASED),
        (_other_version, RecordCode.KEYRING),
        (_lose_row, RecordCode.COUNT),
    ],
)
def test_what_else_can_be_wrong(both: World, act: Callable[[World, str], None], code: RecordCode) -> None:
    number = both.seal(3)[1]
    act(both, number)
    findings = looked(both).findings
    assert code in {finding.code for finding in findings}
    assert {finding.where for finding in findings} <= {"waybills", f"waybills/{number}", f"phones/{number}"}
    assert not any(secret in repr(findings) for secret in SECRETS.values())


def test_an_erased_entry_can_not_be_counted_on(small: World) -> None:
    number = small.seal(1)[0]
    _lose_row(small, number)
    small.main.write(lambda c: c.execute(sa.update(t.entries).where(t.entries.c.seq == 0).values(entry=None)))
    assert [f.where for f in looked(small).findings] == [f"phones/{number}"]


def test_entries_that_are_none_are_left_to_the_logs_own_verification(small: World) -> None:
    small.seal(1)
    content = b'{"kind":"sealed"'
    small.main.write(lambda c: c.execute(sa.update(t.entries).where(t.entries.c.seq == 0).values(entry=content)))
    assert looked(small).findings == ()


def test_many_portions(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wayseal.vault.verification._sound_rows.PORTION", 3)
    numbers = small.seal(10)
    put(small.keys, t.data_keys, numbers[7], key_version=9)
    seen: list[tuple[str, int, int]] = []
    ring = small.keyring
    found = verify_vault(small.main, small.keys, ring, LocalKeys(ring, ORIGIN), lambda *told: seen.append(told))
    assert [f.where for f in found.findings] == [f"waybills/{numbers[7]}"]
    assert [done for stage, done, _ in seen if stage == "records"] == [3, 6, 9, 10]


def test_what_changes_meanwhile_is_read_once_more(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An erasure between the two reads is no finding."""
    number = small.seal(2)[0]
    read = small.main.read
    turn: list[int] = []

    def erased_between(work: Callable[..., object], *args: object, **kwargs: object) -> object:
        out = read(work, *args, **kwargs)
        if getattr(work, "__name__", "") == "read_portion" and not turn:
            turn.append(1)
            small.vault.erase(OPERATOR, [number], now=small.now)
        return out

    monkeypatch.setattr(small.main, "read", erased_between)
    found = looked(small)
    assert found.records is not None
    assert (found.records.opened, found.records.erased, found.findings) == (1, 1, ())


def test_rotation_alone_changes_nothing(small: World) -> None:
    small.seal(2)
    rotated = small.keyring.rotate(KeyPurpose.WRAP, small.now)
    assert looked(small, rotated).findings == ()
