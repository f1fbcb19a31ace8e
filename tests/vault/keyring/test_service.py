"""Wrapped data keys: round trips, and everything that may be changed about them."""

import os

import pytest

from wayseal.vault.errors import KeyringError, SealError
from wayseal.vault.keyring import KeyPurpose, Keyring, KeyService, LocalKeys, Wrapped

RING = Keyring.new(0).rotate(KeyPurpose.WRAP, 1)
KEYS: KeyService = LocalKeys(RING)


def test_round_trip_of_a_group() -> None:
    items = [(f"waybill {i}".encode(), os.urandom(32)) for i in range(50)]
    wrapped = KEYS.wrap(items)
    assert KEYS.unwrap([(a, w) for (a, _), w in zip(items, wrapped, strict=True)]) == [k for _, k in items]
    assert KEYS.wrap([]) == []
    assert KEYS.unwrap([]) == []
    assert all(key not in w.wrapped for (_, key), w in zip(items, wrapped, strict=True))


def test_the_same_key_is_never_wrapped_alike() -> None:
    assert len({w.wrapped for w in KEYS.wrap([(b"a", bytes(32))] * 100)}) == 100


def test_any_change_is_found() -> None:
    wrapped = KEYS.wrap([(b"a", bytes(range(32)))])[0]
    raw = wrapped.wrapped
    for place in range(len(raw)):
        for bit in range(8):
            changed = bytearray(raw)
            changed[place] ^= 1 << bit
            with pytest.raises(SealError):
                KEYS.unwrap([(b"a", Wrapped(2, bytes(changed)))])
    for other in (raw[:-1], raw + b"\0", b"", raw[1:]):
        with pytest.raises(SealError):
            KEYS.unwrap([(b"a", Wrapped(2, other))])
    for bound in (b"", b"b", b"aa"):
        with pytest.raises(SealError):
            KEYS.unwrap([(bound, wrapped)])
    with pytest.raises(SealError):
        KEYS.unwrap([(b"a", Wrapped(1, raw))])
    with pytest.raises(KeyringError):
        KEYS.unwrap([(b"a", Wrapped(3, raw))])
    with pytest.raises(SealError):
        LocalKeys(Keyring.new(0).rotate(KeyPurpose.WRAP, 1)).unwrap([(b"a", wrapped)])
