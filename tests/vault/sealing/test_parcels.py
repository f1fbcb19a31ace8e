"""Batches of parcels: round trips, moved keys and records, and one bad record among good ones."""

from dataclasses import replace

import pytest

from tests.vault.sealing.waybills import KEYS, NUMBER, RING, VALUES, parcels
from wayseal.model.fields import Field
from wayseal.model.records import Parcel
from wayseal.vault.errors import KeyringError, SealError, VaultError
from wayseal.vault.keyring import KeyPurpose, Keyring, LocalKeys, Wrapped
from wayseal.vault.sealing import SealedItem, SealedRecord, open_parcels, rewrap, seal_parcels


def items(records: list[SealedRecord]) -> list[SealedItem]:
    return [SealedItem(r.waybill, r.sealed, r.wrapped) for r in records]


def test_round_trip_of_a_batch() -> None:
    records = seal_parcels(KEYS, parcels(30), list(range(30)))
    assert [r.waybill for r in records] == [p.waybill for p in parcels(30)]
    assert open_parcels(KEYS, items(records)) == [VALUES] * 30
    asked = [replace(i, fields=(Field.GOODS,), revision=n) for n, i in enumerate(items(records))]
    assert open_parcels(KEYS, asked) == [{Field.GOODS: VALUES[Field.GOODS]}] * 30
    assert seal_parcels(KEYS, []) == []
    assert open_parcels(KEYS, []) == []
    with pytest.raises(ValueError, match="shorter"):
        seal_parcels(KEYS, parcels(3), [1, 2])


def test_every_parcel_has_a_key_of_its_own_each_time() -> None:
    again = [seal_parcels(KEYS, [Parcel(waybill=NUMBER, values=VALUES)])[0] for _ in range(20)]
    records = [*seal_parcels(KEYS, parcels(20)), *again]
    bound = [(b"waybill\0" + r.waybill.encode(), r.wrapped) for r in records]
    assert len(set(KEYS.unwrap(bound))) == 40


class Counting:
    """A key service elsewhere, with its round trips counted."""

    def __init__(self) -> None:
        self.trips = 0

    def wrap(self, items: list[tuple[bytes, bytes]]) -> list[Wrapped]:
        self.trips += 1
        return KEYS.wrap(items)

    def unwrap(self, items: list[tuple[bytes, Wrapped]]) -> list[bytes]:
        self.trips += 1
        return KEYS.unwrap(items)


def test_a_batch_is_one_round_trip() -> None:
    keys = Counting()
    records = seal_parcels(keys, parcels(50))  # type: ignore[arg-type]
    assert keys.trips == 1
    assert open_parcels(keys, items(records)) == [VALUES] * 50  # type: ignore[arg-type]
    assert keys.trips == 2


def test_one_bad_record_hides_none_of_the_others() -> None:
    good = items(seal_parcels(KEYS, parcels(6)))
    torn = Wrapped(1, good[2].wrapped.wrapped[:-1] + bytes([good[2].wrapped.wrapped[-1] ^ 1]))
    bad = {
        0: replace(good[0], sealed=good[0].sealed[:-1] + bytes([good[0].sealed[-1] ^ 1])),
        1: replace(good[1], wrapped=good[3].wrapped),
        2: replace(good[2], wrapped=torn),
        4: replace(good[4], revision=2),
        5: replace(good[5], wrapped=Wrapped(9, good[5].wrapped.wrapped)),
    }
    found = open_parcels(KEYS, [bad.get(place, item) for place, item in enumerate(good)])
    assert found[3] == VALUES
    assert [type(f) for p, f in enumerate(found) if p in bad] == [SealError] * 4 + [KeyringError]


def test_whatever_is_moved_is_refused() -> None:
    one, other = items(seal_parcels(KEYS, parcels(2)))
    for changed in (
        replace(one, waybill=other.waybill),
        replace(one, sealed=other.sealed),
        replace(one, wrapped=other.wrapped),
        replace(one, sealed=other.sealed, wrapped=other.wrapped),
        replace(one, waybill=other.waybill, wrapped=other.wrapped),
        replace(one, waybill=other.waybill, sealed=other.sealed),
    ):
        assert [type(f) for f in open_parcels(KEYS, [changed])] == [SealError]


def test_wrapped_anew_after_a_rotation() -> None:
    records = seal_parcels(KEYS, parcels(5))
    rotated = RING.rotate(KeyPurpose.WRAP, 1)
    keys = LocalKeys(rotated)
    wrapped = rewrap(keys, [(r.waybill, r.wrapped) for r in records])
    assert {w.key_version for w in wrapped} == {2}
    only_new = LocalKeys(rotated.retire(KeyPurpose.WRAP, 1))
    moved = [SealedItem(r.waybill, r.sealed, w) for r, w in zip(records, wrapped, strict=True)]
    assert open_parcels(only_new, moved) == [VALUES] * 5
    assert [type(f) for f in open_parcels(only_new, items(records))] == [KeyringError] * 5
    with pytest.raises(SealError):
        rewrap(keys, [("1", records[0].wrapped)])


def test_another_keyring_opens_nothing() -> None:
    records = items(seal_parcels(KEYS, parcels(2)))
    found = open_parcels(LocalKeys(Keyring.new(0)), records)
    assert all(isinstance(f, VaultError) for f in found)


def test_a_parcel_that_can_not_be_sealed_seals_none() -> None:
    with pytest.raises(SealError):
        seal_parcels(KEYS, [*parcels(2), Parcel(waybill="1", values={})])
