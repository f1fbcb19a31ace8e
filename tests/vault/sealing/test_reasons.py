"""Sealed reasons: round trips, and every change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vault.sealing.waybills import RING
from wayseal.vault.errors import KeyringError, SealError
from wayseal.vault.keyring import KeyPurpose
from wayseal.vault.sealing import open_reason, seal_reason

SEALED = seal_reason(RING, b"seq 7", "收件人来电，地址有误")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.binary(max_size=50))
def test_round_trip(text: str, place: bytes) -> None:
    sealed = seal_reason(RING, place, text)
    assert open_reason(RING, place, sealed) == text
    assert (len(sealed) - 7 - 12) % 16 == 0


def test_any_change_is_found() -> None:
    for place in range(len(SEALED)):
        for bit in range(8):
            changed = bytearray(SEALED)
            changed[place] ^= 1 << bit
            with pytest.raises((SealError, KeyringError)):
                open_reason(RING, b"seq 7", bytes(changed))
    for other in [SEALED[:end] for end in range(len(SEALED))] + [SEALED + b"\0", SEALED + bytes(16)]:
        with pytest.raises(SealError):
            open_reason(RING, b"seq 7", other)
    for bound in (b"", b"seq 8", b"seq 71"):
        with pytest.raises(SealError):
            open_reason(RING, bound, SEALED)


def test_rotation() -> None:
    rotated = RING.rotate(KeyPurpose.REASON, 1)
    assert open_reason(rotated, b"seq 7", SEALED).startswith("收件人")
    with pytest.raises(KeyringError, match="reason 1 was retired"):
        open_reason(rotated.retire(KeyPurpose.REASON, 1), b"seq 7", SEALED)
    assert seal_reason(rotated, b"", "x")[5:7] == b"\0\2"


def test_no_text() -> None:
    with pytest.raises(SealError, match="UTF-8") as caught:
        seal_reason(RING, b"", "secret\ud800")
    assert caught.value.__context__ is None
