"""Data keys are wrapped anew while the vault is used."""

import pytest
import sqlalchemy as sa

from tests.vault.world import OPERATOR, ORIGIN, World
from wayseal.vault import tables as t
from wayseal.vault.data_keys import Rewrapped, index_versions_in_use, rewrap_keys, versions_in_use
from wayseal.vault.keyring import KeyPurpose, Keyring, LocalKeys
from wayseal.vault.verification import verify_vault


def rewrapped(world: World, keyring: Keyring) -> Rewrapped:
    return rewrap_keys(world.keys, LocalKeys(keyring, ORIGIN), keyring.active(KeyPurpose.WRAP), lambda *_: None)


def test_all_keys_get_the_active_one(both: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wayseal.vault.data_keys.PORTION", 3)
    both.seal(8)
    assert versions_in_use(both.keys) == {1: 8}
    assert index_versions_in_use(both.main) == {1: index_versions_in_use(both.main)[1]}
    keyring = both.keyring.rotate(KeyPurpose.WRAP, both.now)
    assert rewrapped(both, keyring) == Rewrapped(done=8, failed=())
    assert versions_in_use(both.keys) == {2: 8}
    assert rewrapped(both, keyring) == Rewrapped(done=0, failed=())
    left = keyring.retire(KeyPurpose.WRAP, 1)
    assert verify_vault(both.main, both.keys, left, LocalKeys(left, ORIGIN), lambda *_: None).findings == ()


def test_one_that_does_not_open_is_named_and_the_rest_goes_on(small: World) -> None:
    numbers = small.seal(5)
    bad = sa.update(t.data_keys).where(t.data_keys.c.waybill == numbers[2]).values(wrapped=b"none")
    small.keys.write(lambda c: c.execute(bad))
    keyring = small.keyring.rotate(KeyPurpose.WRAP, small.now)
    assert rewrapped(small, keyring) == Rewrapped(done=4, failed=(numbers[2],))


def test_what_is_erased_meanwhile_stays_erased(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = small.seal(3)
    write = small.keys.write

    def erased_first(work: object, *args: object) -> object:
        monkeypatch.setattr(small.keys, "write", write)
        small.vault.erase(OPERATOR, [numbers[1]], now=small.now)
        return write(work, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(small.keys, "write", erased_first)
    rewrapped(small, small.keyring.rotate(KeyPurpose.WRAP, small.now))
    assert versions_in_use(small.keys) == {2: 2}
